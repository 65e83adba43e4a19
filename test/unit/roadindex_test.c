/*
 * roadindex_test.c: the segment of a point, vehicles.md 3.9: nearest within 30 m, bearing within 45
 * degrees, hysteresis.
 */
#include "check.h"
#include "roadnaive.h"

#define LON 120.1
#define LAT 30.9
#define ROADS 3000

/* Metres east and north of (LON, LAT), in degrees. */
#define EAST(m) (LON + (m) / naive_lon_m(LAT))
#define NORTH(m) (LAT + (m) / naive_lat_m(LAT))

static VgRoadSource
road(int64_t id, uint16_t flags, const double *points, int32_t point_count)
{
	VgRoadSource source = {.points = points, .point_count = point_count};

	source.segment.id = id;
	source.segment.flags = flags;
	source.segment.limit_kmh = 60;
	source.segment.road_class = VG_ROAD_PROVINCIAL;
	return source;
}

/* A street from west to east, a one-way street 40 m north of it, a crossing one 500 m east that
 * goes north. */
static void
test_rule(void)
{
	double street[] = {LON, LAT, EAST(250), LAT, EAST(1000), LAT};
	double one_way[] = {LON, NORTH(40), EAST(1000), NORTH(40)};
	double crossing[] = {EAST(500), NORTH(-500), EAST(500), NORTH(500)};
	VgRoadSource sources[] = {road(7, 0, street, 3), road(8, VG_ROAD_ONE_WAY, one_way, 2),
							  road(11, VG_ROAD_BRIDGE, crossing, 2)};
	VgStatus status;
	VgRoadIndex *index;

	sources[0].name = "湖织大道";
	index = naive_build(sources, 3, &status);
	CHECK_INT(status, VG_OK);
	CHECK_INT(vg_road_count(index), 3);
	CHECK_INT(vg_road_get(index, 2)->id, 11);
	CHECK_INT(vg_road_get(index, 2)->flags, VG_ROAD_BRIDGE);
	CHECK_TEXT(vg_road_name(index, 0), "湖织大道");
	CHECK_TEXT(vg_road_name(index, 1), "");

	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 90, -1), 0);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 270, -1), 0); /* two-way */
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), -1, -1), 0);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 135, -1), 0); /* exactly 45 */
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 136, -1), -1);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 0, -1), -1);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(-29.99), 90, -1), 0);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(-30.01), 90, -1), -1);
	CHECK_INT(vg_road_match(index, EAST(-29.99), LAT, 90, -1), 0); /* beyond the end */
	CHECK_INT(vg_road_match(index, EAST(-30.01), LAT, 90, -1), -1);

	CHECK_INT(vg_road_match(index, EAST(100), NORTH(39), 90, -1), 1);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(25), 270, -1),
			  0); /* 1 is nearer, its way is not */
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(39), 270, -1), -1);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(25), 90, -1), 1);

	/* kept while within reach, whatever the heading and whatever is nearer */
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(25), 90, 0), 0);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(29.99), 0, 0), 0);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(30.01), 90, 0), 1);
	CHECK_INT(vg_road_match(index, EAST(500), NORTH(2), 0, 0), 0);
	CHECK_INT(vg_road_match(index, EAST(500), NORTH(2), 0, -1), 2);
	CHECK_INT(vg_road_match(index, EAST(500), NORTH(100), 180, 0), 2);
	CHECK_INT(vg_road_match(index, EAST(100), NORTH(5), 90, 2), 0); /* far from the one before */
	CHECK_INT(vg_road_match(index, EAST(500), LAT, -1, -1), 0); /* equally near: the lower number */
	CHECK_INT(vg_road_match(index, EAST(500), LAT, 10, -1), 2);
	CHECK_INT(vg_road_match(index, EAST(500), LAT, 44, -1), 2); /* the one that fits better */
	CHECK_INT(vg_road_match(index, EAST(500), LAT, 46, -1), 0);

	CHECK_INT(vg_road_match(index, NAN, LAT, 90, -1), -1);
	CHECK_INT(vg_road_match(index, LON, NAN, 90, 0), -1);
	CHECK_INT(vg_road_match(index, INFINITY, LAT, 90, -1), -1);
	CHECK_INT(vg_road_match(index, 180.0, 90.0, 90, -1), -1);
	CHECK_INT(vg_road_match(index, -180.0, -90.0, 90, -1), -1);
	CHECK_INT(vg_road_match(index, 0.0, 0.0, 90, 1), -1);

	CHECK_INT(vg_road_find(index, 7, -1), 0);
	CHECK_INT(vg_road_find(index, 11, 2), 2);
	CHECK_INT(vg_road_find(index, 11, 0), 2);
	CHECK_INT(vg_road_find(index, 8, 77), 1);
	CHECK_INT(vg_road_find(index, 9, 1), -1);
	CHECK_INT(vg_road_find(index, 12, -1), -1);
	CHECK_INT(vg_road_find(index, -5, -1), -1);
	free(index);
}

static void
test_tolls(void)
{
	double gate[] = {LON, LAT, EAST(20), LAT};
	double far_part[] = {EAST(250), LAT, EAST(5000), LAT};
	double off[] = {EAST(321), LAT, EAST(5000), LAT};
	double through[] = {EAST(10), NORTH(-3000), EAST(10), NORTH(3000)};
	VgRoadSource sources[] = {road(1, VG_ROAD_TOLL_GATE, gate, 2), road(2, 0, far_part, 2),
							  road(3, VG_ROAD_NEAR_TOLL, off, 2), road(4, 0, through, 2)};
	VgStatus status;
	VgRoadIndex *index = naive_build(sources, 4, &status);

	CHECK_INT(vg_road_get(index, 0)->flags, VG_ROAD_TOLL_GATE | VG_ROAD_NEAR_TOLL);
	CHECK_INT(vg_road_get(index, 1)->flags, VG_ROAD_NEAR_TOLL);
	CHECK_INT(vg_road_get(index, 2)->flags, 0);
	CHECK_INT(vg_road_get(index, 3)->flags, VG_ROAD_NEAR_TOLL);
	CHECK_TRUE(vg_road_near_toll(index, EAST(319.9), LAT));
	CHECK_TRUE(!vg_road_near_toll(index, EAST(320.1), LAT));
	CHECK_TRUE(vg_road_near_toll(index, EAST(10), NORTH(-299.9)));
	CHECK_TRUE(!vg_road_near_toll(index, EAST(10), NORTH(-300.1)));
	CHECK_TRUE(!vg_road_near_toll(index, NAN, LAT));
	free(index);
}

static void
test_edges(void)
{
	double line[] = {LON, LAT, EAST(100), LAT};
	double point[] = {LON, LAT, LON, LAT};
	double pole[] = {LON, 85.1, LON, 84};
	double north[] = {170.0, 84.99, 179.99, 85.0};
	double across[] = {LON, LAT, LON + 1.0, LAT + 0.7};
	VgRoadSource sources[] = {road(1, 0, line, 2), road(1, 0, line, 2)};
	VgStatus status;
	VgRoadIndex *index = naive_build(sources, 0, &status);

	CHECK_INT(status, VG_OK);
	CHECK_INT(vg_road_count(index), 0);
	CHECK_INT(vg_road_match(index, LON, LAT, -1, -1), -1);
	CHECK_INT(vg_road_match(index, -180.0, -90.0, -1, -1), -1);
	CHECK_INT(vg_road_find(index, 1, 0), -1);
	CHECK_TRUE(!vg_road_near_toll(index, LON, LAT));
	free(index);

	CHECK_TRUE(naive_build(sources, 2, &status) == NULL);
	CHECK_INT(status, VG_RANGE); /* ids do not ascend */
	sources[0] = road(1, 0, line, 1);
	CHECK_TRUE(naive_build(sources, 1, &status) == NULL);
	CHECK_INT(status, VG_RANGE);
	sources[0] = road(1, 0, pole, 2);
	CHECK_TRUE(naive_build(sources, 1, &status) == NULL);
	CHECK_INT(status, VG_RANGE);
	sources[0] = road(1, VG_ROAD_TOLL_GATE, point, 2); /* no length: never matches */
	index = naive_build(sources, 1, &status);
	CHECK_INT(vg_road_match(index, LON, LAT, -1, -1), -1);
	free(index);
	sources[0] = road(1, 0, north, 2);
	index = naive_build(sources, 1, &status);
	CHECK_INT(vg_road_match(index, 175.0, 84.995, -1, -1),
			  naive_agrees(sources, 1, 175.0, 84.995, -1, -1, 0, 0.05) ? 0 : -1);
	free(index);
	sources[0] = road(1, 0, across, 2); /* 120 km in one edge */
	index = naive_build(sources, 1, &status);
	CHECK_INT(vg_road_match(index, LON + 0.5, LAT + 0.35, 50, -1), 0);
	CHECK_INT(vg_road_match(index, LON + 0.5, LAT + 0.351, 50, -1), -1);
	free(index);
}

static double
random_unit(void)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double) (state >> 11) / 9007199254740992.0;
}

/* A dense small city, so that many points have several candidates, against the search of all edges.
 */
static void
test_against_search(void)
{
	static double points[ROADS][8];
	static VgRoadSource sources[ROADS];
	VgStatus status;
	VgRoadIndex *index;
	int wrong = 0, matched = 0;

	for (int i = 0; i < ROADS; i++)
	{
		points[i][0] = LON + 0.05 * random_unit();
		points[i][1] = LAT + 0.05 * random_unit();
		for (int k = 2; k < 8; k++)
			points[i][k] = points[i][k - 2] + 0.002 * (random_unit() - 0.5);
		sources[i] = road(3 * i, i % 3 == 0 ? VG_ROAD_ONE_WAY : 0, points[i], 4);
	}
	index = naive_build(sources, ROADS, &status);
	CHECK_INT(status, VG_OK);
	for (int i = 0; i < 1500; i++)
	{
		double lon = LON - 0.001 + 0.052 * random_unit();
		double lat = LAT - 0.001 + 0.052 * random_unit();
		int heading = i % 5 == 0 ? -1 : (int) (360.0 * random_unit());
		int32_t current = i % 2 == 0 ? -1 : (int32_t) (ROADS * random_unit());
		int32_t match = vg_road_match(index, lon, lat, heading, current);

		matched += match >= 0;
		wrong += !naive_agrees(sources, ROADS, lon, lat, heading, current, match, 0.001);
		if (match >= 0)
			wrong += vg_road_match(index, lon, lat, (heading + 90) % 360, match) != match;
	}
	CHECK_INT(wrong, 0);
	CHECK_TRUE(matched > 500 && matched < 1400);
	free(index);
}

static void
test_states(void)
{
	VgRoadState entries[] = {{5, 10 * VG_MINUTE, 90.0f, VG_SURFACE_WET},
							 {4, 0, -1.0f, VG_SURFACE_ICE},
							 {5, 0, 400.0f, VG_SURFACE_DRY},
							 {5, 20 * VG_MINUTE, 150.0f, VG_SURFACE_WET}};
	VgRoadStates states = {entries, 4};
	VgRoadStates none = {NULL, 0};

	vg_road_state_sort(entries, 4);
	vg_road_state_sort(NULL, 0);
	CHECK_TRUE(vg_road_state(&none, 5, 0) == NULL);
	CHECK_REAL(vg_road_state(&states, 5, 10 * VG_MINUTE)->visibility_m, 90.0, 0.0);
	CHECK_REAL(vg_road_state(&states, 5, 10 * VG_MINUTE - 1)->visibility_m, 400.0, 0.0);
	CHECK_REAL(vg_road_state(&states, 5, 80 * VG_MINUTE)->visibility_m, 150.0, 0.0);
	CHECK_TRUE(vg_road_state(&states, 5, 80 * VG_MINUTE + 1) == NULL);
	CHECK_TRUE(vg_road_state(&states, 5, -1) == NULL);
	CHECK_TRUE(vg_road_state(&states, 5, INT64_MAX) == NULL);
	CHECK_TRUE(vg_road_state(&states, 5, INT64_MIN) == NULL);
	CHECK_INT(vg_road_state(&states, 4, VG_HOUR)->surface, VG_SURFACE_ICE);
	CHECK_TRUE(vg_road_state(&states, 3, VG_HOUR) == NULL);
	CHECK_TRUE(vg_road_state(&states, 6, VG_HOUR) == NULL);
}

int
main(void)
{
	test_rule();
	test_tolls();
	test_edges();
	test_against_search();
	test_states();
	return check_report();
}
