/*
 * life.c: the ordinary day of a vehicle whose driver keeps the law.
 */
#include "city.h"

#include <stdlib.h>

#define REST_S (35 * MINUTE)	  /* after every trip: more than any model asks */
#define TRIP_MOST_S (75 * MINUTE) /* longer ones are not begun */
#define DELAY_SHARE 1.35		  /* lights and queues on top of the plain travel time */

/* When a kind sets out: seconds of the local day. */
static bool
sets_out(Kind kind, int64_t now)
{
	int64_t tod = (now + UTC_OFFSET) % DAY;

	switch (kind)
	{
		case COACH_TOUR:
			return tod >= 6 * HOUR && tod < 20 * HOUR + 30 * MINUTE;
		case COACH_LINE:
			return tod >= 5 * HOUR + 10 * MINUTE || tod < 10 * MINUTE;
		case HAZMAT:
			return tod >= 5 * HOUR && tod < 21 * HOUR;
		case SCHOOL_BUS:
			return (tod >= 6 * HOUR + 10 * MINUTE && tod < 7 * HOUR + 40 * MINUTE) ||
				   (tod >= 15 * HOUR + 10 * MINUTE && tod < 17 * HOUR);
		case TRUCK_HEAVY:
		case OTHER:
		case KINDS:
			break;
	}
	return true;
}

Action *
act(Vehicle *vehicle, ActionKind kind)
{
	if (vehicle->action_count == VEHICLE_ACTIONS)
		abort();
	vehicle->actions[vehicle->action_count] = (Action){.kind = kind};
	return &vehicle->actions[vehicle->action_count++];
}

static int64_t
trip_s(const City *city, const Vehicle *vehicle, int from, int to)
{
	double cost_s =
		route_cost_s(city, vehicle->kind, city->places[from].node, city->places[to].node);

	return (int64_t) (cost_s * DELAY_SHARE / vehicle->pace) + 3 * MINUTE;
}

static void
trip_add(Vehicle *vehicle, int64_t at, int place)
{
	Action *park = act(vehicle, PARK);

	park->until = at;
	park->for_s = REST_S;
	act(vehicle, GO)->place = place;
}

/* The first time from `now` at which the kind sets out. */
static int64_t
next_start(Kind kind, int64_t now)
{
	while (!sets_out(kind, now))
		now += 10 * MINUTE;
	return now;
}

void
live(const City *city, Vehicle *vehicle, int64_t from, int64_t until, int trips)
{
	Random *random = &vehicle->random;
	int here = vehicle->home;
	int64_t home_s = 0, rested = from + REST_S; /* since when it may leave here */
	int64_t now = rested + random_below(random, 2 * HOUR);

	for (int i = 0; i < trips; i++)
	{
		int place = place_random(city, random, vehicle->kind);
		int64_t out_s = trip_s(city, vehicle, here, place);
		int64_t back_s = trip_s(city, vehicle, place, vehicle->home);
		int64_t arrival;

		now = next_start(vehicle->kind, now);
		arrival = now + out_s + REST_S;
		if (place == here || place == vehicle->home || out_s > TRIP_MOST_S || back_s > TRIP_MOST_S)
			continue;
		if (next_start(vehicle->kind, arrival) + back_s > until)
			break;
		trip_add(vehicle, now, place);
		here = place;
		home_s = back_s;
		rested = arrival;
		now = rested + random_below(random, 2 * HOUR);
	}
	if (here == vehicle->home)
		return;
	now = next_start(vehicle->kind, now);
	trip_add(vehicle, now + home_s <= until ? now : next_start(vehicle->kind, rested),
			 vehicle->home);
}

/* Two long hauls, each a little under four hours. */
static void
haul(const City *city, Vehicle *vehicle)
{
	Random *random = &vehicle->random;
	int64_t now = city->begin + HOUR + random_below(random, 4 * HOUR);

	for (int i = 0; i < 2 && now + 4 * HOUR < city->end; i++)
	{
		Action *park = act(vehicle, PARK), *tour;

		park->until = now;
		park->for_s = REST_S;
		tour = act(vehicle, TOUR);
		now += 170 * MINUTE;
		tour->until = now;
		tour->place = -1;
		tour->rural = true;
		now += HOUR + REST_S;
	}
}

void
live_a_day(const City *city, Vehicle *vehicle)
{
	if (vehicle->kind == TRUCK_HEAVY && vehicle->number % 12 == 5)
		haul(city, vehicle);
	else if (!vehicle->still)
		live(city, vehicle, city->begin, city->end, 3 + random_below(&vehicle->random, 4));
	act(vehicle, PARK)->until = city->end;
}
