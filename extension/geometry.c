/*
 * geometry.c: PostGIS's geometries as arguments.
 *
 * PostGIS converts any geometry to EWKB for whoever asks, but that costs more than finding a
 * point's fences.  So the one stored form that nearly all points have is read as it lies there:
 * that of PostGIS 3 (gserialized version 2) without a box.  Whatever else comes, also from a
 * PostGIS that is not written yet, goes by the type's binary output function.
 */
#include "geometry.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "engine/wkb.h"

/* After the length: SRID (3 bytes), flags (1), type (4), how many points (4), their doubles. */
#define STORED_FLAGS_AT 3
#define STORED_TYPE_AT 4
#define STORED_COUNT_AT 8
#define STORED_DOUBLES_AT 12
#define STORED_Z 0x01
#define STORED_M 0x02
#define STORED_VERSION_2 0x40 /* the other bits: a box, geodetic, extended flags, version 3 */
#define STORED_POINT 1

static const char *const type_names[] = {"GEOMETRY",	 "POINT",
										 "LINESTRING",	 "POLYGON",
										 "MULTIPOINT",	 "MULTILINESTRING",
										 "MULTIPOLYGON", "GEOMETRYCOLLECTION"};

static void
srid_check(uint32 srid)
{
	if (likely(vg_srid_usable(srid)))
		return;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("SRID %u is not WGS84 (%d)", srid, VG_SRID_WGS84),
			errhint("ST_Transform(geometry, %d) converts it.", VG_SRID_WGS84));
}

/* stored_point: read a point in the usual form; false for any other. */
static bool
stored_point(const unsigned char *stored, Size size, VgPoint *point)
{
	uint32 type, count;
	unsigned char flags;

	if (size < STORED_DOUBLES_AT + 2 * sizeof(double))
		return false;
	flags = stored[STORED_FLAGS_AT];
	memcpy(&type, stored + STORED_TYPE_AT, sizeof(type));
	memcpy(&count, stored + STORED_COUNT_AT, sizeof(count));
	if ((flags & ~(STORED_Z | STORED_M)) != STORED_VERSION_2 || type != STORED_POINT || count != 1)
		return false;
	srid_check((uint32) stored[0] << 16 | (uint32) stored[1] << 8 | stored[2]);
	memcpy(&point->lon, stored + STORED_DOUBLES_AT, sizeof(double));
	memcpy(&point->lat, stored + STORED_DOUBLES_AT + sizeof(double), sizeof(double));
	return true;
}

/* sent_point: read a point as PostGIS sends it. */
static pg_noinline bool
sent_point(FunctionCallInfo fcinfo, int argument, VgPoint *point)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument), send;
	bool isvarlena;
	bytea *ewkb;
	VgWkbPoint sent;
	VgStatus status;

	if (!OidIsValid(type))
		elog(ERROR, "could not determine the type of argument %d", argument + 1);
	getTypeBinaryOutputInfo(type, &send, &isvarlena);
	ewkb = OidSendFunctionCall(send, PG_GETARG_DATUM(argument));
	status = vg_wkb_point((unsigned char *) VARDATA(ewkb), VARSIZE(ewkb) - VARHDRSZ, &sent);
	if (status == VG_CHECK)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a point is needed, but the geometry is a %s",
					   type_names[sent.type < lengthof(type_names) ? sent.type : 0]),
				errhint("ST_PointOnSurface, ST_Centroid or ST_DumpPoints make points of it."));
	if (status != VG_OK)
		elog(ERROR, "could not read the geometry that %s sent: status %d", format_type_be(type),
			 (int) status);
	srid_check(sent.srid);
	*point = (VgPoint){sent.x, sent.y};
	return !(isnan(sent.x) && isnan(sent.y));
}

bool
vg_geometry_point(FunctionCallInfo fcinfo, int argument, VgPoint *point)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(argument);

	return stored_point((unsigned char *) VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored), point) ||
		   sent_point(fcinfo, argument, point);
}
