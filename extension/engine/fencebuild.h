/*
 * fencebuild.h: what building the fence index needs besides its layout; private to fencebuild.c and
 * fencesplit.c.
 */
#ifndef VIGIL_ENGINE_FENCEBUILD_H
#define VIGIL_ENGINE_FENCEBUILD_H

#include "fenceblock.h"

/* Edges are collected this far around a cell: the margin, and what it takes to find a cell or a
 * crossing. */
#define TOUCH_DEG (4.0 * FENCE_MARGIN_DEG)
/* Lists of areas that hold a whole cell are shared where the same list was written lately. */
#define SHARED_LISTS 1024

typedef struct FenceReference
{
	struct FenceReference *next;
	uint32_t edge; /* its first vertex */
} FenceReference;

/* One area in one cell. */
typedef struct FenceItem
{
	struct FenceItem *next;
	FenceReference *first;
	FenceReference *last;
	uint32_t area;
	bool parity;
} FenceItem;

typedef struct FenceCell
{
	FenceItem *first;
	FenceItem *last;
	uint32_t items;
	uint32_t edges;
} FenceCell;

/* A node's square in finest cells, and its split. */
typedef struct FenceSquare
{
	uint32_t column;
	uint32_t row;
	uint32_t shift; /* its side is 2^shift */
	uint32_t bits;	/* the split: 2^bits by 2^bits cells of side 2^(shift - bits) */
} FenceSquare;

/*
 * The words of the block grow up, scratch grows down to them.  Cost is what a cell's words take: a
 * unit an item, a unit an edge, a quarter for the cell itself.  The budget that the plane is given,
 * handed down with every split, keeps the block linear in the source also where edges cannot be
 * parted (many fences with one common border).
 */
typedef struct FenceBuilder
{
	VgFenceIndex *index;
	const VgPoint *vertex;
	uint32_t *word;
	uint64_t used; /* words written */
	char *scratch;
	const VgPoint *area_low; /* each area's corners */
	const VgPoint *area_high;
	uint64_t made; /* items and references of the split at hand */
	uint64_t made_max;
	bool full;	 /* memory is used up: the build fails */
	bool costly; /* made is above its limit: the split is given up */
	uint32_t shared_hash[SHARED_LISTS];
	uint32_t shared_cell[SHARED_LISTS];
} FenceBuilder;

/* Whether to leave a loop: nothing more can be made, or should be. */
static inline bool
fence_stopped(const FenceBuilder *builder)
{
	return builder->full || builder->costly;
}

/* Zeroed memory that lives until the builder's scratch is set back; NULL where there is no more. */
extern void *vg_fence_scratch(FenceBuilder *builder, size_t size);
/* What the cell holds of this area so far; areas come in ascending order.  NULL where there is no
 * more memory. */
extern FenceItem *vg_fence_item(FenceBuilder *builder, FenceCell *cell, uint32_t area, bool parity);
extern void vg_fence_add_edge(FenceBuilder *builder, FenceItem *item, uint32_t edge);
/* Write what a cell holds to the block: the cell's word. */
extern uint32_t vg_fence_split(FenceBuilder *builder, const FenceCell *cell, FenceSquare square,
							   uint64_t budget);

#endif
