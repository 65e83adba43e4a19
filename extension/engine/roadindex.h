/*
 * roadindex.h: which road segment a vehicle is on, and in what state the road is.
 *
 * An index is one flat block of memory, position independent, built once, read by many.  Segments
 * are numbered from 0 in ascending order of id; a number is good for one index only, so whoever
 * keeps a segment between two statements keeps its id and asks vg_road_find().
 *
 * A grid of cells of 1/1024 degree (about 100 m), 64 x 64 cells to a tile, holds for each cell the
 * edges within reach of it.  Distances are taken in the plane that touches the ellipsoid at the
 * cell's middle: at 30 m their error is below a millimetre.
 */
#ifndef VIGIL_ENGINE_ROADINDEX_H
#define VIGIL_ENGINE_ROADINDEX_H

#include "base.h"

#define VG_ROAD_REACH_M 30.0				 /* a point farther from every segment is off road */
#define VG_ROAD_BEARING_DEG 45				 /* the largest difference of heading and road */
#define VG_ROAD_TOLL_M 300.0				 /* how far the neighbourhood of a toll gate reaches */
#define VG_ROAD_STATE_VALID (60 * VG_MINUTE) /* an older road state says nothing */
#define VG_ROAD_LAT_MAX 85.0				 /* degrees: no road is nearer to a pole */
#define VG_ROAD_NONE (-1) /* number of no segment: off road, not found, not known */

typedef enum VgRoadClass
{
	VG_ROAD_EXPRESSWAY,
	VG_ROAD_NATIONAL,
	VG_ROAD_PROVINCIAL,
	VG_ROAD_COUNTY,
	VG_ROAD_TOWNSHIP,
	VG_ROAD_URBAN_EXPRESSWAY,
	VG_ROAD_URBAN,
	VG_ROAD_SERVICE_AREA
} VgRoadClass;

#define VG_ROAD_CLASSES 8

/* Properties of a segment that models ask for. */
#define VG_ROAD_TUNNEL 0x0001
#define VG_ROAD_BRIDGE 0x0002
#define VG_ROAD_SHARP_BEND 0x0004
#define VG_ROAD_STEEP 0x0008
#define VG_ROAD_CLIFF 0x0010
#define VG_ROAD_WATERSIDE 0x0020
#define VG_ROAD_SCHOOL_FRONT 0x0040
#define VG_ROAD_BLACK_SPOT 0x0080
#define VG_ROAD_TOLL_GATE 0x0100
#define VG_ROAD_HAZMAT_FORBIDDEN 0x0200
#define VG_ROAD_ONE_WAY 0x0400
/* Some of it lies within VG_ROAD_TOLL_M of a segment with VG_ROAD_TOLL_GATE (computed); see
 * vg_road_near_toll. */
#define VG_ROAD_NEAR_TOLL 0x0800

typedef struct VgRoadSegment
{
	int64_t id;
	int32_t name; /* see vg_road_name */
	int16_t limit_kmh;
	int16_t truck_limit_kmh; /* 0 = none of its own */
	uint16_t flags;
	uint8_t road_class;		/* VgRoadClass */
	uint8_t mountain_grade; /* 1..4, 0 = none */
} VgRoadSegment;

/* What an index is built from: one segment and its line. */
typedef struct VgRoadSource
{
	VgRoadSegment segment; /* name and VG_ROAD_NEAR_TOLL are set by the build */
	const char *name;	   /* or NULL */
	const double *points;  /* lon, lat, lon, lat, ... */
	int32_t point_count;   /* of pairs, at least 2 */
} VgRoadSource;

typedef struct VgRoadIndex VgRoadIndex;

/*
 * vg_road_scratch: the bytes of working memory that vg_road_size needs, in *size.
 *
 * VG_RANGE: a coordinate is not finite or out of range, a segment has fewer than 2 points, ids do
 * not ascend.
 */
extern VgStatus vg_road_scratch(const VgRoadSource *sources, int32_t count, size_t *size);

/*
 * vg_road_size: the bytes that vg_road_build needs, in *size.
 *
 * scratch	memory as told by vg_road_scratch for the same sources, aligned to 8 bytes
 *
 * Statuses as vg_road_scratch; VG_FULL: more than 2^31 edges in cells, cells, or characters of
 * names.
 */
extern VgStatus vg_road_size(const VgRoadSource *sources, int32_t count, void *scratch,
							 size_t *size);

/*
 * vg_road_build: build an index in memory of the size told by vg_road_size for the same sources,
 * aligned to 8 bytes.
 *
 * sources	in ascending order of segment.id; count may be 0
 */
extern VgStatus vg_road_build(void *memory, size_t size, const VgRoadSource *sources,
							  int32_t count);

/*
 * vg_road_match: the number of the segment that a vehicle is on, or VG_ROAD_NONE.
 *
 * heading_deg	0..359 clockwise from north; -1 = not known, any bearing fits
 * current		the number of the segment matched before, or VG_ROAD_NONE; it is kept while it is
 * within reach
 *
 * Otherwise the nearest segment within reach whose bearing fits (one-way: its own; two-way:
 * either); of equally near ones the one that fits better, then the lower number.
 */
extern int32_t vg_road_match(const VgRoadIndex *index, double lon, double lat, int heading_deg,
							 int32_t current);

/*
 * vg_road_prefetch: ask for the memory that vg_road_match will read for this point: first where its
 * edges are, then, when that has arrived, the edges.
 */
extern void vg_road_prefetch(const VgRoadIndex *index, double lon, double lat, bool edges);

extern int32_t vg_road_count(const VgRoadIndex *index);
extern const VgRoadSegment *vg_road_get(const VgRoadIndex *index, int32_t number);
/* The segment's name, "" when it has none; for evidence. */
extern const char *vg_road_name(const VgRoadIndex *index, int32_t number);

/* The number of the segment with this id, or VG_ROAD_NONE.  guess: the number that it had before
 * (looked at first), or -1. */
extern int32_t vg_road_find(const VgRoadIndex *index, int64_t id, int32_t guess);

/* Whether the point lies within VG_ROAD_TOLL_M of a toll gate; ask only on a segment with
 * VG_ROAD_NEAR_TOLL. */
extern bool vg_road_near_toll(const VgRoadIndex *index, double lon, double lat);

typedef enum VgRoadSurface
{
	VG_SURFACE_DRY,
	VG_SURFACE_WET,
	VG_SURFACE_SNOW,
	VG_SURFACE_ICE
} VgRoadSurface;

typedef struct VgRoadState
{
	int64_t segment_id;
	int64_t observed_at;
	float visibility_m; /* -1 = not observed */
	uint8_t surface;	/* VgRoadSurface */
} VgRoadState;

/* Road states sorted by vg_road_state_sort; entries belong to the caller. */
typedef struct VgRoadStates
{
	const VgRoadState *entries;
	int32_t count;
} VgRoadStates;

extern void vg_road_state_sort(VgRoadState *entries, int32_t count);

/*
 * vg_road_state: the newest state of a segment at a time: not from its future, not older than
 * VG_ROAD_STATE_VALID; or NULL.
 */
extern const VgRoadState *vg_road_state(const VgRoadStates *states, int64_t segment_id,
										int64_t time_us);

#endif
