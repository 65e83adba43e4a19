/*
 * convert.c: coordinate systems of whole geometries, and whether their coordinates can be used.
 *
 * A geometry comes and goes as the bytes that PostGIS casts it to and from (EWKB): type, SRID, z
 * and m stay as they are.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"
#include "engine/coord.h"
#include "engine/wkb.h"
#include "geometry.h"

typedef VgPoint (*Shift)(VgPoint point);

static VgStatus
shift_points(void *context, const VgWkbPoints *points)
{
	Shift shift = *(Shift *) context;

	for (uint32 i = 0; i < points->count; i++)
	{
		VgPoint point = {vg_wkb_get(points, i, 0), vg_wkb_get(points, i, 1)};

		if (isnan(point.lon) || isnan(point.lat)) /* an empty point */
			continue;
		point = shift(point);
		vg_wkb_set(points, i, 0, point.lon);
		vg_wkb_set(points, i, 1, point.lat);
	}
	return VG_OK;
}

static void
walk_or_error(bytea *ewkb, VgWkbVisit visit, void *context)
{
	VgStatus status =
		vg_wkb_walk((unsigned char *) VARDATA_ANY(ewkb), VARSIZE_ANY_EXHDR(ewkb), visit, context);

	if (status != VG_OK && status != VG_CHECK)
		ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				errmsg("%zu bytes are no geometry in well-known binary",
					   (size_t) VARSIZE_ANY_EXHDR(ewkb)));
}

/* The first coordinate out of range ends the walk. */
static VgStatus
find_problem(void *context, const VgWkbPoints *points)
{
	char **problem = context;

	for (uint32 i = 0; i < points->count; i++)
	{
		double lon = vg_wkb_get(points, i, 0), lat = vg_wkb_get(points, i, 1);

		if (lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90)
			continue;
		*problem = psprintf("point (%.10g, %.10g) is outside -180 to 180, -90 to 90", lon, lat);
		return VG_CHECK;
	}
	return VG_OK;
}

/* The same, but an empty point, which is written as two NaN, has no place to be wrong. */
static VgStatus
find_unshiftable(void *context, const VgWkbPoints *points)
{
	if (points->count == 1 && isnan(vg_wkb_get(points, 0, 0)) && isnan(vg_wkb_get(points, 0, 1)))
		return VG_OK;
	return find_problem(context, points);
}

/* Degrees are what the shifts know. */
static void
check_degrees(bytea *ewkb)
{
	uint32 srid = vg_wkb_srid((unsigned char *) VARDATA_ANY(ewkb), VARSIZE_ANY_EXHDR(ewkb));
	char *problem = NULL;

	if (!vg_srid_usable(srid))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("coordinates of SRID %u cannot be shifted", srid),
				errdetail("GCJ-02 and BD-09 are shifts of degrees: SRID 4326, 4490 or none."),
				errhint("Transform the geometry first, with ST_Transform(geom, 4326)."));
	walk_or_error(ewkb, find_unshiftable, &problem);
	if (problem != NULL)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("coordinates cannot be shifted: %s", problem),
				errhint("Coordinates are degrees, longitude first."));
}

static Datum
convert(bytea *ewkb, Shift shift)
{
	check_degrees(ewkb);
	walk_or_error(ewkb, shift_points, &shift);
	PG_RETURN_BYTEA_P(ewkb);
}

PG_FUNCTION_INFO_V1(vigil_from_gcj02);
Datum
vigil_from_gcj02(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_BYTEA_P_COPY(0), vg_from_gcj02);
}

PG_FUNCTION_INFO_V1(vigil_to_gcj02);
Datum
vigil_to_gcj02(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_BYTEA_P_COPY(0), vg_to_gcj02);
}

PG_FUNCTION_INFO_V1(vigil_from_bd09);
Datum
vigil_from_bd09(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_BYTEA_P_COPY(0), vg_from_bd09);
}

PG_FUNCTION_INFO_V1(vigil_to_bd09);
Datum
vigil_to_bd09(PG_FUNCTION_ARGS)
{
	return convert(PG_GETARG_BYTEA_P_COPY(0), vg_to_bd09);
}

PG_FUNCTION_INFO_V1(vigil_coordinates_problem);
Datum
vigil_coordinates_problem(PG_FUNCTION_ARGS)
{
	char *problem = NULL;

	walk_or_error(PG_GETARG_BYTEA_P_COPY(0), find_problem, &problem);
	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
