/*
 * plant_place.c: planted entries, stays and stops: the wrong vehicle at the wrong place or for too
 * long.
 */
#include "city.h"

#include <string.h>

#define PARKED_ROW_S 330
#define EDGE_S (10 * MINUTE)
#define ROAD_HOME_S (45 * MINUTE)
#define DELIVERY_MARK "卸" /* in the name of places where a stop is normal */

/* A random fence of a kind; those with hours can be left out. */
static const Fence *
fence_pick(Scene *scene, FenceKind kind, Kind vehicle, bool with_hours)
{
	const City *city = scene->city;
	int start = random_below(scene->random, city->fence_count);

	for (int i = 0; i < city->fence_count; i++)
	{
		const Fence *fence = &city->fences[(start + i) % city->fence_count];

		if (fence->kind == kind && (with_hours || fence->hours == NULL) &&
			(fence->kinds == 0 || fence->kinds & (1u << vehicle)))
			return fence;
	}
	return NULL;
}

/* The hours of the fence, or for a decoy those in which it is asleep. */
static int64_t
fence_time(Scene *scene, const Fence *fence, bool asleep, int before_s, int raise_s, int whole_s)
{
	int from_tod = asleep ? fence->to_tod : fence->from_tod;
	int to_tod = asleep ? fence->from_tod : fence->to_tod;

	if (from_tod == to_tod && scene->vehicle->kind == COACH_TOUR) /* nor between 2 and 5 */
	{
		from_tod = 6 * HOUR;
		to_tod = 23 * HOUR;
	}
	else if (from_tod != to_tod) /* not at the edge of the hours */
	{
		from_tod = (from_tod + EDGE_S) % DAY;
		to_tod = (to_tod - EDGE_S + DAY) % DAY;
	}
	return scene_time(scene, from_tod, to_tod, before_s, raise_s, whole_s);
}

/* Drive through a fence; raised at its second row inside. */
static bool
cross(Scene *scene, Kind kind, const Fence *fence, bool asleep, const char *note)
{
	int interval_s = scene->variant % 3 == 1 ? 10 : 30;
	Stretch stretch;
	int approach_s, through_s;
	int64_t at;
	Action *go;
	Expect *expect;

	scene_kind(scene, kind);
	if (fence == NULL ||
		!stretch_through(scene->city, scene->random, kind, fence, 1300.0, &stretch))
		return false;
	approach_s = scene_settle(scene, &stretch);
	through_s = (int) (stretch.length_m * 3.6 / 30.0);
	at = fence_time(scene, fence, asleep, approach_s, through_s, through_s + 5 * MINUTE);
	if (at == 0)
		return false;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, 0.0);
	go->interval_s = interval_s;
	go->fence = fence;
	scene_end(scene);
	expect = scene_expect(scene, go, WATCH_FENCE, interval_s - 2, 2 * interval_s + 5, note);
	expect->clear_low_s = interval_s;
	expect->clear_high_s = 4 * interval_s + 65;
	return true;
}

static bool
forbidden_area_entry(Scene *scene)
{
	bool truck = scene->variant % 2 == 0;
	FenceKind fence_kind = truck ? FENCE_TRUCK_FORBIDDEN : FENCE_HAZMAT_FORBIDDEN;
	Kind kind = truck ? TRUCK_HEAVY : HAZMAT;

	if (scene->decoy && scene->variant == 1) /* excused from the rule */
	{
		if (!cross(scene, HAZMAT, fence_pick(scene, fence_kind, HAZMAT, true), false, NULL))
			return false;
		scene->vehicle->exempt = "hazmat_forbidden";
		return true;
	}
	if (scene->decoy) /* the way is free at night */
	{
		const Fence *fence;

		do
			fence = fence_pick(scene, fence_kind, kind, true);
		while (fence->hours == NULL);
		return cross(scene, kind, fence, true, NULL);
	}
	return cross(scene, kind, fence_pick(scene, fence_kind, kind, scene->variant % 4 == 2), false,
				 fence_kind_name[fence_kind]);
}

static bool
restricted_hours(Scene *scene)
{
	static const Kind kinds[] = {TRUCK_HEAVY, HAZMAT, COACH_TOUR};
	Kind kind = kinds[scene->variant % (scene->decoy ? 2 : 3)];
	const Fence *fence = fence_pick(scene, FENCE_RESTRICTED_HOURS, kind, true);

	return cross(scene, kind, fence, scene->decoy, "restricted hours");
}

static bool
hazmat_forbidden(const Segment *road)
{
	return road->hazmat_forbidden;
}

static bool
forbidden_road_entry(Scene *scene)
{
	int interval_s = scene->variant % 3 == 1 ? 10 : 30;
	Kind kind = scene->decoy ? TRUCK_HEAVY : HAZMAT;
	Stretch stretch;
	int approach_s;
	int64_t at;
	Action *go;
	Expect *expect;

	scene_kind(scene, kind);
	if (!stretch_find(scene->city, scene->random, kind, ANYONE, hazmat_forbidden, 2500.0, &stretch))
		return false;
	approach_s = scene_settle(scene, &stretch);
	at = scene_time(scene, ANY_TIME, approach_s, 5 * interval_s + 30, ROAD_HOME_S);
	if (at == 0)
		return false;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, 0.0);
	go->interval_s = interval_s;
	scene_end(scene);
	expect = scene_expect(scene, go, WATCH_STRETCH, 2 * interval_s - 2, 4 * interval_s + 5,
						  "road closed to hazmat");
	expect->clear_low_s = 2 * interval_s;
	expect->clear_high_s = 5 * interval_s + 65;
	return true;
}

/* Stand near a point for a while; NULL: no room. */
static Action *
stand(Scene *scene, Kind kind, Point point, double reach_m, const Fence *fence, bool asleep,
	  int for_s, int raise_s)
{
	Stretch stretch;
	double stop_m = 0.0;
	int approach_s;
	int64_t at;
	Action *go, *halt;

	scene_kind(scene, kind);
	if (!stretch_past(scene->city, scene->random, kind, point, reach_m, &stretch, &stop_m))
		return NULL;
	approach_s = scene_settle(scene, &stretch) + 3 * MINUTE;
	at = fence_time(scene, fence, asleep, approach_s, raise_s, for_s + 6 * MINUTE);
	if (at == 0)
		return NULL;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, 0.0);
	go->ends_on_stretch = true;
	go->stop_m = stop_m;
	halt = scene_halt(scene, for_s);
	return halt;
}

/* A fence of this kind and no stop allowed in it, or one with an unloading place. */
static const Fence *
stay_fence(Scene *scene, FenceKind kind, bool unloading)
{
	const City *city = scene->city;

	for (int try = 0; try < 1000; try++)
	{
		const Fence *fence = fence_pick(scene, kind, HAZMAT, true);
		Point middle = {(fence->area.corner[0].x + fence->area.corner[fence->area.corners / 2].x) /
							2,
						(fence->area.corner[0].y + fence->area.corner[fence->area.corners / 2].y) /
							2};
		bool has_stop = false;

		for (int i = 0; i < city->fence_count; i++)
			if (city->fences[i].kind == FENCE_NORMAL_STOP &&
				strstr(city->fences[i].name, DELIVERY_MARK) != NULL &&
				polygon_distance(&city->fences[i].area, middle) < 300.0)
				has_stop = true;
		if (has_stop == unloading)
			return fence;
	}
	return NULL;
}

static Point
fence_middle(const Fence *fence)
{
	Point sum = {0.0, 0.0};

	for (int i = 0; i < fence->area.corners; i++)
	{
		sum.x += fence->area.corner[i].x / fence->area.corners;
		sum.y += fence->area.corner[i].y / fence->area.corners;
	}
	return sum;
}

/* A stay rule, and how far from the fence's middle its road lies. */
typedef struct StayRule
{
	FenceKind fence_kind;
	int minutes;
	double reach_m;
	const char *note;
} StayRule;

static bool
stay(Scene *scene, const StayRule *rule)
{
	bool unloading = scene->decoy && scene->variant == 1;
	bool asleep = scene->decoy && scene->variant == 2;
	Kind kind = scene->variant % 2 == 0 ? HAZMAT : TRUCK_HEAVY;
	int for_s = rule->minutes * MINUTE + (scene->decoy && scene->variant == 0 ? -90 : 5 * MINUTE);
	Action *halt = NULL;
	Expect *expect;

	for (int try = 0; try < 40 && halt == NULL; try++)
	{
		const Fence *fence = stay_fence(scene, rule->fence_kind, unloading);

		if (fence != NULL && !(asleep && fence->hours == NULL))
			halt = stand(scene, kind, fence_middle(fence), rule->reach_m, fence, asleep, for_s,
						 rule->minutes * MINUTE + 60);
	}
	if (halt == NULL)
		return false;
	scene_end(scene);
	expect = scene_expect(scene, halt, WATCH_STILL, rule->minutes * MINUTE - 75,
						  rule->minutes * MINUTE + 45, rule->note);
	expect->clear_high_s = 5 * MINUTE;
	return true;
}

/* Two short stays in one water source, some hundred metres apart: none is long enough. */
static bool
moved_on(Scene *scene)
{
	const Fence *fence = stay_fence(scene, FENCE_WATER_SOURCE, false);
	Action *halt, *first, *go;

	if (fence == NULL)
		return false;
	halt = stand(scene, TRUCK_HEAVY, fence_middle(fence), 90.0, fence, false, 10 * MINUTE, 0);
	if (halt == NULL)
		return false;
	first = halt - 1;
	if (first->stop_m + 370.0 > first->stretch.length_m)
		first->stop_m -= 350.0;
	go = act(scene->vehicle, GO);
	go->flow = true;
	go->ends_on_stretch = true;
	go->stop_m = first->stop_m + 350.0;
	(void) scene_halt(scene, 10 * MINUTE);
	scene_end(scene);
	return true;
}

static bool
water_source_stay(Scene *scene)
{
	static const StayRule rule = {FENCE_WATER_SOURCE, 15, 90.0, "water source"};

	if (scene->decoy && scene->variant == 2)
		return moved_on(scene);
	return stay(scene, &rule);
}

static bool
school_stay(Scene *scene)
{
	static const StayRule rule = {FENCE_SCHOOL, 20, 125.0, "school"};

	return stay(scene, &rule);
}

static bool
government_stay(Scene *scene)
{
	static const StayRule government = {FENCE_GOVERNMENT, 30, 125.0, "government seat"};
	static const StayRule key_area = {FENCE_KEY_AREA, 30, 125.0, "key area"};

	return stay(scene, scene->variant % 3 == 2 ? &key_area : &government);
}

static bool
plain_expressway(const Segment *road)
{
	return road->class == EXPRESSWAY && road->flags == 0 && road->limit_kmh >= 100 &&
		   road->visibility_m == 0 && !road->hazmat_forbidden;
}

static bool
structure(const Segment *road)
{
	return (road->flags & (TUNNEL | BRIDGE)) != 0;
}

static bool
toll_gate(const Segment *road)
{
	return (road->flags & TOLL_GATE) != 0;
}

/* Stop in the middle of an arc whose segment nobody else was told to stop on. */
static Action *
stop_on(Scene *scene, Kind kind, SegmentTest test, double length_m, int for_s, int raise_s)
{
	static bool taken[MAX_SEGMENTS];
	const City *city = scene->city;
	Stretch stretch = {.arcs = 0};
	int approach_s, segment = 0;
	int64_t at;
	Action *go;

	scene_kind(scene, kind);
	for (int try = 0; try < 200; try++)
	{
		if (!stretch_find(city, scene->random, kind, kind, test, length_m, &stretch))
			return NULL;
		segment = city->arcs[stretch.arc[0]].segment;
		if (city->arcs[stretch.arc[0]].length_m >= length_m && !taken[segment])
			break;
	}
	stretch.arcs = 1;
	stretch.length_m = city->arcs[stretch.arc[0]].length_m;
	approach_s = scene_settle(scene, &stretch) + MINUTE;
	at = scene_time(scene, kind >= HAZMAT ? 0 : 5 * HOUR + MINUTE, kind >= HAZMAT ? 0 : 22 * HOUR,
					approach_s, raise_s, for_s + ROAD_HOME_S);
	if (at == 0)
		return NULL;
	taken[segment] = true;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, 0.0);
	go->ends_on_stretch = true;
	go->stop_m = stretch.length_m / 2;
	return scene_halt(scene, for_s);
}

static bool
stop_expressway(Scene *scene)
{
	static const Kind kinds[] = {TRUCK_HEAVY, HAZMAT, COACH_LINE};
	bool toll = scene->decoy && scene->variant == 1;
	Action *halt =
		stop_on(scene, kinds[scene->variant % 3], toll ? toll_gate : plain_expressway,
				toll ? 300.0 : 1500.0, scene->decoy && !toll ? 140 : 5 * MINUTE, 4 * MINUTE);
	Expect *expect;

	if (halt == NULL)
		return false;
	scene_end(scene);
	expect = scene_expect(scene, halt, WATCH_STILL, 3 * MINUTE - 35, 3 * MINUTE + 35,
						  "standing on an expressway");
	expect->clear_low_s = 2 * MINUTE;
	expect->clear_high_s = 2 * MINUTE + 95;
	return true;
}

static bool
stop_structure(Scene *scene)
{
	Action *halt = stop_on(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : COACH_TOUR, structure,
						   900.0, scene->decoy ? 80 : 150, 3 * MINUTE);
	Expect *expect;

	if (halt == NULL)
		return false;
	halt->interval_s = 10; /* two minutes seen, and less than the three of an expressway */
	scene_end(scene);
	expect = scene_expect(scene, halt, WATCH_STILL, 2 * MINUTE - 35, 2 * MINUTE + 35,
						  "standing on a bridge or in a tunnel");
	expect->clear_low_s = 2 * MINUTE;
	expect->clear_high_s = 2 * MINUTE + 95;
	return true;
}

const Plant plants_place[] = {
	{"forbidden_area_entry", forbidden_area_entry, 2},
	{"forbidden_road_entry", forbidden_road_entry, 1},
	{"restricted_hours", restricted_hours, 2},
	{"water_source_stay", water_source_stay, 3},
	{"school_stay", school_stay, 3},
	{"government_stay", government_stay, 2},
	{"stop_expressway", stop_expressway, 2},
	{"stop_structure", stop_structure, 1},
	{NULL, NULL, 0},
};
