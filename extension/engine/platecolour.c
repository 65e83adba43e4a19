/*
 * platecolour.c: the colour of a plate: its names in both languages and its codes.
 */
#include "plate.h"

#include <string.h>

#include "utf8.h"

#define COLOUR_TEXT_MAX 20 /* bytes: longer than any colour's name without separators */

typedef struct ColourName
{
	VgPlateColour colour;
	uint8_t bytes;
	const char *name;
} ColourName;

#define NAME(colour, text)                                                                         \
	{                                                                                              \
		colour, sizeof(text) - 1, text                                                             \
	}

/* How a colour may be written, without separators and in lower case; frequent ones first. */
static const ColourName colour_names[] = {
	NAME(VG_PLATE_YELLOW, "yellow"),
	NAME(VG_PLATE_BLUE, "blue"),
	NAME(VG_PLATE_YELLOW, "黄"),
	NAME(VG_PLATE_BLUE, "蓝"),
	NAME(VG_PLATE_YELLOW, "黄色"),
	NAME(VG_PLATE_BLUE, "蓝色"),
	NAME(VG_PLATE_GRADIENT_GREEN, "gradientgreen"),
	NAME(VG_PLATE_YELLOW_GREEN, "yellowgreen"),
	NAME(VG_PLATE_GREEN, "green"),
	NAME(VG_PLATE_GREEN, "绿"),
	NAME(VG_PLATE_GREEN, "绿色"),
	NAME(VG_PLATE_GRADIENT_GREEN, "渐变绿"),
	NAME(VG_PLATE_GRADIENT_GREEN, "渐变绿色"),
	NAME(VG_PLATE_YELLOW_GREEN, "黄绿"),
	NAME(VG_PLATE_YELLOW_GREEN, "黄绿色"),
	NAME(VG_PLATE_YELLOW_GREEN, "黄绿双拼"),
	NAME(VG_PLATE_YELLOW_GREEN, "黄绿双拼色"),
	NAME(VG_PLATE_BLACK, "black"),
	NAME(VG_PLATE_BLACK, "黑"),
	NAME(VG_PLATE_BLACK, "黑色"),
	NAME(VG_PLATE_WHITE, "white"),
	NAME(VG_PLATE_WHITE, "白"),
	NAME(VG_PLATE_WHITE, "白色"),
	NAME(VG_PLATE_OTHER_COLOUR, "other"),
	NAME(VG_PLATE_OTHER_COLOUR, "其他"),
	NAME(VG_PLATE_OTHER_COLOUR, "其它"),
};

/* Canonical name and JT/T 697.7 code of each colour. */
static const struct
{
	const char *name;
	int32_t code;
} colours[VG_PLATE_COLOURS] = {
	[VG_PLATE_NO_COLOUR] = {"", 0},
	[VG_PLATE_BLUE] = {"blue", 1},
	[VG_PLATE_YELLOW] = {"yellow", 2},
	[VG_PLATE_BLACK] = {"black", 3},
	[VG_PLATE_WHITE] = {"white", 4},
	[VG_PLATE_GREEN] = {"green", 5},
	[VG_PLATE_OTHER_COLOUR] = {"other", 9},
	[VG_PLATE_YELLOW_GREEN] = {"yellow-green", 93},
	[VG_PLATE_GRADIENT_GREEN] = {"gradient-green", 94},
};

VgPlateColour
vg_plate_colour_parse(const unsigned char *text, const unsigned char *end)
{
	VgText reader = {text, end};
	char name[COLOUR_TEXT_MAX] = {0};
	size_t bytes = 0;

	while (reader.at < reader.end)
	{
		const unsigned char *from = reader.at;
		uint32_t character = vg_text_character(&reader);
		size_t width = (size_t) (reader.at - from);

		if (character == 0)
			return VG_PLATE_NO_COLOUR;
		if (vg_text_is_separator(character))
			continue;
		if (character < 0x80) /* folded from full-width too: one byte whatever was read */
		{
			width = 1;
			if (character >= 'A' && character <= 'Z')
				character += 'a' - 'A';
		}
		if (bytes + width > sizeof(name))
			return VG_PLATE_NO_COLOUR;
		if (character < 0x80)
			name[bytes] = (char) character;
		else
			memcpy(name + bytes, from, width);
		bytes += width;
	}
	for (size_t i = 0; i < sizeof(colour_names) / sizeof(colour_names[0]); i++)
		if (colour_names[i].bytes == bytes && colour_names[i].name[0] == name[0] &&
			memcmp(colour_names[i].name, name, bytes) == 0)
			return colour_names[i].colour;
	return VG_PLATE_NO_COLOUR;
}

const char *
vg_plate_colour_name(VgPlateColour colour)
{
	return colours[colour].name;
}

int32_t
vg_plate_colour_code(VgPlateColour colour)
{
	return colours[colour].code;
}

VgStatus
vg_plate_colour_from_code(int32_t code, VgPlateColour *colour)
{
	for (int i = VG_PLATE_NO_COLOUR; i < VG_PLATE_COLOURS; i++)
		if (colours[i].code == code)
		{
			*colour = (VgPlateColour) i;
			return VG_OK;
		}
	return VG_RANGE;
}
