/*
 * fleet.c: firms, units and vehicles, and the registers that know them.
 */
#include "city.h"

#include <stdlib.h>
#include <string.h>

#define STILL_SHARE 0.12
#define GCJ02_SHARE 0.03
#define VEHICLES_A_FIRM 45

/* Kinds in the proportions of a city, by hundredths. */
static Kind
kind_draw(Random *random)
{
	int hundredth = random_below(random, 100);

	return hundredth < 38	? TRUCK_HEAVY
		   : hundredth < 56 ? HAZMAT
		   : hundredth < 68 ? COACH_TOUR
		   : hundredth < 80 ? COACH_LINE
		   : hundredth < 90 ? SCHOOL_BUS
							: OTHER;
}

void
vehicle_become(Vehicle *vehicle, Kind kind)
{
	static const char *const elsewhere[] = {"苏E", "苏B", "皖P", "沪A", "赣E"};
	int serial = (vehicle->number * 73 + 1007) % 100000; /* 73 and 100000 have no common divisor */

	vehicle->kind = kind;
	snprintf(vehicle->plate, sizeof(vehicle->plate), "%s%05d yellow",
			 kind == OTHER ? elsewhere[vehicle->number % 5] : "浙E", serial);
}

void
fleet_build(Fleet *fleet, const City *city, int vehicles, int interval_s)
{
	fleet->count = vehicles;
	fleet->vehicles = calloc((size_t) vehicles, sizeof(Vehicle));
	fleet->enterprise_count = vehicles / VEHICLES_A_FIRM + 5;
	if (fleet->vehicles == NULL)
		abort();
	for (int i = 0; i < vehicles; i++)
	{
		Vehicle *vehicle = &fleet->vehicles[i];
		Random *random = &vehicle->random;

		vehicle->number = i;
		random_seed(random, city->seed, 1000 + (uint64_t) i);
		vehicle->actions = calloc(VEHICLE_ACTIONS, sizeof(Action));
		vehicle->expects = calloc(VEHICLE_EXPECTS, sizeof(Expect));
		if (vehicle->actions == NULL || vehicle->expects == NULL)
			abort();
		vehicle_become(vehicle, kind_draw(random));
		vehicle->enterprise = random_below(random, fleet->enterprise_count);
		vehicle->pace = random_between(random, 0.84, 0.97);
		vehicle->interval_s = interval_s * (i % 20 < 13 ? 1 : 2);
		if (i % 20 == 7)
			vehicle->interval_s = 10;
		vehicle->phase_s = random_below(random, vehicle->interval_s);
		vehicle->recorder = random_unit(random) < 0.6;
		vehicle->video = random_unit(random) < 0.5;
		vehicle->gcj02 = random_unit(random) < GCJ02_SHARE;
		vehicle->still = random_unit(random) < STILL_SHARE;
		vehicle->inspection_days = 20 + random_below(random, 300);
		vehicle->permit_days = 20 + random_below(random, 1000);
		vehicle->insurance_days = 15 + random_below(random, 330);
		vehicle->carrier_days = 15 + random_below(random, 330);
		vehicle->scrap_days = 400 + random_below(random, 3000);
		vehicle->scene_action = -1;
		vehicle->home = place_random(city, random, vehicle->kind);
	}
}

int
place_random(const City *city, Random *random, Kind kind)
{
	for (;;)
	{
		int place = random_below(random, city->place_count);

		if (city->places[place].fit[kind])
			return place;
	}
}

/* One of the few fit places that are quickest reached from a node and back. */
int
place_near(const City *city, Random *random, Kind kind, int node)
{
	int best = -1;
	double best_s = 0.0;

	for (int i = 0; i < city->place_count; i++)
	{
		double cost_s = route_cost_s(city, kind, city->places[i].node, node) +
						route_cost_s(city, kind, node, city->places[i].node) +
						random_between(random, 0.0, 240.0);

		if (city->places[i].fit[kind] && !city->places[i].service_area &&
			(best < 0 || cost_s < best_s))
		{
			best = i;
			best_s = cost_s;
		}
	}
	return best;
}

/* The remainder on which the check digits of organisations are built. */
static int
weighted_sum(const char *text, const int *weight, int count, const char *alphabet)
{
	int sum = 0;

	for (int i = 0; i < count; i++)
		sum += (int) (strchr(alphabet, text[i]) - alphabet) * weight[i];
	return sum;
}

void
credit_code(int number, char code[19])
{
	static const int subject_weight[] = {3, 7, 9, 10, 5, 8, 4, 2};
	static const int weight[] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
	const char *letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const char *alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	int check;

	snprintf(code, 19, "91330500MA2%05u", (unsigned) number % 100000U);
	check = 11 - weighted_sum(code + 8, subject_weight, 8, letters) % 11;
	code[16] = "0123456789X0"[check];
	check = (31 - weighted_sum(code, weight, 17, alphabet) % 31) % 31;
	code[17] = alphabet[check];
	code[18] = '\0';
}

void
vehicle_vin(int number, char vin[18])
{
	static const int weight[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
	int sum = 0;

	/* L=3 V=5 H=8 in the standard's table of letters; the rest are digits */
	snprintf(vin, 18, "LVH000000000%05u", (unsigned) number % 100000U);
	for (int i = 0; i < 17; i++)
		sum += weight[i] * (vin[i] == 'L'	? 3
							: vin[i] == 'V' ? 5
							: vin[i] == 'H' ? 8
											: vin[i] - '0');
	vin[8] = "0123456789X"[sum % 11];
}
