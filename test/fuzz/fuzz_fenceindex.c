/*
 * fuzz_fenceindex.c: any areas are refused or indexed, and every answer is that of testing all of
 * them edge by edge: which cover a point, which of these a filter means, how far the nearest is.
 */
#include <math.h>

#include "../../extension/engine/fenceindex.h"
#include "../unit/fence_naive.h"
#include "bytes.h"

#define FENCES 12
#define RINGS 24
#define RING_CORNERS 24
#define VERTICES (RINGS * (RING_CORNERS + 1))
#define HOURS 3
#define QUERIES 24
#define CIRCLE 6.283185307179586
#define ROOM_MAX ((size_t) 1 << 26)

/*
 * Which edge of a chunk is nearest is told by the degrees at the point, how far it is by those
 * halfway: that differs with the square of the distance, by no more than FLAT_ERROR up to LOCAL_M.
 */
#define CURVE 1e-6
#define FLAT_ERROR 2e-3
#define LOCAL_M 9900.0

typedef struct Made
{
	VgFenceSource source;
	VgFence fence[FENCES];
	VgFenceHours hours[HOURS];
	VgPoint vertex[VERTICES];
	uint32_t ring_first[RINGS + 1];
	uint32_t ring_fence[RINGS];
	VgPoint centre;
	double unit;  /* degrees of a step of the lattice that corners come from */
	bool hostile; /* may be refused */
	bool plain;	  /* all points are plain */
} Made;

static double
take_real(Bytes *bytes)
{
	uint64_t bits = take(bytes, 8);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Where products underflow no two computations agree; a degree is not divided that far. */
static VgPoint
point_normal(VgPoint p)
{
	return (VgPoint){fabs(p.lon) < 1e-140 ? 0.0 : p.lon, fabs(p.lat) < 1e-140 ? 0.0 : p.lat};
}

/* take_point: mostly of a lattice, so that corners, edges and levels coincide; sometimes a unit in
 * the last place beside it, seldom anything. */
static VgPoint
take_point(const Made *made, Bytes *bytes)
{
	uint8_t form = (uint8_t) take(bytes, 1);
	VgPoint p;

	p.lon = made->centre.lon + made->unit * (int8_t) take(bytes, 1);
	p.lat = made->centre.lat + made->unit * (int8_t) take(bytes, 1);
	if (form == 255)
		p.lon = take_real(bytes);
	else if (form == 254)
		p.lat = take_real(bytes);
	else if ((form & 15) == 1)
		p.lon = nextafter(p.lon, form & 16 ? HUGE_VAL : -HUGE_VAL);
	else if ((form & 15) == 2)
		p.lat = nextafter(p.lat, form & 16 ? HUGE_VAL : -HUGE_VAL);
	else if ((form & 15) == 3)
		p.lon += made->unit * (double) take(bytes, 4) / 4294967296.0;
	return point_normal(p);
}

/* Where distances can be compared: no pole, nothing farther than half round the earth. */
static bool
point_plain(const Made *made, VgPoint p)
{
	return fabs(p.lon - made->centre.lon) <= 80.0 && fabs(p.lat) <= 60.0;
}

static void
make_hours(Made *made, Bytes *bytes)
{
	made->source.hours_count = (uint32_t) take(bytes, 1) % (HOURS + 1);
	for (uint32_t i = 0; i < made->source.hours_count; i++)
	{
		VgFenceHours *hours = &made->hours[i];

		hours->days = (uint8_t) take(bytes, 1);
		hours->from_minute = (uint16_t) (take(bytes, 1) * 6);
		hours->to_minute = (uint16_t) (take(bytes, 1) * 6);
		if (hours->days > 127 || hours->from_minute >= 1440 || hours->to_minute < 1 ||
			hours->to_minute > 1440 || hours->from_minute == hours->to_minute)
			made->hostile = true;
	}
}

static void
make_fence(Made *made, Bytes *bytes, int64_t *id)
{
	static const int64_t times[] = {INT64_MIN, -VG_DAY, 0, VG_DAY, 9 * VG_DAY, INT64_MAX};
	VgFence *fence = &made->fence[made->source.fence_count++];
	uint8_t form = (uint8_t) take(bytes, 1), span = (uint8_t) take(bytes, 1);

	*fence = (VgFence){.id = *id,
					   .valid_from = times[span & 3],
					   .valid_until = times[3 + (span >> 2) % 3],
					   .hours_first = span >> 4 & 1,
					   .hours_count = span >> 6,
					   .subject_kinds = 0xFFFF,
					   .kind = form >> 2,
					   .role = form & 1};
	*id += (form & 3) != 0; /* or the next is its other role */
	if (form == 253)
	{
		fence->kind = (uint8_t) take(bytes, 1);
		fence->id -= (int64_t) take(bytes, 1);
	}
	if (fence->kind > 63 ||
		fence->hours_first + fence->hours_count > (int64_t) made->source.hours_count ||
		(made->source.fence_count > 1 &&
		 (fence[-1].id > fence->id ||
		  (fence[-1].id == fence->id && fence[-1].role >= fence->role))))
		made->hostile = true;
}

/* make_ring: of the last fence; corners as they come, or a circle as buffers have it. */
static void
make_ring(Made *made, Bytes *bytes)
{
	VgFenceSource *source = &made->source;
	uint8_t form = (uint8_t) take(bytes, 1);
	uint32_t first = source->vertex_count, corners = 3 + (form & 31) % (RING_CORNERS - 2);
	VgPoint *vertex = &made->vertex[first];

	if (form & 32)
	{
		VgPoint centre = take_point(made, bytes);
		double radius = made->unit * (double) (1 + take(bytes, 1));

		for (uint32_t i = 0; i < corners; i++)
		{
			double angle = (form & 64 ? CIRCLE : -CIRCLE) * i / corners;

			vertex[i] =
				(VgPoint){centre.lon + radius * cos(angle), centre.lat + radius * sin(angle)};
		}
	}
	else
		for (uint32_t i = 0; i < corners; i++)
			vertex[i] = take_point(made, bytes);
	vertex[corners] = vertex[0];
	if (form == 31) /* left open */
	{
		vertex[corners] = take_point(made, bytes);
		made->hostile = true;
	}
	for (uint32_t i = 0; i <= corners; i++)
	{
		made->hostile |= !(fabs(vertex[i].lon) <= 1000.0 && fabs(vertex[i].lat) <= 1000.0);
		made->plain &= point_plain(made, vertex[i]);
	}
	source->vertex_count += corners + 1;
	made->ring_fence[source->ring_count++] = source->fence_count - 1;
	made->ring_first[source->ring_count] = source->vertex_count;
}

static void
make_source(Made *made, Bytes *bytes)
{
	static const double units[] = {1e-10, 1e-9, 1e-8, 1e-5, 1e-3, 0.01, 0.1, 1.0};
	uint8_t form = (uint8_t) take(bytes, 1);
	uint32_t fences = (uint32_t) take(bytes, 1) % (FENCES + 1);
	int64_t id = 7;

	made->centre = form & 64 ? (VgPoint){120.1, 30.9} : (VgPoint){0.0, 0.0};
	made->unit = units[form & 7];
	made->hostile = false;
	made->plain = true;
	made->source = (VgFenceSource){.fence = made->fence,
								   .hours = made->hours,
								   .vertex = made->vertex,
								   .ring_first = made->ring_first,
								   .ring_fence = made->ring_fence};
	made->ring_first[0] = 0;
	if (form & 128)
		make_hours(made, bytes);
	while (made->source.fence_count < fences)
	{
		uint32_t rings;

		make_fence(made, bytes, &id);
		rings = (uint32_t) take(bytes, 1) % 4;
		for (uint32_t i = 0; i < rings && made->source.ring_count < RINGS; i++)
			make_ring(made, bytes);
	}
	if (form & 32) /* what no caller should say */
	{
		made->ring_first[take(bytes, 1) % (RINGS + 1)] = (uint32_t) take(bytes, 4);
		made->ring_fence[take(bytes, 1) % RINGS] = (uint32_t) take(bytes, 4);
		made->hostile = true;
	}
}

/* build: in memory that grows until it does; the index in memory of just its size, or NULL. */
static VgFenceIndex *
build(const Made *made, size_t room)
{
	for (;; room *= 2)
	{
		void *memory = malloc(room);
		VgFenceIndex *index = NULL;
		VgStatus status;

		require(memory != NULL && room < ROOM_MAX);
		status = vg_fence_build(&made->source, memory, room);
		require(status == VG_OK || status == VG_FULL || made->hostile);
		if (status == VG_OK)
		{
			size_t size = vg_fence_size(memory);

			require(size <= room);
			index = malloc(size);
			require(index != NULL);
			memcpy(index, memory, size);
		}
		free(memory);
		if (status != VG_FULL)
			return index;
	}
}

static bool
filter_wants(const VgFenceIndex *index, const VgFenceFilter *filter, const VgFence *fence,
			 uint32_t number)
{
	return fence->role == VG_FENCE_COVERED && (filter->kinds >> fence->kind & 1) != 0 &&
		   filter->time_us >= fence->valid_from && filter->time_us < fence->valid_until &&
		   (!filter->hours ||
			vg_fence_active(index, number, filter->time_us, filter->utc_offset_minutes));
}

static void
check_point(const Made *made, const VgFenceIndex *index, const VgFenceFilter *filter, VgPoint p)
{
	uint32_t hits[VG_FENCE_ROLES][FENCES];
	int count[VG_FENCE_ROLES], found[VG_FENCE_ROLES] = {0, 0};
	VgFenceCursor cursor;

	for (int role = 0; role < VG_FENCE_ROLES; role++)
		count[role] = vg_fence_query(index, (VgFenceRole) role, p.lon, p.lat, hits[role], FENCES);
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, p.lon, p.lat);
	for (uint32_t i = 0; i < made->source.fence_count; i++)
	{
		const VgFence *fence = &made->fence[i];
		bool covers = naive_covers(&made->source, i, p);

		require(vg_fence_covers(index, i, p.lon, p.lat) == covers);
		require(vg_fence_find(index, fence->id, (VgFenceRole) fence->role) == i);
		if (!covers)
			continue;
		require(found[fence->role] < count[fence->role] &&
				hits[fence->role][found[fence->role]++] == i);
		if (filter_wants(index, filter, fence, i))
			require(vg_fence_next_of(&cursor, filter) == i);
	}
	require(found[0] == count[0] && found[1] == count[1]);
	require(vg_fence_next_of(&cursor, filter) == -1);
}

/* nearest_m: of all edges that the filter means. */
static double
nearest_m(const Made *made, const VgFenceIndex *index, const VgFenceFilter *filter, VgPoint p)
{
	double nearest = HUGE_VAL;

	for (uint32_t ring = 0; ring < made->source.ring_count; ring++)
	{
		uint32_t area = made->ring_fence[ring];

		if (!filter_wants(index, filter, &made->fence[area], area))
			continue;
		if (naive_covers(&made->source, area, p))
			return 0.0;
		for (uint32_t i = made->ring_first[ring]; i + 1 < made->ring_first[ring + 1]; i++)
		{
			VgPoint there;
			double away_m = vg_segment_m(p, made->vertex[i], made->vertex[i + 1], &there);

			if (away_m > LOCAL_M)
				away_m = fmin(away_m, vg_geodesic_m(p, there));
			nearest = fmin(nearest, away_m);
		}
	}
	return nearest;
}

static void
check_nearest(const Made *made, const VgFenceIndex *index, const VgFenceFilter *filter, VgPoint p)
{
	double got = vg_fence_distance_m(index, filter, p.lon, p.lat, HUGE_VAL), want;

	if (!made->plain || !point_plain(made, p))
		return;
	want = nearest_m(made, index, filter, p);
	require(isinf(want) == isinf(got));
	if (isinf(want))
		return;
	require(got >= want - 1e-6 - want * 1e-9);
	if (want < LOCAL_M)
		require(got <= want + 1e-6 + fmin(want * want * CURVE, want * FLAT_ERROR));
	require(vg_fence_distance_m(index, filter, p.lon, p.lat, got) == got);
	if (got > 0.0)
		require(isinf(vg_fence_distance_m(index, filter, p.lon, p.lat, nextafter(got, 0.0))));
}

/* query_point: a corner, the middle of an edge, level with a corner, or any. */
static VgPoint
query_point(const Made *made, Bytes *bytes)
{
	uint8_t form = (uint8_t) take(bytes, 1);
	VgPoint p = take_point(made, bytes);
	uint32_t count = made->source.vertex_count, i = (uint32_t) take(bytes, 2);
	const VgPoint *vertex = &made->vertex[count > 1 ? i % (count - 1) : 0];

	if (count < 2 || form < 64)
		return p;
	if (form < 128)
		p = vertex[0];
	else if (form < 192)
		p = (VgPoint){vertex[0].lon + (vertex[1].lon - vertex[0].lon) / 2,
					  vertex[0].lat + (vertex[1].lat - vertex[0].lat) / 2};
	else
		p.lat = vertex[0].lat;
	if (form & 1)
		p.lon = nextafter(p.lon, form & 2 ? HUGE_VAL : -HUGE_VAL);
	if (form & 4)
		p.lat = nextafter(p.lat, form & 2 ? HUGE_VAL : -HUGE_VAL);
	return point_normal(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Made made;
	Bytes bytes = {data, size};
	VgFenceIndex *index;
	size_t room;

	room = (size_t) take(&bytes, 1) * 64 + 8;
	make_source(&made, &bytes);
	index = build(&made, room > 8192 ? vg_fence_room(&made.source) : room);
	if (index == NULL)
		return 0;
	require(vg_fence_count(index) == (int) made.source.fence_count);
	for (int i = 0; i < QUERIES; i++)
	{
		VgFenceFilter filter = {.kinds = take(&bytes, 1) * UINT64_C(0x0101010101010101),
								.time_us = (int64_t) take(&bytes, 2) * 900 * VG_SECOND - VG_DAY,
								.utc_offset_minutes = 480};
		VgPoint p = query_point(&made, &bytes);

		filter.hours = filter.kinds & 1;
		check_point(&made, index, &filter, p);
		check_nearest(&made, index, &filter, p);
		if (bytes.left == 0)
			break;
	}
	free(index);
	return 0;
}
