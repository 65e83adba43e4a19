/*
 * plane.c: distances and areas in the plane, and the way out to longitude and latitude.
 */
#include "city.h"

#include <math.h>

/* Metres in a degree at 30.85 N; over the city's 33 km the error stays below 0.2 %. */
#define LON_0 120.1
#define LAT_0 30.85
#define METRES_PER_LON 95655.0
#define METRES_PER_LAT 110867.0

static double segment_distance(Point a, Point b, Point point);

void
plane_to_wgs84(Point point, double *lon, double *lat)
{
	*lon = LON_0 + point.x / METRES_PER_LON;
	*lat = LAT_0 + point.y / METRES_PER_LAT;
}

/*
 * wgs84_to_gcj02: what a terminal with a Chinese map provider's chip reports.
 *
 * Written from the published formula, apart from the engine's, so that the two check each other.
 */
void
wgs84_to_gcj02(double lon, double lat, double *gcj_lon, double *gcj_lat)
{
	const double axis = 6378245.0, flattening = 0.00669342162296594323;
	double x = lon - 105.0, y = lat - 35.0, root = sqrt(fabs(x));
	double waves = 20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI);
	double north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
	double east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
	double phi = lat / 180.0 * PI;
	double sine = sin(phi), magic = 1.0 - flattening * sine * sine;

	north += (waves + 20.0 * sin(y * PI) + 40.0 * sin(y / 3.0 * PI) + 160.0 * sin(y / 12.0 * PI) +
			  320.0 * sin(y * PI / 30.0)) *
			 2.0 / 3.0;
	east += (waves + 20.0 * sin(x * PI) + 40.0 * sin(x / 3.0 * PI) + 150.0 * sin(x / 12.0 * PI) +
			 300.0 * sin(x / 30.0 * PI)) *
			2.0 / 3.0;
	*gcj_lat = lat + north * 180.0 / (axis * (1.0 - flattening) / (magic * sqrt(magic)) * PI);
	*gcj_lon = lon + east * 180.0 / (axis / sqrt(magic) * cos(phi) * PI);
}

double
distance(Point a, Point b)
{
	return hypot(b.x - a.x, b.y - a.y);
}

double
heading_of(Point from, Point to)
{
	double degrees = atan2(to.x - from.x, to.y - from.y) * 180.0 / PI;

	return degrees < 0.0 ? degrees + 360.0 : degrees;
}

double
heading_difference(double a, double b)
{
	double difference = fmod(fabs(a - b), 360.0);

	return difference > 180.0 ? 360.0 - difference : difference;
}

bool
polygon_covers(const Polygon *polygon, Point point)
{
	bool inside = false;

	for (int i = 0, j = polygon->corners - 1; i < polygon->corners; j = i++)
	{
		Point a = polygon->corner[i], b = polygon->corner[j];

		if ((a.y > point.y) != (b.y > point.y) &&
			point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x)
			inside = !inside;
	}
	return inside;
}

double
polygon_distance(const Polygon *polygon, Point point)
{
	double nearest = INFINITY;

	if (polygon_covers(polygon, point))
		return 0.0;
	for (int i = 0, j = polygon->corners - 1; i < polygon->corners; j = i++)
		nearest = fmin(nearest, segment_distance(polygon->corner[i], polygon->corner[j], point));
	return nearest;
}

static double
segment_distance(Point a, Point b, Point point)
{
	double length = distance(a, b);
	double share = length > 0.0 ? ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) /
									  (length * length)
								: 0.0;
	Point foot;

	share = fmax(0.0, fmin(1.0, share));
	foot = (Point){a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)};
	return distance(foot, point);
}
