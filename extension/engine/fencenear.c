/*
 * fencenear.c: how far the nearest area of a kind is.
 *
 * The rings of each kind are cut into chunks of neighbouring edges.  Their boxes in metres about
 * the centre of the earth, in the order of a space-filling curve, are the leaves of a tree whose
 * shape follows from their number alone. Straight through the earth is never longer than along it,
 * so a box that is farther than the best edge so far is left out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fenceblock.h"

#define PI 3.14159265358979323846
#define RADIANS (PI / 180.0)
#define AXIS_M 6378137.0 /* WGS84 */
#define ECCENTRICITY2 6.69437999014131699614e-3
#define LEVELS_MAX 12 /* 8^12 chunks */
/* From here on the plane about the point is left for the ellipsoid. */
#define LOCAL_M 10000.0

/* A chunk before it has its place. */
typedef struct Draft
{
	uint64_t order; /* kind, then the curve through the longitudes and latitudes */
	uint32_t vertex;
	uint32_t edges;
	uint32_t area;
} Draft;

_Static_assert(sizeof(Draft) <= FENCE_NEAR_SCRATCH, "a draft has its room in scratch");

/* Boxes of one level of one kind's tree. */
typedef struct Level
{
	uint32_t first; /* in chunks on level 0, in boxes above */
	uint32_t count;
} Level;

typedef struct Search
{
	const VgFenceIndex *index;
	const VgFenceFilter *filter;
	VgPoint p;
	double place[3];
	double best_m;
	Level level[LEVELS_MAX];
} Search;

static void search_below(Search *search, int depth, uint32_t number);

/* levels_of: the levels above so many chunks, and their number; boxes counts what all of them take.
 */
static int
levels_of(const FenceForest *forest, Level *level, uint32_t *boxes)
{
	int depth = 0;

	level[0] = (Level){forest->chunk_first, forest->chunk_count};
	*boxes = 0;
	while (level[depth].count > 1)
	{
		uint32_t count = (level[depth].count - 1) / CHUNK_FANOUT + 1;

		depth++;
		level[depth] = (Level){forest->box_first + *boxes, count};
		*boxes += count;
	}
	return depth;
}

/* chunks_of: how many chunks a ring is cut into: none for a stay area, which is never asked for. */
static uint32_t
chunks_of(const VgFenceSource *source, uint32_t ring)
{
	uint32_t edges = source->ring_first[ring + 1] - source->ring_first[ring] - 1;

	if (source->fence[source->ring_fence[ring]].role != VG_FENCE_COVERED)
		return 0;
	return (edges + CHUNK_EDGES - 1) / CHUNK_EDGES;
}

/* forests_count: how many chunks each kind has. */
static void
forests_count(const VgFenceSource *source, FenceForest *forest)
{
	memset(forest, 0, FENCE_KINDS * sizeof(FenceForest));
	for (uint32_t ring = 0; ring < source->ring_count; ring++)
		forest[source->fence[source->ring_fence[ring]].kind].chunk_count += chunks_of(source, ring);
}

FenceNearSize
vg_fence_near_size(const VgFenceSource *source)
{
	FenceForest forest[FENCE_KINDS];
	FenceNearSize size = {0, 0};

	forests_count(source, forest);
	for (int kind = 0; kind < FENCE_KINDS; kind++)
	{
		Level level[LEVELS_MAX];
		uint32_t boxes;

		(void) levels_of(&forest[kind], level, &boxes);
		size.chunks += forest[kind].chunk_count;
		size.boxes += boxes;
	}
	return size;
}

/* place_of: metres about the centre of the earth. */
static void
place_of(VgPoint p, double *place)
{
	double sine = sin(p.lat * RADIANS), cosine = cos(p.lat * RADIANS);
	double normal_m = AXIS_M / sqrt(1.0 - ECCENTRICITY2 * sine * sine);

	place[0] = normal_m * cosine * cos(p.lon * RADIANS);
	place[1] = normal_m * cosine * sin(p.lon * RADIANS);
	place[2] = normal_m * (1.0 - ECCENTRICITY2) * sine;
}

/* box_add: widen a box by a point and whatever lies this close to it, and by the rounding of a
 * float. */
static void
box_add(FenceBox *box, const double *place, double around_m)
{
	around_m += 1.0;
	for (int axis = 0; axis < 3; axis++)
	{
		box->low[axis] = fminf(box->low[axis], (float) (place[axis] - around_m));
		box->high[axis] = fmaxf(box->high[axis], (float) (place[axis] + around_m));
	}
}

static void
box_join(FenceBox *box, const FenceBox *other)
{
	for (int axis = 0; axis < 3; axis++)
	{
		box->low[axis] = fminf(box->low[axis], other->low[axis]);
		box->high[axis] = fmaxf(box->high[axis], other->high[axis]);
	}
}

static FenceBox
box_empty(void)
{
	return (FenceBox){{HUGE_VALF, HUGE_VALF, HUGE_VALF}, {-HUGE_VALF, -HUGE_VALF, -HUGE_VALF}};
}

/*
 * box_of: the box of a chunk's edges.  An edge that is straight in degrees bends away from the
 * straight line through the earth: by no more than the square of its length over the radius up to
 * 70 degrees of latitude; nearer a pole, and where an edge is very long, the box is made to hold
 * the whole earth.
 */
static FenceBox
box_of(const VgPoint *vertex, uint32_t edges)
{
	FenceBox box = box_empty();

	for (uint32_t i = 0; i < edges; i++)
	{
		VgPoint a = vertex[i], b = vertex[i + 1];
		double from[3], to[3], length_m, around_m;

		place_of(a, from);
		place_of(b, to);
		length_m = hypot(hypot(to[0] - from[0], to[1] - from[1]), to[2] - from[2]);
		around_m = length_m * length_m / AXIS_M;
		if (fmax(fabs(a.lat), fabs(b.lat)) > 70.0 || fabs(b.lon - a.lon) > 30.0)
			around_m = 2.0 * AXIS_M;
		box_add(&box, from, around_m);
		box_add(&box, to, around_m);
	}
	return box;
}

/* spread: the bits of a 24-bit number, with a gap after each. */
static uint64_t
spread(uint32_t number)
{
	uint64_t x = number;

	x = (x | x << 16) & UINT64_C(0x0000FFFF0000FFFF);
	x = (x | x << 8) & UINT64_C(0x00FF00FF00FF00FF);
	x = (x | x << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	x = (x | x << 2) & UINT64_C(0x3333333333333333);
	return (x | x << 1) & UINT64_C(0x5555555555555555);
}

/* order_of: kind first, then along the Z curve through degrees. */
static uint64_t
order_of(uint8_t kind, VgPoint p)
{
	const double unit = 16777215.0;
	double x = fmin(fmax((p.lon + 180.0) / 360.0, 0.0), 1.0) * unit;
	double y = fmin(fmax((p.lat + 90.0) / 180.0, 0.0), 1.0) * unit;

	return (uint64_t) kind << 48 | spread((uint32_t) x) | spread((uint32_t) y) << 1;
}

static int
draft_compare(const void *left, const void *right)
{
	const Draft *a = left, *b = right;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return (a->vertex > b->vertex) - (a->vertex < b->vertex);
}

static uint32_t
drafts_make(const VgFenceSource *source, Draft *draft)
{
	uint32_t count = 0;

	for (uint32_t ring = 0; ring < source->ring_count; ring++)
	{
		uint32_t first = source->ring_first[ring], last = source->ring_first[ring + 1] - 1;
		uint32_t chunks = chunks_of(source, ring);

		for (uint32_t chunk = 0; chunk < chunks; chunk++, first += CHUNK_EDGES)
		{
			draft[count].vertex = first;
			draft[count].edges = last - first < CHUNK_EDGES ? last - first : CHUNK_EDGES;
			draft[count].area = source->ring_fence[ring];
			draft[count].order =
				order_of(source->fence[source->ring_fence[ring]].kind, source->vertex[first]);
			count++;
		}
	}
	qsort(draft, count, sizeof(Draft), draft_compare);
	return count;
}

void
vg_fence_near_build(VgFenceIndex *index, const VgFenceSource *source, void *scratch)
{
	FenceChunk *chunk = (FenceChunk *) (void *) ((char *) index + index->chunk_at);
	FenceBox *box = (FenceBox *) (void *) ((char *) index + index->box_at);
	Draft *draft = scratch;
	uint32_t chunks = drafts_make(source, draft), chunk_first = 0, box_first = 0;

	for (uint32_t i = 0; i < chunks; i++)
	{
		chunk[i].vertex = draft[i].vertex;
		chunk[i].edges = draft[i].edges;
		chunk[i].area = draft[i].area;
		chunk[i].box = box_of(source->vertex + draft[i].vertex, draft[i].edges);
	}
	forests_count(source, index->forest);
	for (int kind = 0; kind < FENCE_KINDS; kind++)
	{
		Level level[LEVELS_MAX];
		uint32_t boxes;
		int depth;

		index->forest[kind].chunk_first = chunk_first;
		index->forest[kind].box_first = box_first;
		depth = levels_of(&index->forest[kind], level, &boxes);
		for (int i = 1; i <= depth; i++)
			for (uint32_t j = 0; j < level[i - 1].count; j++)
			{
				FenceBox *above = &box[level[i].first + j / CHUNK_FANOUT];
				uint32_t below = level[i - 1].first + j;

				if (j % CHUNK_FANOUT == 0)
					*above = box_empty();
				box_join(above, i == 1 ? &chunk[below].box : &box[below]);
			}
		chunk_first += index->forest[kind].chunk_count;
		box_first += boxes;
	}
}

/* box_m: straight from the place to the box. */
static double
box_m(const FenceBox *box, const double *place)
{
	double square = 0.0;

	for (int axis = 0; axis < 3; axis++)
	{
		double outside =
			fmax((double) box->low[axis] - place[axis], place[axis] - (double) box->high[axis]);

		if (outside > 0.0)
			square += outside * outside;
	}
	return sqrt(square);
}

static void
search_chunk(Search *search, const FenceChunk *chunk)
{
	VgPoint nearest;
	double distance_m;

	if (!fence_means(search->index, search->filter, chunk->area))
		return;
	distance_m = vg_polyline_m(search->p, fence_vertices(search->index) + chunk->vertex,
							   (int) chunk->edges + 1, &nearest);
	if (distance_m > LOCAL_M)
		distance_m = vg_geodesic_m(search->p, nearest);
	if (distance_m <= search->best_m)
		search->best_m = distance_m;
}

static const FenceBox *
search_box(const Search *search, int depth, uint32_t number)
{
	const FenceChunk *chunk = fence_part(search->index, search->index->chunk_at);
	const FenceBox *box = fence_part(search->index, search->index->box_at);

	number += search->level[depth].first;
	return depth == 0 ? &chunk[number].box : &box[number];
}

/* search_children: the boxes below one, nearest first. */
static void
search_children(Search *search, int depth, uint32_t number)
{
	uint32_t first = number * CHUNK_FANOUT, child[CHUNK_FANOUT];
	uint32_t end = search->level[depth - 1].count;
	double distance_m[CHUNK_FANOUT];
	int count = 0;

	for (uint32_t i = first; i < first + CHUNK_FANOUT && i < end; i++)
	{
		double away_m = box_m(search_box(search, depth - 1, i), search->place);
		int place = count++;

		for (; place > 0 && distance_m[place - 1] > away_m; place--)
		{
			distance_m[place] = distance_m[place - 1];
			child[place] = child[place - 1];
		}
		distance_m[place] = away_m;
		child[place] = i;
	}
	for (int i = 0; i < count && distance_m[i] <= search->best_m; i++)
		search_below(search, depth - 1, child[i]);
}

static void
search_below(Search *search, int depth, uint32_t number)
{
	const FenceChunk *chunk = fence_part(search->index, search->index->chunk_at);

	if (depth == 0)
		search_chunk(search, &chunk[search->level[0].first + number]);
	else
		search_children(search, depth, number);
}

/* search_kind: bring the best so far down to the nearest area of this kind. */
static void
search_kind(Search *search, int kind)
{
	const FenceForest *forest = &search->index->forest[kind];
	uint32_t boxes;
	int depth;

	if (forest->chunk_count == 0)
		return;
	depth = levels_of(forest, search->level, &boxes);
	if (box_m(search_box(search, depth, 0), search->place) <= search->best_m)
		search_below(search, depth, 0);
}

double
vg_fence_distance_m(const VgFenceIndex *index, const VgFenceFilter *filter, double lon, double lat,
					double max_m)
{
	Search search = {.index = index,
					 .filter = filter,
					 .p = {lon, lat},
					 .best_m = nextafter(max_m, HUGE_VAL)};
	VgFenceCursor cursor;

	if (!(fabs(lon) + fabs(lat) < HUGE_VAL))
		return HUGE_VAL;
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, lon, lat);
	if (vg_fence_next_of(&cursor, filter) >= 0)
		return 0.0;
	place_of(search.p, search.place);
	for (int kind = 0; kind < FENCE_KINDS; kind++)
		if ((filter->kinds >> kind & 1) != 0)
			search_kind(&search, kind);
	return search.best_m <= max_m ? search.best_m : HUGE_VAL;
}
