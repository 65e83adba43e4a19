/*
 * roadlayout.h: what a road index looks like inside; for roadbuild.c, which writes it, and
 * roadindex.c, which reads it.
 */
#ifndef VIGIL_ENGINE_ROADLAYOUT_H
#define VIGIL_ENGINE_ROADLAYOUT_H

#include "roadindex.h"

#include <math.h>

#define CELLS_PER_DEGREE 1024
#define TILE_SHIFT 6 /* 64 x 64 cells to a tile */
#define TILE_MASK ((1 << TILE_SHIFT) - 1)
#define TILE_CELLS (1 << (2 * TILE_SHIFT))

#define LEAST_M_PER_DEGREE 110570.0 /* of latitude, at the equator */
#define DEGREE 0.017453292519943295

/* An edge in metres from the middle of the cell that lists it. */
typedef struct RoadEdge
{
	float ax, ay, bx, by;
	int32_t segment;
	int16_t bearing; /* tenths of a degree from north, 0..3599 */
	uint16_t one_way;
} RoadEdge;

/* An edge in degrees, from first to last point. */
typedef struct RoadLine
{
	double lon1, lat1, lon2, lat2;
} RoadLine;

/* Metres per degree. */
typedef struct RoadScale
{
	double lon, lat;
} RoadScale;

/* Everything is at an offset in bytes from the index itself. */
struct VgRoadIndex
{
	uint64_t segments_at, names_at, scales_at, directory_at, cells_at, edges_at, tolls_at;
	int32_t segment_count;
	int32_t toll_count;
	double toll_height;			   /* degrees of latitude of the highest toll line */
	int32_t tile_west, tile_south; /* the directory's first column and row */
	int32_t tile_columns, tile_rows;
	int32_t tile_count;
	uint32_t edge_count;
};

extern RoadScale vg_road_scale(double lat);
/* Whether some of a line lies within VG_ROAD_TOLL_M of a toll gate. */
extern bool vg_road_toll_reaches(const VgRoadIndex *index, const RoadLine *line);

static inline int32_t
cell_column(double lon)
{
	return (int32_t) floor((lon + 180.0) * CELLS_PER_DEGREE);
}

static inline int32_t
cell_row(double lat)
{
	return (int32_t) floor((lat + 90.0) * CELLS_PER_DEGREE);
}

static inline double
cell_lon(int32_t column)
{
	return (column + 0.5) / CELLS_PER_DEGREE - 180.0;
}

static inline double
cell_lat(int32_t row)
{
	return (row + 0.5) / CELLS_PER_DEGREE - 90.0;
}

static inline const void *
part(const VgRoadIndex *index, uint64_t offset)
{
	return (const char *) index + offset;
}

/* cell_number: of a cell in a tile that has edges. */
static inline uint32_t
cell_number(int32_t tile, int32_t column, int32_t row)
{
	return (uint32_t) (tile * TILE_CELLS + ((row & TILE_MASK) << TILE_SHIFT) +
					   (column & TILE_MASK));
}

static inline int32_t
tile_of(const VgRoadIndex *index, int32_t column, int32_t row)
{
	const int32_t *directory = part(index, index->directory_at);
	int32_t x = (column >> TILE_SHIFT) - index->tile_west;
	int32_t y = (row >> TILE_SHIFT) - index->tile_south;

	if (x < 0 || x >= index->tile_columns || y < 0 || y >= index->tile_rows)
		return -1;
	return directory[y * index->tile_columns + x];
}

#endif
