/*
 * vehicle_ingest.c: positions as JSON objects, from anybody: parsed without raising an error.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "engine/coord.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "compat.h"
#include "plate.h"
#include "vehicle.h"

/* An object under way to a row. */
typedef struct Parse
{
	JsonbContainer *object;
	TupleDesc desc; /* of vigil_vehicle.position */
	Datum *values;
	bool *nulls;
	char *reason; /* NULL = good so far */
	char *detail;
} Parse;

static void
parse_fail(Parse *parse, const char *reason, const char *detail)
{
	if (parse->reason != NULL)
		return;
	parse->reason = pstrdup(reason);
	parse->detail = pstrdup(detail);
}

/* The reason for a value of the wrong form: the codes of the range check where it has one. */
static const char *
reason_for(const char *key)
{
	if (strcmp(key, "speed_kmh") == 0)
		return "bad_speed";
	if (strcmp(key, "heading_deg") == 0)
		return "bad_heading";
	return psprintf("bad_%s", key);
}

/* The text of a string or number; NULL for null, absent, or another type (which is a fault). */
static char *
parse_text(Parse *parse, const char *key)
{
	JsonbValue value;

	if (getKeyJsonValueFromContainer(parse->object, key, strlen(key), &value) == NULL ||
		value.type == jbvNull)
		return NULL;
	if (value.type == jbvString)
		return pnstrdup(value.val.string.val, value.val.string.len);
	if (value.type == jbvNumeric)
		return DatumGetCString(
			DirectFunctionCall1(numeric_out, NumericGetDatum(value.val.numeric)));
	if (value.type == jbvBool)
		return pstrdup(value.val.boolean ? "true" : "false");
	parse_fail(parse, reason_for(key), psprintf("%s is an array or an object", key));
	return NULL;
}

static bool
parse_number(Parse *parse, const char *key, double *number)
{
	char *text = parse_text(parse, key);
	char *end;

	if (text == NULL || *text == '\0')
		return false;
	*number = strtod(text, &end);
	if (*end == '\0' && !isnan(*number))
		return true;
	parse_fail(parse, reason_for(key), psprintf("%s is \"%s\", not a number", key, text));
	return false;
}

static bool
parse_time(Parse *parse, TimestampTz *at)
{
	char *text = parse_text(parse, "observed_at");
	char work[MAXDATELEN + MAXDATEFIELDS];
	char *field[MAXDATEFIELDS];
	int type[MAXDATEFIELDS];
	DateTimeErrorExtra extra;
	struct pg_tm tm;
	fsec_t fraction;
	int count, kind, zone;

	if (text != NULL &&
		ParseDateTime(text, work, sizeof(work), field, type, MAXDATEFIELDS, &count) == 0 &&
		vg_decode_datetime(field, type, count, &kind, &tm, &fraction, &zone, &extra) == 0 &&
		kind == DTK_DATE && tm2timestamp(&tm, fraction, &zone, at) == 0)
		return true;
	parse_fail(parse, "bad_time",
			   text == NULL
				   ? "observed_at is missing"
				   : psprintf("observed_at is \"%s\", not a time such as 2026-01-20T09:15:30+08",
							  text));
	return false;
}

static bool
parse_plate(Parse *parse, VgPlate *plate)
{
	char *text = parse_text(parse, "plate");
	const char *reason = "plate is missing";

	if (text != NULL && vg_plate_parse(text, strlen(text), plate, &reason) == VG_OK)
		return true;
	parse_fail(parse, "bad_plate",
			   text == NULL ? reason : psprintf("plate is \"%s\": %s", text, reason));
	return false;
}

static void
put(Parse *parse, const char *column, Datum value)
{
	for (int i = 0; i < parse->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(parse->desc, i)->attname), column) == 0)
		{
			parse->values[i] = value;
			parse->nulls[i] = false;
		}
}

static void
put_real(Parse *parse, const char *key)
{
	double number;

	if (parse_number(parse, key, &number))
		put(parse, key, Float4GetDatum((float4) number));
}

static void
put_integer(Parse *parse, const char *key, double lowest, double highest, Oid type)
{
	double number;

	if (!parse_number(parse, key, &number))
		return;
	if (number != rint(number) || number < lowest || number > highest)
		parse_fail(parse, reason_for(key),
				   psprintf("%s is %.10g, valid is a whole number from %.0f to %.0f", key, number,
							lowest, highest));
	else
		put(parse, key,
			type == INT2OID ? Int16GetDatum((int16) number) : Int64GetDatum((int64) number));
}

static void
parse_point(Parse *parse, const char *crs)
{
	VgPoint point;
	bool has_lon = parse_number(parse, "lon", &point.lon);
	bool has_lat = parse_number(parse, "lat", &point.lat);

	/* what no map has is left as it is for the range check */
	if (has_lon && has_lat && point.lon >= -180 && point.lon <= 180 && point.lat >= -90 &&
		point.lat <= 90)
	{
		if (strcmp(crs, "gcj02") == 0 && !(point.lon == 0 && point.lat == 0))
			point = vg_from_gcj02(point);
		else if (strcmp(crs, "bd09") == 0 && !(point.lon == 0 && point.lat == 0))
			point = vg_from_bd09(point);
	}
	if (has_lon)
		put(parse, "lon", Float8GetDatum(point.lon));
	if (has_lat)
		put(parse, "lat", Float8GetDatum(point.lat));
}

/* An element may name the system of its own coordinates. */
static const char *
parse_crs(Parse *parse, const char *crs)
{
	char *own = parse_text(parse, "crs");

	if (own == NULL)
		return crs;
	if (strcmp(own, "wgs84") != 0 && strcmp(own, "gcj02") != 0 && strcmp(own, "bd09") != 0)
		parse_fail(parse, "bad_crs", psprintf("crs is \"%s\", valid is wgs84, gcj02 or bd09", own));
	return own;
}

static void
parse_fields(Parse *parse, const char *crs, const char *source)
{
	TimestampTz at;
	VgPlate plate;
	char *text;

	if (parse_plate(parse, &plate))
		put(parse, "plate", PlateGetDatum(plate));
	if (parse_time(parse, &at))
		put(parse, "observed_at", TimestampTzGetDatum(at));
	parse_point(parse, parse_crs(parse, crs));
	put_real(parse, "speed_kmh");
	put_integer(parse, "heading_deg", PG_INT16_MIN, PG_INT16_MAX, INT2OID);
	put_real(parse, "altitude_m");
	put_real(parse, "mileage_km");
	put_real(parse, "recorder_speed_kmh");
	put_integer(parse, "alarm_bits", 0, PG_UINT32_MAX, INT8OID);
	put_integer(parse, "status_bits", 0, PG_UINT32_MAX, INT8OID);
	put_integer(parse, "video_bits", 0, PG_UINT32_MAX, INT8OID);
	put_integer(parse, "satellites", PG_INT16_MIN, PG_INT16_MAX, INT2OID);
	put_integer(parse, "signal", PG_INT16_MIN, PG_INT16_MAX, INT2OID);
	put_integer(parse, "driver_id", 1, 9007199254740992.0, INT8OID);
	text = parse_text(parse, "source");
	if (text != NULL || source != NULL)
		put(parse, "source", PointerGetDatum(cstring_to_text(text != NULL ? text : source)));
	text = parse_text(parse, "backfill");
	if (text != NULL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		parse_fail(parse, "bad_backfill",
				   psprintf("backfill is \"%s\", valid is true or false", text));
	else if (text != NULL)
		put(parse, "backfill", BoolGetDatum(strcmp(text, "true") == 0));
}

/* The fields in the order of vg_position_columns, wherever the table has them; and back. */
static void
row_fields(const Parse *parse, Datum *values, bool *nulls, bool back)
{
	for (int i = 0; i < VG_POSITION_COLUMNS; i++)
		for (int column = 0; column < parse->desc->natts; column++)
		{
			if (strcmp(NameStr(TupleDescAttr(parse->desc, column)->attname),
					   vg_position_columns[i]) != 0)
				continue;
			if (back)
			{
				parse->values[column] = values[i];
				parse->nulls[column] = nulls[i];
			}
			values[i] = parse->values[column];
			nulls[i] = parse->nulls[column];
			break;
		}
}

/* reason, detail and the row: of a bad one the reason and what is wrong, of a good one the row as
 * it is to be stored. */
static Datum
parse_result(Parse *parse, TupleDesc desc)
{
	Datum fields[VG_POSITION_COLUMNS];
	bool field_nulls[VG_POSITION_COLUMNS];
	Datum values[3] = {0};
	bool nulls[3] = {true, true, true};
	const char *reason;
	char *detail;

	row_fields(parse, fields, field_nulls, false);
	if (parse->reason == NULL && (reason = vg_position_clean(fields, field_nulls, &detail)) != NULL)
		parse_fail(parse, reason, detail);
	if (parse->reason != NULL)
	{
		values[0] = PointerGetDatum(cstring_to_text(parse->reason));
		values[1] = PointerGetDatum(cstring_to_text(parse->detail));
		nulls[0] = nulls[1] = false;
	}
	else
	{
		row_fields(parse, fields, field_nulls, true);
		values[2] = HeapTupleGetDatum(heap_form_tuple(parse->desc, parse->values, parse->nulls));
		nulls[2] = false;
	}
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

static TupleDesc
parse_begin(FunctionCallInfo fcinfo, Parse *parse)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	parse->desc = lookup_rowtype_tupdesc_copy(TupleDescAttr(desc, 2)->atttypid, -1);
	parse->values = palloc0(parse->desc->natts * sizeof(Datum));
	parse->nulls = palloc(parse->desc->natts * sizeof(bool));
	memset(parse->nulls, true, parse->desc->natts * sizeof(bool));
	return desc;
}

PG_FUNCTION_INFO_V1(vigil_vehicle_position_parse);
/* position_parse(element, crs, source) -> reason, detail, parsed */
Datum
vigil_vehicle_position_parse(PG_FUNCTION_ARGS)
{
	Jsonb *element = PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0);
	char *crs = PG_ARGISNULL(1) ? pstrdup("wgs84") : text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *source = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	Parse parse = {0};
	TupleDesc desc = parse_begin(fcinfo, &parse);

	if (element == NULL || !JB_ROOT_IS_OBJECT(element))
		parse_fail(&parse, "bad_element", "the element is not a JSON object");
	else
	{
		parse.object = &element->root;
		parse_fields(&parse, crs, source);
	}
	PG_RETURN_DATUM(parse_result(&parse, desc));
}

PG_FUNCTION_INFO_V1(vigil_vehicle_position_check);
/* position_check(position) -> reason, detail, checked */
Datum
vigil_vehicle_position_check(PG_FUNCTION_ARGS)
{
	Parse parse = {0};
	TupleDesc desc = parse_begin(fcinfo, &parse);

	if (PG_ARGISNULL(0))
		parse_fail(&parse, "bad_element", "the row is null");
	else
	{
		HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
		HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};

		heap_deform_tuple(&tuple, parse.desc, parse.values, parse.nulls);
	}
	PG_RETURN_DATUM(parse_result(&parse, desc));
}
