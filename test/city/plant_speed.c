/*
 * plant_speed.c: planted speeds: too fast for the segment, the kind, the night, the fog, the ice,
 * the danger.
 */
#include "city.h"

#define HOLD_S 200		   /* at the ordered speed */
#define ALL_STEEP_M 6000.0 /* coaches can join the mountain road at its ends only */
#define HOME_MOST_S 2700   /* from the stretch to the place */
#define DAY_FROM (6 * HOUR + 10 * MINUTE)
#define DAY_TO (21 * HOUR + 30 * MINUTE)
#define PARKED_ROW_S 330 /* the longest until the next row of a parked vehicle */

static bool
plain(const Segment *road)
{
	return road->flags == 0 && road->grade == 0 && road->visibility_m == 0 && !road->ice &&
		   !road->hazmat_forbidden && road->class != URBAN;
}

static bool
county_60(const Segment *road)
{
	return plain(road) && road->class == COUNTY && road->limit_kmh == 60;
}

static bool
provincial_70(const Segment *road)
{
	return plain(road) && road->class == PROVINCIAL && road->limit_kmh == 70;
}

static bool
provincial_80(const Segment *road)
{
	return plain(road) && road->class == PROVINCIAL && road->limit_kmh == 80 &&
		   road->truck_limit_kmh == 0;
}

static bool
provincial_80_truck_60(const Segment *road)
{
	return plain(road) && road->limit_kmh == 80 && road->truck_limit_kmh == 60 &&
		   road->class == PROVINCIAL;
}

static bool
expressway_120(const Segment *road)
{
	return plain(road) && road->class == EXPRESSWAY && road->limit_kmh == 120;
}

static bool
expressway_100(const Segment *road)
{
	return plain(road) && road->class == EXPRESSWAY && road->limit_kmh == 100;
}

static bool
fog_90(const Segment *road)
{
	return road->visibility_m == 90;
}

static bool
fog_150(const Segment *road)
{
	return road->visibility_m == 150;
}

static bool
fog_40(const Segment *road)
{
	return road->visibility_m == 40;
}

static bool
icy(const Segment *road)
{
	return road->ice;
}

static bool
dangerous_60(const Segment *road)
{
	return (road->flags & DANGEROUS) && road->limit_kmh == 60 && road->grade == 0;
}

static bool
dangerous_40(const Segment *road)
{
	return (road->flags & DANGEROUS) && road->limit_kmh == 40;
}

static bool
steep(const Segment *road)
{
	return road->grade >= 3;
}

/* One way to break (or nearly break) a speed rule. */
typedef struct Run
{
	Kind kind;
	SegmentTest road;
	double kmh; /* 0 = as slowly as the law wants */
	int from_tod, to_tod;
	const char *note;
} Run;

/* How long the rule takes: rows from the first one too fast, and seconds of good behaviour until it
 * clears. */
typedef struct Delay
{
	int low_rows, high_rows;
	int span_s; /* a raise needs at least this */
	int clear_s;
} Delay;

static bool
run_play(Scene *scene, const Run *run, const Delay *delay)
{
	int open_to = run->road == steep ? ANYONE : (int) run->kind;
	double length_m = run->kmh > 0.0 ? run->kmh / 3.6 * HOLD_S + 300.0 : ALL_STEEP_M;
	int interval_s = scene->variant % 3 == 1 ? 10 : 30;
	Stretch stretch;
	int approach_s, low_s;
	int64_t at;
	Action *go;
	Expect *expect;

	scene_kind(scene, run->kind);
	if (!stretch_find(scene->city, scene->random, run->kind, open_to, run->road, length_m,
					  &stretch))
		return false;
	approach_s = scene_settle(scene, &stretch);
	at = scene_time(scene, run->from_tod, run->to_tod, approach_s, 4 * interval_s + 60,
					HOLD_S + HOME_MOST_S);
	if (at == 0)
		return false;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, run->kmh);
	go->interval_s = interval_s;
	scene_end(scene);
	low_s = delay->low_rows * interval_s;
	expect = scene_expect(scene, go, run->kmh > 0.0 ? WATCH_SPEED : WATCH_STRETCH,
						  (low_s > delay->span_s ? low_s : delay->span_s) - interval_s,
						  delay->high_rows * interval_s + 5, run->note);
	expect->clear_low_s = delay->clear_s;
	expect->clear_high_s = delay->clear_s + 3 * interval_s + PARKED_ROW_S;
	return true;
}

static const Delay speeding_delay = {2, 4, 20, 300};

static bool
speeding_segment(Scene *scene)
{
	static const Run runs[] = {
		{TRUCK_HEAVY, provincial_80_truck_60, 70.0, ANY_TIME, "truck limit 60"},
		{TRUCK_HEAVY, county_60, 72.5, ANY_TIME, "limit 60, +20 %"},
		{COACH_LINE, provincial_70, 80.0, DAY_FROM, DAY_TO, "coach by day, limit 70"},
		{TRUCK_HEAVY, provincial_80, 92.0, ANY_TIME, "limit 80"},
	};
	static const Run decoys[] = {
		{TRUCK_HEAVY, provincial_80_truck_60, 66.0, ANY_TIME, NULL},
		{TRUCK_HEAVY, provincial_80, 88.0, ANY_TIME, NULL},
		{COACH_TOUR, provincial_70, 77.0, DAY_FROM, DAY_TO, NULL},
	};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 3] : &runs[scene->variant % 4],
					&speeding_delay);
}

static bool
speeding_kind_cap(Scene *scene)
{
	static const Run runs[] = {
		{HAZMAT, provincial_70, 66.0, ANY_TIME, "hazmat cap 60"},
		{HAZMAT, expressway_120, 88.0, ANY_TIME, "hazmat cap 80 on an expressway"},
		{TRUCK_HEAVY, expressway_120, 108.0, ANY_TIME, "truck cap 100"},
		{COACH_TOUR, expressway_120, 108.0, DAY_FROM, DAY_TO, "coach cap 100"},
		{HAZMAT, provincial_80, 64.0, ANY_TIME, "hazmat cap 60, just over"},
	};
	static const Run decoys[] = {
		{HAZMAT, provincial_70, 63.0, ANY_TIME, NULL},
		{HAZMAT, expressway_120, 84.0, ANY_TIME, NULL},
		{COACH_TOUR, expressway_120, 105.0, DAY_FROM, DAY_TO, NULL},
	};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 3] : &runs[scene->variant % 5],
					&speeding_delay);
}

#define NIGHT 22 * HOUR + 5 * MINUTE, 1 * HOUR + 45 * MINUTE
#define EVENING 20 * HOUR + 45 * MINUTE, 21 * HOUR + 52 * MINUTE
#define MORNING 6 * HOUR + 2 * MINUTE, 9 * HOUR

static bool
speeding_night(Scene *scene)
{
	static const Run runs[] = {
		{COACH_LINE, expressway_100, 90.0, NIGHT, "night share of limit 100"},
		{COACH_TOUR, provincial_80, 72.0, NIGHT, "night share of limit 80"},
	};
	static const Run decoys[] = {
		{COACH_LINE, expressway_100, 83.9, NIGHT, NULL},
		{COACH_LINE, expressway_100, 95.0, MORNING, NULL},
		{COACH_LINE, expressway_100, 95.0, EVENING, NULL},
	};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 3] : &runs[scene->variant % 2],
					&speeding_delay);
}

static const Delay visibility_delay = {2, 4, 0, 120};

static bool
low_visibility_speed(Scene *scene)
{
	static const Run runs[] = {
		{TRUCK_HEAVY, fog_90, 55.0, ANY_TIME, "expressway, 90 m"},
		{TRUCK_HEAVY, fog_40, 40.0, ANY_TIME, "county road, 40 m"},
		{HAZMAT, fog_150, 66.0, ANY_TIME, "expressway, 150 m"},
		{SCHOOL_BUS, fog_40, 26.0, 6 * HOUR, 9 * HOUR, "school bus, limit 20"},
	};
	static const Run decoys[] = {
		{TRUCK_HEAVY, fog_90, 40.0, ANY_TIME, NULL},
		{TRUCK_HEAVY, fog_40, 30.0, ANY_TIME, NULL},
		{HAZMAT, fog_150, 60.0, ANY_TIME, NULL},
	};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 3] : &runs[scene->variant % 4],
					&visibility_delay);
}

static bool
ice_speed(Scene *scene)
{
	static const Run runs[] = {
		{TRUCK_HEAVY, icy, 45.0, ANY_TIME, "limit 30"},
		{HAZMAT, icy, 40.0, ANY_TIME, "limit 30"},
		{SCHOOL_BUS, icy, 26.0, 6 * HOUR, 9 * HOUR, "school bus, limit 20"},
	};
	static const Run decoys[] = {
		{TRUCK_HEAVY, icy, 30.0, ANY_TIME, NULL},
		{SCHOOL_BUS, icy, 20.0, 6 * HOUR, 9 * HOUR, NULL},
	};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 2] : &runs[scene->variant % 3],
					&visibility_delay);
}

static bool
dangerous_section(Scene *scene)
{
	static const Run runs[] = {
		{TRUCK_HEAVY, dangerous_60, 56.0, ANY_TIME, "limit 60"},
		{HAZMAT, dangerous_40, 37.0, ANY_TIME, "limit 40"},
		{COACH_TOUR, steep, 0.0, NIGHT, "coach at night on a mountain road"},
	};
	static const Run decoys[] = {
		{TRUCK_HEAVY, dangerous_60, 48.0, ANY_TIME, NULL},
		{COACH_TOUR, steep, 0.0, DAY_FROM, DAY_TO, NULL},
	};
	static const Delay delay = {1, 3, 0, 0};

	return run_play(scene, scene->decoy ? &decoys[scene->variant % 2] : &runs[scene->variant % 3],
					&delay);
}

const Plant plants_speed[] = {
	{"speeding_segment", speeding_segment, 3},
	{"speeding_kind_cap", speeding_kind_cap, 3},
	{"speeding_night", speeding_night, 3},
	{"low_visibility_speed", low_visibility_speed, 3},
	{"ice_speed", ice_speed, 2},
	{"dangerous_section", dangerous_section, 2},
	{NULL, NULL, 0},
};
