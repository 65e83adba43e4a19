/*
 * geometry.h: PostGIS's geometries as arguments of vigil's own functions.
 */
#ifndef VIGIL_GEOMETRY_H
#define VIGIL_GEOMETRY_H

#include "postgres.h"

#include "fmgr.h"

#include "engine/geo.h"

#define VG_SRID_WGS84 4326
#define VG_SRID_CGCS2000 4490 /* China's, the same to a hand's breadth */

/* Whether coordinates are degrees as vigil takes them: of these two, or of whoever did not say. */
static inline bool
vg_srid_usable(uint32 srid)
{
	return srid == VG_SRID_WGS84 || srid == VG_SRID_CGCS2000 || srid == 0;
}

/*
 * vg_geometry_point: the point that an argument is, in WGS84 degrees; false where it is empty.
 *
 * Errors 22023: it is no point, or in another system than WGS84 (vg_srid_usable).
 */
extern bool vg_geometry_point(FunctionCallInfo fcinfo, int argument, VgPoint *point);

#endif
