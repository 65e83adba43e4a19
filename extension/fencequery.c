/*
 * fencequery.c: the fence index as SQL functions.
 *
 * A call site remembers which kinds it was asked for last, and which bits these are while the
 * fences stay as they are: most calls then look nothing up.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "fence.h"
#include "geometry.h"
#include "vigil.h"

#define FIRST_FOUND 16 /* fences around a point that need no memory to be found */

/* What a call site remembers, in fn_extra. */
typedef struct AskedKinds
{
	uint64 generation; /* of the fences; 0 = nothing is remembered */
	uint64 kinds;
	Size length;
	Size room;
	char *asked; /* the argument as it came, without its length */
} AskedKinds;

static pg_noinline uint64 kinds_read(FunctionCallInfo fcinfo, const struct varlena *asked,
									 bool several);

static inline void
check_point(VgPoint p)
{
	if (unlikely(!(p.lon >= -180 && p.lon <= 180) || !(p.lat >= -90 && p.lat <= 90)))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("point (%g, %g) is out of range", p.lon, p.lat),
				errdetail("Longitude is from -180 to 180, latitude from -90 to 90 degrees."));
}

static int
kind_bit(const char *code)
{
	int bit = vg_fence_kind_bit_held(code);

	if (bit < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there is no fence kind \"%s\"", code),
				errhint(
					"Table vigil.fence_kind lists the kinds; vigil.setup() loads those of vigil."));
	return bit;
}

static uint64
kind_mask(const char *code)
{
	return UINT64CONST(1) << kind_bit(code);
}

static uint64
kinds_mask(ArrayType *kinds)
{
	uint64 mask = 0;
	Datum *codes;
	bool *nulls;
	int count;

	deconstruct_array(kinds, TEXTOID, -1, false, TYPALIGN_INT, &codes, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			mask |= kind_mask(TextDatumGetCString(codes[i]));
	return mask;
}

/*
 * kinds_asked: the kinds that an argument names, a text or an array of them, by their bits in the
 * fences that this call has got from vg_fences().
 */
static inline uint64
kinds_asked(FunctionCallInfo fcinfo, const struct varlena *asked, bool several)
{
	const AskedKinds *memo = fcinfo->flinfo->fn_extra;

	if (likely(memo != NULL && memo->generation == vg_fence_generation() &&
			   memo->length == VARSIZE_ANY_EXHDR(asked) &&
			   memcmp(memo->asked, VARDATA_ANY(asked), memo->length) == 0))
		return memo->kinds;
	return kinds_read(fcinfo, asked, several);
}

static pg_noinline uint64
kinds_read(FunctionCallInfo fcinfo, const struct varlena *asked, bool several)
{
	AskedKinds *memo = fcinfo->flinfo->fn_extra;
	Size length = VARSIZE_ANY_EXHDR(asked);

	if (memo == NULL)
		memo = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(AskedKinds));
	memo->generation = 0;
	if (memo->asked == NULL || memo->room < length)
	{
		memo->room = 0;
		if (memo->asked != NULL)
			pfree(memo->asked);
		memo->asked = NULL;
		memo->asked = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, length);
		memo->room = length;
	}
	memcpy(memo->asked, VARDATA_ANY(asked), length);
	memo->length = length;
	memo->kinds = several ? kinds_mask(DatumGetArrayTypeP(PointerGetDatum(asked)))
						  : kind_mask(text_to_cstring((const text *) asked));
	memo->generation = vg_fence_generation();
	return memo->kinds;
}

/* found_list: the ids of this fence and of those that follow it, as an array. */
static pg_noinline ArrayType *
found_list(VgFenceCursor *cursor, const VgFenceFilter *filter, int64 number)
{
	Datum first[FIRST_FOUND], *found = first;
	int count = 0, room = FIRST_FOUND;

	for (; number >= 0; number = vg_fence_next_of(cursor, filter))
	{
		if (count == room)
		{
			room *= 2;
			found = found == first ? memcpy(palloc(room * sizeof(Datum)), first, sizeof(first))
								   : repalloc(found, room * sizeof(Datum));
		}
		found[count++] = Int64GetDatum(vg_fence_get(cursor->index, (uint32) number)->id);
	}
	return construct_array(found, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/*
 * times_asked: the filter's time.  With a time, fences that are in force then, as the models take
 * them: valid and in their active hours.  Without, those valid now, at whatever hours: an answer
 * that differs by the time of day at which one asks helps nobody.
 */
static inline void
times_asked(FunctionCallInfo fcinfo, int argument, VgFenceFilter *filter)
{
	if (likely(PG_ARGISNULL(argument)))
	{
		filter->time_us = GetCurrentTransactionStartTimestamp();
		return;
	}
	filter->time_us = PG_GETARG_TIMESTAMPTZ(argument);
	filter->hours = true;
	filter->utc_offset_minutes = vigil_utc_offset_minutes;
	if (TIMESTAMP_NOT_FINITE(filter->time_us))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("fences cannot be asked for at an infinite time"),
				errhint("Give a moment, or leave it out for the fences that are valid now."));
}

PG_FUNCTION_INFO_V1(vigil_fence_list);
/* fence_list(lon, lat, kinds, at) -> ids of the fences that cover the point, null for none */
Datum
vigil_fence_list(PG_FUNCTION_ARGS)
{
	VgFenceFilter filter = {.kinds = PG_UINT64_MAX};
	const VgFenceIndex *index;
	VgFenceCursor cursor;
	VgPoint p;
	int64 number;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	p = (VgPoint){PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
	check_point(p);
	index = vg_fences();
	if (!PG_ARGISNULL(2))
		filter.kinds = kinds_asked(fcinfo, PG_GETARG_VARLENA_PP(2), true);
	times_asked(fcinfo, 3, &filter);
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, p.lon, p.lat);
	number = vg_fence_next_of(&cursor, &filter);
	if (number < 0)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(found_list(&cursor, &filter, number));
}

/* one_kind: the index, and the filter of a question after one kind; the arguments are kind and at.
 */
static inline const VgFenceIndex *
one_kind(FunctionCallInfo fcinfo, VgPoint p, int kind_argument, VgFenceFilter *filter)
{
	const VgFenceIndex *index = vg_fences();

	check_point(p);
	filter->kinds = kinds_asked(fcinfo, PG_GETARG_VARLENA_PP(kind_argument), false);
	times_asked(fcinfo, kind_argument + 1, filter);
	return index;
}

/* inside: whether a fence of the kind covers the point. */
static inline Datum
inside(FunctionCallInfo fcinfo, VgPoint p, int kind_argument)
{
	VgFenceFilter filter = {0};
	VgFenceCursor cursor;

	vg_fence_open(&cursor, one_kind(fcinfo, p, kind_argument, &filter), VG_FENCE_COVERED, p.lon,
				  p.lat);
	PG_RETURN_BOOL(vg_fence_next_of(&cursor, &filter) >= 0);
}

PG_FUNCTION_INFO_V1(vigil_inside);
/* inside(lon, lat, kind, at) */
Datum
vigil_inside(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	return inside(fcinfo, (VgPoint){PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)}, 2);
}

PG_FUNCTION_INFO_V1(vigil_inside_geometry);
/* inside(point, kind, at) */
Datum
vigil_inside_geometry(PG_FUNCTION_ARGS)
{
	VgPoint p;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || !vg_geometry_point(fcinfo, 0, &p))
		PG_RETURN_NULL();
	return inside(fcinfo, p, 1);
}

/* distance: metres to the nearest fence of the kind; null without one. */
static Datum
distance(FunctionCallInfo fcinfo, VgPoint p, int kind_argument)
{
	VgFenceFilter filter = {0};
	const VgFenceIndex *index = one_kind(fcinfo, p, kind_argument, &filter);
	double distance_m = vg_fence_distance_m(index, &filter, p.lon, p.lat, HUGE_VAL);

	if (isinf(distance_m))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(distance_m);
}

PG_FUNCTION_INFO_V1(vigil_fence_distance_m);
/* fence_distance_m(lon, lat, kind, at) */
Datum
vigil_fence_distance_m(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	return distance(fcinfo, (VgPoint){PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)}, 2);
}

PG_FUNCTION_INFO_V1(vigil_fence_distance_geometry_m);
/* fence_distance_m(point, kind, at) */
Datum
vigil_fence_distance_geometry_m(PG_FUNCTION_ARGS)
{
	VgPoint p;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || !vg_geometry_point(fcinfo, 0, &p))
		PG_RETURN_NULL();
	return distance(fcinfo, p, 1);
}
