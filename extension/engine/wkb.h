/*
 * wkb.h: the points of a geometry in well-known binary, as PostGIS casts it to bytea (EWKB) or ISO
 * has it.
 */
#ifndef VIGIL_ENGINE_WKB_H
#define VIGIL_ENGINE_WKB_H

#include "base.h"

/* One sequence of points: a point, a line, a ring. */
typedef struct VgWkbPoints
{
	unsigned char *first; /* not aligned; each point is width doubles, x and y first */
	uint32_t count;
	uint32_t width; /* 2 to 4: x, y, and z, m where the type has them */
	bool swapped;	/* bytes are in the other order than this machine's */
} VgWkbPoints;

typedef VgStatus (*VgWkbVisit)(void *context, const VgWkbPoints *points);

/*
 * vg_wkb_walk: call visit with every sequence of points, in order; what it writes to x and y stays
 * in the bytes.
 *
 * All types of PostGIS: points to surfaces, curves, TIN, collections nested up to 32 deep. VG_SHORT
 * if the bytes end early, VG_SYNTAX for an unknown type or bytes left over, VG_RANGE if nested too
 * deep; or what visit returned other than VG_OK.
 */
extern VgStatus vg_wkb_walk(unsigned char *bytes, size_t size, VgWkbVisit visit, void *context);

/* The SRID that the bytes of EWKB begin with; 0 where they name none. */
extern uint32_t vg_wkb_srid(unsigned char *bytes, size_t size);

/* A geometry that is a point, as its bytes have it. */
typedef struct VgWkbPoint
{
	double x;
	double y;
	uint32_t srid; /* 0 = none is given */
	uint32_t type; /* without the flags for z, m and SRID: 1 = point, 2 = line, ... */
} VgWkbPoint;

/*
 * vg_wkb_point: read a point; x and y of an empty one are NaN.  VG_CHECK for a geometry of another
 * type, whose type and srid are then set; VG_SHORT and VG_SYNTAX as vg_wkb_walk.
 */
extern VgStatus vg_wkb_point(unsigned char *bytes, size_t size, VgWkbPoint *point);

/* One coordinate of a point in a sequence: axis 0 is x, axis 1 is y. */
extern double vg_wkb_get(const VgWkbPoints *points, uint32_t point, uint32_t axis);
extern void vg_wkb_set(const VgWkbPoints *points, uint32_t point, uint32_t axis, double value);

#endif
