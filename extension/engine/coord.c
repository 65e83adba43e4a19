/*
 * coord.c: WGS84, GCJ-02 and BD-09.
 */
#include "coord.h"

#include <math.h>

#define PI 3.14159265358979323846

/* The Krassovsky ellipsoid of the shift: semi-major axis in metres, eccentricity squared. */
#define SHIFT_AXIS_M 6378245.0
#define SHIFT_ECCENTRICITY2 0.00669342162296594323

/* Inversion stops when it moves a point less than this (degrees, a micrometre); the error shrinks
 * 50-fold a round. */
#define INVERSE_STEP 1e-11
#define INVERSE_ROUNDS 20

bool
vg_coord_shifted(VgPoint p)
{
	return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

/* wave: what both coordinates share and the waves along one of them, the two longest with weights
 * of their own (m). */
static double
wave(double x, double along, double weight_12, double weight_30)
{
	double shared = 20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI);
	double own = 20.0 * sin(along * PI) + 40.0 * sin(along / 3.0 * PI);
	double longest = weight_12 * sin(along / 12.0 * PI) + weight_30 * sin(along / 30.0 * PI);

	return (shared + own + longest) * 2.0 / 3.0;
}

/* gcj02_of: the shift, smooth and without the rectangle. */
static VgPoint
gcj02_of(VgPoint p)
{
	double x = p.lon - 105.0, y = p.lat - 35.0;
	double root = sqrt(fabs(x));
	double north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root +
					 wave(x, y, 160.0, 320.0);
	double east_m =
		300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave(x, x, 150.0, 300.0);
	double sine = sin(p.lat / 180.0 * PI);
	double w2 = 1.0 - SHIFT_ECCENTRICITY2 * sine * sine;
	double normal_m = SHIFT_AXIS_M / sqrt(w2);
	double meridian_m = normal_m * (1.0 - SHIFT_ECCENTRICITY2) / w2;

	p.lon += east_m * 180.0 / (normal_m * cos(p.lat / 180.0 * PI) * PI);
	p.lat += north_m * 180.0 / (meridian_m * PI);
	return p;
}

/* bd09_of: Baidu's shift of a GCJ-02 point: a turn about the origin of degrees, and an offset. */
static VgPoint
bd09_of(VgPoint p)
{
	const double wave_length = PI * 3000.0 / 180.0;
	double radius = hypot(p.lon, p.lat) + 0.00002 * sin(p.lat * wave_length);
	double angle = atan2(p.lat, p.lon) + 0.000003 * cos(p.lon * wave_length);

	p.lon = radius * cos(angle) + 0.0065;
	p.lat = radius * sin(angle) + 0.006;
	return p;
}

static VgPoint
wgs84_to_bd09(VgPoint p)
{
	return bd09_of(gcj02_of(p));
}

/* inverse: the point that this shift takes to the given one, by moving a guess by what it misses.
 */
static VgPoint
inverse(VgConversion shift, VgPoint shifted)
{
	VgPoint guess = shifted;

	for (int round = 0; round < INVERSE_ROUNDS; round++)
	{
		VgPoint there = shift(guess);
		double lon = shifted.lon - there.lon, lat = shifted.lat - there.lat;

		guess.lon += lon;
		guess.lat += lat;
		if (fabs(lon) < INVERSE_STEP && fabs(lat) < INVERSE_STEP)
			break;
	}
	return guess;
}

VgPoint
vg_to_gcj02(VgPoint wgs84)
{
	return vg_coord_shifted(wgs84) ? gcj02_of(wgs84) : wgs84;
}

VgPoint
vg_from_gcj02(VgPoint gcj02)
{
	return vg_coord_shifted(gcj02) ? inverse(gcj02_of, gcj02) : gcj02;
}

VgPoint
vg_to_bd09(VgPoint wgs84)
{
	return vg_coord_shifted(wgs84) ? wgs84_to_bd09(wgs84) : wgs84;
}

VgPoint
vg_from_bd09(VgPoint bd09)
{
	return vg_coord_shifted(bd09) ? inverse(wgs84_to_bd09, bd09) : bd09;
}
