/*
 * plant.c: casting: which vehicle plays which violation or decoy, and when.
 */
#include "city.h"

#include <stdlib.h>

#define LEAD_S (5 * MINUTE)	  /* nothing is planted in the first minutes */
#define TAIL_S (3 * MINUTE)	  /* nor in the last, but for what is raised just before the end */
#define APART_S (70 * MINUTE) /* between an ordinary day and what is planted */
#define APPROACH_SHARE 1.15	  /* starting, stopping and turning on top of the plain travel time */
#define INTERVAL_MOST_S 30
#define SHIFTS 20

static const Plant *const lists[] = {plants_driver, plants_vehicle, plants_speed, plants_place};
#define LISTS ((int) (sizeof(lists) / sizeof(lists[0])))

void
scene_kind(Scene *scene, Kind kind)
{
	vehicle_become(scene->vehicle, kind);
}

int
scene_settle(Scene *scene, const Stretch *stretch)
{
	Vehicle *vehicle = scene->vehicle;
	int from = scene->city->arcs[stretch->arc[0]].from;
	double cost_s;

	vehicle->home = place_near(scene->city, scene->random, vehicle->kind, from);
	cost_s =
		route_cost_s(scene->city, vehicle->kind, scene->city->places[vehicle->home].node, from);
	return (int) (cost_s * APPROACH_SHARE / vehicle->pace) + 20;
}

static bool
time_fits(int64_t at, int whole_s, int from_tod, int to_tod)
{
	int64_t tod = (at + UTC_OFFSET) % DAY;
	int64_t length = (to_tod - from_tod + DAY) % DAY;

	return (from_tod == 0 && to_tod == 0) || (tod - from_tod + DAY) % DAY + whole_s <= length;
}

int64_t
scene_time(Scene *scene, int from_tod, int to_tod, int before_s, int raise_s, int whole_s)
{
	const City *city = scene->city;
	int64_t first = city->begin + LEAD_S + before_s, last = city->end - TAIL_S - whole_s;

	if (scene->at_end)
	{
		int64_t at = city->end - raise_s - 150 - random_below(scene->random, 350);

		if (at >= first && time_fits(at, whole_s, from_tod, to_tod))
			return at;
	}
	scene->at_end = false;
	for (int try = 0; try < 2000 && first < last; try++)
	{
		int64_t at = first + (int64_t) ((double) (last - first) * random_unit(scene->random));

		if (time_fits(at, whole_s, from_tod, to_tod))
			return at;
	}
	return 0;
}

void
scene_start(Scene *scene, int64_t at)
{
	Vehicle *vehicle = scene->vehicle;
	Action *park;

	if (scene->variant % 2 == 1)
		live(scene->city, vehicle, scene->city->begin, at - APART_S, 2);
	vehicle->scene_action = vehicle->action_count;
	park = act(vehicle, PARK);
	park->until = at;
}

Action *
scene_go(Scene *scene, const Stretch *stretch, double speed_kmh)
{
	Action *go = act(scene->vehicle, GO);

	go->place = scene->vehicle->home;
	go->stretch = *stretch;
	go->speed_kmh = speed_kmh;
	go->flow = true;
	return go;
}

Action *
scene_tour(Scene *scene, int64_t until)
{
	Action *tour = act(scene->vehicle, TOUR);

	tour->until = until;
	tour->place = -1;
	tour->rural = true;
	tour->flow = true;
	return tour;
}

Action *
scene_halt(Scene *scene, int for_s)
{
	Action *halt = act(scene->vehicle, HALT);

	halt->for_s = for_s;
	return halt;
}

void
scene_end(Scene *scene)
{
	Vehicle *vehicle = scene->vehicle;
	const Action *before = &vehicle->actions[vehicle->action_count - 1];

	if (before->kind == HALT || (before->kind == GO && before->ends_on_stretch))
	{
		Action *go = act(vehicle, GO);

		go->place = vehicle->home;
		go->flow = true;
	}
	act(vehicle, PARK)->until = scene->city->end;
}

Expect *
scene_expect(Scene *scene, const Action *action, Watch watch, int low_s, int high_s,
			 const char *note)
{
	Vehicle *vehicle = scene->vehicle;
	int number = (int) (action - vehicle->actions);
	Expect *expect = &vehicle->expects[vehicle->expect_count];

	vehicle->actions[number].watch = watch;
	if (scene->decoy)
	{
		static Expect none; /* written to and never read */

		return &none;
	}
	if (vehicle->expect_count++ == VEHICLE_EXPECTS)
		abort();
	*expect = (Expect){.model = scene->model,
					   .note = note,
					   .action = number,
					   .raise_low_s = low_s,
					   .raise_high_s = high_s};
	return expect;
}

/* Let one vehicle play one scene; false leaves it as it was. */
static bool
scene_play(const City *city, Vehicle *vehicle, const Plant *plant, int variant, bool decoy,
		   bool at_end)
{
	Vehicle before = *vehicle;
	Scene scene = {.city = city,
				   .vehicle = vehicle,
				   .random = &vehicle->random,
				   .model = plant->model,
				   .variant = variant,
				   .decoy = decoy,
				   .at_end = at_end};

	vehicle->planted = true;
	vehicle->gcj02 = variant == 4; /* some are found through a feed that must be converted */
	vehicle->still = false;
	if (vehicle->interval_s > INTERVAL_MOST_S) /* a rule in minutes wants more than two rows */
		vehicle->interval_s = INTERVAL_MOST_S;
	if (plant->play(&scene))
		return true;
	*vehicle = before;
	return false;
}

int
plant_all(const City *city, Fleet *fleet, int per_model)
{
	int used = 0;

	for (int list = 0; list < LISTS; list++)
		for (const Plant *plant = lists[list]; plant->model != NULL; plant++)
		{
			int decoys = plant->decoys < per_model ? plant->decoys : per_model;

			for (int i = 0; i < per_model + decoys && used < fleet->count; i++)
			{
				bool decoy = i >= per_model;

				if (scene_play(city, &fleet->vehicles[used], plant, decoy ? i - per_model : i,
							   decoy, i == per_model - 1))
					used++;
				else
					fprintf(stderr, "city: no room for %s %s no. %d in the time simulated\n",
							decoy ? "decoy" : "violation", plant->model, i + 1);
			}
		}
	return used;
}

static void
truth_from(const Vehicle *vehicle, const Expect *expect, const City *city, Truth *truth)
{
	const Action *action = expect->action < 0 ? NULL : &vehicle->actions[expect->action];
	int64_t from;

	*truth = (Truth){.vehicle = vehicle->number, .model = expect->model, .note = expect->note};
	if (action == NULL)
		return; /* a register's fault: at any time */
	from = expect->after_last ? action->last : action->first;
	if (from == 0)
	{
		fprintf(stderr, "city: %s planted on %s did not happen\n", expect->model, vehicle->plate);
		exit(1);
	}
	truth->raised_from = from + expect->raise_low_s;
	truth->raised_until = from + expect->raise_high_s;
	if (expect->clear_high_s == 0 || action->last + expect->clear_high_s >= city->end)
		return;
	truth->cleared_from = action->last + expect->clear_low_s;
	truth->cleared_until = action->last + expect->clear_high_s;
}

int
plant_play(const City *city, Vehicle *vehicle, bool noisy, Rows *rows, Truth *truth)
{
	size_t rows_before = rows->count;
	Random random = vehicle->random;

	for (int shift = 0; shift < SHIFTS; shift++)
	{
		int64_t late_s = 0;

		rows->count = rows_before;
		vehicle->random = random;
		drive(city, vehicle, noisy, rows);
		for (int i = 0; i < vehicle->expect_count; i++)
		{
			truth_from(vehicle, &vehicle->expects[i], city, &truth[i]);
			if (truth[i].raised_until + 20 - city->end > late_s)
				late_s = truth[i].raised_until + 20 - city->end;
		}
		if (late_s == 0)
			return vehicle->expect_count;
		for (int i = vehicle->scene_action; i < vehicle->action_count - 1; i++)
			vehicle->actions[i].until -= late_s + MINUTE;
	}
	fprintf(stderr, "city: %s of %s is not raised before the end\n", vehicle->expects[0].model,
			vehicle->plate);
	exit(1);
}
