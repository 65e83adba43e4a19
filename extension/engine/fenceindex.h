/*
 * fenceindex.h: which areas cover a point.  One flat block of memory, position independent, built
 * once, read by many.
 *
 * The answer for each area is exactly that of GEOS covers() on the same double coordinates:
 * boundary points are inside, holes are outside except for their boundary.
 */
#ifndef VIGIL_ENGINE_FENCEINDEX_H
#define VIGIL_ENGINE_FENCEINDEX_H

#include "geo.h"

typedef enum VgFenceRole
{
	VG_FENCE_COVERED = 0, /* the fence with its own buffer */
	VG_FENCE_STAY = 1	  /* wider area in which a stay counts; present only where it differs */
} VgFenceRole;

#define VG_FENCE_ROLES 2

/* Minutes of local time on some days of the week in which a fence is active. */
typedef struct VgFenceHours
{
	uint8_t days;		  /* bit 0 = Monday … bit 6 = Sunday */
	uint16_t from_minute; /* 0..1439, inclusive */
	uint16_t to_minute;	  /* 1..1440, exclusive; less than from = past midnight */
} VgFenceHours;

typedef struct VgFence
{
	int64_t id;
	int64_t valid_from;		/* inclusive, us */
	int64_t valid_until;	/* exclusive, us */
	int32_t hours_first;	/* into the index's hours */
	uint16_t hours_count;	/* 0 = always */
	uint16_t subject_kinds; /* bit set of VgVehicleKind, 0xFFFF = all */
	uint8_t kind;			/* vigil.fence_kind.bit */
	uint8_t role;			/* VgFenceRole */
} VgFence;

/* The number of an area is its place in fence[]. */
typedef struct VgFenceSource
{
	const VgFence *fence; /* ascending by (id, role) */
	const VgFenceHours *hours;
	const VgPoint *vertex;		/* rings one after the other, each closed: first = last */
	const uint32_t *ring_first; /* first vertex of each ring; ring_count + 1 of them, the last is
								   vertex_count */
	const uint32_t
		*ring_fence; /* the area of each ring, ascending; outer rings and holes in any order */
	uint32_t fence_count;
	uint32_t hours_count;
	uint32_t vertex_count;
	uint32_t ring_count;
} VgFenceSource;

typedef struct VgFenceIndex VgFenceIndex;

/* Which areas a query means: those ... */
typedef struct VgFenceFilter
{
	uint64_t kinds;				/* of these kinds, a bit each, ... */
	int64_t time_us;			/* ... valid at this time ... */
	bool hours;					/* ... and, where this is set, in their active hours then, by ... */
	int32_t utc_offset_minutes; /* ... local time */
} VgFenceFilter;

/* The areas that cover a point, one after the other. */
typedef struct VgFenceCursor
{
	const VgFenceIndex *index;
	const uint32_t *entry; /* in the cell's list; NULL = a single area that holds the whole cell */
	uint32_t left;
	uint32_t single;
	double right; /* the cell's right side */
	VgPoint p;
} VgFenceCursor;

/* Memory that a build of this source most likely needs, its scratch included: linear in vertices
 * and fences. */
extern size_t vg_fence_room(const VgFenceSource *source);
/*
 * vg_fence_build: build the index at the start of memory (aligned to 8 bytes), scratch at its end.
 *
 * VG_FULL = give it more (twice as much); VG_RANGE = a coordinate is not finite or beyond 1000
 * degrees; VG_SYNTAX = rings not closed, fences or rings out of order, hours out of range.  The
 * index may then be copied: vg_fence_size bytes.
 */
extern VgStatus vg_fence_build(const VgFenceSource *source, void *memory, size_t size);
extern size_t vg_fence_size(const VgFenceIndex *index);
/* How many areas there are: no query answers more. */
extern int vg_fence_count(const VgFenceIndex *index);

/*
 * vg_fence_query: numbers of all areas of a role that cover the point, ascending, up to capacity;
 * returns how many there are (more than capacity: call again with more room).
 */
extern int vg_fence_query(const VgFenceIndex *index, VgFenceRole role, double lon, double lat,
						  uint32_t *hits, int capacity);
/* The same without room for them: open, then next until it returns -1. */
extern void vg_fence_open(VgFenceCursor *cursor, const VgFenceIndex *index, VgFenceRole role,
						  double lon, double lat);
extern int64_t vg_fence_next(VgFenceCursor *cursor);
/* Only those that the filter means; looks at the edges of no other. */
extern int64_t vg_fence_next_of(VgFenceCursor *cursor, const VgFenceFilter *filter);
extern const VgFence *vg_fence_get(const VgFenceIndex *index, uint32_t number);
/* The number of the area of this fence and role, or -1 (deleted, or the role is not present). */
extern int64_t vg_fence_find(const VgFenceIndex *index, int64_t id, VgFenceRole role);
/* Whether the fence is in force at this time: validity and hours. */
extern bool vg_fence_active(const VgFenceIndex *index, uint32_t number, int64_t time_us,
							int32_t utc_offset_minutes);
/* Whether this one area covers the point. */
extern bool vg_fence_covers(const VgFenceIndex *index, uint32_t number, double lon, double lat);
/*
 * vg_fence_distance_m: metres to the nearest COVERED area that the filter means, 0 on and in it,
 * HUGE_VAL beyond max_m or where there is none.  Within 0.1 % up to 10 km; farther on the
 * ellipsoid, to the point that is nearest in degrees scaled at p.
 */
extern double vg_fence_distance_m(const VgFenceIndex *index, const VgFenceFilter *filter,
								  double lon, double lat, double max_m);

#endif
