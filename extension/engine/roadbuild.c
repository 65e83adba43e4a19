/*
 * roadbuild.c: build a road index.
 *
 * In passes over all edges in their order: bounds, tiles that have edges, edges of each cell, and
 * the edges themselves, stored with each cell that they reach, relative to its middle, so that a
 * match reads one short run of memory.
 */
#include "roadlayout.h"

#include <stdlib.h>
#include <string.h>

/* Cells list edges a little beyond the reach, so that rounding loses none. */
#define LIST_REACH_M (VG_ROAD_REACH_M + 1.0)

/* A rectangle of tiles, both ends inclusive. */
typedef struct TileBounds
{
	int32_t west, east, south, north;
} TileBounds;

/* The cells that an edge reaches, walked row by row. */
typedef struct CellWalk
{
	RoadLine line;
	double reach_lon, reach_lat; /* degrees */
	int32_t row, last_row;
	int32_t column, last_column;
} CellWalk;

/* The edges of all sources, one after the other. */
typedef struct EdgeWalk
{
	const VgRoadSource *sources;
	int32_t count;
	int32_t segment;
	int32_t point;
	RoadLine line;
} EdgeWalk;

static VgStatus sources_check(const VgRoadSource *sources, int32_t count);
static TileBounds sources_bounds(const VgRoadSource *sources, int32_t count);
static void edges_begin(EdgeWalk *walk, const VgRoadSource *sources, int32_t count);
static bool edges_next(EdgeWalk *walk);
static void cells_begin(CellWalk *walk, const RoadLine *line);
static bool cells_next(CellWalk *walk);
static void cells_row(CellWalk *walk);
static void tiles_mark(int32_t *directory, const TileBounds *bounds, const VgRoadSource *sources,
					   int32_t count, int64_t *tiles, int64_t *edges);
static void layout(VgRoadIndex *index, const TileBounds *bounds, const VgRoadSource *sources,
				   int32_t count, int64_t tiles, int64_t edges, int64_t tolls, size_t *size);
static void segments_fill(VgRoadIndex *index, const VgRoadSource *sources);
static void scales_fill(VgRoadIndex *index);
static void cells_fill(VgRoadIndex *index, const VgRoadSource *sources);
static void edge_fill(RoadEdge *edge, const RoadLine *line, const RoadScale *scale, int32_t column,
					  int32_t row);
static void tolls_fill(VgRoadIndex *index, const VgRoadSource *sources);

static inline void *
part_to_fill(VgRoadIndex *index, uint64_t offset)
{
	return (char *) index + offset;
}

VgStatus
vg_road_scratch(const VgRoadSource *sources, int32_t count, size_t *size)
{
	VgStatus status = sources_check(sources, count);
	TileBounds bounds;

	if (status != VG_OK)
		return status;
	bounds = sources_bounds(sources, count);
	*size = (size_t) (bounds.east - bounds.west + 1) * (size_t) (bounds.north - bounds.south + 1) *
			sizeof(int32_t);
	return VG_OK;
}

VgStatus
vg_road_size(const VgRoadSource *sources, int32_t count, void *scratch, size_t *size)
{
	VgStatus status = sources_check(sources, count);
	TileBounds bounds;
	VgRoadIndex index;
	int64_t tiles, edges, tolls = 0, characters = 1;

	if (status != VG_OK)
		return status;
	bounds = sources_bounds(sources, count);
	tiles_mark(scratch, &bounds, sources, count, &tiles, &edges);
	for (int32_t i = 0; i < count; i++)
	{
		if (sources[i].segment.flags & VG_ROAD_TOLL_GATE)
			tolls += sources[i].point_count - 1;
		characters += sources[i].name == NULL ? 0 : (int64_t) strlen(sources[i].name) + 1;
	}
	if (tiles > INT32_MAX / TILE_CELLS || edges > INT32_MAX || tolls > INT32_MAX ||
		characters > INT32_MAX)
		return VG_FULL;
	layout(&index, &bounds, sources, count, tiles, edges, tolls, size);
	return VG_OK;
}

VgStatus
vg_road_build(void *memory, size_t size, const VgRoadSource *sources, int32_t count)
{
	VgStatus status = sources_check(sources, count);
	VgRoadIndex *index = memory;
	TileBounds bounds;
	int64_t tiles, edges, tolls = 0;
	size_t needed;

	if (status != VG_OK)
		return status;
	if (size < sizeof(VgRoadIndex))
		return VG_FULL;
	memset(memory, 0, size);
	bounds = sources_bounds(sources, count);
	/* The directory comes first in the layout: its place does not depend on what is counted here.
	 */
	layout(index, &bounds, sources, count, 0, 0, 0, &needed);
	if (needed > size)
		return VG_FULL;
	tiles_mark(part_to_fill(index, index->directory_at), &bounds, sources, count, &tiles, &edges);
	for (int32_t i = 0; i < count; i++)
		if (sources[i].segment.flags & VG_ROAD_TOLL_GATE)
			tolls += sources[i].point_count - 1;
	layout(index, &bounds, sources, count, tiles, edges, tolls, &needed);
	if (needed > size)
		return VG_FULL;
	segments_fill(index, sources);
	scales_fill(index);
	cells_fill(index, sources);
	tolls_fill(index, sources);
	return VG_OK;
}

static VgStatus
sources_check(const VgRoadSource *sources, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
	{
		const VgRoadSource *source = &sources[i];

		if (source->point_count < 2 || (i > 0 && source->segment.id <= sources[i - 1].segment.id))
			return VG_RANGE;
		for (int32_t k = 0; k < source->point_count; k++)
			if (!(fabs(source->points[2 * k]) <= 180.0) ||
				!(fabs(source->points[2 * k + 1]) <= VG_ROAD_LAT_MAX))
				return VG_RANGE;
	}
	return VG_OK;
}

/* sources_bounds: the tiles that the sources reach; one tile where there are none. */
static TileBounds
sources_bounds(const VgRoadSource *sources, int32_t count)
{
	TileBounds bounds = {INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN};
	EdgeWalk edges;
	CellWalk cells;

	edges_begin(&edges, sources, count);
	while (edges_next(&edges))
	{
		cells_begin(&cells, &edges.line);
		while (cells_next(&cells))
		{
			int32_t row = cells.row >> TILE_SHIFT;
			int32_t west = cells.column >> TILE_SHIFT;
			int32_t east = cells.last_column >> TILE_SHIFT;

			bounds.south = row < bounds.south ? row : bounds.south;
			bounds.north = row > bounds.north ? row : bounds.north;
			bounds.west = west < bounds.west ? west : bounds.west;
			bounds.east = east > bounds.east ? east : bounds.east;
			cells.column = cells.last_column; /* the row's ends are all that matters */
		}
	}
	if (bounds.west > bounds.east)
		bounds = (TileBounds){0, 0, 0, 0};
	return bounds;
}

static void
edges_begin(EdgeWalk *walk, const VgRoadSource *sources, int32_t count)
{
	walk->sources = sources;
	walk->count = count;
	walk->segment = 0;
	walk->point = 0;
}

/* edges_next: the next edge that has a length. */
static bool
edges_next(EdgeWalk *walk)
{
	while (walk->segment < walk->count)
	{
		const VgRoadSource *source = &walk->sources[walk->segment];

		while (++walk->point < source->point_count)
		{
			const double *point = source->points + 2 * (walk->point - 1);

			walk->line = (RoadLine){point[0], point[1], point[2], point[3]};
			if (fabs(point[0] - point[2]) > 0.0 || fabs(point[1] - point[3]) > 0.0)
				return true;
		}
		walk->segment++;
		walk->point = 0;
	}
	return false;
}

static void
cells_begin(CellWalk *walk, const RoadLine *line)
{
	double south = fmin(line->lat1, line->lat2);
	double north = fmax(line->lat1, line->lat2);
	double farthest = fmax(fabs(south), fabs(north)) + 0.001;

	walk->line = *line;
	walk->reach_lat = LIST_REACH_M / LEAST_M_PER_DEGREE;
	walk->reach_lon = LIST_REACH_M / vg_road_scale(farthest).lon;
	walk->row = cell_row(south - walk->reach_lat);
	walk->last_row = cell_row(north + walk->reach_lat);
	cells_row(walk);
	walk->column--;
}

/* cells_next: row and column of the next cell that the edge may reach. */
static bool
cells_next(CellWalk *walk)
{
	if (++walk->column <= walk->last_column)
		return true;
	if (++walk->row > walk->last_row)
		return false;
	cells_row(walk);
	return true;
}

/* cells_row: the columns of one row: those of the part of the edge that lies within reach of the
 * row. */
static void
cells_row(CellWalk *walk)
{
	const RoadLine *line = &walk->line;
	double south = (double) walk->row / CELLS_PER_DEGREE - 90.0 - walk->reach_lat;
	double north = (walk->row + 1.0) / CELLS_PER_DEGREE - 90.0 + walk->reach_lat;
	double rise = line->lat2 - line->lat1;
	double run = line->lon2 - line->lon1;
	double from = 0.0;
	double to = 1.0;

	if (fabs(rise) > 0.0)
	{
		double at_south = (south - line->lat1) / rise;
		double at_north = (north - line->lat1) / rise;

		from = fmin(fmax(fmin(at_south, at_north), 0.0), 1.0);
		to = fmin(fmax(fmax(at_south, at_north), 0.0), 1.0);
	}
	walk->column = cell_column(line->lon1 + fmin(from * run, to * run) - walk->reach_lon);
	walk->last_column = cell_column(line->lon1 + fmax(from * run, to * run) + walk->reach_lon);
}

/* tiles_mark: number the tiles that have edges, in the directory's order; count them and the edges
 * of all cells. */
static void
tiles_mark(int32_t *directory, const TileBounds *bounds, const VgRoadSource *sources, int32_t count,
		   int64_t *tiles, int64_t *edges)
{
	int32_t columns = bounds->east - bounds->west + 1;
	int32_t places = columns * (bounds->north - bounds->south + 1);
	EdgeWalk edge;
	CellWalk cell;

	for (int32_t i = 0; i < places; i++)
		directory[i] = -1;
	*edges = 0;
	edges_begin(&edge, sources, count);
	while (edges_next(&edge))
	{
		cells_begin(&cell, &edge.line);
		while (cells_next(&cell))
		{
			directory[((cell.row >> TILE_SHIFT) - bounds->south) * columns +
					  (cell.column >> TILE_SHIFT) - bounds->west] = 0;
			++*edges;
		}
	}
	*tiles = 0;
	for (int32_t i = 0; i < places; i++)
		if (directory[i] == 0)
			directory[i] = (int32_t) (*tiles)++;
}

/* layout: where each part lies, and how large the whole is. */
static void
layout(VgRoadIndex *index, const TileBounds *bounds, const VgRoadSource *sources, int32_t count,
	   int64_t tiles, int64_t edges, int64_t tolls, size_t *size)
{
	uint64_t at = sizeof(VgRoadIndex);
	uint64_t characters = 1;

	memset(index, 0, sizeof(VgRoadIndex));
	index->segment_count = count;
	index->tile_west = bounds->west;
	index->tile_south = bounds->south;
	index->tile_columns = bounds->east - bounds->west + 1;
	index->tile_rows = bounds->north - bounds->south + 1;
	index->tile_count = (int32_t) tiles;
	index->edge_count = (uint32_t) edges;
	index->toll_count = (int32_t) tolls;
	for (int32_t i = 0; i < count; i++)
		characters += sources[i].name == NULL ? 0 : strlen(sources[i].name) + 1;

	index->segments_at = at;
	at += (uint64_t) count * sizeof(VgRoadSegment);
	index->scales_at = at;
	at += ((uint64_t) index->tile_rows << TILE_SHIFT) * sizeof(RoadScale);
	index->directory_at = at;
	at += ((uint64_t) index->tile_columns * (uint64_t) index->tile_rows * sizeof(int32_t) + 7) &
		  ~UINT64_C(7);
	index->tolls_at = at;
	at += (uint64_t) tolls * sizeof(RoadLine);
	index->edges_at = at;
	at += (uint64_t) edges * sizeof(RoadEdge);
	index->cells_at = at;
	at += ((uint64_t) tiles * TILE_CELLS + 1) * sizeof(uint32_t);
	index->names_at = at;
	at += characters;
	*size = (size_t) at;
}

static void
segments_fill(VgRoadIndex *index, const VgRoadSource *sources)
{
	VgRoadSegment *segments = part_to_fill(index, index->segments_at);
	char *names = part_to_fill(index, index->names_at);
	int32_t used = 1; /* names[0] is the empty name */

	for (int32_t i = 0; i < index->segment_count; i++)
	{
		segments[i] = sources[i].segment;
		segments[i].name = 0;
		segments[i].flags &= (uint16_t) ~VG_ROAD_NEAR_TOLL;
		if (sources[i].name == NULL)
			continue;
		segments[i].name = used;
		strcpy(names + used, sources[i].name);
		used += (int32_t) strlen(sources[i].name) + 1;
	}
}

static void
scales_fill(VgRoadIndex *index)
{
	RoadScale *scales = part_to_fill(index, index->scales_at);
	int32_t first = index->tile_south << TILE_SHIFT;

	for (int32_t i = 0; i < index->tile_rows << TILE_SHIFT; i++)
		scales[i] = vg_road_scale(cell_lat(first + i));
}

/* cells_fill: count the edges of each cell, sum up, then store each edge with its cells. */
static void
cells_fill(VgRoadIndex *index, const VgRoadSource *sources)
{
	uint32_t *cells = part_to_fill(index, index->cells_at);
	RoadEdge *edges = part_to_fill(index, index->edges_at);
	const RoadScale *scales = part(index, index->scales_at);
	int64_t cell_count = (int64_t) index->tile_count * TILE_CELLS;
	uint32_t sum = 0;
	EdgeWalk edge;
	CellWalk cell;

	edges_begin(&edge, sources, index->segment_count);
	while (edges_next(&edge))
	{
		cells_begin(&cell, &edge.line);
		while (cells_next(&cell))
			cells[cell_number(tile_of(index, cell.column, cell.row), cell.column, cell.row)]++;
	}
	/* cells[i] becomes the end of cell i's run; filling backwards then leaves it at the run's
	 * start. */
	for (int64_t i = 0; i <= cell_count; i++)
	{
		sum += i < cell_count ? cells[i] : 0;
		cells[i] = sum;
	}
	edges_begin(&edge, sources, index->segment_count);
	while (edges_next(&edge))
	{
		cells_begin(&cell, &edge.line);
		while (cells_next(&cell))
		{
			uint32_t number =
				cell_number(tile_of(index, cell.column, cell.row), cell.column, cell.row);
			RoadEdge *stored = &edges[--cells[number]];

			edge_fill(stored, &edge.line, &scales[cell.row - (index->tile_south << TILE_SHIFT)],
					  cell.column, cell.row);
			stored->segment = edge.segment;
			stored->one_way = (sources[edge.segment].segment.flags & VG_ROAD_ONE_WAY) != 0;
		}
	}
}

static void
edge_fill(RoadEdge *edge, const RoadLine *line, const RoadScale *scale, int32_t column, int32_t row)
{
	RoadScale middle = vg_road_scale((line->lat1 + line->lat2) / 2.0);
	double bearing =
		atan2((line->lon2 - line->lon1) * middle.lon, (line->lat2 - line->lat1) * middle.lat) /
		DEGREE;

	edge->ax = (float) ((line->lon1 - cell_lon(column)) * scale->lon);
	edge->ay = (float) ((line->lat1 - cell_lat(row)) * scale->lat);
	edge->bx = (float) ((line->lon2 - cell_lon(column)) * scale->lon);
	edge->by = (float) ((line->lat2 - cell_lat(row)) * scale->lat);
	edge->bearing = (int16_t) (((int) lround(bearing * 10.0) + 3600) % 3600);
}

static int
toll_compare(const void *a, const void *b)
{
	const RoadLine *left = a;
	const RoadLine *right = b;
	double south = fmin(left->lat1, left->lat2);
	double other = fmin(right->lat1, right->lat2);

	return (south > other) - (south < other);
}

/* tolls_fill: the lines of toll gates by their southern ends, and the segments near them. */
static void
tolls_fill(VgRoadIndex *index, const VgRoadSource *sources)
{
	RoadLine *tolls = part_to_fill(index, index->tolls_at);
	VgRoadSegment *segments = part_to_fill(index, index->segments_at);
	int32_t used = 0;
	EdgeWalk edge;

	edges_begin(&edge, sources, index->segment_count);
	while (edges_next(&edge))
	{
		if ((segments[edge.segment].flags & VG_ROAD_TOLL_GATE) == 0)
			continue;
		tolls[used++] = edge.line;
		index->toll_height = fmax(index->toll_height, fabs(edge.line.lat2 - edge.line.lat1));
		segments[edge.segment].flags |= VG_ROAD_NEAR_TOLL;
	}
	index->toll_count = used; /* edges without length are left out */
	qsort(tolls, (size_t) used, sizeof(RoadLine), toll_compare);

	edges_begin(&edge, sources, index->segment_count);
	while (used > 0 && edges_next(&edge))
		if ((segments[edge.segment].flags & VG_ROAD_NEAR_TOLL) == 0 &&
			vg_road_toll_reaches(index, &edge.line))
			segments[edge.segment].flags |= VG_ROAD_NEAR_TOLL;
}
