/*
 * fenceblock.h: the layout of the fence index's block; private to fenceindex.c, fencebuild.c and
 * fencenear.c.
 *
 * The plane is a square of 2^24 by 2^24 finest cells, cut by a tree of grids: a node cuts its
 * square into 2^bits by 2^bits equal ones, so that any cell is found by shifting the point's two
 * cell numbers.  A leaf names the areas that hold all of it, and the areas that have edges in it
 * with just those edges.
 *
 * How a leaf answers.  An edge counts for a point p if it rises or falls through p's latitude (half
 * open: lower end included) and p is west of it; p is inside if an odd number of edges counts.  For
 * a cell with right side R, T(e, p) = "e counts for p" xor "e has one end east of R, not below that
 * of p"; edges wholly east of R have T = 0, also those that touch the cell's margin.  The chains of
 * edges east of R cancel out, so the xor of T over all edges is still the answer; and T of an edge
 * that does not touch the cell is constant in it.  These constants are summed up in the entry's
 * parity; the edges that touch the cell follow. Only "p is west of e" needs arithmetic, for an edge
 * in p's own cell: nothing is cut or rounded at a cell's border.
 */
#ifndef VIGIL_ENGINE_FENCEBLOCK_H
#define VIGIL_ENGINE_FENCEBLOCK_H

#include "fenceindex.h"

#define FENCE_LEVEL_BITS 24
#define FENCE_KINDS 64

/*
 * A cell's sides are moved out by this many degrees (0.1 mm) where edges are collected: a thousand
 * times more than any rounding in finding a cell or a side.
 */
#define FENCE_MARGIN_DEG 1e-9
/* The finest cell's smallest side: far larger than the margin. */
#define FENCE_STEP_DEG 1e-8

/* A cell is one word: what it is in the two low bits, the rest a number of an area or of a word. */
#define CELL_EMPTY UINT32_C(0)
#define CELL_SINGLE UINT32_C(1) /* one area holds the whole cell */
#define CELL_LIST                                                                                  \
	UINT32_C(                                                                                      \
		2) /* count, then entries: area, parity | runs << 1, then per run: first vertex, edges */
/*
 * bits; a bit for each of its 2^(2 bits) cells that is not empty, since most points lie in no area
 * and these bits stay in a processor's cache where a large node's cells do not; then the cells, row
 * by row from the south
 */
#define CELL_NODE UINT32_C(3)
/* Words that the bits of the cells take. */
#define NODE_MARKS(bits) ((31 + (UINT32_C(1) << 2 * (bits))) / 32)
#define CELL_TYPE(cell) ((cell) &3u)
#define CELL_VALUE(cell) ((cell) >> 2)
#define CELL_VALUE_MAX (UINT32_MAX >> 2)

/* What a query asks of each area that it comes across, in a byte: all of them fit in a cache. */
#define TRAIT_KIND 0x3f
#define TRAIT_TIMES 0x80 /* not always valid, or not at all hours */

/* Up to this many neighbouring edges of one ring share a box in the tree that finds the nearest
 * area. */
#define CHUNK_EDGES 16
#define CHUNK_FANOUT 8

/* A box in metres about the centre of the earth, rounded outward. */
typedef struct FenceBox
{
	float low[3];
	float high[3];
} FenceBox;

typedef struct FenceChunk
{
	FenceBox box;
	uint32_t vertex;
	uint32_t edges;
	uint32_t area;
} FenceChunk;

/* One kind's chunks, and the boxes above them level by level, lowest first. */
typedef struct FenceForest
{
	uint32_t chunk_first;
	uint32_t chunk_count;
	uint32_t box_first;
} FenceForest;

struct VgFenceIndex
{
	uint64_t size; /* of the block, in bytes */
	uint64_t fence_at;
	uint64_t trait_at;
	uint64_t hours_at;
	uint64_t vertex_at;
	uint64_t chunk_at;
	uint64_t box_at;
	uint64_t word_at;
	uint32_t fence_count;
	uint32_t root[VG_FENCE_ROLES]; /* a cell: each role has a tree of its own */
	double min_lon;
	double min_lat;
	double step_lon; /* degrees of a finest cell */
	double step_lat;
	double per_lon; /* finest cells of a degree */
	double per_lat;
	FenceForest forest[FENCE_KINDS];
};

static inline const void *
fence_part(const VgFenceIndex *index, uint64_t at)
{
	return (const char *) index + at;
}

static inline const VgPoint *
fence_vertices(const VgFenceIndex *index)
{
	return fence_part(index, index->vertex_at);
}

/* Whether the filter means an area, if its kind and role are right: by its validity and hours. */
extern bool vg_fence_timely(const VgFenceIndex *index, const VgFenceFilter *filter,
							uint32_t number);

/* Whether the filter means this area; for most areas its trait, one byte, tells. */
static inline bool
fence_means(const VgFenceIndex *index, const VgFenceFilter *filter, uint32_t number)
{
	uint8_t trait = ((const uint8_t *) fence_part(index, index->trait_at))[number];

	return (filter->kinds >> (trait & TRAIT_KIND) & 1) != 0 &&
		   ((trait & TRAIT_TIMES) == 0 || vg_fence_timely(index, filter, number));
}

/* The right and the lower side of a cell, moved out by the margin: the same doubles whoever asks.
 */
static inline double
fence_right(const VgFenceIndex *index, uint32_t end_column)
{
	return index->min_lon + end_column * index->step_lon + FENCE_MARGIN_DEG;
}

static inline double
fence_bottom(const VgFenceIndex *index, uint32_t row)
{
	return index->min_lat + row * index->step_lat - FENCE_MARGIN_DEG;
}

/* The tree of nearest areas: how much it takes, and building it into the block (fencenear.c). */
typedef struct FenceNearSize
{
	uint32_t chunks;
	uint32_t boxes;
} FenceNearSize;

#define FENCE_NEAR_SCRATCH 24 /* bytes that building takes per chunk */

extern FenceNearSize vg_fence_near_size(const VgFenceSource *source);
extern void vg_fence_near_build(VgFenceIndex *index, const VgFenceSource *source, void *scratch);

#endif
