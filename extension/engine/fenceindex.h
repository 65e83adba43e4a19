/*
 * fenceindex.h: which areas cover a point.  One flat block of memory, position independent, built
 * once, read by many.
 *
 * The answer for each area is exactly that of GEOS covers() on the same double coordinates:
 * boundary points are inside, holes are outside except for their boundary.
 */
#ifndef VIGIL_ENGINE_FENCEINDEX_H
#define VIGIL_ENGINE_FENCEINDEX_H

#include "base.h"

typedef enum VgFenceRole
{
	VG_FENCE_COVERED = 0, /* the fence with its own buffer */
	VG_FENCE_STAY = 1	  /* wider area in which a stay counts; present only where it differs */
} VgFenceRole;

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

typedef struct VgFenceIndex VgFenceIndex;

/*
 * vg_fence_query: numbers of all areas that cover the point, ascending, up to capacity; returns how
 * many there are (more than capacity: call again with more room).  Both roles are answered; see
 * vg_fence_get.
 */
extern int vg_fence_query(const VgFenceIndex *index, double lon, double lat, uint32_t *hits,
						  int capacity);
/* How many areas there are: no query answers more. */
extern int vg_fence_count(const VgFenceIndex *index);
extern const VgFence *vg_fence_get(const VgFenceIndex *index, uint32_t number);
/* The number of the area of this fence and role, or -1 (deleted, or the role is not present). */
extern int64_t vg_fence_find(const VgFenceIndex *index, int64_t id, VgFenceRole role);
/* Whether the fence is in force at this time: validity and hours. */
extern bool vg_fence_active(const VgFenceIndex *index, uint32_t number, int64_t time_us,
							int32_t utc_offset_minutes);
/* Whether this one area covers the point. */
extern bool vg_fence_covers(const VgFenceIndex *index, uint32_t number, double lon, double lat);

#endif
