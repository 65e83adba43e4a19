/*
 * plant_driver.c: planted fatigue, overtime, harsh driving, coaches in the small hours.
 */
#include "city.h"

#define DRIVE_S (240 * MINUTE)
#define DRIVE_NIGHT_S (120 * MINUTE)
#define PARKED_ROW_S 330
#define ROAD_HOME_S (45 * MINUTE) /* from anywhere to a place nearby, with room */

static void
somewhere(Scene *scene)
{
	scene->vehicle->home = place_random(scene->city, scene->random, scene->vehicle->kind);
}

static Action *
rest(Scene *scene, int for_s)
{
	Action *park = act(scene->vehicle, PARK);

	park->for_s = for_s;
	return park;
}

/* Drive until a time, rest, drive on for so long. */
static Action *
drive_on(Scene *scene, int64_t until, int rest_s, int64_t on_s)
{
	Action *first = scene_tour(scene, until);

	(void) rest(scene, rest_s);
	(void) scene_tour(scene, until + rest_s + on_s);
	return first;
}

static bool
fatigue_continuous(Scene *scene)
{
	static const Kind kinds[] = {HAZMAT, TRUCK_HEAVY, SCHOOL_BUS};
	bool breaks = scene->variant % 3 == 1;
	int64_t at;
	Action *tour;
	Expect *expect;

	scene_kind(scene, kinds[scene->variant % 3]);
	somewhere(scene);
	at = scene_time(scene, ANY_TIME, 0, DRIVE_S + 200,
					DRIVE_S + ROAD_HOME_S + (scene->decoy ? 5 * HOUR : HOUR));
	if (at == 0)
		return false;
	scene_start(scene, at);
	if (scene->decoy && scene->variant == 0) /* a rest of 21 min between drives of nearly 4 hours */
		tour = drive_on(scene, at + 190 * MINUTE, 21 * MINUTE, 190 * MINUTE);
	else if (scene->decoy) /* stops too short for a rest, but less than 4 hours in all */
		tour = drive_on(scene, at + 90 * MINUTE, 15 * MINUTE, 80 * MINUTE);
	else if (breaks) /* a stop of 10 min is no rest */
		tour = drive_on(scene, at + 2 * HOUR, 10 * MINUTE, 140 * MINUTE);
	else
		tour = scene_tour(scene, at + DRIVE_S + 15 * MINUTE);
	scene_end(scene);
	expect = scene_expect(scene, tour, WATCH_MOVING, DRIVE_S - 60, DRIVE_S + 150,
						  breaks ? "with a stop of 10 min" : "4 hours");
	if (!breaks)
	{
		expect->clear_low_s = 20 * MINUTE - 5;
		expect->clear_high_s = 20 * MINUTE + PARKED_ROW_S;
	}
	return true;
}

static bool
fatigue_night(Scene *scene)
{
	int length_s = DRIVE_NIGHT_S + 8 * MINUTE;
	int64_t at;
	Action *tour;
	Expect *expect;

	scene_kind(scene, scene->variant % 2 == 0 ? COACH_LINE : COACH_TOUR);
	somewhere(scene);
	if (scene->decoy)
		length_s = 90 * MINUTE;
	at = scene_time(scene, 22 * HOUR + 2 * MINUTE, 1 * HOUR + 55 * MINUTE, 0, DRIVE_NIGHT_S + 200,
					length_s + 40 * MINUTE);
	if (at == 0)
		return false;
	scene_start(scene, at);
	tour = scene_tour(scene, at + length_s);
	scene_end(scene);
	expect = scene_expect(scene, tour, WATCH_MOVING, DRIVE_NIGHT_S - 60, DRIVE_NIGHT_S + 150,
						  "2 hours of the night");
	expect->clear_low_s = 20 * MINUTE - 5;
	expect->clear_high_s = 20 * MINUTE + PARKED_ROW_S;
	return true;
}

static bool
overtime_24h(Scene *scene)
{
	bool goods = scene->variant == 2 && scene->city->end - scene->city->begin >= 17 * HOUR;
	int tours = goods ? 4 : 3;
	int tour_s = (goods ? 158 : 168) * MINUTE;
	int last_s = scene->decoy ? 95 * MINUTE : tour_s;
	int whole_s = tours * (tour_s + 45 * MINUTE);
	int64_t at;
	Action *tour = NULL;
	Expect *expect;

	scene_kind(scene, goods ? TRUCK_HEAVY : HAZMAT);
	somewhere(scene);
	at = scene_time(scene, ANY_TIME, 0, whole_s, whole_s);
	if (at == 0)
		return false;
	scene->variant = 0; /* no ordinary trips before: they would count */
	scene_start(scene, at);
	for (int i = 0; i < tours; i++)
	{
		if (i > 0)
			(void) rest(scene, 25 * MINUTE);
		at += i < tours - 1 ? tour_s : last_s;
		tour = scene_tour(scene, at);
		at += 35 * MINUTE;
	}
	tour->driven_s = goods ? 600 * MINUTE : 480 * MINUTE;
	scene_end(scene);
	expect = scene_expect(scene, tour, WATCH_DRIVEN, -90, 120, goods ? "10 hours" : "8 hours");
	expect->clear_high_s = 0;
	return true;
}

static bool
straight_road(const Segment *road)
{
	return road->flags == 0 && road->grade == 0 && road->visibility_m == 0 && !road->ice &&
		   !road->hazmat_forbidden && road->class == PROVINCIAL && road->limit_kmh == 80;
}

static bool
harsh_driving(Scene *scene)
{
	const int every_s = 40;
	bool soft = scene->decoy && scene->variant == 1;
	int times = scene->decoy ? (soft ? 8 : 4) : 5;
	double kmh = 58.0;
	Stretch stretch;
	int approach_s;
	int64_t at;
	Action *go;

	scene_kind(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : HAZMAT);
	if (!stretch_find(scene->city, scene->random, scene->vehicle->kind, scene->vehicle->kind,
					  straight_road, kmh / 3.6 * (times + 2) * every_s, &stretch))
		return false;
	approach_s = scene_settle(scene, &stretch);
	at = scene_time(scene, ANY_TIME, approach_s, (times + 2) * every_s, HOUR);
	if (at == 0)
		return false;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, kmh);
	go->interval_s = 1;
	go->odd = (Odd){.times = times, .every_s = every_s, .brake_kmh = soft ? 8.0 : 11.0};
	scene_end(scene);
	scene_expect(scene, go, WATCH_ODD, -1, 2, "5 brakings of 11 km/h per s")->after_last = true;
	return true;
}

static bool
night_ban_coach(Scene *scene)
{
	bool brief = scene->decoy && scene->variant == 2;
	int64_t at;
	Action *tour;

	scene_kind(scene, scene->variant % 2 == 0 ? COACH_LINE : COACH_TOUR);
	somewhere(scene);
	at = brief ? scene_time(scene, 1 * HOUR + 5 * MINUTE, 1 * HOUR + 50 * MINUTE, 0, 0, 37 * MINUTE)
			   : scene_time(scene, 2 * HOUR + 5 * MINUTE, 5 * HOUR, 0, 900, 50 * MINUTE);
	if (at == 0)
		return false;
	if (scene->decoy && !brief)
		scene->vehicle->exempt = scene->variant == 0 ? "feeder" : "airport_rail_express";
	scene_start(scene, at);
	tour = scene_tour(scene, at + (brief ? 15 : 20) * MINUTE);
	scene_end(scene);
	(void) scene_expect(scene, tour, WATCH_MOVING, 570, 840, "10 min between 2 and 5");
	return true;
}

const Plant plants_driver[] = {
	{"fatigue_continuous", fatigue_continuous, 2},
	{"fatigue_night", fatigue_night, 1},
	{"overtime_24h", overtime_24h, 1},
	{"harsh_driving", harsh_driving, 2},
	{"night_ban_coach", night_ban_coach, 3},
	{NULL, NULL, 0},
};
