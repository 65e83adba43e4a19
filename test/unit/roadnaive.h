/*
 * roadnaive.h: the road index's answers checked against a search of all edges, in double precision.
 */
#ifndef VIGIL_TEST_ROADNAIVE_H
#define VIGIL_TEST_ROADNAIVE_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../../extension/engine/roadindex.h"

#define NAIVE_DEGREE 0.017453292519943295

static inline double
naive_lon_m(double lat)
{
	double sine = sin(lat * NAIVE_DEGREE);

	return NAIVE_DEGREE * 6378137.0 * cos(lat * NAIVE_DEGREE) /
		   sqrt(1.0 - 0.00669437999014 * sine * sine);
}

static inline double
naive_lat_m(double lat)
{
	double sine = sin(lat * NAIVE_DEGREE);

	return NAIVE_DEGREE * 6378137.0 * (1.0 - 0.00669437999014) /
		   pow(1.0 - 0.00669437999014 * sine * sine, 1.5);
}

/* naive_edge: metres from the point to an edge, and how far its bearing is from the heading, in
 * degrees. */
static inline double
naive_edge(const double *edge, bool one_way, double lon, double lat, int heading,
		   double *difference)
{
	double middle = (edge[1] + edge[3]) / 2.0;
	double bearing = atan2((edge[2] - edge[0]) * naive_lon_m(middle),
						   (edge[3] - edge[1]) * naive_lat_m(middle)) /
					 NAIVE_DEGREE;
	double ax = (edge[0] - lon) * naive_lon_m(lat), ay = (edge[1] - lat) * naive_lat_m(lat);
	double dx = (edge[2] - edge[0]) * naive_lon_m(lat), dy = (edge[3] - edge[1]) * naive_lat_m(lat);
	double along = -(ax * dx + ay * dy) / (dx * dx + dy * dy);

	*difference = heading < 0 ? 0.0 : fabs(remainder(heading - bearing, 360.0));
	if (!one_way && *difference > 90.0)
		*difference = 180.0 - *difference;
	along = fmin(fmax(along, 0.0), 1.0);
	return hypot(ax + along * dx, ay + along * dy);
}

/* naive_distance: to the nearest edge of one segment that differs from the heading by no more than
 * this. */
static inline double
naive_distance(const VgRoadSource *source, double lon, double lat, int heading, double bearing_max)
{
	double nearest = INFINITY;

	for (int32_t k = 0; k + 1 < source->point_count; k++)
	{
		const double *edge = source->points + 2 * k;
		double difference, distance;

		if (!(fabs(edge[0] - edge[2]) > 0.0) && !(fabs(edge[1] - edge[3]) > 0.0))
			continue;
		distance = naive_edge(edge, (source->segment.flags & VG_ROAD_ONE_WAY) != 0, lon, lat,
							  heading, &difference);
		if (difference <= bearing_max)
			nearest = fmin(nearest, distance);
	}
	return nearest;
}

/*
 * naive_agrees: whether a match is right, give or take a tolerance in metres and what a tenth of a
 * degree may round to.
 */
static inline bool
naive_agrees(const VgRoadSource *sources, int32_t count, double lon, double lat, int heading,
			 int32_t current, int32_t match, double tolerance)
{
	double nearest = INFINITY;

	if (current >= 0)
	{
		double own = naive_distance(&sources[current], lon, lat, -1, 0.0);

		if (own <= VG_ROAD_REACH_M - tolerance)
			return match == current;
		if (own <= VG_ROAD_REACH_M + tolerance && match == current)
			return true;
	}
	for (int32_t i = 0; i < count; i++)
		nearest = fmin(nearest,
					   naive_distance(&sources[i], lon, lat, heading, VG_ROAD_BEARING_DEG - 0.1));
	if (match < 0)
		return nearest >= VG_ROAD_REACH_M - tolerance;
	return match < count &&
		   naive_distance(&sources[match], lon, lat, heading, VG_ROAD_BEARING_DEG + 0.1) <=
			   fmin(nearest, VG_ROAD_REACH_M) + tolerance;
}

/* naive_build: an index of the sources, or NULL with the status; free it. */
static inline VgRoadIndex *
naive_build(const VgRoadSource *sources, int32_t count, VgStatus *status)
{
	size_t size = 0;
	void *scratch, *memory;

	if ((*status = vg_road_scratch(sources, count, &size)) != VG_OK)
		return NULL;
	scratch = malloc(size);
	*status = vg_road_size(sources, count, scratch, &size);
	free(scratch);
	if (*status != VG_OK)
		return NULL;
	memory = malloc(size);
	*status = vg_road_build(memory, size, sources, count);
	return memory;
}

#endif
