/*
 * fencebuild.c: building the fence index: checks, the parts of the block, the plane.  The split of
 * the plane: fencesplit.c.
 */
#include "fencebuild.h"

#include <math.h>
#include <string.h>

#include "fenceblock.h"

#define COORDINATE_MAX 1000.0
/* What leaves may cost per edge of the source, and for a start; see FenceBuilder. */
#define BUDGET_PER_EDGE 8
#define BUDGET_BASE 16384

static VgStatus source_check(const VgFenceSource *source);
static VgStatus blocks_place(FenceBuilder *builder, const VgFenceSource *source, void *memory,
							 size_t size);
static void areas_measure(FenceBuilder *builder, const VgFenceSource *source);
static void grid_place(FenceBuilder *builder, const VgFenceSource *source);
static void *item_part(FenceBuilder *builder, size_t size);
static void tree_build(FenceBuilder *builder, const VgFenceSource *source, VgFenceRole role);

size_t
vg_fence_room(const VgFenceSource *source)
{
	/* Per vertex: itself 16 bytes, its words some 30; while the root is split its references 64,
	 * cells up to 48, areas in cells some 40.  What stays unused is never touched. */
	return (size_t) 65536 + (size_t) source->vertex_count * 256 +
		   (size_t) source->fence_count * 256 + (size_t) source->hours_count * sizeof(VgFenceHours);
}

VgStatus
vg_fence_build(const VgFenceSource *source, void *memory, size_t size)
{
	FenceBuilder builder = {.index = NULL};
	VgStatus status = source_check(source);

	if (status == VG_OK)
		status = blocks_place(&builder, source, memory, size);
	if (status != VG_OK)
		return status;
	areas_measure(&builder, source);
	if (!builder.full)
		grid_place(&builder, source);
	for (int role = 0; role < VG_FENCE_ROLES && !builder.full; role++)
		tree_build(&builder, source, (VgFenceRole) role);
	if (builder.full)
		return VG_FULL;
	builder.index->size = (builder.index->word_at + builder.used * sizeof(uint32_t) + 7) / 8 * 8;
	return VG_OK;
}

static bool
fence_sound(const VgFenceSource *source, uint32_t number)
{
	const VgFence *fence = &source->fence[number], *previous = fence - 1;

	if (fence->kind >= FENCE_KINDS || fence->hours_first < 0 ||
		(uint64_t) fence->hours_first + fence->hours_count > source->hours_count)
		return false;
	return number == 0 || previous->id < fence->id ||
		   (previous->id == fence->id && previous->role < fence->role);
}

static bool
ring_sound(const VgFenceSource *source, uint32_t ring)
{
	uint32_t first = source->ring_first[ring], end = source->ring_first[ring + 1];

	if (first >= end || end > source->vertex_count || end - first < 2 ||
		source->ring_fence[ring] >= source->fence_count)
		return false;
	return (ring == 0 || source->ring_fence[ring - 1] <= source->ring_fence[ring]) &&
		   source->vertex[first].lon == source->vertex[end - 1].lon &&
		   source->vertex[first].lat == source->vertex[end - 1].lat;
}

static VgStatus
source_check(const VgFenceSource *source)
{
	for (uint32_t i = 0; i < source->vertex_count; i++)
		if (!(fabs(source->vertex[i].lon) <= COORDINATE_MAX &&
			  fabs(source->vertex[i].lat) <= COORDINATE_MAX))
			return VG_RANGE;
	for (uint32_t i = 0; i < source->fence_count; i++)
		if (!fence_sound(source, i))
			return VG_SYNTAX;
	for (uint32_t i = 0; i < source->hours_count; i++)
	{
		const VgFenceHours *hours = &source->hours[i];

		if (hours->days > 127 || hours->from_minute >= 1440 || hours->to_minute < 1 ||
			hours->to_minute > 1440 || hours->from_minute == hours->to_minute)
			return VG_SYNTAX;
	}
	if (source->ring_count == 0)
		return source->vertex_count == 0 ? VG_OK : VG_SYNTAX;
	if (source->ring_first[0] != 0 ||
		source->ring_first[source->ring_count] != source->vertex_count)
		return VG_SYNTAX;
	for (uint32_t i = 0; i < source->ring_count; i++)
		if (!ring_sound(source, i))
			return VG_SYNTAX;
	return VG_OK;
}

static uint8_t
trait_of(const VgFence *fence)
{
	bool always = fence->valid_from == INT64_MIN && fence->valid_until == INT64_MAX &&
				  fence->hours_count == 0;

	return (uint8_t) (fence->kind | (always ? 0 : TRAIT_TIMES));
}

/* blocks_place: the parts whose size is known go first, the words follow, scratch comes from the
 * end. */
static VgStatus
blocks_place(FenceBuilder *builder, const VgFenceSource *source, void *memory, size_t size)
{
	VgFenceIndex *index = memory;
	FenceNearSize near = vg_fence_near_size(source);
	uint64_t at = (sizeof(VgFenceIndex) + 7) / 8 * 8;
	uint64_t fence_at = at, trait_at, hours_at, vertex_at, chunk_at, box_at;

	at += (uint64_t) source->fence_count * sizeof(VgFence);
	vertex_at = at;
	at += (uint64_t) source->vertex_count * sizeof(VgPoint);
	chunk_at = at;
	at += ((uint64_t) near.chunks * sizeof(FenceChunk) + 7) / 8 * 8;
	box_at = at;
	at += (uint64_t) near.boxes * sizeof(FenceBox);
	hours_at = at;
	at += ((uint64_t) source->hours_count * sizeof(VgFenceHours) + 7) / 8 * 8;
	trait_at = at;
	at += ((uint64_t) source->fence_count + 7) / 8 * 8;
	if (at + (uint64_t) near.chunks * FENCE_NEAR_SCRATCH > size)
		return VG_FULL;
	memset(index, 0, sizeof(*index));
	index->fence_at = fence_at;
	index->trait_at = trait_at;
	index->hours_at = hours_at;
	index->vertex_at = vertex_at;
	index->chunk_at = chunk_at;
	index->box_at = box_at;
	index->word_at = at;
	index->fence_count = source->fence_count;
	if (source->fence_count > 0)
		memcpy((char *) memory + fence_at, source->fence, source->fence_count * sizeof(VgFence));
	for (uint32_t i = 0; i < source->fence_count; i++)
		((uint8_t *) memory)[trait_at + i] = trait_of(&source->fence[i]);
	if (source->hours_count > 0)
		memcpy((char *) memory + hours_at, source->hours,
			   source->hours_count * sizeof(VgFenceHours));
	if (source->vertex_count > 0)
		memcpy((char *) memory + vertex_at, source->vertex, source->vertex_count * sizeof(VgPoint));
	builder->index = index;
	builder->vertex = fence_vertices(index);
	builder->word = (uint32_t *) (void *) ((char *) memory + at);
	builder->scratch = (char *) memory + size / 8 * 8;
	vg_fence_near_build(index, source,
						builder->scratch - (size_t) near.chunks * FENCE_NEAR_SCRATCH);
	return VG_OK;
}

void *
vg_fence_scratch(FenceBuilder *builder, size_t size)
{
	char *floor = (char *) (builder->word + builder->used);

	size = (size + 7) / 8 * 8;
	if (builder->full || (size_t) (builder->scratch - floor) < size)
	{
		builder->full = true;
		return NULL;
	}
	builder->scratch -= size;
	return memset(builder->scratch, 0, size);
}

/* areas_measure: the corners of each area's bounding box; an area without rings has low above high.
 */
static void
areas_measure(FenceBuilder *builder, const VgFenceSource *source)
{
	VgPoint *low = vg_fence_scratch(builder, source->fence_count * sizeof(VgPoint));
	VgPoint *high = vg_fence_scratch(builder, source->fence_count * sizeof(VgPoint));

	if (builder->full)
		return;
	for (uint32_t i = 0; i < source->fence_count; i++)
	{
		low[i] = (VgPoint){HUGE_VAL, HUGE_VAL};
		high[i] = (VgPoint){-HUGE_VAL, -HUGE_VAL};
	}
	for (uint32_t ring = 0; ring < source->ring_count; ring++)
	{
		uint32_t area = source->ring_fence[ring];

		for (uint32_t i = source->ring_first[ring]; i < source->ring_first[ring + 1]; i++)
		{
			low[area].lon = fmin(low[area].lon, source->vertex[i].lon);
			low[area].lat = fmin(low[area].lat, source->vertex[i].lat);
			high[area].lon = fmax(high[area].lon, source->vertex[i].lon);
			high[area].lat = fmax(high[area].lat, source->vertex[i].lat);
		}
	}
	builder->area_low = low;
	builder->area_high = high;
}

/* grid_place: spread the finest cells over all areas, with room for every margin. */
static void
grid_place(FenceBuilder *builder, const VgFenceSource *source)
{
	const double cells = (double) (UINT32_C(1) << FENCE_LEVEL_BITS), room = 8.0 * TOUCH_DEG;
	VgFenceIndex *index = builder->index;
	VgPoint low = {HUGE_VAL, HUGE_VAL}, high = {-HUGE_VAL, -HUGE_VAL};

	for (uint32_t i = 0; i < source->fence_count; i++)
	{
		low.lon = fmin(low.lon, builder->area_low[i].lon);
		low.lat = fmin(low.lat, builder->area_low[i].lat);
		high.lon = fmax(high.lon, builder->area_high[i].lon);
		high.lat = fmax(high.lat, builder->area_high[i].lat);
	}
	if (source->vertex_count == 0)
		low = high = (VgPoint){0.0, 0.0};
	index->min_lon = low.lon - room;
	index->min_lat = low.lat - room;
	index->step_lon = fmax((high.lon - low.lon + 2.0 * room) / cells, FENCE_STEP_DEG);
	index->step_lat = fmax((high.lat - low.lat + 2.0 * room) / cells, FENCE_STEP_DEG);
	index->per_lon = 1.0 / index->step_lon;
	index->per_lat = 1.0 / index->step_lat;
}

void
vg_fence_add_edge(FenceBuilder *builder, FenceItem *item, uint32_t edge)
{
	FenceReference *reference = item_part(builder, sizeof(FenceReference));

	if (reference == NULL)
		return;
	reference->edge = edge;
	if (item->last == NULL)
		item->first = reference;
	else
		item->last->next = reference;
	item->last = reference;
}

FenceItem *
vg_fence_item(FenceBuilder *builder, FenceCell *cell, uint32_t area, bool parity)
{
	FenceItem *item = cell->last;

	if (item != NULL && item->area == area)
		return item;
	item = item_part(builder, sizeof(FenceItem));
	if (item == NULL)
		return NULL;
	item->area = area;
	item->parity = parity;
	if (cell->last == NULL)
		cell->first = item;
	else
		cell->last->next = item;
	cell->last = item;
	cell->items++;
	return item;
}

/* item_part: scratch for an item or a reference, which is counted. */
static void *
item_part(FenceBuilder *builder, size_t size)
{
	if (++builder->made > builder->made_max)
	{
		builder->costly = true;
		return NULL;
	}
	return vg_fence_scratch(builder, size);
}

/* root_fill: the whole plane holds every edge of every area, and nothing lies east of it. */
static void
root_fill(FenceBuilder *builder, const VgFenceSource *source, VgFenceRole role, FenceCell *root)
{
	for (uint32_t ring = 0; ring < source->ring_count; ring++)
	{
		uint32_t area = source->ring_fence[ring], first = source->ring_first[ring];
		uint32_t edges = source->ring_first[ring + 1] - first - 1;
		FenceItem *item;

		if (source->fence[area].role != (uint8_t) role)
			continue;
		item = vg_fence_item(builder, root, area, false);
		for (uint32_t i = 0; !builder->full && i < edges; i++)
			vg_fence_add_edge(builder, item, first + i);
		root->edges += edges;
	}
}

/* tree_build: the areas of one role, over the plane. */
static void
tree_build(FenceBuilder *builder, const VgFenceSource *source, VgFenceRole role)
{
	FenceSquare plane = {.shift = FENCE_LEVEL_BITS};
	FenceCell root = {.first = NULL};
	char *mark = builder->scratch;

	builder->made = 0; /* the root holds every edge, whatever the last split was allowed */
	builder->made_max = UINT64_MAX;
	builder->costly = false;
	root_fill(builder, source, role, &root);
	if (!builder->full)
		builder->index->root[role] =
			vg_fence_split(builder, &root, plane,
						   BUDGET_BASE + (uint64_t) root.edges * BUDGET_PER_EDGE);
	builder->scratch = mark;
}
