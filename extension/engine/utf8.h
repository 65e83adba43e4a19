/*
 * utf8.h: read text that people and devices wrote: one character at a time, never past the end.
 */
#ifndef VIGIL_ENGINE_UTF8_H
#define VIGIL_ENGINE_UTF8_H

#include "base.h"

/* What is left of a text to read. */
typedef struct VgText
{
	const unsigned char *at;
	const unsigned char *end;
} VgText;

/*
 * vg_text_character: the next code point, full-width forms folded to half-width; 0 if it is not
 * UTF-8. The caller has checked that there is a byte.
 */
static inline uint32_t
vg_text_character(VgText *reader)
{
	const unsigned char *at = reader->at;
	ptrdiff_t left = reader->end - at;
	uint32_t code_point;

	if (at[0] < 0x80)
	{
		reader->at = at + 1;
		return at[0];
	}
	if (left >= 2 && (at[0] & 0xE0) == 0xC0 && (at[1] & 0xC0) == 0x80)
	{
		reader->at = at + 2;
		return (uint32_t) (at[0] & 0x1F) << 6 | (at[1] & 0x3F);
	}
	if (left < 3 || (at[0] & 0xF0) != 0xE0 || (at[1] & 0xC0) != 0x80 || (at[2] & 0xC0) != 0x80)
		return 0;
	reader->at = at + 3;
	code_point = (uint32_t) (at[0] & 0x0F) << 12 | (uint32_t) (at[1] & 0x3F) << 6 |
				 (uint32_t) (at[2] & 0x3F);
	if (code_point >= 0xFF01 && code_point <= 0xFF5E)
		return code_point - 0xFEE0;
	return code_point;
}

static inline bool
vg_text_is_separator(uint32_t character)
{
	switch (character)
	{
		case ' ':
		case '\t':
		case '.':
		case '-':
		case 0x00A0: /* no-break space */
		case 0x00B7: /* · as in the standard */
		case 0x2022: /* bullet */
		case 0x2027: /* hyphenation point */
		case 0x3000: /* full-width space */
		case 0x30FB: /* katakana middle dot */
			return true;
		default:
			return false;
	}
}

#endif
