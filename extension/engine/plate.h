/*
 * plate.h: a vehicle's number plate (号牌) and its colour as one positive 64-bit number, and back.
 *
 * A Chinese plate, bit 62 = 0: bits 61..6 hold up to 8 symbols of 7 bits, left-aligned, bits 5..0
 * the colour.  So plates sort by their text, then by colour: those of one place ("浙E") are one
 * range, and so are the colours of one text. A plate of another country, bit 62 = 1: (two letters
 * of the country) * 37^10 + up to 10 letters and digits in base 37, left-aligned.  It has no
 * colour.
 *
 * The numbers are stored: symbols and colours may be added, never changed.
 * Forms: vehicles.md 1.5 (GA 36).  Colour codes: JT/T 697.7.
 */
#ifndef VIGIL_ENGINE_PLATE_H
#define VIGIL_ENGINE_PLATE_H

#include "base.h"

#define VG_PLATE_TEXT_MAX 48 /* bytes: the longest text that vg_plate_format writes is shorter */

typedef int64_t VgPlate;

typedef enum VgPlateColour
{
	VG_PLATE_NO_COLOUR,
	VG_PLATE_BLUE,
	VG_PLATE_YELLOW,
	VG_PLATE_BLACK,
	VG_PLATE_WHITE,
	VG_PLATE_GREEN,
	VG_PLATE_OTHER_COLOUR,
	VG_PLATE_YELLOW_GREEN,
	VG_PLATE_GRADIENT_GREEN,
	VG_PLATE_COLOURS
} VgPlateColour;

typedef enum VgPlateKind
{
	VG_PLATE_INVALID,
	VG_PLATE_ORDINARY,
	VG_PLATE_TRAILER,
	VG_PLATE_LEARNER,
	VG_PLATE_POLICE,
	VG_PLATE_HONG_KONG,
	VG_PLATE_MACAO,
	VG_PLATE_ENERGY_SMALL,
	VG_PLATE_ENERGY_LARGE,
	VG_PLATE_MILITARY,
	VG_PLATE_FOREIGN,
	VG_PLATE_KINDS
} VgPlateKind;

/*
 * vg_plate_parse: normalise and encode a plate written in UTF-8.
 *
 * Accepts spaces, middle dots, full stops and hyphens anywhere, full-width forms, either case, O
 * for 0 and I for 1 from the third character on, and a colour in English or Chinese after it.  A
 * plate of another country is written with its country's two letters: "DE:BXY123"; a colour after
 * it is dropped.
 *
 * Returns VG_OK; VG_SHORT, VG_RANGE (too few, too many characters), VG_SYNTAX, with *reason a
 * sentence. Never reads past text + length; *plate is untouched unless VG_OK.
 */
extern VgStatus vg_plate_parse(const char *text, size_t length, VgPlate *plate,
							   const char **reason);

/* What kind of plate a number is; VG_PLATE_INVALID if no plate has it. */
extern VgPlateKind vg_plate_kind(int64_t value);
extern const char *vg_plate_kind_name(VgPlateKind kind);
/* Its class (号牌种类, GA/T 16.7) as far as form and colour tell: "01", "52" ...; "" where they do
 * not. */
extern const char *vg_plate_class(VgPlate plate);

/* The text of a valid plate, with its colour unless it has none; no zero at the end; returns bytes.
 */
extern size_t vg_plate_format(VgPlate plate, char *text);
/* As vg_plate_format, without the colour. */
extern size_t vg_plate_letters(VgPlate plate, char *text);
/* The authority that gave it out ("浙E"), 0 bytes for military plates and other countries. */
extern size_t vg_plate_region(VgPlate plate, char *text);

extern VgPlateColour vg_plate_colour(VgPlate plate);
/* The same plate with this colour; a plate of another country has none and stays. */
extern VgPlate vg_plate_with_colour(VgPlate plate, VgPlateColour colour);

/* The colour that a whole text names, in English or Chinese; VG_PLATE_NO_COLOUR if it is no name.
 */
extern VgPlateColour vg_plate_colour_parse(const unsigned char *text, const unsigned char *end);
extern const char *vg_plate_colour_name(VgPlateColour colour); /* "" for none */

/* Colour codes of JT/T 697.7; 0 for none. */
extern int32_t vg_plate_colour_code(VgPlateColour colour);
/* VG_RANGE for a code that is not in the table. */
extern VgStatus vg_plate_colour_from_code(int32_t code, VgPlateColour *colour);

#endif
