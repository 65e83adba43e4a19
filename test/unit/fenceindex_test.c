/* fenceindex_test.c: the index against testing edge by edge, at places where an index may slip. */
#include "fenceindex.h"

#include <stdlib.h>

#include "check.h"
#include "fence_naive.h"

#define POINT(lon, lat) ((VgPoint){(lon), (lat)})
#define FENCES_MAX 4000
#define VERTICES_MAX 200000

static VgFence fence[FENCES_MAX];
static VgFenceHours hours[4];
static VgPoint vertex[VERTICES_MAX];
static uint32_t ring_first[FENCES_MAX * 3 + 1];
static uint32_t ring_fence[FENCES_MAX * 3];
static VgFenceSource source = {fence, hours, vertex, ring_first, ring_fence, 0, 0, 0, 0};
static uint64_t seed = 1;

static double
random_unit(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (seed >> 11) / 9007199254740992.0;
}

static void
source_clear(void)
{
	source.fence_count = source.vertex_count = source.ring_count = source.hours_count = 0;
	ring_first[0] = 0;
}

static VgFence *
add_fence(int64_t id, uint8_t kind)
{
	VgFence *added = &fence[source.fence_count++];

	*added = (VgFence){.id = id,
					   .valid_from = INT64_MIN,
					   .valid_until = INT64_MAX,
					   .subject_kinds = 0xFFFF,
					   .kind = kind};
	return added;
}

/* add_ring: close and append; to the last fence. */
static void
add_ring(const VgPoint *ring, uint32_t count)
{
	memcpy(vertex + source.vertex_count, ring, count * sizeof(VgPoint));
	vertex[source.vertex_count + count] = ring[0];
	source.vertex_count += count + 1;
	ring_fence[source.ring_count++] = source.fence_count - 1;
	ring_first[source.ring_count] = source.vertex_count;
}

static void
add_star(double lon, double lat, double radius, uint32_t corners)
{
	VgPoint ring[512];

	for (uint32_t i = 0; i < corners; i++)
	{
		double angle = 6.283185307179586 * i / corners;
		double reach = radius * (0.4 + 0.6 * random_unit());

		ring[i] = POINT(lon + reach * cos(angle), lat + reach * sin(angle));
	}
	add_ring(ring, corners);
}

static const VgFenceIndex *
build(void)
{
	static void *memory;
	size_t size = vg_fence_room(&source);

	do
	{
		free(memory);
		memory = malloc(size);
		size *= 2;
	} while (vg_fence_build(&source, memory, size / 2) == VG_FULL);
	return memory;
}

/* distance_m: to the nearest fence of a kind that is valid at time 0. */
static double
distance_m(const VgFenceIndex *index, int kind, double lon, double lat, double max_m)
{
	VgFenceFilter filter = {.kinds = UINT64_C(1) << kind};

	return vg_fence_distance_m(index, &filter, lon, lat, max_m);
}

/* check_filtered: what the filter leaves of the areas that cover the point. */
static void
check_filtered(const VgFenceIndex *index, const VgFenceFilter *filter, VgPoint p)
{
	VgFenceCursor all, cursor;
	int64_t number, want;

	vg_fence_open(&all, index, VG_FENCE_COVERED, p.lon, p.lat);
	vg_fence_open(&cursor, index, VG_FENCE_COVERED, p.lon, p.lat);
	do
	{
		number = vg_fence_next_of(&cursor, filter);
		while ((want = vg_fence_next(&all)) >= 0)
		{
			const VgFence *one = vg_fence_get(index, (uint32_t) want);

			if ((filter->kinds >> one->kind & 1) != 0 && filter->time_us >= one->valid_from &&
				filter->time_us < one->valid_until &&
				(!filter->hours || vg_fence_active(index, (uint32_t) want, filter->time_us,
												   filter->utc_offset_minutes)))
				break;
		}
		CHECK_INT(number, want);
	} while (number >= 0);
}

/* check_point: one check of all areas at one point. */
static void
check_point(const VgFenceIndex *index, VgPoint p)
{
	static uint32_t hits[VG_FENCE_ROLES][FENCES_MAX];
	int count[VG_FENCE_ROLES], found[VG_FENCE_ROLES] = {0, 0};

	for (int role = 0; role < VG_FENCE_ROLES; role++)
		count[role] =
			vg_fence_query(index, (VgFenceRole) role, p.lon, p.lat, hits[role], FENCES_MAX);
	for (uint32_t i = 0; i < source.fence_count; i++)
	{
		uint8_t role = source.fence[i].role;
		bool want = naive_covers(&source, i, p);
		bool got = found[role] < count[role] && hits[role][found[role]] == i;

		found[role] += got;
		if (got != want || vg_fence_covers(index, i, p.lon, p.lat) != want)
		{
			printf("at %.17g %.17g area %u: ", p.lon, p.lat, (unsigned) i);
			CHECK_INT(got, want);
		}
	}
	CHECK_INT(found[VG_FENCE_COVERED], count[VG_FENCE_COVERED]);
	CHECK_INT(found[VG_FENCE_STAY], count[VG_FENCE_STAY]);
}

/* check_around: a point, its neighbours by one unit in the last place, and on the same level far
 * off. */
static void
check_around(const VgFenceIndex *index, VgPoint p)
{
	check_point(index, p);
	check_point(index, POINT(nextafter(p.lon, 1e9), p.lat));
	check_point(index, POINT(nextafter(p.lon, -1e9), p.lat));
	check_point(index, POINT(p.lon, nextafter(p.lat, 1e9)));
	check_point(index, POINT(p.lon, nextafter(p.lat, -1e9)));
	check_point(index, POINT(p.lon + 0.3 * random_unit() - 0.15, p.lat));
}

static void
check_everywhere(const VgFenceIndex *index, uint32_t step, int scattered, double lon, double lat,
				 double side)
{
	for (uint32_t i = 0; i + 1 < source.vertex_count; i += step)
	{
		check_around(index, vertex[i]);
		check_around(index, POINT((vertex[i].lon + vertex[i + 1].lon) / 2,
								  (vertex[i].lat + vertex[i + 1].lat) / 2));
	}
	for (int i = 0; i < scattered; i++)
		check_point(index, POINT(lon + side * random_unit(), lat + side * random_unit()));
}

/* Corners within the margin east of a cell's right side: the edge that leaves one eastward touches
 * the cell, the rest of the ring beyond the side does not. */
static void
test_margins(void)
{
	const VgFenceIndex *index;
	const double room = 8 * 4e-9; /* of the plane about all areas: 8 times TOUCH_DEG */
	const VgPoint first[] = {{0, 0}, {0, 1e-6}, {1e-6, 0}},
				  last[] = {{1, 1}, {1, 1 - 1e-6}, {1 - 1e-6, 1}};

	source_clear();
	add_fence(1, 0);
	add_ring(first, 3);
	add_ring(last, 3);
	for (int i = 0; i < 300; i++)
	{
		int cells = 4 << i % 5;
		double side = floor(cells * (0.25 + 0.6 * random_unit())) * (1 + 2 * room) / cells - room;
		double lat = 0.1 + 0.8 * random_unit(), reach = 0.002 + 0.01 * random_unit();
		VgPoint ring[] = {{side - reach, lat - reach},
						  {side + 1e-9 + 3e-9 * random_unit(), lat},
						  {side + reach, lat + reach},
						  {side + reach, lat - 2 * reach}};

		add_fence(2 + i, 0);
		add_ring(ring, 4);
	}
	index = build();
	for (uint32_t ring = 2; ring < source.ring_count; ring++)
		for (int j = 1; j < 20; j++)
		{
			VgPoint corner = vertex[ring_first[ring] + 1];

			check_point(index, POINT(corner.lon - 1e-4 * j * random_unit(), corner.lat + 1e-4 * j));
		}
}

static void
test_squares(void)
{
	VgPoint outer[4] = {POINT(120, 30), POINT(121, 30), POINT(121, 31), POINT(120, 31)};
	VgPoint hole[4] = {POINT(120.25, 30.25), POINT(120.25, 30.75), POINT(120.75, 30.75),
					   POINT(120.75, 30.25)};
	VgPoint island[4] = {POINT(120.4, 30.4), POINT(120.6, 30.4), POINT(120.6, 30.6),
						 POINT(120.4, 30.6)};
	VgPoint beside[4] = {POINT(121, 30), POINT(122, 30), POINT(122, 31), POINT(121, 31)};
	const VgFenceIndex *index;
	uint32_t hits[2] = {99, 99};

	source_clear();
	index = build();
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 0, 0, hits, 2), 0);
	CHECK_INT(vg_fence_count(index), 0);
	CHECK_REAL(distance_m(index, 0, 0, 0, HUGE_VAL), HUGE_VAL, 0);

	add_fence(7, 0);
	add_ring(outer, 4);
	add_ring(hole, 4);
	add_ring(island, 4);
	add_fence(9, 1);
	add_ring(beside, 4);
	index = build();
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 120.1, 30.1, hits, 2), 1);
	CHECK_INT(hits[0], 0);
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 120.3, 30.3, hits, 2), 0); /* in the hole */
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 120.25, 30.5, hits, 2),
			  1); /* on its border */
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 120.5, 30.5, hits, 2),
			  1); /* island in the hole */
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 121, 30.5, hits, 2), 2); /* common border */
	CHECK_INT(hits[1], 1);
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 121, 30.5, hits, 0), 2);
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, NAN, 30.5, hits, 2), 0);
	CHECK_INT(vg_fence_query(index, VG_FENCE_COVERED, 120.5, INFINITY, hits, 2), 0);
	CHECK_INT(vg_fence_find(index, 9, VG_FENCE_COVERED), 1);
	CHECK_INT(vg_fence_find(index, 9, VG_FENCE_STAY), -1);
	CHECK_INT(vg_fence_find(index, 8, VG_FENCE_COVERED), -1);
	check_everywhere(index, 1, 1000, 119.5, 29.5, 3);

	CHECK_REAL(distance_m(index, 0, 120.5, 30.5, HUGE_VAL), 0, 0);
	CHECK_REAL(distance_m(index, 0, 120.3, 30.5, HUGE_VAL),
			   vg_local_m(POINT(120.3, 30.5), POINT(120.25, 30.5)), 1e-3);
	CHECK_REAL(distance_m(index, 1, 120.99, 30.5, HUGE_VAL), 960.2, 0.5);
	CHECK_REAL(distance_m(index, 1, 120.99, 30.5, 900), HUGE_VAL, 0);
	CHECK_REAL(distance_m(index, 2, 120.99, 30.5, HUGE_VAL), HUGE_VAL, 0);
	CHECK_REAL(distance_m(index, 1, 121, 40.0, HUGE_VAL),
			   vg_geodesic_m(POINT(121, 40), POINT(121, 31)), 1);
	CHECK_REAL(distance_m(index, 63, 120.5, 30.5, HUGE_VAL), HUGE_VAL, 0);
	CHECK_REAL(distance_m(index, 0, NAN, 30.5, HUGE_VAL), HUGE_VAL, 0);
}

static void
test_hours(void)
{
	const VgFenceIndex *index;
	const int64_t monday = 2 * VG_DAY; /* 2000-01-03 00:00 UTC */
	VgPoint triangle[3] = {POINT(0, 0), POINT(1, 0), POINT(0, 1)};

	source_clear();
	hours[0] = (VgFenceHours){.days = 1, .from_minute = 7 * 60, .to_minute = 8 * 60 + 30};
	hours[1] = (VgFenceHours){.days = 1 << 6,
							  .from_minute = 22 * 60,
							  .to_minute = 5 * 60}; /* Sunday night */
	source.hours_count = 2;
	*add_fence(1, 0) =
		(VgFence){.id = 1, .valid_from = 0, .valid_until = monday + VG_DAY, .hours_count = 2};
	add_ring(triangle, 3);
	add_fence(2, 0);
	add_ring(triangle, 3);
	index = build();
	CHECK_TRUE(!vg_fence_active(index, 0, monday + 419 * VG_MINUTE, 0));
	CHECK_TRUE(vg_fence_active(index, 0, monday + 420 * VG_MINUTE, 0));
	CHECK_TRUE(vg_fence_active(index, 0, monday + 510 * VG_MINUTE - 1, 0));
	CHECK_TRUE(!vg_fence_active(index, 0, monday + 510 * VG_MINUTE, 0));
	CHECK_TRUE(
		vg_fence_active(index, 0, monday + 420 * VG_MINUTE - 8 * VG_HOUR, 480)); /* Beijing time */
	CHECK_TRUE(vg_fence_active(index, 0, monday - 1, 0)); /* Sunday 23:59:59.999999 */
	CHECK_TRUE(vg_fence_active(index, 0, monday + 300 * VG_MINUTE - 1, 0));
	CHECK_TRUE(!vg_fence_active(index, 0, monday + 300 * VG_MINUTE, 0));
	CHECK_TRUE(!vg_fence_active(index, 0, VG_DAY + 10 * VG_HOUR, 0)); /* Sunday morning */
	CHECK_TRUE(!vg_fence_active(index, 0, -1, 0));
	CHECK_TRUE(!vg_fence_active(index, 0, monday + VG_DAY, 0));
	CHECK_TRUE(vg_fence_active(index, 1, INT64_MIN, 480));
	CHECK_TRUE(vg_fence_active(index, 1, -5 * VG_DAY - 1, -60));
}

static void
test_refusals(void)
{
	char memory[4096];
	VgPoint triangle[3] = {POINT(0, 0), POINT(1, 0), POINT(0, 1)};

	source_clear();
	add_fence(1, 0);
	add_ring(triangle, 3);
	CHECK_INT(vg_fence_build(&source, memory, 64), VG_FULL);
	vertex[1].lon = NAN;
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_RANGE);
	vertex[1].lon = 1001;
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_RANGE);
	vertex[1].lon = 1;
	vertex[3].lon = 0.5; /* open */
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_SYNTAX);
	vertex[3].lon = 0;
	add_fence(1, 0); /* twice */
	add_ring(triangle, 3);
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_SYNTAX);
	fence[1].role = VG_FENCE_STAY;
	ring_fence[0] = 1;
	ring_fence[1] = 0;
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_SYNTAX);
	ring_fence[0] = 0;
	ring_fence[1] = 2;
	CHECK_INT(vg_fence_build(&source, memory, sizeof(memory)), VG_SYNTAX);
}

/* A city of stars, some inside each other, a dense quarter, a county around it all, and one fence
 * far away. */
static void
test_city(void)
{
	const VgFenceIndex *index;
	VgPoint far[3] = {POINT(-70, -20), POINT(-69.9, -20), POINT(-70, -19.9)};

	source_clear();
	add_fence(1, 3);
	add_star(120.5, 30.5, 0.9, 500);
	for (int64_t id = 2; id < 300; id++)
	{
		add_fence(id, (uint8_t) (id % 3));
		add_star(120 + random_unit(), 30 + random_unit(), 0.001 + 0.02 * random_unit(),
				 5 + (uint32_t) (40 * random_unit()));
	}
	for (int64_t id = 300; id < 400; id++)
	{
		add_fence(id, 5);
		add_star(120.5 + 0.001 * random_unit(), 30.5 + 0.001 * random_unit(), 0.0005, 12);
	}
	add_fence(400, 4);
	add_ring(far, 3);
	index = build();
	check_everywhere(index, 37, 3000, 119.5, 29.5, 2);
	for (int i = 0; i < 2000; i++)
		check_point(index, POINT(120.5 + 0.001 * random_unit(), 30.5 + 0.001 * random_unit()));
	CHECK_TRUE(vg_fence_size(index) < 64 * source.vertex_count + (1 << 20));

	for (int i = 0; i < 300; i++) /* the nearest against all edges of the kind */
	{
		VgPoint p = POINT(119 + 3 * random_unit(), 29 + 3 * random_unit());
		double want = HUGE_VAL;

		for (uint32_t ring = 0; ring < source.ring_count; ring++)
			if (fence[ring_fence[ring]].kind == 1)
			{
				if (naive_covers(&source, ring_fence[ring], p))
					want = 0;
				want = fmin(want,
							vg_polyline_m(p, vertex + ring_first[ring],
										  (int) (ring_first[ring + 1] - ring_first[ring]), NULL));
			}
		CHECK_REAL(distance_m(index, 1, p.lon, p.lat, HUGE_VAL), want,
				   want < 1e4 ? 1e-6 : want * 0.01);
	}

	for (uint32_t i = 0; i < source.fence_count; i++) /* a tree of each role */
		fence[i].role = i % 2;
	index = build();
	check_everywhere(index, 37, 1000, 119.5, 29.5, 2);
}

/* Every fence with a wider area in which a stay counts: the second tree is as whole as the first.
 */
static void
test_stay_areas(void)
{
	source_clear();
	for (int64_t id = 1; id <= 150; id++)
	{
		double lon = 120 + random_unit(), lat = 30 + random_unit();

		add_fence(id, (uint8_t) (id % 4));
		add_star(lon, lat, 0.01, 8);
		if (id % 3 == 0)
			continue;
		add_fence(id, (uint8_t) (id % 4))->role = VG_FENCE_STAY;
		add_star(lon, lat, 0.03, 33);
	}
	check_everywhere(build(), 11, 3000, 119.9, 29.9, 1.2);
}

/* Kinds, roles, validity and hours: what a query means is all that it finds, inside and nearest. */
static void
test_filter(void)
{
	VgPoint square[4] = {POINT(10, 10), POINT(10.1, 10), POINT(10.1, 10.1), POINT(10, 10.1)};
	VgFenceFilter filter = {.kinds = 1, .time_us = 5 * VG_DAY};
	const VgFenceIndex *index;

	source_clear();
	hours[0] = (VgFenceHours){.days = 127, .from_minute = 8 * 60, .to_minute = 9 * 60};
	source.hours_count = 1;
	add_fence(1, 0)->valid_until = 5 * VG_DAY;
	add_ring(square, 4);
	add_fence(2, 63)->valid_from = 5 * VG_DAY;
	add_ring(square, 4);
	add_fence(3, 1)->hours_count = 1;
	add_ring(square, 4);
	add_fence(3, 1)->role = VG_FENCE_STAY;
	add_ring(square, 4);
	for (int64_t id = 4; id < 200; id++) /* enough of them for a tree of boxes */
	{
		VgFence *added = add_fence(id, (uint8_t) (id % 3));

		added->valid_from = id % 4 == 0 ? 5 * VG_DAY : INT64_MIN;
		added->valid_until = id % 5 == 0 ? 6 * VG_DAY : INT64_MAX;
		added->hours_count = id % 7 == 0;
		add_star(10.05 + 0.2 * random_unit(), 10.05 + 0.2 * random_unit(), 0.04, 20);
	}
	index = build();
	for (int i = 0; i < 2000; i++)
	{
		VgFenceFilter some = {.kinds = (uint64_t) (i % 8) | UINT64_C(1) << 63,
							  .time_us = (4 + i % 3) * VG_DAY + i % 24 * VG_HOUR,
							  .hours = i % 2 != 0,
							  .utc_offset_minutes = 480};

		check_filtered(index, &some, POINT(10 + 0.3 * random_unit(), 10 + 0.3 * random_unit()));
	}

	filter.kinds = UINT64_C(1) << 63; /* one fence, valid from day 5 on */
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.1, 10.05, HUGE_VAL), 0, 0);
	filter.time_us--;
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.1, 10.05, HUGE_VAL), HUGE_VAL, 0);

	source.fence_count = source.ring_count = 3; /* the first three alone */
	source.vertex_count = 15;
	index = build();
	filter.kinds = 3;
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.2, 10.05, HUGE_VAL),
			   vg_local_m(POINT(10.2, 10.05), POINT(10.1, 10.05)), 1e-3);
	filter.hours = true; /* at 23:59 the third is not active, but the first is valid */
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.05, 10.05, HUGE_VAL), 0, 0);
	filter.time_us++;
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.05, 10.05, HUGE_VAL), HUGE_VAL, 0);
	filter.time_us += 8 * VG_HOUR;
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.05, 10.05, HUGE_VAL), 0, 0);
	filter.kinds = 1;
	CHECK_REAL(vg_fence_distance_m(index, &filter, 10.05, 10.05, HUGE_VAL), HUGE_VAL, 0);
}

/* A map without gaps: cells of a lattice whose inner corners are shifted, so that every edge is two
 * fences'. */
static void
test_lattice(void)
{
	enum
	{
		SIDE = 24
	};
	static VgPoint corner[SIDE + 1][SIDE + 1];
	const VgFenceIndex *index;

	source_clear();
	for (int i = 0; i <= SIDE; i++)
		for (int j = 0; j <= SIDE; j++)
			corner[i][j] = POINT(-0.2 + 0.4 * (i + 0.6 * random_unit()) / SIDE,
								 -0.1 + 0.3 * (j + 0.6 * random_unit()) / SIDE);
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
		{
			VgPoint ring[4] = {corner[i][j], corner[i + 1][j], corner[i + 1][j + 1],
							   corner[i][j + 1]};

			add_fence(i * SIDE + j, 0);
			add_ring(ring, 4);
		}
	index = build();
	check_everywhere(index, 3, 2000, -0.25, -0.15, 0.5);
}

/* What cannot be parted: a thousand fences with one common border, needles, steps level with the
 * cells. */
static void
test_piles(void)
{
	const VgFenceIndex *index;

	source_clear();
	for (int64_t id = 0; id < 1000; id++)
	{
		VgPoint ring[4] = {POINT(120, 30), POINT(120.1, 30), POINT(120.1, 30.1), POINT(120, 30.1)};

		add_fence(id, 0);
		add_ring(ring, 4);
	}
	index = build();
	check_everywhere(index, 997, 50, 119.95, 29.95, 0.2);
	CHECK_TRUE(vg_fence_size(index) < 200 * source.vertex_count + 500000);

	source_clear();
	for (int64_t id = 0; id < 1000;
		 id++) /* large ones over each other and over a crowd of small ones */
	{
		add_fence(id, 0);
		add_star(120 + 0.1 * random_unit(), 30, id % 2 ? 0.5 : 0.01, 10);
	}
	index = build();
	check_everywhere(index, 499, 100, 119.5, 29.5, 1);
	CHECK_TRUE(vg_fence_size(index) < 200 * source.vertex_count + 500000);

	source_clear();
	for (int64_t id = 0; id < 60; id++)
	{
		double lon = 120 + 0.001 * (double) id;
		VgPoint needle[3] = {POINT(lon, 30), POINT(lon + 0.3, 30.2 + 1e-13 * (double) id),
							 POINT(lon + 1e-12, 30 + 1e-12)};
		VgPoint step[6] = {POINT(lon, 30.5),		 POINT(lon + 0.5, 30.5),
						   POINT(lon + 0.5, 30.625), POINT(lon + 0.25, 30.625),
						   POINT(lon + 0.25, 30.75), POINT(lon, 30.75)};

		add_fence(2 * id, 0);
		add_ring(needle, 3);
		add_fence(2 * id + 1, 0);
		add_ring(step, 6);
	}
	index = build();
	check_everywhere(index, 1, 500, 119.9, 29.9, 1);
}

int
main(void)
{
	test_squares();
	test_margins();
	test_hours();
	test_refusals();
	test_filter();
	test_city();
	test_stay_areas();
	test_lattice();
	test_piles();
	return check_report();
}
