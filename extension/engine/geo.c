/*
 * geo.c: distances, bearings and exact planar predicates on WGS84 degrees.
 */
#include "geo.h"

#include <float.h>
#include <math.h>

/* WGS84: semi-major axis, flattening, first eccentricity squared. */
#define AXIS_M 6378137.0
#define FLATTENING (1.0 / 298.257223563)
#define ECCENTRICITY2 (FLATTENING * (2.0 - FLATTENING))
#define POLAR_M (AXIS_M * (1.0 - FLATTENING))

#define PI 3.14159265358979323846
#define RADIANS (PI / 180.0)

/* Vincenty's iteration ends when longitude moves less than this (radians, 0.6 micrometres). */
#define VINCENTY_STEP 1e-13
#define VINCENTY_ROUNDS 100

/* What Vincenty's series need of a geodesic that leaves the equator at azimuth with this squared
 * cosine. */
typedef struct Series
{
	double a;
	double b;
} Series;

static double wrap_deg(double lon);
static Series series_of(double cos2_alpha);
static double series_delta(Series series, double sin_sigma, double cos_sigma, double cos_2m);
static bool vincenty(VgPoint a, VgPoint b, double *distance_m);
static double antipodal_m(VgPoint a, VgPoint b);
static int orientation_exact(VgPoint a, VgPoint b, VgPoint c);

double
vg_haversine_m(VgPoint a, VgPoint b)
{
	double half_lat = sin((b.lat - a.lat) * 0.5 * RADIANS);
	double half_lon = sin((b.lon - a.lon) * 0.5 * RADIANS);
	double h =
		half_lat * half_lat + cos(a.lat * RADIANS) * cos(b.lat * RADIANS) * half_lon * half_lon;

	return 2.0 * VG_EARTH_MEAN_RADIUS_M * asin(sqrt(h > 1.0 ? 1.0 : h));
}

double
vg_geodesic_m(VgPoint a, VgPoint b)
{
	double distance_m;

	if (isnan(a.lon + a.lat + b.lon + b.lat))
		return (double) NAN;
	if (vincenty(a, b, &distance_m))
		return distance_m;
	return antipodal_m(a, b);
}

/* wrap_deg: the same difference of longitudes, from -180 to 180. */
static double
wrap_deg(double lon)
{
	return lon > 180.0 || lon < -180.0 ? remainder(lon, 360.0) : lon;
}

static Series
series_of(double cos2_alpha)
{
	double u2 = cos2_alpha * (AXIS_M * AXIS_M - POLAR_M * POLAR_M) / (POLAR_M * POLAR_M);
	Series series;

	series.a = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
	series.b = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
	return series;
}

/* series_delta: how much the arc on the auxiliary sphere exceeds the length divided by b * A. */
static double
series_delta(Series series, double sin_sigma, double cos_sigma, double cos_2m)
{
	double twice = 2.0 * cos_2m * cos_2m - 1.0;
	double third = series.b / 6.0 * cos_2m * (4.0 * sin_sigma * sin_sigma - 3.0) *
				   (4.0 * cos_2m * cos_2m - 3.0);

	return series.b * sin_sigma * (cos_2m + series.b / 4.0 * (cos_sigma * twice - third));
}

/* vincenty: the inverse problem; false where it does not converge, which is near the antipode. */
static bool
vincenty(VgPoint a, VgPoint b, double *distance_m)
{
	double difference = wrap_deg(b.lon - a.lon) * RADIANS;
	double u1 = atan2((1.0 - FLATTENING) * sin(a.lat * RADIANS), cos(a.lat * RADIANS));
	double u2 = atan2((1.0 - FLATTENING) * sin(b.lat * RADIANS), cos(b.lat * RADIANS));
	double sin_u1 = sin(u1), cos_u1 = cos(u1), sin_u2 = sin(u2), cos_u2 = cos(u2);
	double lambda = difference;

	for (int round = 0; round < VINCENTY_ROUNDS; round++)
	{
		double sin_lambda = sin(lambda), cos_lambda = cos(lambda), previous = lambda;
		double sin_sigma =
			hypot(cos_u2 * sin_lambda, cos_u1 * sin_u2 - sin_u1 * cos_u2 * cos_lambda);
		double cos_sigma = sin_u1 * sin_u2 + cos_u1 * cos_u2 * cos_lambda;
		double sigma = atan2(sin_sigma, cos_sigma);
		double sin_alpha = sin_sigma > 0.0 ? cos_u1 * cos_u2 * sin_lambda / sin_sigma : 0.0;
		double cos2_alpha = 1.0 - sin_alpha * sin_alpha;
		double cos_2m =
			cos2_alpha > DBL_EPSILON ? cos_sigma - 2.0 * sin_u1 * sin_u2 / cos2_alpha : 0.0;
		double c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
		double twice = 2.0 * cos_2m * cos_2m - 1.0;

		lambda = difference + (1.0 - c) * FLATTENING * sin_alpha *
								  (sigma + c * sin_sigma * (cos_2m + c * cos_sigma * twice));
		if (fabs(lambda) > PI || (sin_sigma <= DBL_EPSILON && cos_sigma < 0.0))
			return false;
		if (fabs(lambda - previous) <= VINCENTY_STEP)
		{
			Series series = series_of(cos2_alpha);

			*distance_m =
				POLAR_M * series.a * (sigma - series_delta(series, sin_sigma, cos_sigma, cos_2m));
			return true;
		}
	}
	return false;
}

/* antipodal_by_way: length of the way from a to b that sets out in this direction and turns once,
 * halfway. */
static double
antipodal_by_way(VgPoint a, VgPoint b, double bearing_deg)
{
	const double half_m = 1e7;
	double rest_m;

	if (vincenty(vg_geodesic_point(a, bearing_deg, half_m), b, &rest_m))
		return half_m + rest_m;
	return HUGE_VAL;
}

/*
 * antipodal_m: the distance of two nearly antipodal points.  Halfway the inverse problem is benign,
 * and the shortest of the ways over a point halfway is the geodesic: the best of 24 directions is
 * narrowed down by golden section.
 */
static double
antipodal_m(VgPoint a, VgPoint b)
{
	const double golden = 0.6180339887498949, sector = 15.0;
	double best = 0.0, best_m = HUGE_VAL;
	double low, high;

	for (double bearing = 0.0; bearing < 360.0; bearing += sector)
	{
		double way_m = antipodal_by_way(a, b, bearing);

		if (way_m < best_m)
		{
			best_m = way_m;
			best = bearing;
		}
	}
	low = best - sector;
	high = best + sector;
	while (high - low >
		   1e-7) /* the minimum is flat: a distance is good to far below a micrometre */
	{
		double left = high - golden * (high - low), right = low + golden * (high - low);
		double left_m = antipodal_by_way(a, b, left), right_m = antipodal_by_way(a, b, right);

		if (left_m < right_m)
			high = right;
		else
			low = left;
		best_m = fmin(best_m, fmin(left_m, right_m));
	}
	return best_m;
}

/* vg_geodesic_point: Vincenty's direct problem, which always converges. */
VgPoint
vg_geodesic_point(VgPoint from, double bearing_deg, double distance_m)
{
	double u1 = atan2((1.0 - FLATTENING) * sin(from.lat * RADIANS), cos(from.lat * RADIANS));
	double sin_u1 = sin(u1), cos_u1 = cos(u1);
	double sin_bearing = sin(bearing_deg * RADIANS), cos_bearing = cos(bearing_deg * RADIANS);
	double sigma1 = atan2(sin_u1, cos_u1 * cos_bearing);
	double sin_alpha = cos_u1 * sin_bearing;
	double cos2_alpha = 1.0 - sin_alpha * sin_alpha;
	Series series = series_of(cos2_alpha);
	double arc = distance_m / (POLAR_M * series.a);
	double sigma = arc;
	double sin_sigma, cos_sigma, cos_2m, across, up, lambda, c, shift;
	VgPoint to;

	for (int round = 0; round < VINCENTY_ROUNDS; round++)
	{
		double previous = sigma;

		sigma = arc + series_delta(series, sin(sigma), cos(sigma), cos(2.0 * sigma1 + sigma));
		if (fabs(sigma - previous) <= VINCENTY_STEP)
			break;
	}
	sin_sigma = sin(sigma);
	cos_sigma = cos(sigma);
	cos_2m = cos(2.0 * sigma1 + sigma);
	across = sin_u1 * sin_sigma - cos_u1 * cos_sigma * cos_bearing;
	up = sin_u1 * cos_sigma + cos_u1 * sin_sigma * cos_bearing;
	lambda = atan2(sin_sigma * sin_bearing, cos_u1 * cos_sigma - sin_u1 * sin_sigma * cos_bearing);
	c = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha));
	shift = (1.0 - c) * FLATTENING * sin_alpha *
			(sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0)));
	to.lat = atan2(up, (1.0 - FLATTENING) * hypot(sin_alpha, across)) / RADIANS;
	to.lon = wrap_deg(from.lon + (lambda - shift) / RADIANS);
	return to;
}

void
vg_metres_per_degree(double lat, double *per_lon, double *per_lat)
{
	double sine = sin(lat * RADIANS);
	double w2 = 1.0 - ECCENTRICITY2 * sine * sine;
	double normal_m = AXIS_M / sqrt(w2);

	*per_lon = normal_m * cos(lat * RADIANS) * RADIANS;
	*per_lat = normal_m * (1.0 - ECCENTRICITY2) / w2 * RADIANS;
}

double
vg_local_m(VgPoint a, VgPoint b)
{
	double per_lon, per_lat, east, north;

	vg_metres_per_degree((a.lat + b.lat) * 0.5, &per_lon, &per_lat);
	east = wrap_deg(b.lon - a.lon) * per_lon;
	north = (b.lat - a.lat) * per_lat;
	return sqrt(east * east + north * north); /* nothing here overflows, and hypot takes its time */
}

double
vg_bearing_deg(VgPoint a, VgPoint b)
{
	double lon = (b.lon - a.lon) * RADIANS;
	double cos_b = cos(b.lat * RADIANS);
	double east = sin(lon) * cos_b;
	double north =
		cos(a.lat * RADIANS) * sin(b.lat * RADIANS) - sin(a.lat * RADIANS) * cos_b * cos(lon);
	double bearing = atan2(east, north) / RADIANS;

	if (bearing < 0.0)
		bearing += 360.0;
	return bearing >= 360.0 ? 0.0 : bearing; /* -1e-17 + 360 is 360 */
}

double
vg_segment_m(VgPoint p, VgPoint a, VgPoint b, VgPoint *nearest)
{
	VgPoint line[2] = {a, b};

	return vg_polyline_m(p, line, 2, nearest);
}

/* vg_polyline_m: the nearest point is looked for on a plane about p, its distance then taken about
 * the middle. */
double
vg_polyline_m(VgPoint p, const VgPoint *line, int count, VgPoint *nearest)
{
	double per_lon, per_lat, best2 = HUGE_VAL;
	VgPoint best = line[0];
	double ax, ay;

	vg_metres_per_degree(p.lat, &per_lon, &per_lat);
	ax = wrap_deg(line[0].lon - p.lon) * per_lon;
	ay = (line[0].lat - p.lat) * per_lat;
	for (int i = 1; i < count; i++)
	{
		double dx = wrap_deg(line[i].lon - line[i - 1].lon) * per_lon;
		double dy = (line[i].lat - line[i - 1].lat) * per_lat;
		double length2 = dx * dx + dy * dy;
		double share = length2 > 0.0 ? -(ax * dx + ay * dy) / length2 : 0.0;
		double x, y;

		share = fmin(fmax(share, 0.0), 1.0);
		x = ax + share * dx;
		y = ay + share * dy;
		if (x * x + y * y < best2)
		{
			best2 = x * x + y * y;
			best.lon = line[i - 1].lon + share * (dx / per_lon);
			best.lat = line[i - 1].lat + share * (line[i].lat - line[i - 1].lat);
		}
		ax += dx;
		ay += dy;
	}
	if (nearest != NULL)
		*nearest = best;
	return vg_local_m(p, best);
}

int
vg_orientation(VgPoint a, VgPoint b, VgPoint c)
{
	double left = (b.lon - a.lon) * (c.lat - a.lat);
	double right = (c.lon - a.lon) * (b.lat - a.lat);
	double determinant = left - right;
	/* Shewchuk 1997, bound A: beyond it the sign is certain. */
	double bound = (3.0 + 8.0 * DBL_EPSILON) * DBL_EPSILON * (fabs(left) + fabs(right));

	if (determinant > bound)
		return 1;
	if (determinant < -bound)
		return -1;
	return orientation_exact(a, b, c);
}

/* expansion_add: add one product to a sum that is kept as doubles which do not overlap, smallest
 * first (Shewchuk). */
static int
expansion_add(double *sum, int count, double x, double y)
{
	const double splitter = 134217729.0; /* 2^27 + 1 */
	double product = x * y;
	double x_high = splitter * x - (splitter * x - x), x_low = x - x_high;
	double y_high = splitter * y - (splitter * y - y), y_low = y - y_high;
	double rest = x_low * y_low - (((product - x_high * y_high) - x_low * y_high) - x_high * y_low);
	double part[2];

	part[0] = rest;
	part[1] = product;
	for (int i = 0; i < 2; i++)
	{
		double carry = part[i];

		for (int j = 0; j < count; j++)
		{
			double total = carry + sum[j];
			double virtual = total - carry;

			sum[j] = (carry - (total - virtual)) + (sum[j] - virtual);
			carry = total;
		}
		sum[count++] = carry;
	}
	return count;
}

/* orientation_exact: the determinant without any rounding, as a sum of six products. */
static int
orientation_exact(VgPoint a, VgPoint b, VgPoint c)
{
	double sum[12];
	int count = 0;

	count = expansion_add(sum, count, a.lon, b.lat);
	count = expansion_add(sum, count, -a.lat, b.lon);
	count = expansion_add(sum, count, b.lon, c.lat);
	count = expansion_add(sum, count, -b.lat, c.lon);
	count = expansion_add(sum, count, c.lon, a.lat);
	count = expansion_add(sum, count, -c.lat, a.lon);
	while (count > 0)
	{
		count--;
		if (sum[count] > 0.0)
			return 1;
		if (sum[count] < 0.0)
			return -1;
	}
	return 0;
}

VgPlace
vg_ring_place(const VgPoint *ring, int count, VgPoint p)
{
	bool inside = false;

	for (int i = 1; i < count; i++)
	{
		VgPoint a = ring[i - 1], b = ring[i];
		int side;

		if ((a.lat > p.lat && b.lat > p.lat) || (a.lat < p.lat && b.lat < p.lat))
			continue;
		side = vg_orientation(a, b, p);
		if (side == 0 && p.lon >= fmin(a.lon, b.lon) && p.lon <= fmax(a.lon, b.lon))
			return VG_BOUNDARY;
		if (a.lat <= p.lat && p.lat < b.lat && side > 0)
			inside = !inside;
		else if (b.lat <= p.lat && p.lat < a.lat && side < 0)
			inside = !inside;
	}
	return inside ? VG_INSIDE : VG_OUTSIDE;
}
