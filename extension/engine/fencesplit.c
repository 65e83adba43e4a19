/*
 * fencesplit.c: the plane of the fence index, split until a cell holds a few edges.  The layout:
 * fenceblock.h.
 *
 * What lies in a cell is kept in scratch: for each area its parity and the edges that touch the
 * cell, or none where the area holds all of it.
 */
#include "fencebuild.h"

#include <math.h>
#include <string.h>

/* A cell with no more edges than this is a leaf. */
#define LEAF_EDGES 10
/* A split aims at this many edges per cell ... */
#define SPLIT_EDGES 2
/* ... and makes at most 2^10 by 2^10 of them. */
#define SPLIT_BITS_MAX 10

/* Cells of a split, from first to last, both included. */
typedef struct Range
{
	uint32_t column_first, column_last;
	uint32_t row_first, row_last;
} Range;

static FenceCell *split_try(FenceBuilder *builder, const FenceCell *cell, FenceSquare square,
							uint64_t budget, uint64_t *cost);
static uint32_t node_write(FenceBuilder *builder, const FenceCell *children, FenceSquare square,
						   uint64_t budget);
static void item_split(FenceBuilder *builder, const FenceItem *item, FenceSquare square,
					   FenceCell *children, bool *inside);
static uint32_t leaf_write(FenceBuilder *builder, const FenceCell *cell);
static uint64_t words_take(FenceBuilder *builder, uint64_t count);

/* vg_fence_split: a split that costs more than the budget is tried again with a quarter of the
 * cells. */
uint32_t
vg_fence_split(FenceBuilder *builder, const FenceCell *cell, FenceSquare square, uint64_t budget)
{
	char *mark = builder->scratch;
	uint32_t written;

	if (builder->full || cell->first == NULL)
		return CELL_EMPTY;
	if (cell->edges <= LEAF_EDGES || square.shift == 0)
		return leaf_write(builder, cell);
	square.bits = 1;
	while (square.bits < SPLIT_BITS_MAX && square.bits < square.shift &&
		   ((uint64_t) SPLIT_EDGES << (2 * square.bits)) < cell->edges)
		square.bits++;
	for (; square.bits > 0 && budget >= cell->edges && !builder->full; square.bits--)
	{
		uint64_t cost;
		FenceCell *children = split_try(builder, cell, square, budget, &cost);

		if (children != NULL)
		{
			written = node_write(builder, children, square, budget - cost);
			builder->scratch = mark;
			return written;
		}
		builder->scratch = mark;
	}
	return leaf_write(builder, cell);
}

/* cells_equal: whether two cells without edges hold the same areas; their list is then written
 * once. */
static bool
cells_equal(const FenceCell *left, const FenceCell *right)
{
	const FenceItem *a = left->first, *b = right->first;

	if (left->items != right->items || left->edges + right->edges > 0)
		return false;
	for (; a != NULL; a = a->next, b = b->next)
		if (a->area != b->area)
			return false;
	return true;
}

/* split_try: the cells of a split with what they hold, and what they cost; NULL where that is above
 * the budget. */
static FenceCell *
split_try(FenceBuilder *builder, const FenceCell *cell, FenceSquare square, uint64_t budget,
		  uint64_t *cost)
{
	uint32_t side = UINT32_C(1) << square.bits;
	FenceCell *children = vg_fence_scratch(builder, (size_t) side * side * sizeof(FenceCell));
	bool *inside = vg_fence_scratch(builder, (size_t) side * side + side);

	builder->made = 0;
	builder->made_max = 4 * budget;
	builder->costly = false;
	for (const FenceItem *item = cell->first; item != NULL && !fence_stopped(builder);
		 item = item->next)
		item_split(builder, item, square, children, inside);
	if (fence_stopped(builder))
		return NULL;
	*cost = (uint64_t) side * side / 4;
	for (uint32_t i = 0; i < side * side; i++)
		if (i == 0 || !cells_equal(&children[i], &children[i - 1]))
			*cost += children[i].edges + children[i].items;
	return *cost <= budget ? children : NULL;
}

/* node_write: each child gets the part of the budget that its edges have in all children's. */
static uint32_t
node_write(FenceBuilder *builder, const FenceCell *children, FenceSquare square, uint64_t budget)
{
	uint32_t cells = UINT32_C(1) << (2 * square.bits), shift = square.shift - square.bits;
	uint32_t marks = NODE_MARKS(square.bits), *mark;
	uint64_t node = words_take(builder, 1 + (uint64_t) marks + cells), edges = 1;

	if (builder->full)
		return CELL_EMPTY;
	builder->word[node] = square.bits;
	mark = builder->word + node + 1;
	memset(mark, 0, marks * sizeof(uint32_t));
	for (uint32_t i = 0; i < cells; i++)
		edges += children[i].edges;
	for (uint32_t i = 0; i < cells; i++)
	{
		FenceSquare part = {.column =
								square.column + ((i & ((UINT32_C(1) << square.bits) - 1)) << shift),
							.row = square.row + ((i >> square.bits) << shift),
							.shift = shift};

		uint32_t child =
			vg_fence_split(builder, &children[i], part, budget * children[i].edges / edges);

		mark[marks + i] = child;
		if (child != CELL_EMPTY)
			mark[i / 32] |= UINT32_C(1) << i % 32;
	}
	return (uint32_t) node << 2 | CELL_NODE;
}

/* part_of: the cell of the square's split that holds this many finest cells from the plane's edge,
 * kept inside. */
static uint32_t
part_of(double finest, uint32_t start, FenceSquare square)
{
	double offset = floor(finest) - start;
	double last = (double) (UINT32_C(1) << square.shift) - 1.0;

	return (uint32_t) fmin(fmax(offset, 0.0), last) >> (square.shift - square.bits);
}

/* range_of: the cells of the split that a box touches; false where it touches none. */
static bool
range_of(const FenceBuilder *builder, FenceSquare square, VgPoint low, VgPoint high, Range *range)
{
	const VgFenceIndex *index = builder->index;
	double west = (low.lon - TOUCH_DEG - index->min_lon) * index->per_lon;
	double east = (high.lon + TOUCH_DEG - index->min_lon) * index->per_lon;
	double south = (low.lat - TOUCH_DEG - index->min_lat) * index->per_lat;
	double north = (high.lat + TOUCH_DEG - index->min_lat) * index->per_lat;
	uint32_t side = UINT32_C(1) << square.shift;

	if (!(west < square.column + side && south < square.row + side && east >= square.column &&
		  north >= square.row))
		return false;
	range->column_first = part_of(west, square.column, square);
	range->column_last = part_of(east, square.column, square);
	range->row_first = part_of(south, square.row, square);
	range->row_last = part_of(north, square.row, square);
	return true;
}

/* The corner of a cell of the split at which parities are taken: south-east, moved out by the
 * margin. */
static VgPoint
corner_of(const FenceBuilder *builder, FenceSquare square, uint32_t column, uint32_t row)
{
	uint32_t shift = square.shift - square.bits;

	return (VgPoint){fence_right(builder->index, square.column + ((column + 1) << shift)),
					 fence_bottom(builder->index, square.row + (row << shift))};
}

/* row_from: the first row of the range whose corner is not south of this latitude, or the row after
 * the last. */
static uint32_t
row_from(const FenceBuilder *builder, FenceSquare square, const Range *range, double lat)
{
	const VgFenceIndex *index = builder->index;
	uint32_t row = part_of((lat - index->min_lat) * index->per_lat, square.row, square);

	row = row < range->row_first ? range->row_first : row > range->row_last ? range->row_last : row;
	while (row > range->row_first && corner_of(builder, square, 0, row - 1).lat >= lat)
		row--;
	while (row <= range->row_last && corner_of(builder, square, 0, row).lat < lat)
		row++;
	return row;
}

static bool
west_of(VgPoint p, VgPoint low, VgPoint high)
{
	return vg_orientation(low, high, p) > 0;
}

/* counts_for: T of an edge for a corner p of a cell with this right side (fenceblock.h). */
static bool
counts_for(VgPoint p, VgPoint a, VgPoint b, double right)
{
	bool above_a = a.lat <= p.lat, above_b = b.lat <= p.lat;
	bool counts = false;

	if (a.lon > right && b.lon > right)
		return false;
	if (above_a != above_b)
		counts = above_a ? west_of(p, a, b) : west_of(p, b, a);
	if ((a.lon > right) != (b.lon > right))
		counts ^= a.lon > right ? above_a : above_b;
	return counts;
}

/*
 * edge_toggle: change the parity of all corners for which this edge counts.  In a row these are all
 * up to some column, which alone is marked; rows_marked[r] stands for the whole of row r and all
 * rows north of it.
 */
static void
edge_toggle(const FenceBuilder *builder, FenceSquare square, const Range *range, uint32_t edge,
			bool *marked, bool *rows_marked)
{
	const VgFenceIndex *index = builder->index;
	VgPoint a = builder->vertex[edge], b = builder->vertex[edge + 1];
	VgPoint low = a.lat <= b.lat ? a : b, high = a.lat <= b.lat ? b : a;
	double right = fence_right(index, square.column + (UINT32_C(1) << square.shift));
	uint32_t width = range->column_last - range->column_first + 1;
	uint32_t row = row_from(builder, square, range, low.lat);
	uint32_t end = row_from(builder, square, range, high.lat);

	if (a.lon > right && b.lon > right)
		return;
	for (; row < end; row++)
	{
		double lat = corner_of(builder, square, 0, row).lat;
		double lon = low.lon + (lat - low.lat) * ((high.lon - low.lon) / (high.lat - low.lat));
		int64_t column = part_of((lon - index->min_lon) * index->per_lon, square.column, square);

		if (column < range->column_first)
			column = range->column_first;
		if (column > range->column_last)
			column = range->column_last;
		while (column < range->column_last &&
			   west_of(corner_of(builder, square, (uint32_t) column + 1, row), low, high))
			column++;
		while (column >= range->column_first &&
			   !west_of(corner_of(builder, square, (uint32_t) column, row), low, high))
			column--;
		if (column >= range->column_first)
			marked[(row - range->row_first) * width + (uint32_t) column - range->column_first] ^=
				true;
	}
	if ((a.lon > right) != (b.lon > right))
	{
		row = row_from(builder, square, range, a.lon > right ? a.lat : b.lat);
		if (row <= range->row_last)
			rows_marked[row - range->row_first] ^= true;
	}
}

/* corners_find: whether the area holds the corner of each cell of the range; inside is row by row.
 */
static void
corners_find(const FenceBuilder *builder, const FenceItem *item, FenceSquare square,
			 const Range *range, bool *inside)
{
	uint32_t width = range->column_last - range->column_first + 1;
	uint32_t height = range->row_last - range->row_first + 1;
	bool *rows_marked = inside + (size_t) width * height;
	bool row_parity = item->parity;

	memset(inside, 0, (size_t) width * height + height);
	for (const FenceReference *reference = item->first; reference != NULL;
		 reference = reference->next)
		edge_toggle(builder, square, range, reference->edge, inside, rows_marked);
	for (uint32_t row = 0; row < height; row++)
	{
		bool parity = row_parity ^= rows_marked[row];

		for (uint32_t column = width; column-- > 0;)
			inside[row * width + column] = parity ^= inside[row * width + column];
	}
}

/* row_narrow: of the columns that an edge's box touches, those that the edge itself touches in a
 * row, if any. */
static bool
row_narrow(const FenceBuilder *builder, FenceSquare square, uint32_t row, VgPoint a, VgPoint b,
		   Range *touched)
{
	const VgFenceIndex *index = builder->index;
	uint32_t shift = square.shift - square.bits;
	double south = index->min_lat + (square.row + (row << shift)) * index->step_lat - TOUCH_DEG;
	double north =
		index->min_lat + (square.row + ((row + 1) << shift)) * index->step_lat + TOUCH_DEG;
	double slope = (b.lon - a.lon) / (b.lat - a.lat);
	VgPoint low = {fmin(a.lon, b.lon), fmin(a.lat, b.lat)},
			high = {fmax(a.lon, b.lon), fmax(a.lat, b.lat)};
	double first = a.lon + (fmax(south, low.lat) - a.lat) * slope;
	double last = a.lon + (fmin(north, high.lat) - a.lat) * slope;
	Range range;

	if (!isfinite(slope))
		return true;
	low.lon = fmax(low.lon, fmin(first, last));
	high.lon = fmin(high.lon, fmax(first, last));
	if (!range_of(builder, square, low, high, &range))
		return false;
	touched->column_first = range.column_first;
	touched->column_last = range.column_last;
	return true;
}

/* edge_spread: give an edge to the cells that it touches, and take it out of their parity. */
static void
edge_spread(FenceBuilder *builder, const FenceItem *item, FenceSquare square, const Range *range,
			uint32_t edge, FenceCell *children, const bool *inside)
{
	VgPoint a = builder->vertex[edge], b = builder->vertex[edge + 1];
	VgPoint low = {fmin(a.lon, b.lon), fmin(a.lat, b.lat)},
			high = {fmax(a.lon, b.lon), fmax(a.lat, b.lat)};
	uint32_t width = range->column_last - range->column_first + 1;
	Range touched;

	if (!range_of(builder, square, low, high, &touched))
		return;
	for (uint32_t row = touched.row_first; row <= touched.row_last; row++)
	{
		Range here = touched;

		if (touched.row_first < touched.row_last && touched.column_first < touched.column_last &&
			!row_narrow(builder, square, row, a, b, &here))
			continue;
		for (uint32_t column = here.column_first;
			 column <= here.column_last && !fence_stopped(builder); column++)
		{
			FenceCell *child = &children[(row << square.bits) + column];
			VgPoint corner = corner_of(builder, square, column, row);
			FenceItem *part = vg_fence_item(builder, child, item->area,
											inside[(row - range->row_first) * width + column -
												   range->column_first]);

			if (part == NULL)
				return;
			part->parity ^= counts_for(corner, a, b, corner.lon);
			vg_fence_add_edge(builder, part, edge);
			child->edges++;
		}
	}
}

/* item_split: hand one area's edges and its inside on to the cells of the split. */
static void
item_split(FenceBuilder *builder, const FenceItem *item, FenceSquare square, FenceCell *children,
		   bool *inside)
{
	Range range;
	uint32_t width;

	if (!range_of(builder, square, builder->area_low[item->area], builder->area_high[item->area],
				  &range))
		return;
	width = range.column_last - range.column_first + 1;
	corners_find(builder, item, square, &range, inside);
	for (const FenceReference *reference = item->first;
		 reference != NULL && !fence_stopped(builder); reference = reference->next)
		edge_spread(builder, item, square, &range, reference->edge, children, inside);
	for (uint32_t row = range.row_first; row <= range.row_last; row++)
		for (uint32_t column = range.column_first;
			 column <= range.column_last && !fence_stopped(builder); column++)
			if (inside[(row - range.row_first) * width + column - range.column_first])
				(void) vg_fence_item(builder, &children[(row << square.bits) + column], item->area,
									 true);
}

/* item_runs: edges that follow each other in a ring are one run; written to run unless it is NULL.
 */
static uint32_t
item_runs(const FenceItem *item, uint32_t *run)
{
	uint32_t runs = 0, first = 0, edges = 0;

	for (const FenceReference *reference = item->first; reference != NULL;
		 reference = reference->next)
	{
		if (edges == 0 || reference->edge != first + edges)
		{
			runs++;
			first = reference->edge;
			edges = 0;
		}
		edges++;
		if (run != NULL)
		{
			run[2 * runs - 2] = first;
			run[2 * runs - 1] = edges;
		}
	}
	return runs;
}

/* words_take: where so many words may be written, as their number; the builder is full where there
 * are no more. */
static uint64_t
words_take(FenceBuilder *builder, uint64_t count)
{
	uint64_t at = builder->used;
	uint64_t room =
		(uint64_t) (builder->scratch - (char *) (builder->word + at)) / sizeof(uint32_t);

	if (room < count || at + count > CELL_VALUE_MAX)
		builder->full = true;
	else
		builder->used += count;
	return at;
}

/* leaf_shared: the same list of areas without edges where it was written lately, or CELL_EMPTY. */
static uint32_t
leaf_shared(const FenceBuilder *builder, const FenceCell *cell, uint32_t hash, uint32_t count)
{
	uint32_t found = builder->shared_cell[hash % SHARED_LISTS];
	const uint32_t *word = builder->word + CELL_VALUE(found);

	if (found == CELL_EMPTY || builder->shared_hash[hash % SHARED_LISTS] != hash ||
		word[0] != count)
		return CELL_EMPTY;
	for (const FenceItem *item = cell->first; item != NULL; item = item->next)
	{
		if (word[1] != item->area || word[2] != 1)
			return CELL_EMPTY;
		word += 2;
	}
	return found;
}

static uint32_t
leaf_write(FenceBuilder *builder, const FenceCell *cell)
{
	uint32_t count = 0, hash = 0, found;
	uint64_t words = 1, at;
	uint32_t *word;

	for (const FenceItem *item = cell->first; item != NULL; item = item->next)
	{
		count++;
		hash = (hash ^ item->area) * UINT32_C(2654435761);
		words += 2 + 2 * (uint64_t) item_runs(item, NULL);
	}
	if (cell->edges == 0 && count == 1)
		return cell->first->area << 2 | CELL_SINGLE;
	found = cell->edges == 0 ? leaf_shared(builder, cell, hash, count) : CELL_EMPTY;
	if (found != CELL_EMPTY)
		return found;
	at = words_take(builder, words);
	if (builder->full)
		return CELL_EMPTY;
	word = builder->word + at;
	*word++ = count;
	for (const FenceItem *item = cell->first; item != NULL; item = item->next)
	{
		uint32_t runs = item_runs(item, word + 2);

		word[0] = item->area;
		word[1] = runs << 1 | item->parity;
		word += 2 + 2 * (size_t) runs;
	}
	found = (uint32_t) at << 2 | CELL_LIST;
	if (cell->edges == 0)
	{
		builder->shared_hash[hash % SHARED_LISTS] = hash;
		builder->shared_cell[hash % SHARED_LISTS] = found;
	}
	return found;
}
