/*
 * plate_test.c: forms and vectors of vehicles.md 1.5, the encoding and its order.
 */
#include "../../extension/engine/plate.h"

#include <string.h>

#include "check.h"

/* What a text is read as, or "" for none. */
static const char *
read_as(const char *text)
{
	static char out[VG_PLATE_TEXT_MAX];
	VgPlate plate = 0;
	const char *reason = NULL;

	if (vg_plate_parse(text, strlen(text), &plate, &reason) != VG_OK)
	{
		CHECK_TRUE(reason != NULL && plate == 0);
		return "";
	}
	CHECK_TRUE(plate > 0 && vg_plate_kind(plate) != VG_PLATE_INVALID);
	out[vg_plate_format(plate, out)] = '\0';
	return out;
}

#define CHECK_READS(text, want) CHECK_TEXT(read_as(text), want)

static VgPlate
plate_of(const char *text)
{
	VgPlate plate = 0;
	const char *reason;

	CHECK_INT(vg_plate_parse(text, strlen(text), &plate, &reason), VG_OK);
	return plate;
}

static VgStatus
status_of(const char *text)
{
	VgPlate plate;
	const char *reason;

	return vg_plate_parse(text, strlen(text), &plate, &reason);
}

static void
check_forms(void)
{
	/* The page's vectors. */
	CHECK_READS("浙E12345", "浙E12345");
	CHECK_READS("浙ED12345", "浙ED12345");
	CHECK_READS("浙E12345D", "浙E12345D");
	CHECK_READS("浙E1234挂", "浙E1234挂");
	CHECK_READS("浙I12345", "");
	CHECK_READS("浙E1234", "");
	CHECK_READS("浙E123456", "");
	CHECK_READS("E12345", "");
	CHECK_READS("浙E1O345", "浙E10345");

	/* One of each form, and the nearest text that is none. */
	CHECK_INT(vg_plate_kind(plate_of("浙EA1B2C")), VG_PLATE_ORDINARY);
	CHECK_INT(vg_plate_kind(plate_of("浙E1234挂")), VG_PLATE_TRAILER);
	CHECK_INT(vg_plate_kind(plate_of("浙E1234学")), VG_PLATE_LEARNER);
	CHECK_INT(vg_plate_kind(plate_of("浙E1234警")), VG_PLATE_POLICE);
	CHECK_INT(vg_plate_kind(plate_of("粤Z1234港")), VG_PLATE_HONG_KONG);
	CHECK_INT(vg_plate_kind(plate_of("粤Z1234澳")), VG_PLATE_MACAO);
	CHECK_INT(vg_plate_kind(plate_of("浙EDA1234")), VG_PLATE_ENERGY_SMALL);
	CHECK_INT(vg_plate_kind(plate_of("浙E12345K")), VG_PLATE_ENERGY_LARGE);
	CHECK_INT(vg_plate_kind(plate_of("AB12345")), VG_PLATE_MILITARY);
	CHECK_INT(vg_plate_kind(plate_of("DE:BXY123")), VG_PLATE_FOREIGN);
	CHECK_READS("浙O12345", "");
	CHECK_READS("浙E1234港", "");
	CHECK_READS("浙E123挂1", "");
	CHECK_READS("浙E12345挂", "");
	CHECK_READS("浙EL12345", "");
	CHECK_READS("浙ED1A345", "");
	CHECK_READS("浙E12345L", "");
	CHECK_READS("AB1234A", "");
	CHECK_READS("A浙12345", "");
	CHECK_READS("浙浙12345", "");
	CHECK_READS("ABCDEFG", "");
	CHECK_READS("12345678", "");
	CHECK_READS("挂E12345", "");
	CHECK_READS("台A12345", "");

	CHECK_INT(status_of(""), VG_SHORT);
	CHECK_INT(status_of("  ·"), VG_SHORT);
	CHECK_INT(status_of("浙E1234"), VG_SHORT);
	CHECK_INT(status_of("浙E1234567"), VG_RANGE);
	CHECK_INT(status_of("浙E1234?"), VG_SYNTAX);
	CHECK_INT(status_of("浙E12345 purple"), VG_RANGE);
	CHECK_INT(status_of("浙E12345 紫"), VG_SYNTAX);
}

static void
check_normalising(void)
{
	CHECK_READS("浙E·12345 ", "浙E12345");
	CHECK_READS("浙Ｅ·１２３４５　", "浙E12345");
	CHECK_READS(" 浙 e.12-345", "浙E12345");
	CHECK_READS("浙E•12345", "浙E12345");
	CHECK_READS("浙EI2O45", "浙E12045"); /* I -> 1, O -> 0, from the third character on */
	CHECK_READS("浙E iooii", "浙E10011");
	CHECK_READS("OI12345", "OI12345"); /* the first two stay */
	CHECK_READS("aｂ1234５", "AB12345");
}

static void
check_colours(void)
{
	CHECK_READS("浙E12345 yellow", "浙E12345 yellow");
	CHECK_READS("浙E12345yellow", "浙E12345 yellow");
	CHECK_READS("浙E·12345黄", "浙E12345 yellow");
	CHECK_READS("浙E12345 黄色", "浙E12345 yellow");
	CHECK_READS("浙E12345 ＹＥＬＬＯＷ ", "浙E12345 yellow");
	CHECK_READS("浙E12345黑", "浙E12345 black"); /* a province too */
	CHECK_READS("浙E1234挂黑", "浙E1234挂 black");
	CHECK_READS("浙E12345 black", "浙E12345 black");
	CHECK_READS("浙E12345black", "浙E12345 black"); /* not 浙E12345B */
	CHECK_READS("浙EBLACK", "浙EBLACK");			/* a serial, not a colour */
	CHECK_READS("浙E12345Dblack", "浙E12345D black");
	CHECK_READS("浙ED12345 gradient-green", "浙ED12345 gradient-green");
	CHECK_READS("浙ED12345渐变绿", "浙ED12345 gradient-green");
	CHECK_READS("浙E12345D yellow_green", "");
	CHECK_READS("浙E12345D yellow green", "浙E12345D yellow-green");
	CHECK_READS("浙E12345D黄绿双拼色", "浙E12345D yellow-green");
	CHECK_READS("浙E12345D黄绿双拼色色", "");
	CHECK_READS("浙ED12345 绿", "浙ED12345 green");
	CHECK_READS("AB12345 white", "AB12345 white");
	CHECK_READS("浙E1234警白", "浙E1234警 white");
	CHECK_READS("浙E12345其他", "浙E12345 other");
	CHECK_READS("浙E12345 yellow yellow", "");

	CHECK_INT(vg_plate_colour(plate_of("浙E12345")), VG_PLATE_NO_COLOUR);
	CHECK_TRUE(plate_of("浙E12345 blue") != plate_of("浙E12345 yellow"));
	CHECK_INT(vg_plate_with_colour(plate_of("浙E12345 blue"), VG_PLATE_YELLOW),
			  plate_of("浙E12345黄"));
	for (int i = 0; i < VG_PLATE_COLOURS; i++)
	{
		VgPlateColour colour = VG_PLATE_COLOURS;

		CHECK_INT(vg_plate_colour_from_code(vg_plate_colour_code((VgPlateColour) i), &colour),
				  VG_OK);
		CHECK_INT(colour, i);
	}
	CHECK_INT(vg_plate_colour_code(VG_PLATE_GRADIENT_GREEN), 94);
	CHECK_INT(vg_plate_colour_from_code(6, &(VgPlateColour){0}), VG_RANGE);
}

static void
check_foreign(void)
{
	CHECK_READS("DE:BXY123", "DE:BXY123");
	CHECK_READS(" de: b-xy 123 ", "DE:BXY123");
	CHECK_READS("ＤＥ：ＢＸＹ１２３", "DE:BXY123");
	CHECK_READS("NL:OI", "NL:OI"); /* nothing is replaced in them */
	CHECK_READS("ZZ:ZZZZZZZZZZ", "ZZ:ZZZZZZZZZZ");
	CHECK_READS("AA:0", "AA:0");
	CHECK_READS("DE:BXY123 yellow", "DE:BXY123");
	CHECK_READS("DE:BXY123黄", "DE:BXY123");
	CHECK_READS("DE:BLUE", "DE:BLUE");
	CHECK_READS("DE:", "");
	CHECK_READS("D:BXY123", "");
	CHECK_READS("DEU:BXY123", "");
	CHECK_READS("1E:BXY123", "");
	CHECK_READS("CN:AB12345", "");
	CHECK_READS("DE:浙E12345", "");
	CHECK_INT(status_of("DE:12345678901"), VG_RANGE);
	CHECK_TRUE(plate_of("DE:AB1234") != plate_of("HK:AB1234"));
	CHECK_TRUE(plate_of("DE:AB1") != plate_of("DE:AB10"));
	CHECK_INT(vg_plate_colour(plate_of("DE:AB1")), VG_PLATE_NO_COLOUR);
	CHECK_INT(vg_plate_with_colour(plate_of("DE:AB1"), VG_PLATE_BLUE), plate_of("DE:AB1"));
}

static void
check_order(void)
{
	/* One text's colours are neighbours; one place's plates are a range; other countries are last.
	 */
	CHECK_TRUE(plate_of("浙E12345") < plate_of("浙E12345 blue"));
	CHECK_TRUE(plate_of("浙E12345 gradient-green") < plate_of("浙E12346"));
	CHECK_TRUE(plate_of("浙E12345 gradient-green") < plate_of("浙E12345D"));
	CHECK_TRUE(plate_of("浙EZZZZZ") < plate_of("浙F00000"));
	CHECK_TRUE(plate_of("鲁Z99999") < plate_of("AA:0"));
	CHECK_TRUE(plate_of("AA:Z") < plate_of("AB:0"));
	CHECK_TRUE(plate_of("AA:A") < plate_of("AA:A0"));
	/* Stored for ever: these numbers must never change. */
	CHECK_INT(plate_of("浙E12345 yellow"), INT64_C(2706386351201239042));
	CHECK_INT(plate_of("DE:BXY123"), INT64_C(5007672230107306748));
}

static void
check_numbers(void)
{
	static const int64_t bad[] = {0, -1, INT64_MIN, INT64_MAX, 1, INT64_C(1) << 62};
	uint64_t random = 42;
	int valid = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(vg_plate_kind(bad[i]), VG_PLATE_INVALID);
	CHECK_INT(vg_plate_kind(plate_of("浙E12345") | 9), VG_PLATE_INVALID); /* no such colour */
	CHECK_INT(vg_plate_kind(plate_of("浙E12345") | 1), VG_PLATE_ORDINARY);
	CHECK_INT(vg_plate_kind(plate_of("浙E12345") + (INT64_C(24) << 6)), VG_PLATE_INVALID);
	CHECK_INT(vg_plate_kind(plate_of("AA:A") + 1), VG_PLATE_INVALID); /* a gap in the text */
	/* Any number near a plate either is refused or reads back as itself. */
	for (int i = 0; i < 1000000; i++)
	{
		char text[VG_PLATE_TEXT_MAX];
		VgPlate plate;
		VgPlate again = 0;
		const char *reason;

		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		plate = (i % 2 ? plate_of("浙E12345D黄") : plate_of("DE:BXY1234567")) ^
				(int64_t) ((random >> 33 & 0x7F) << (random >> 20 & 63) & INT64_MAX);
		if (vg_plate_kind(plate) == VG_PLATE_INVALID)
			continue;
		valid++;
		if (vg_plate_parse(text, vg_plate_format(plate, text), &again, &reason) != VG_OK ||
			again != plate)
			CHECK_INT(again, plate);
	}
	CHECK_TRUE(valid > 1000);
}

static void
check_parts(void)
{
	char text[VG_PLATE_TEXT_MAX] = {0};

	text[vg_plate_region(plate_of("浙E12345 yellow"), text)] = '\0';
	CHECK_TEXT(text, "浙E");
	text[vg_plate_letters(plate_of("浙E1234挂 yellow"), text)] = '\0';
	CHECK_TEXT(text, "浙E1234挂");
	CHECK_INT(vg_plate_region(plate_of("AB12345"), text), 0);
	CHECK_INT(vg_plate_region(plate_of("DE:BXY123"), text), 0);
	CHECK_TEXT(vg_plate_class(plate_of("浙E12345 yellow")), "01");
	CHECK_TEXT(vg_plate_class(plate_of("浙E12345 blue")), "02");
	CHECK_TEXT(vg_plate_class(plate_of("浙E12345")), "");
	CHECK_TEXT(vg_plate_class(plate_of("浙ED12345")), "52");
	CHECK_TEXT(vg_plate_class(plate_of("AB12345")), "");
	CHECK_TEXT(vg_plate_kind_name(VG_PLATE_ENERGY_LARGE), "new_energy_large");
}

int
main(void)
{
	check_forms();
	check_normalising();
	check_colours();
	check_foreign();
	check_order();
	check_numbers();
	check_parts();
	return check_report();
}
