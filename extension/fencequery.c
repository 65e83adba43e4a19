/*
 * fencequery.c: the fence index as SQL functions.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "fence.h"

static void
check_point(double lon, double lat)
{
	if (!(lon >= -180 && lon <= 180) || !(lat >= -90 && lat <= 90))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("point (%g, %g) is out of range", lon, lat),
				errdetail("Longitude is from -180 to 180, latitude from -90 to 90 degrees."));
}

static int
kind_bit(const char *code)
{
	int bit = vg_fence_kind_bit(code);

	if (bit < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no fence kind \"%s\"", code),
				errhint(
					"Table vigil.fence_kind lists the kinds; vigil.setup() loads those of vigil."));
	return bit;
}

static VgFenceFilter
kind_filter(const char *code)
{
	return (VgFenceFilter){.kinds = UINT64CONST(1) << kind_bit(code),
						   .time_us = GetCurrentTransactionStartTimestamp()};
}

static uint64
kind_mask(ArrayType *kinds)
{
	uint64 mask = 0;
	Datum *codes;
	bool *nulls;
	int count;

	deconstruct_array(kinds, TEXTOID, -1, false, TYPALIGN_INT, &codes, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			mask |= UINT64CONST(1) << kind_bit(TextDatumGetCString(codes[i]));
	return mask;
}

PG_FUNCTION_INFO_V1(vigil_fences_at);
/* fences_at(lon, lat, kinds) -> ids of the fences that cover the point */
Datum
vigil_fences_at(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const VgFenceIndex *index = vg_fences();
	VgFenceFilter filter = {.kinds = PG_UINT64_MAX};
	VgFenceCursor cursor;
	int64 number;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	check_point(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1));
	if (!PG_ARGISNULL(2))
		filter.kinds = kind_mask(PG_GETARG_ARRAYTYPE_P(2));
	filter.time_us = GetCurrentTransactionStartTimestamp();
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1));
	while ((number = vg_fence_next_of(&cursor, &filter)) >= 0)
	{
		Datum value = Int64GetDatum(vg_fence_get(index, (uint32) number)->id);
		bool isnull = false;

		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(vigil_inside);
/* inside(lon, lat, kind): whether a fence of the kind covers the point */
Datum
vigil_inside(PG_FUNCTION_ARGS)
{
	double lon = PG_GETARG_FLOAT8(0), lat = PG_GETARG_FLOAT8(1);
	const VgFenceIndex *index = vg_fences();
	VgFenceFilter filter = kind_filter(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	VgFenceCursor cursor;

	check_point(lon, lat);
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, lon, lat);
	PG_RETURN_BOOL(vg_fence_next_of(&cursor, &filter) >= 0);
}

PG_FUNCTION_INFO_V1(vigil_fence_distance_m);
/* fence_distance_m(lon, lat, kind): metres to the nearest fence of the kind; null without one */
Datum
vigil_fence_distance_m(PG_FUNCTION_ARGS)
{
	double lon = PG_GETARG_FLOAT8(0), lat = PG_GETARG_FLOAT8(1), distance_m;
	const VgFenceIndex *index = vg_fences();
	VgFenceFilter filter = kind_filter(text_to_cstring(PG_GETARG_TEXT_PP(2)));

	check_point(lon, lat);
	distance_m = vg_fence_distance_m(index, &filter, lon, lat, HUGE_VAL);
	if (isinf(distance_m))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(distance_m);
}
