/*
 * plate.c: text of a plate to symbols, symbols to a number, and back.
 */
#include "plate.h"

#include <string.h>

#include "utf8.h"

#define SYMBOLS 8
#define SYMBOL_BITS 7
#define SYMBOL_MASK 0x7F
#define COLOUR_BITS 6
#define COLOUR_MASK 0x3F
#define FOREIGN_BIT (INT64_C(1) << 62)

#define FOREIGN_SYMBOLS 10
#define FOREIGN_BASE 37
#define FOREIGN_SPAN INT64_C(4808584372417849) /* 37^10 */
#define LETTERS 26

#define SHORTEST 7

enum
{
	NO_SYMBOL = 0,
	DIGIT_0 = 1,
	DIGIT_1 = 2,
	DIGIT_9 = 10,
	LETTER_A = 11,
	LETTER_I = LETTER_A + 'I' - 'A',
	LETTER_O = LETTER_A + 'O' - 'A',
	LETTER_Z = LETTER_A + 'Z' - 'A',
	FIRST_SUFFIX = 40,
	TRAILER = FIRST_SUFFIX,
	LEARNER,
	POLICE,
	HONG_KONG,
	MACAO,
	FIRST_PROVINCE = 64
};

/* Code points of the provinces (省份简称), ascending: found by bisection, symbols in this order. */
static const uint16_t provinces[] = {
	0x4E91, 0x4EAC, 0x5180, 0x5409, 0x5B81, 0x5DDD, /* 云 京 冀 吉 宁 川 */
	0x65B0, 0x664B, 0x6842, 0x6CAA, 0x6D25, 0x6D59, /* 新 晋 桂 沪 津 浙 */
	0x6E1D, 0x6E58, 0x743C, 0x7518, 0x7696, 0x7CA4, /* 渝 湘 琼 甘 皖 粤 */
	0x82CF, 0x8499, 0x85CF, 0x8C6B, 0x8D35, 0x8D63, /* 苏 蒙 藏 豫 贵 赣 */
	0x8FBD, 0x9102, 0x95FD, 0x9655, 0x9752, 0x9C81, /* 辽 鄂 闽 陕 青 鲁 */
	0x9ED1,											/* 黑 */
};
#define PROVINCES ((int) (sizeof(provinces) / sizeof(provinces[0])))
#define CANTON_CODE_POINT 0x7CA4 /* 粤: the only one on plates of Hong Kong and Macao */

/* Code points of the last characters of special plates, in the order of their symbols. */
static const uint16_t suffixes[] = {0x6302, 0x5B66, 0x8B66, 0x6E2F, 0x6FB3}; /* 挂 学 警 港 澳 */
#define SUFFIXES ((int) (sizeof(suffixes) / sizeof(suffixes[0])))

static VgStatus foreign_parse(VgText reader, const uint8_t *country, VgPlate *plate,
							  const char **reason);
static VgPlateKind foreign_kind(int64_t value);

static inline bool
is_digit(uint8_t symbol)
{
	return symbol >= DIGIT_0 && symbol <= DIGIT_9;
}

static inline bool
is_letter(uint8_t symbol)
{
	return symbol >= LETTER_A && symbol <= LETTER_Z;
}

static inline bool
is_ascii(uint8_t symbol)
{
	return symbol >= DIGIT_0 && symbol <= LETTER_Z;
}

/* A letter of a serial number: I and O are never used. */
static inline bool
is_serial_letter(uint8_t symbol)
{
	return is_letter(symbol) && symbol != LETTER_I && symbol != LETTER_O;
}

static inline bool
is_serial(uint8_t symbol)
{
	return is_digit(symbol) || is_serial_letter(symbol);
}

/* The letter of a new-energy plate: A to K without I. */
static inline bool
is_energy_letter(uint8_t symbol)
{
	return symbol >= LETTER_A && symbol <= LETTER_A + 'K' - 'A' && symbol != LETTER_I;
}

static inline bool
is_province(uint8_t symbol)
{
	return symbol >= FIRST_PROVINCE && symbol < FIRST_PROVINCE + PROVINCES;
}

/* han_code_point: of a province or a suffix. */
static inline uint16_t
han_code_point(uint8_t symbol)
{
	return is_province(symbol) ? provinces[symbol - FIRST_PROVINCE]
							   : suffixes[symbol - FIRST_SUFFIX];
}

static inline bool
all_digits(const uint8_t *symbols, int count)
{
	for (int i = 0; i < count; i++)
		if (!is_digit(symbols[i]))
			return false;
	return true;
}

/* han_symbol: a province or the last character of a special plate. */
static inline uint8_t
han_symbol(uint32_t character)
{
	int low = 0;

	for (int span = PROVINCES; span > 1; span -= span / 2)
		if (provinces[low + span / 2] <= character)
			low += span / 2;
	if (provinces[low] == character)
		return (uint8_t) (FIRST_PROVINCE + low);
	for (int i = 0; i < SUFFIXES; i++)
		if (suffixes[i] == character)
			return (uint8_t) (FIRST_SUFFIX + i);
	return NO_SYMBOL;
}

static inline uint8_t
symbol_of(uint32_t character)
{
	if (character >= '0' && character <= '9')
		return (uint8_t) (DIGIT_0 + (character - '0'));
	if (character >= 'A' && character <= 'Z')
		return (uint8_t) (LETTER_A + (character - 'A'));
	if (character >= 'a' && character <= 'z')
		return (uint8_t) (LETTER_A + (character - 'a'));
	return han_symbol(character);
}

/* chinese_kind: which form of 1.5 the symbols have; else VG_PLATE_INVALID and the reason. */
static VgPlateKind
chinese_kind(const uint8_t *symbols, int count, const char **reason)
{
	if (!is_province(symbols[0]))
	{
		if (count == SHORTEST && is_letter(symbols[0]) && is_letter(symbols[1]) &&
			all_digits(symbols + 2, 5))
			return VG_PLATE_MILITARY;
		*reason =
			"It starts with no province, and is not a military plate (two letters, five digits).";
		return VG_PLATE_INVALID;
	}
	if (!is_serial_letter(symbols[1]))
	{
		*reason = "Its second character is not a letter other than I and O.";
		return VG_PLATE_INVALID;
	}
	if (count == SYMBOLS)
	{
		if (is_energy_letter(symbols[2]) && is_serial(symbols[3]) && all_digits(symbols + 4, 4))
			return VG_PLATE_ENERGY_SMALL;
		if (all_digits(symbols + 2, 5) && is_energy_letter(symbols[7]))
			return VG_PLATE_ENERGY_LARGE;
		*reason = "It has eight characters, but not the form of a new-energy plate.";
		return VG_PLATE_INVALID;
	}
	*reason = "Its serial holds a character that no plate has there.";
	for (int i = 2; i < SHORTEST - 1; i++)
		if (!is_serial(symbols[i]))
			return VG_PLATE_INVALID;
	switch (symbols[SHORTEST - 1])
	{
		case TRAILER:
			return VG_PLATE_TRAILER;
		case LEARNER:
			return VG_PLATE_LEARNER;
		case POLICE:
			return VG_PLATE_POLICE;
		case HONG_KONG:
			return han_code_point(symbols[0]) == CANTON_CODE_POINT ? VG_PLATE_HONG_KONG
																   : VG_PLATE_INVALID;
		case MACAO:
			return han_code_point(symbols[0]) == CANTON_CODE_POINT ? VG_PLATE_MACAO
																   : VG_PLATE_INVALID;
		default:
			return is_serial(symbols[SHORTEST - 1]) ? VG_PLATE_ORDINARY : VG_PLATE_INVALID;
	}
}

static inline VgPlate
chinese_encode(const uint8_t *symbols, int count, VgPlateColour colour)
{
	uint64_t text = 0;

	for (int i = 0; i < count; i++)
		text = text << SYMBOL_BITS | symbols[i];
	text <<= SYMBOL_BITS * (SYMBOLS - count);
	return (VgPlate) (text << COLOUR_BITS | (uint64_t) colour);
}

/* chinese_decode: symbols of a number of the Chinese form; returns how many, up to the first end
 * mark. */
static inline int
chinese_decode(VgPlate plate, uint8_t *symbols)
{
	int count = 0;

	while (count < SYMBOLS)
	{
		int shift = COLOUR_BITS + SYMBOL_BITS * (SYMBOLS - 1 - count);
		uint8_t symbol = (uint8_t) (plate >> shift & SYMBOL_MASK);

		if (symbol == NO_SYMBOL)
			break;
		symbols[count++] = symbol;
	}
	return count;
}

static VgStatus
chinese_finish(uint8_t *symbols, int count, VgPlateColour colour, VgPlate *plate,
			   const char **reason)
{
	if (count < SHORTEST)
	{
		*reason = count == 0 ? "It is empty." : "It has fewer than seven characters.";
		return VG_SHORT;
	}
	for (int i = 2; i < count; i++)
	{
		if (symbols[i] == LETTER_O)
			symbols[i] = DIGIT_0;
		else if (symbols[i] == LETTER_I)
			symbols[i] = DIGIT_1;
	}
	if (chinese_kind(symbols, count, reason) == VG_PLATE_INVALID)
		return VG_SYNTAX;
	*plate = chinese_encode(symbols, count, colour);
	return VG_OK;
}

VgStatus
vg_plate_parse(const char *text, size_t length, VgPlate *plate, const char **reason)
{
	VgText reader = {(const unsigned char *) text, (const unsigned char *) text + length};
	uint8_t symbols[SYMBOLS];
	int count = 0;

	while (reader.at < reader.end)
	{
		VgText rest = reader;
		uint32_t character = vg_text_character(&reader);
		uint8_t symbol;

		if (vg_text_is_separator(character))
			continue;
		symbol = symbol_of(character);
		/* A plate may end here: is the rest its colour?  One more letter alone is none. */
		if (count >= SHORTEST && (!is_ascii(symbol) || reader.at < reader.end))
		{
			VgPlateColour colour = vg_plate_colour_parse(rest.at, rest.end);

			if (colour != VG_PLATE_NO_COLOUR)
				return chinese_finish(symbols, count, colour, plate, reason);
		}
		if (symbol == NO_SYMBOL)
		{
			if (character == ':' && count == 2 && is_letter(symbols[0]) && is_letter(symbols[1]))
				return foreign_parse(reader, symbols, plate, reason);
			*reason = count < SHORTEST ? "It holds a character that no plate has."
									   : "What follows it is not a colour.";
			return VG_SYNTAX;
		}
		if (count == SYMBOLS)
		{
			*reason = "It has more than eight characters, or a colour that is not known.";
			return VG_RANGE;
		}
		symbols[count++] = symbol;
	}
	return chinese_finish(symbols, count, VG_PLATE_NO_COLOUR, plate, reason);
}

/* foreign_parse: what follows the country and its colon. */
static VgStatus
foreign_parse(VgText reader, const uint8_t *country, VgPlate *plate, const char **reason)
{
	int64_t number = 0;
	int count = 0;
	bool after_gap = false;

	if (country[0] == LETTER_A + 'C' - 'A' && country[1] == LETTER_A + 'N' - 'A')
	{
		*reason = "A plate of China is written without a country.";
		return VG_SYNTAX;
	}
	while (reader.at < reader.end)
	{
		VgText rest = reader;
		uint32_t character = vg_text_character(&reader);
		uint8_t symbol;

		if (vg_text_is_separator(character))
		{
			after_gap = count > 0;
			continue;
		}
		symbol = symbol_of(character);
		if ((after_gap || !is_ascii(symbol)) &&
			vg_plate_colour_parse(rest.at, rest.end) != VG_PLATE_NO_COLOUR)
			break;
		after_gap = false;
		if (!is_ascii(symbol))
		{
			*reason = "It holds a character that is neither a letter nor a digit.";
			return VG_SYNTAX;
		}
		if (count == FOREIGN_SYMBOLS)
		{
			*reason = "It has more than ten characters after the country.";
			return VG_RANGE;
		}
		number = number * FOREIGN_BASE + symbol;
		count++;
	}
	if (count == 0)
	{
		*reason = "Nothing follows the country.";
		return VG_SHORT;
	}
	for (; count < FOREIGN_SYMBOLS; count++)
		number *= FOREIGN_BASE;
	number += ((country[0] - LETTER_A) * LETTERS + (country[1] - LETTER_A)) * FOREIGN_SPAN;
	*plate = FOREIGN_BIT | number;
	return VG_OK;
}

/* foreign_kind: a number is good if its country exists and no symbol follows an end mark. */
static VgPlateKind
foreign_kind(int64_t value)
{
	int64_t country = (value & ~FOREIGN_BIT) / FOREIGN_SPAN;
	int64_t number = (value & ~FOREIGN_BIT) % FOREIGN_SPAN;
	bool ended = true;

	if (country >= LETTERS * LETTERS || country == ('C' - 'A') * LETTERS + ('N' - 'A') ||
		number == 0)
		return VG_PLATE_INVALID;
	for (int i = 0; i < FOREIGN_SYMBOLS; i++, number /= FOREIGN_BASE)
	{
		bool end_mark = number % FOREIGN_BASE == 0;

		if (end_mark && !ended)
			return VG_PLATE_INVALID;
		ended = end_mark;
	}
	return VG_PLATE_FOREIGN;
}

VgPlateKind
vg_plate_kind(int64_t value)
{
	uint8_t symbols[SYMBOLS];
	const char *reason;
	int count;

	if (value <= 0)
		return VG_PLATE_INVALID;
	if (value & FOREIGN_BIT)
		return foreign_kind(value);
	if ((value & COLOUR_MASK) >= VG_PLATE_COLOURS)
		return VG_PLATE_INVALID;
	count = chinese_decode(value, symbols);
	if (count < SHORTEST ||
		chinese_encode(symbols, count, (VgPlateColour) (value & COLOUR_MASK)) != value)
		return VG_PLATE_INVALID;
	return chinese_kind(symbols, count, &reason);
}

const char *
vg_plate_kind_name(VgPlateKind kind)
{
	static const char *const names[VG_PLATE_KINDS] = {
		[VG_PLATE_INVALID] = "invalid",
		[VG_PLATE_ORDINARY] = "ordinary",
		[VG_PLATE_TRAILER] = "trailer",
		[VG_PLATE_LEARNER] = "learner",
		[VG_PLATE_POLICE] = "police",
		[VG_PLATE_HONG_KONG] = "hong_kong",
		[VG_PLATE_MACAO] = "macao",
		[VG_PLATE_ENERGY_SMALL] = "new_energy_small",
		[VG_PLATE_ENERGY_LARGE] = "new_energy_large",
		[VG_PLATE_MILITARY] = "military",
		[VG_PLATE_FOREIGN] = "foreign",
	};

	return names[kind];
}

const char *
vg_plate_class(VgPlate plate)
{
	switch (vg_plate_kind(plate))
	{
		case VG_PLATE_ORDINARY:
			if (vg_plate_colour(plate) == VG_PLATE_YELLOW)
				return "01";
			return vg_plate_colour(plate) == VG_PLATE_BLUE ? "02" : "";
		case VG_PLATE_TRAILER:
			return "15";
		case VG_PLATE_LEARNER:
			return "16";
		case VG_PLATE_POLICE:
			return "23";
		case VG_PLATE_HONG_KONG:
			return "26";
		case VG_PLATE_MACAO:
			return "27";
		case VG_PLATE_ENERGY_LARGE:
			return "51";
		case VG_PLATE_ENERGY_SMALL:
			return "52";
		case VG_PLATE_MILITARY:
		case VG_PLATE_FOREIGN:
		case VG_PLATE_INVALID:
		case VG_PLATE_KINDS:
			break;
	}
	return "";
}

static inline size_t
put_symbol(char *text, uint8_t symbol)
{
	if (is_digit(symbol))
		*text = (char) ('0' + (symbol - DIGIT_0));
	else if (is_letter(symbol))
		*text = (char) ('A' + (symbol - LETTER_A));
	else
	{
		uint16_t code_point = han_code_point(symbol);

		text[0] = (char) (0xE0 | code_point >> 12);
		text[1] = (char) (0x80 | (code_point >> 6 & 0x3F));
		text[2] = (char) (0x80 | (code_point & 0x3F));
		return 3;
	}
	return 1;
}

static size_t
foreign_letters(VgPlate plate, char *text)
{
	int64_t country = (plate & ~FOREIGN_BIT) / FOREIGN_SPAN;
	int64_t number = (plate & ~FOREIGN_BIT) % FOREIGN_SPAN;
	int64_t unit = FOREIGN_SPAN / FOREIGN_BASE;
	size_t bytes = 0;

	text[bytes++] = (char) ('A' + country / LETTERS);
	text[bytes++] = (char) ('A' + country % LETTERS);
	text[bytes++] = ':';
	for (; number > 0; number %= unit, unit /= FOREIGN_BASE)
		bytes += put_symbol(text + bytes, (uint8_t) (number / unit));
	return bytes;
}

size_t
vg_plate_letters(VgPlate plate, char *text)
{
	uint8_t symbols[SYMBOLS];
	size_t bytes = 0;
	int count;

	if (plate & FOREIGN_BIT)
		return foreign_letters(plate, text);
	count = chinese_decode(plate, symbols);
	for (int i = 0; i < count; i++)
		bytes += put_symbol(text + bytes, symbols[i]);
	return bytes;
}

size_t
vg_plate_format(VgPlate plate, char *text)
{
	size_t bytes = vg_plate_letters(plate, text);
	const char *name = vg_plate_colour_name(vg_plate_colour(plate));
	size_t name_bytes = strlen(name);

	if (name_bytes == 0)
		return bytes;
	text[bytes++] = ' ';
	memcpy(text + bytes, name, name_bytes);
	return bytes + name_bytes;
}

size_t
vg_plate_region(VgPlate plate, char *text)
{
	uint8_t symbols[SYMBOLS];
	size_t bytes;

	if (plate & FOREIGN_BIT)
		return 0;
	chinese_decode(plate, symbols);
	if (!is_province(symbols[0]))
		return 0;
	bytes = put_symbol(text, symbols[0]);
	return bytes + put_symbol(text + bytes, symbols[1]);
}

VgPlateColour
vg_plate_colour(VgPlate plate)
{
	return plate & FOREIGN_BIT ? VG_PLATE_NO_COLOUR : (VgPlateColour) (plate & COLOUR_MASK);
}

VgPlate
vg_plate_with_colour(VgPlate plate, VgPlateColour colour)
{
	if (plate & FOREIGN_BIT)
		return plate;
	return (plate & ~(VgPlate) COLOUR_MASK) | (VgPlate) colour;
}
