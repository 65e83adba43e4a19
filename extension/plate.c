/*
 * plate.c: the plate type: text and binary form, casts, its parts as functions.
 *
 * Comparison and hashing are those of int8: sql/10-types.sql declares them.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "compat.h"
#include "plate.h"

static VgStatus plate_parse(const char *text, int length, VgPlate *plate, const char **reason);
static VgPlate plate_parse_or_error(const char *text, int length);
static text *plate_text(const char *utf8, size_t bytes);
static void plate_check(int64 value);

PG_FUNCTION_INFO_V1(vigil_plate_in);
Datum
vigil_plate_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);

	PG_RETURN_PLATE(plate_parse_or_error(text, (int) strlen(text)));
}

PG_FUNCTION_INFO_V1(vigil_plate_out);
Datum
vigil_plate_out(PG_FUNCTION_ARGS)
{
	char *text = palloc(VG_PLATE_TEXT_MAX);

	text[vg_plate_format(PG_GETARG_PLATE(0), text)] = '\0';
	if (GetDatabaseEncoding() != PG_UTF8)
		text = pg_any_to_server(text, (int) strlen(text), PG_UTF8);
	PG_RETURN_CSTRING(text);
}

PG_FUNCTION_INFO_V1(vigil_plate_recv);
Datum
vigil_plate_recv(PG_FUNCTION_ARGS)
{
	int64 value = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	plate_check(value);
	PG_RETURN_PLATE(value);
}

PG_FUNCTION_INFO_V1(vigil_plate_from_bigint);
Datum
vigil_plate_from_bigint(PG_FUNCTION_ARGS)
{
	int64 value = PG_GETARG_INT64(0);

	plate_check(value);
	PG_RETURN_PLATE(value);
}

PG_FUNCTION_INFO_V1(vigil_plate_try_number);
Datum
vigil_plate_try_number(PG_FUNCTION_ARGS)
{
	int64 value = PG_GETARG_INT64(0);

	if (vg_plate_kind(value) == VG_PLATE_INVALID)
		PG_RETURN_NULL();
	PG_RETURN_PLATE(value);
}

PG_FUNCTION_INFO_V1(vigil_plate_try);
Datum
vigil_plate_try(PG_FUNCTION_ARGS)
{
	text *argument = PG_GETARG_TEXT_PP(0);
	VgPlate plate;
	const char *reason;

	if (plate_parse(VARDATA_ANY(argument), (int) VARSIZE_ANY_EXHDR(argument), &plate, &reason) !=
		VG_OK)
		PG_RETURN_NULL();
	PG_RETURN_PLATE(plate);
}

PG_FUNCTION_INFO_V1(vigil_plate_normalise);
Datum
vigil_plate_normalise(PG_FUNCTION_ARGS)
{
	text *argument = PG_GETARG_TEXT_PP(0);
	char text[VG_PLATE_TEXT_MAX];
	VgPlate plate = plate_parse_or_error(VARDATA_ANY(argument), (int) VARSIZE_ANY_EXHDR(argument));

	PG_RETURN_TEXT_P(plate_text(text, vg_plate_format(plate, text)));
}

PG_FUNCTION_INFO_V1(vigil_plate_letters);
Datum
vigil_plate_letters(PG_FUNCTION_ARGS)
{
	char text[VG_PLATE_TEXT_MAX];

	PG_RETURN_TEXT_P(plate_text(text, vg_plate_letters(PG_GETARG_PLATE(0), text)));
}

PG_FUNCTION_INFO_V1(vigil_plate_region);
Datum
vigil_plate_region(PG_FUNCTION_ARGS)
{
	char text[VG_PLATE_TEXT_MAX];
	size_t bytes = vg_plate_region(PG_GETARG_PLATE(0), text);

	if (bytes == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(plate_text(text, bytes));
}

PG_FUNCTION_INFO_V1(vigil_plate_kind);
Datum
vigil_plate_kind(PG_FUNCTION_ARGS)
{
	VgPlateKind kind = vg_plate_kind(PG_GETARG_PLATE(0));

	PG_RETURN_TEXT_P(cstring_to_text(vg_plate_kind_name(kind)));
}

PG_FUNCTION_INFO_V1(vigil_plate_class);
Datum
vigil_plate_class(PG_FUNCTION_ARGS)
{
	const char *class = vg_plate_class(PG_GETARG_PLATE(0));

	if (class[0] == '\0')
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(class));
}

PG_FUNCTION_INFO_V1(vigil_plate_colour);
Datum
vigil_plate_colour(PG_FUNCTION_ARGS)
{
	VgPlateColour colour = vg_plate_colour(PG_GETARG_PLATE(0));

	if (colour == VG_PLATE_NO_COLOUR)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(vg_plate_colour_name(colour)));
}

PG_FUNCTION_INFO_V1(vigil_plate_colour_code);
Datum
vigil_plate_colour_code(PG_FUNCTION_ARGS)
{
	VgPlateColour colour = vg_plate_colour(PG_GETARG_PLATE(0));

	if (colour == VG_PLATE_NO_COLOUR)
		PG_RETURN_NULL();
	PG_RETURN_INT16((int16) vg_plate_colour_code(colour));
}

PG_FUNCTION_INFO_V1(vigil_plate_with_colour);
Datum
vigil_plate_with_colour(PG_FUNCTION_ARGS)
{
	VgPlate plate = PG_GETARG_PLATE(0);
	int32 code = PG_GETARG_INT32(1);
	VgPlateColour colour;

	if (vg_plate_colour_from_code(code, &colour) != VG_OK)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("plate colour code %d is not known (bad_plate_colour)", code),
				errhint(
					"Codes of JT/T 697.7: 1 blue, 2 yellow, 3 black, 4 white, 5 green, 9 other, "
					"93 yellow-green, 94 gradient-green; 0 for none."));
	PG_RETURN_PLATE(vg_plate_with_colour(plate, colour));
}

/* plate_parse: from text in the encoding of the database. */
static VgStatus
plate_parse(const char *text, int length, VgPlate *plate, const char **reason)
{
	if (GetDatabaseEncoding() != PG_UTF8)
	{
		char *utf8 = pg_server_to_any(text, length, PG_UTF8);

		if (utf8 != text)
		{
			text = utf8;
			length = (int) strlen(utf8);
		}
	}
	return vg_plate_parse(text, (size_t) length, plate, reason);
}

static VgPlate
plate_parse_or_error(const char *text, int length)
{
	VgPlate plate;
	const char *reason;

	if (plate_parse(text, length, &plate, &reason) != VG_OK)
		ereport(ERROR, errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid plate \"%.*s\" (bad_plate)", length, text),
				errdetail_internal("%s", reason),
				errhint("Write it as 浙E12345 yellow, without a colour as 浙E12345, "
						"or one of another country as DE:BXY123."));
	return plate;
}

/* plate_text: UTF-8 as text in the encoding of the database. */
static text *
plate_text(const char *utf8, size_t bytes)
{
	if (GetDatabaseEncoding() == PG_UTF8)
		return cstring_to_text_with_len(utf8, (int) bytes);
	return cstring_to_text(pg_any_to_server(pnstrdup(utf8, bytes), (int) bytes, PG_UTF8));
}

static void
plate_check(int64 value)
{
	if (vg_plate_kind(value) == VG_PLATE_INVALID)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("%lld is not the number of a plate (bad_plate)", (long long) value),
				errhint("Such numbers come from plate::bigint only."));
}
