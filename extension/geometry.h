/*
 * geometry.h: PostGIS's geometries as arguments of vigil's own functions.
 */
#ifndef VIGIL_GEOMETRY_H
#define VIGIL_GEOMETRY_H

#include "postgres.h"

#include "fmgr.h"

#include "engine/geo.h"

/*
 * vg_geometry_point: the point that an argument is, in WGS84 degrees; false where it is empty.
 *
 * Errors 22023: it is no point, or in another system than WGS84 (SRID 0, 4326 and 4490 pass).
 */
extern bool vg_geometry_point(FunctionCallInfo fcinfo, int argument, VgPoint *point);

#endif
