/*
 * geo.h: distances, bearings and exact planar predicates on WGS84 degrees.
 *
 * Lines between two points are straight in degrees, as PostGIS's geometry type has them. Longitudes
 * that differ by more than 180 degrees are taken the short way round by the distances, never by the
 * predicates.  NaN in, NaN out.
 */
#ifndef VIGIL_ENGINE_GEO_H
#define VIGIL_ENGINE_GEO_H

#include "base.h"

#define VG_EARTH_MEAN_RADIUS_M 6371008.7714 /* mean radius R1 of WGS84 */

typedef struct VgPoint
{
	double lon;
	double lat;
} VgPoint;

/* Where a point lies with respect to a ring. */
typedef enum VgPlace
{
	VG_OUTSIDE = -1,
	VG_BOUNDARY = 0,
	VG_INSIDE = 1
} VgPlace;

/* Great circle on a sphere: up to 0.56 % off the ellipsoid, cheap at any distance. */
extern double vg_haversine_m(VgPoint a, VgPoint b);

/* On the ellipsoid, to less than a millimetre at any distance, antipodes included (Vincenty 1975).
 */
extern double vg_geodesic_m(VgPoint a, VgPoint b);

/* Where one arrives on the ellipsoid from here in this direction (degrees from north). */
extern VgPoint vg_geodesic_point(VgPoint from, double bearing_deg, double distance_m);

/* Flat about the middle latitude: within 0.1 % of the ellipsoid up to 10 km below 85 degrees of
 * latitude. */
extern double vg_local_m(VgPoint a, VgPoint b);

/* Metres on the ellipsoid per degree of longitude and of latitude, at this latitude. */
extern void vg_metres_per_degree(double lat, double *per_lon, double *per_lat);

/* Initial direction from a to b, 0 <= result < 360; 0 where they are the same place. */
extern double vg_bearing_deg(VgPoint a, VgPoint b);

/* Metres to the nearest point of a segment, of a polyline (count >= 1); exactness as vg_local_m.
 * nearest may be NULL. */
extern double vg_segment_m(VgPoint p, VgPoint a, VgPoint b, VgPoint *nearest);
extern double vg_polyline_m(VgPoint p, const VgPoint *line, int count, VgPoint *nearest);

/* Exact sign: 1 = c lies left of the line from a to b, -1 = right, 0 = on it.  (Not below 1e-140
 * degrees: underflow.) */
extern int vg_orientation(VgPoint a, VgPoint b, VgPoint c);

/* Exact; the ring is closed (first = last), in any direction; even-odd where it crosses itself. */
extern VgPlace vg_ring_place(const VgPoint *ring, int count, VgPoint p);

#endif
