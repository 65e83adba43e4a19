/*
 * roadindex.c: find the segment under a point, its neighbourhood, its state.
 */
#include "roadlayout.h"

#include <stdlib.h>

/* Ellipsoid of WGS84. */
#define SEMI_MAJOR_M 6378137.0
#define ECCENTRICITY_SQUARED 0.00669437999014

static double line_distance_squared(const RoadLine *line, const RoadLine *other);
static double point_distance_squared(double x, double y, double ax, double ay, double bx,
									 double by);

RoadScale
vg_road_scale(double lat)
{
	double sine = sin(lat * DEGREE);
	double root = sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine);
	RoadScale scale;

	scale.lon = DEGREE * SEMI_MAJOR_M / root * cos(lat * DEGREE);
	scale.lat = DEGREE * SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / (root * root * root);
	return scale;
}

/* edge_distance_squared: the same in single precision, for the match. */
static inline float
edge_distance_squared(const RoadEdge *edge, float x, float y)
{
	float ax = x - edge->ax;
	float ay = y - edge->ay;
	float dx = edge->bx - edge->ax;
	float dy = edge->by - edge->ay;
	float along = ax * dx + ay * dy;
	float length_squared = dx * dx + dy * dy;
	float across;

	if (along <= 0.0f)
		return ax * ax + ay * ay;
	if (along >= length_squared)
		return (x - edge->bx) * (x - edge->bx) + (y - edge->by) * (y - edge->by);
	across = ax * dy - ay * dx;
	return across * across / length_squared;
}

/* bearing_difference: between a heading and an edge, in tenths of a degree; two-way: with its
 * better direction. */
static inline int
bearing_difference(const RoadEdge *edge, int heading_deg)
{
	int difference = abs(heading_deg * 10 - edge->bearing) % 3600;

	if (difference > 1800)
		difference = 3600 - difference;
	if (!edge->one_way && difference > 900)
		difference = 1800 - difference;
	return difference;
}

/* cells_of: the number of the cell's first edge, with that of the next cell's behind it; NULL = no
 * tile there. */
static inline const uint32_t *
cells_of(const VgRoadIndex *index, int32_t column, int32_t row)
{
	int32_t tile = tile_of(index, column, row);

	return tile < 0
			   ? NULL
			   : (const uint32_t *) part(index, index->cells_at) + cell_number(tile, column, row);
}

void
vg_road_prefetch(const VgRoadIndex *index, double lon, double lat, bool edges)
{
	const uint32_t *cells;

	if (!(fabs(lon) <= 180.0) || !(fabs(lat) <= 90.0))
		return;
	cells = cells_of(index, cell_column(lon), cell_row(lat));
	if (cells == NULL)
		return;
	if (edges)
		__builtin_prefetch((const RoadEdge *) part(index, index->edges_at) + cells[0]);
	else
		__builtin_prefetch(cells);
}

int32_t
vg_road_match(const VgRoadIndex *index, double lon, double lat, int heading_deg, int32_t current)
{
	const float reach_squared = (float) (VG_ROAD_REACH_M * VG_ROAD_REACH_M);
	const RoadEdge *edge, *end;
	const uint32_t *cells;
	const RoadScale *scale;
	int32_t column, row;
	int32_t best = VG_ROAD_NONE;
	int best_difference = 0;
	float best_squared = reach_squared;
	float x, y;

	if (!(fabs(lon) <= 180.0) || !(fabs(lat) <= 90.0))
		return VG_ROAD_NONE;
	column = cell_column(lon);
	row = cell_row(lat);
	cells = cells_of(index, column, row);
	if (cells == NULL)
		return VG_ROAD_NONE;
	edge = (const RoadEdge *) part(index, index->edges_at) + cells[0];
	end = edge + (cells[1] - cells[0]);
	scale =
		(const RoadScale *) part(index, index->scales_at) + row - (index->tile_south << TILE_SHIFT);
	x = (float) ((lon - cell_lon(column)) * scale->lon);
	y = (float) ((lat - cell_lat(row)) * scale->lat);

	if (current >= 0)
		for (const RoadEdge *own = edge; own < end; own++)
			if (own->segment == current && edge_distance_squared(own, x, y) <= reach_squared)
				return current;
	for (; edge < end; edge++)
	{
		float squared = edge_distance_squared(edge, x, y);
		int difference;

		if (squared > best_squared)
			continue;
		difference = heading_deg < 0 ? 0 : bearing_difference(edge, heading_deg);
		if (difference > VG_ROAD_BEARING_DEG * 10)
			continue;
		/* edges come in descending order of segment: of true equals the last, which is the lowest
		 * number, stays */
		if (squared < best_squared || best < 0 || difference <= best_difference)
		{
			best = edge->segment;
			best_squared = squared;
			best_difference = difference;
		}
	}
	return best;
}

int32_t
vg_road_count(const VgRoadIndex *index)
{
	return index->segment_count;
}

const VgRoadSegment *
vg_road_get(const VgRoadIndex *index, int32_t number)
{
	return (const VgRoadSegment *) part(index, index->segments_at) + number;
}

const char *
vg_road_name(const VgRoadIndex *index, int32_t number)
{
	return (const char *) part(index, index->names_at) + vg_road_get(index, number)->name;
}

int32_t
vg_road_find(const VgRoadIndex *index, int64_t id, int32_t guess)
{
	const VgRoadSegment *segments = part(index, index->segments_at);
	int32_t low = 0;
	int32_t high = index->segment_count;

	if (guess >= 0 && guess < high && segments[guess].id == id)
		return guess;
	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (segments[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->segment_count && segments[low].id == id ? low : VG_ROAD_NONE;
}

bool
vg_road_near_toll(const VgRoadIndex *index, double lon, double lat)
{
	RoadLine point = {lon, lat, lon, lat};

	return index->toll_count > 0 && fabs(lon) <= 180.0 && fabs(lat) <= 90.0 &&
		   vg_road_toll_reaches(index, &point);
}

bool
vg_road_toll_reaches(const VgRoadIndex *index, const RoadLine *line)
{
	const RoadLine *tolls = part(index, index->tolls_at);
	double reach_lat = VG_ROAD_TOLL_M / LEAST_M_PER_DEGREE;
	double south = fmin(line->lat1, line->lat2) - reach_lat - index->toll_height;
	double north = fmax(line->lat1, line->lat2) + reach_lat;
	int32_t low = 0;
	int32_t high = index->toll_count;

	while (low < high)
	{
		int32_t middle = low + (high - low) / 2;

		if (fmin(tolls[middle].lat1, tolls[middle].lat2) < south)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < index->toll_count && fmin(tolls[low].lat1, tolls[low].lat2) <= north; low++)
		if (line_distance_squared(line, &tolls[low]) <= VG_ROAD_TOLL_M * VG_ROAD_TOLL_M)
			return true;
	return false;
}

/* line_distance_squared: between two lines, in square metres; exact where it matters, at some
 * hundred metres. */
static double
line_distance_squared(const RoadLine *line, const RoadLine *other)
{
	RoadScale scale = vg_road_scale((other->lat1 + other->lat2) / 2.0);
	double ax = (line->lon1 - other->lon1) * scale.lon;
	double ay = (line->lat1 - other->lat1) * scale.lat;
	double bx = (line->lon2 - other->lon1) * scale.lon;
	double by = (line->lat2 - other->lat1) * scale.lat;
	double cx = (other->lon2 - other->lon1) * scale.lon;
	double cy = (other->lat2 - other->lat1) * scale.lat;
	/* other runs from the origin to c: which side of each line do the other's ends lie on? */
	double a_side = cx * ay - cy * ax;
	double b_side = cx * by - cy * bx;
	double origin_side = (bx - ax) * -ay - (by - ay) * -ax;
	double c_side = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);

	if (((a_side < 0.0) != (b_side < 0.0)) && ((origin_side < 0.0) != (c_side < 0.0)))
		return 0.0;
	return fmin(fmin(point_distance_squared(ax, ay, 0.0, 0.0, cx, cy),
					 point_distance_squared(bx, by, 0.0, 0.0, cx, cy)),
				fmin(point_distance_squared(0.0, 0.0, ax, ay, bx, by),
					 point_distance_squared(cx, cy, ax, ay, bx, by)));
}

static double
point_distance_squared(double x, double y, double ax, double ay, double bx, double by)
{
	double dx = bx - ax;
	double dy = by - ay;
	double along = (x - ax) * dx + (y - ay) * dy;
	double length_squared = dx * dx + dy * dy;
	double across;

	if (along <= 0.0)
		return (x - ax) * (x - ax) + (y - ay) * (y - ay);
	if (along >= length_squared)
		return (x - bx) * (x - bx) + (y - by) * (y - by);
	across = (x - ax) * dy - (y - ay) * dx;
	return across * across / length_squared;
}

static int
state_compare(const void *a, const void *b)
{
	const VgRoadState *left = a;
	const VgRoadState *right = b;

	if (left->segment_id != right->segment_id)
		return left->segment_id < right->segment_id ? -1 : 1;
	return (left->observed_at > right->observed_at) - (left->observed_at < right->observed_at);
}

void
vg_road_state_sort(VgRoadState *entries, int32_t count)
{
	if (count > 1)
		qsort(entries, (size_t) count, sizeof(VgRoadState), state_compare);
}

const VgRoadState *
vg_road_state(const VgRoadStates *states, int64_t segment_id, int64_t time_us)
{
	VgRoadState sought = {.segment_id = segment_id, .observed_at = time_us};
	const VgRoadState *newest;
	int32_t low = 0;
	int32_t high = states->count;

	while (low < high) /* the first entry behind the sought one */
	{
		int32_t middle = low + (high - low) / 2;

		if (state_compare(&states->entries[middle], &sought) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	newest = &states->entries[low - 1];
	if (newest->segment_id != segment_id ||
		(uint64_t) time_us - (uint64_t) newest->observed_at > (uint64_t) VG_ROAD_STATE_VALID)
		return NULL;
	return newest;
}
