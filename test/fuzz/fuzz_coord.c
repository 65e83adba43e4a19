/*
 * fuzz_coord.c: coordinates and geodesy take any doubles.  On the earth distances are symmetric and
 * agree with each other, directions lie in [0, 360), the exact predicates agree with themselves;
 * inside the rectangle of the shift the inverses come back.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../extension/engine/coord.h"
#include "bytes.h"

/* A way back to a point may miss it by this. */
#define INVERSE_M 0.01
/* Two geodesic distances that should be the same may differ by this. */
#define GEODESIC_M 0.001
#define BORDER_M 2000.0

static double
take_real(Bytes *bytes)
{
	uint64_t bits = take(bytes, sizeof(bits));
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static double
take_between(Bytes *bytes, double low, double high)
{
	return low + (high - low) * (double) take(bytes, 4) / UINT32_MAX;
}

/* Any two doubles, or a place on the earth, in China, beside or opposite another point. */
static VgPoint
take_point(Bytes *bytes, VgPoint other)
{
	VgPoint point;
	double step = ldexp(1.0, -(int) (take(bytes, 1) % 64));

	switch (take(bytes, 1) % 6)
	{
		case 0:
			point.lon = take_real(bytes);
			point.lat = take_real(bytes);
			break;
		case 1:
			point.lon = take_between(bytes, 72.0, 137.9);
			point.lat = take_between(bytes, 0.8, 55.9);
			break;
		case 2:
			point.lon = other.lon + take_between(bytes, -step, step);
			point.lat = other.lat + take_between(bytes, -step, step);
			break;
		case 3:
			point.lon = other.lon - copysign(180.0, other.lon) + take_between(bytes, -step, step);
			point.lat = -other.lat + take_between(bytes, -step, step);
			break;
		case 4: /* whole degrees: poles, the antimeridian, the kink of the shift */
			point.lon = (double) (take(bytes, 2) % 361) - 180.0;
			point.lat = (double) (take(bytes, 1) % 181) - 90.0;
			break;
		default:
			point.lon = take_between(bytes, -180.0, 180.0);
			point.lat = take_between(bytes, -90.0, 90.0);
	}
	return point;
}

static bool
on_earth(VgPoint p)
{
	return fabs(p.lon) <= 180.0 && fabs(p.lat) <= 90.0;
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* A number is missing among degrees (an infinite way is infinite whatever is missing). */
static bool
has_nan(VgPoint a, VgPoint b)
{
	const double degrees[4] = {a.lon, a.lat, b.lon, b.lat};
	bool missing = false;

	for (int i = 0; i < 4; i++)
	{
		if (fabs(degrees[i]) > 360.0)
			return false;
		missing = missing || isnan(degrees[i]);
	}
	return missing;
}

/* Metres to the border of the rectangle of the shift, of a point inside it. */
static double
border_m(VgPoint p)
{
	double per_lon, per_lat;

	vg_metres_per_degree(p.lat, &per_lon, &per_lat);
	return fmin(fmin(p.lon - 72.004, 137.8347 - p.lon) * per_lon,
				fmin(p.lat - 0.8293, 55.8271 - p.lat) * per_lat);
}

static void
check_shift(VgPoint p, VgConversion to, VgConversion from)
{
	VgPoint there = to(p), back = from(there);

	(void) from(p);
	if (!vg_coord_shifted(p))
		require(same(there.lon, p.lon) && same(there.lat, p.lat));
	else if (border_m(p) > BORDER_M)
	{
		require(vg_local_m(p, there) < BORDER_M);
		require(vg_local_m(p, back) <= INVERSE_M);
	}
}

static void
check_distances(VgPoint a, VgPoint b)
{
	double sphere_m = vg_haversine_m(a, b), geodesic_m = vg_geodesic_m(a, b);
	double local_m = vg_local_m(a, b), bearing_deg = vg_bearing_deg(a, b);

	if (has_nan(a, b))
		require(isnan(sphere_m) && isnan(geodesic_m) && isnan(local_m) && isnan(bearing_deg));
	require(same(sphere_m, vg_haversine_m(b, a)) && same(local_m, vg_local_m(b, a)));
	require(isnan(bearing_deg) || (bearing_deg >= 0.0 && bearing_deg < 360.0));
	if (!on_earth(a) || !on_earth(b))
		return;
	require(sphere_m >= 0.0 && geodesic_m >= 0.0 && local_m >= 0.0 && bearing_deg >= 0.0);
	require(fabs(geodesic_m - vg_geodesic_m(b, a)) <= GEODESIC_M);
	require(fabs(geodesic_m - sphere_m) <= 0.0056 * sphere_m + GEODESIC_M);
	if (geodesic_m <= 10000.0 && fmax(fabs(a.lat), fabs(b.lat)) < 85.0)
		require(fabs(local_m - geodesic_m) <= 0.001 * geodesic_m + GEODESIC_M);
}

static void
check_way(VgPoint from, double bearing_deg, double distance_m)
{
	VgPoint to = vg_geodesic_point(from, bearing_deg, distance_m);

	if (!on_earth(from) || !(fabs(bearing_deg) <= 720.0) || !(fabs(distance_m) <= 1e7))
		return;
	require(on_earth(to));
	require(fabs(vg_geodesic_m(from, to) - fabs(distance_m)) <= GEODESIC_M);
}

/* Above the underflow of the exact determinant. */
static bool
is_exact(VgPoint p)
{
	return on_earth(p) && (p.lon == 0.0 || fabs(p.lon) > 1e-100) &&
		   (p.lat == 0.0 || fabs(p.lat) > 1e-100);
}

static void
check_lines(VgPoint a, VgPoint b, VgPoint c, VgPoint p)
{
	VgPoint ring[4] = {a, b, c, a}, nearest;
	int turn = vg_orientation(a, b, c), ab = vg_orientation(a, b, p);
	int bc = vg_orientation(b, c, p), ca = vg_orientation(c, a, p);
	VgPlace place = vg_ring_place(ring, 4, p);
	double segment_m = vg_segment_m(p, a, b, &nearest);
	double line_m = vg_polyline_m(p, ring, 4, NULL);

	if (has_nan(p, a) && has_nan(p, b) && has_nan(p, c))
		require(isnan(segment_m) && isnan(line_m));
	if (!is_exact(a) || !is_exact(b) || !is_exact(c) || !is_exact(p))
		return;
	require(segment_m >= 0.0 && line_m >= 0.0 && segment_m == vg_local_m(p, nearest));
	require(turn == vg_orientation(b, c, a) && turn == -vg_orientation(b, a, c));
	if (turn == 0)
		require(place != VG_INSIDE);
	else if (ab == -turn || bc == -turn || ca == -turn)
		require(place == VG_OUTSIDE);
	else
		require(place == (ab != 0 && bc != 0 && ca != 0 ? VG_INSIDE : VG_BOUNDARY));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes bytes = {data, size};
	VgPoint point[4] = {{120.0, 30.0}};
	double bearing_deg, distance_m;

	for (int i = 0; i < 4; i++)
		point[i] = take_point(&bytes, point[i > 0 ? i - 1 : 0]);
	bearing_deg = take(&bytes, 1) & 1 ? take_between(&bytes, -360.0, 360.0) : take_real(&bytes);
	distance_m = take(&bytes, 1) & 1 ? take_between(&bytes, 0.0, 1e7) : take_real(&bytes);
	for (int i = 0; i < 4; i++)
	{
		check_shift(point[i], vg_to_gcj02, vg_from_gcj02);
		check_shift(point[i], vg_to_bd09, vg_from_bd09);
	}
	check_distances(point[0], point[1]);
	check_way(point[0], bearing_deg, distance_m);
	check_lines(point[0], point[1], point[2], point[3]);
	return 0;
}
