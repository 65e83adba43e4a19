/*
 * plant_vehicle.c: planted terminal faults, cloned plates, overcrowding, and papers out of date.
 */
#include "city.h"

#define PARKED_ROW_S 330
#define ROAD_HOME_S (45 * MINUTE)

static void
somewhere(Scene *scene, Kind kind)
{
	scene_kind(scene, kind);
	scene->vehicle->recorder = scene->vehicle->video = true;
	scene->vehicle->home = place_random(scene->city, scene->random, kind);
}

/* A drive about the country with something wrong from the tenth minute on; NULL: no room. */
static Action *
tour_with(Scene *scene, Kind kind, Effect effect, int raise_s)
{
	int length_s = 15 * MINUTE + effect.for_s + 12 * MINUTE;
	bool coach = kind == COACH_TOUR || kind == COACH_LINE || kind == SCHOOL_BUS;
	int64_t at;
	Action *tour;

	somewhere(scene, kind);
	at = scene_time(scene, coach ? 5 * HOUR + 5 * MINUTE : 0, coach ? 23 * HOUR : 0, 0,
					10 * MINUTE + raise_s, length_s + ROAD_HOME_S);
	if (at == 0)
		return NULL;
	scene_start(scene, at);
	tour = scene_tour(scene, at + length_s);
	effect.from_s = 10 * MINUTE;
	tour->effect = effect;
	scene_end(scene);
	return tour;
}

static bool
overload_people(Scene *scene)
{
	static const Kind kinds[] = {COACH_LINE, COACH_TOUR, SCHOOL_BUS};
	int interval_s = scene->vehicle->interval_s;
	Effect effect = {.video_bits = 1 << 4, .for_s = scene->decoy ? 2 * interval_s : 5 * MINUTE};
	Action *tour = tour_with(scene, kinds[scene->variant % 3], effect, 4 * interval_s);
	Expect *expect;

	if (tour == NULL)
		return false;
	expect = scene_expect(scene, tour, WATCH_EFFECT, 2 * interval_s - 5, 3 * interval_s,
						  "more aboard than seats");
	expect->clear_low_s = 10 * MINUTE;
	expect->clear_high_s = 10 * MINUTE + 3 * interval_s + PARKED_ROW_S;
	return true;
}

/* Parked in a cellar, engine off, without a fix: nothing is wrong. */
static bool
cellar(Scene *scene)
{
	int64_t at;
	Action *halt;

	somewhere(scene, TRUCK_HEAVY);
	at = scene_time(scene, ANY_TIME, 0, 0, HOUR);
	if (at == 0)
		return false;
	scene->vehicle->scene_action = scene->vehicle->action_count;
	act(scene->vehicle, PARK)->until = at;
	halt = scene_halt(scene, 40 * MINUTE);
	halt->interval_s = 60;
	halt->effect = (Effect){.for_s = 40 * MINUTE, .no_fix = true, .acc_off = true};
	act(scene->vehicle, PARK)->until = scene->city->end;
	return true;
}

static bool
gps_shield(Scene *scene)
{
	Effect effect = {.for_s = 14 * MINUTE, .no_fix = true};
	Action *tour;
	Expect *expect;

	if (scene->variant % 3 == 1)
		effect = (Effect){.for_s = 14 * MINUTE, .alarm_bits = 1 << 5};
	if (scene->decoy && scene->variant == 1)
		return cellar(scene);
	if (scene->decoy)
		effect.for_s = 8 * MINUTE;
	tour = tour_with(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : HAZMAT, effect, 11 * MINUTE);
	if (tour == NULL)
		return false;
	expect = scene_expect(scene, tour, WATCH_EFFECT, 10 * MINUTE - 35, 12 * MINUTE,
						  effect.no_fix ? "no fix" : "antenna open");
	expect->clear_low_s = 10 * MINUTE - 35;
	expect->clear_high_s = 12 * MINUTE + PARKED_ROW_S;
	return true;
}

static bool
video_blocked(Scene *scene)
{
	Effect effect = {.for_s = scene->decoy ? 4 * MINUTE : 8 * MINUTE,
					 .video_bits = scene->variant % 2 == 0 ? 1 : 2};
	Action *tour =
		tour_with(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : COACH_LINE, effect, 6 * MINUTE);

	if (tour == NULL)
		return false;
	(void) scene_expect(scene, tour, WATCH_EFFECT, 5 * MINUTE - 35, 5 * MINUTE + 95,
						effect.video_bits == 1 ? "signal lost" : "lens blocked");
	return true;
}

static bool
equipment_alarm(Scene *scene)
{
	static const int bits[] = {7, 9, 10, 11, 12, 24};
	Effect effect = {.for_s = 13 * MINUTE, .alarm_bits = UINT32_C(1) << bits[scene->variant % 6]};
	Action *tour;
	Expect *expect;

	if (scene->decoy)
		effect = scene->variant == 0 ? (Effect){.for_s = 9 * MINUTE, .alarm_bits = 1 << 7}
									 : (Effect){.for_s = 15 * MINUTE, .alarm_bits = 1 << 1};
	tour = tour_with(scene, scene->variant % 2 == 0 ? HAZMAT : TRUCK_HEAVY, effect, 11 * MINUTE);
	if (tour == NULL)
		return false;
	expect = scene_expect(scene, tour, WATCH_EFFECT, 10 * MINUTE - 35, 10 * MINUTE + 65,
						  "equipment alarm for 10 min");
	expect->clear_low_s = 10 * MINUTE - 35;
	expect->clear_high_s = 10 * MINUTE + 65 + PARKED_ROW_S;
	return true;
}

static bool
long_straight(const Segment *road)
{
	return road->flags == 0 && road->visibility_m == 0 && !road->ice && !road->hazmat_forbidden &&
		   road->class == PROVINCIAL && road->limit_kmh == 80;
}

static bool
speed_tamper(Scene *scene)
{
	const double kmh = 58.0;
	bool brief = scene->decoy && scene->variant == 1;
	Effect effect = {.for_s = brief ? 4 * MINUTE : 8 * MINUTE,
					 .recorder_kmh = scene->decoy && !brief ? -19.0 : -25.0};
	Stretch stretch;
	int approach_s;
	int64_t at;
	Action *go;

	somewhere(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : HAZMAT);
	if (!stretch_find(scene->city, scene->random, scene->vehicle->kind, scene->vehicle->kind,
					  long_straight, kmh / 3.6 * (effect.for_s + 40), &stretch))
		return false;
	approach_s = scene_settle(scene, &stretch);
	at = scene_time(scene, ANY_TIME, approach_s, 6 * MINUTE, effect.for_s + ROAD_HOME_S);
	if (at == 0)
		return false;
	scene_start(scene, at - approach_s);
	go = scene_go(scene, &stretch, kmh);
	go->effect = effect;
	scene_end(scene);
	(void) scene_expect(scene, go, WATCH_EFFECT, 5 * MINUTE - 35, 5 * MINUTE + 65,
						"recorder 25 km/h under the GPS speed");
	return true;
}

static bool
gps_drift(Scene *scene)
{
	Odd odd = {.times = 3, .every_s = 8 * MINUTE, .jump_m = 5000.0};
	int length_s = 40 * MINUTE;
	int64_t at;
	Action *tour;
	Expect *expect;

	if (scene->decoy)
		odd = scene->variant == 0	? (Odd){.times = 2, .every_s = 8 * MINUTE, .jump_m = 5000.0}
			  : scene->variant == 1 ? (Odd){.times = 3, .every_s = 35 * MINUTE, .jump_m = 5000.0}
									: (Odd){.times = 6, .every_s = 5 * MINUTE, .jump_m = 400.0};
	if (odd.every_s > 10 * MINUTE)
		length_s = 3 * odd.every_s + 5 * MINUTE;
	somewhere(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : HAZMAT);
	at = scene_time(scene, ANY_TIME, 0, odd.times * odd.every_s + 60, length_s + ROAD_HOME_S);
	if (at == 0)
		return false;
	scene_start(scene, at);
	tour = scene_tour(scene, at + length_s);
	tour->odd = odd;
	scene_end(scene);
	expect = scene_expect(scene, tour, WATCH_ODD, -1, 2, "3 jumps of 5 km");
	expect->after_last = true;
	expect->clear_low_s = 20 * MINUTE - 35;
	expect->clear_high_s = 20 * MINUTE + 35 + PARKED_ROW_S;
	return true;
}

/* Asleep at its place while another feed sees its plate far off, half-way between two heartbeats.
 */
static bool
clone_jump(Scene *scene)
{
	static const double away_m[] = {14000.0, 4000.0, 7000.0}; /* 336, 96, 168 km/h */
	int place;
	int64_t at;
	Point home;
	Action *park;

	somewhere(scene, scene->variant % 2 == 0 ? HAZMAT : COACH_TOUR);
	scene->vehicle->gcj02 =
		false; /* both feeds in one file, so that neither is late for the other */
	place = scene->vehicle->home;
	home = scene->city->nodes[scene->city->places[place].node].at;
	home.x += (home.x > 0.0 ? -1.0 : 1.0) * away_m[scene->decoy ? 1 + scene->variant % 2 : 0];
	at = scene_time(scene, ANY_TIME, 40 * MINUTE, 5 * MINUTE, HOUR);
	if (at == 0)
		return false;
	scene->vehicle->scene_action = scene->vehicle->action_count;
	act(scene->vehicle, PARK)->until = at - 20 * MINUTE;
	park = act(scene->vehicle, PARK);
	park->until = at + 50 * MINUTE;
	park->odd = (Odd){.times = 2, .every_s = 20 * MINUTE, .is_elsewhere = true, .elsewhere = home};
	scene_end(scene);
	(void) scene_expect(scene, park, WATCH_ODD, -1, 155, "two feeds 14 km apart");
	return true;
}

/* A paper out of date; the vehicle itself has an ordinary day. */
static bool
paper(Scene *scene, Kind kind, int *field, int days, int decoy_days)
{
	Vehicle *vehicle = scene->vehicle;

	scene_kind(scene, kind);
	vehicle->home = place_random(scene->city, scene->random, kind);
	*field = scene->decoy ? decoy_days : days;
	live_a_day(scene->city, vehicle);
	if (!scene->decoy)
		vehicle->expects[vehicle->expect_count++] =
			(Expect){.model = scene->model, .note = "register", .action = -1};
	return true;
}

static bool
inspection_overdue(Scene *scene)
{
	static const Kind kinds[] = {TRUCK_HEAVY, HAZMAT, COACH_LINE, SCHOOL_BUS};

	return paper(scene, kinds[scene->variant % 4], &scene->vehicle->inspection_days,
				 -3 - 20 * scene->variant, 3);
}

static bool
scrap_due(Scene *scene)
{
	return paper(scene, scene->variant % 2 == 0 ? TRUCK_HEAVY : COACH_TOUR,
				 &scene->vehicle->scrap_days, -3 - 30 * scene->variant, 3);
}

static bool
permit_expired(Scene *scene)
{
	static const Kind kinds[] = {HAZMAT, SCHOOL_BUS, COACH_TOUR};

	return paper(scene, kinds[scene->variant % 3], &scene->vehicle->permit_days,
				 -2 - scene->variant, 3);
}

static bool
insurance_lapsed(Scene *scene)
{
	bool carrier = scene->variant % 2 == 1;

	return paper(scene, carrier ? HAZMAT : TRUCK_HEAVY,
				 carrier ? &scene->vehicle->carrier_days : &scene->vehicle->insurance_days,
				 -4 - scene->variant, 3);
}

const Plant plants_vehicle[] = {
	{"overload_people", overload_people, 1},
	{"gps_drift", gps_drift, 3},
	{"gps_shield", gps_shield, 2},
	{"video_blocked", video_blocked, 1},
	{"speed_tamper", speed_tamper, 2},
	{"clone_jump", clone_jump, 2},
	{"equipment_alarm", equipment_alarm, 2},
	{"inspection_overdue", inspection_overdue, 1},
	{"scrap_due", scrap_due, 1},
	{"permit_expired", permit_expired, 1},
	{"insurance_lapsed", insurance_lapsed, 2},
	{NULL, NULL, 0},
};
