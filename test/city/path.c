/*
 * path.c: the way of one trip, arc by arc, and the speeds at which its junctions are passed.
 */
#include "city.h"

#include <math.h>
#include <stdlib.h>

#define RURAL_M 8000.0	  /* from the middle: beyond it junctions are far apart */
#define TOUR_TRIES 400	  /* then no junction is near enough for the time left */
#define LEG_LEAST_S 480.0 /* of a tour: by no more can it be too long */

static int path_place(const Path *path, const City *city, const Vehicle *vehicle,
					  const Action *action);
static void path_to(Path *path, const City *city, const Vehicle *vehicle, int to);
static void path_tour(Path *path, const City *city, Vehicle *vehicle, const Action *action,
					  int64_t now);
static void path_over(Path *path, const City *city, const Action *action);
static void path_waits(Path *path, const City *city, Vehicle *vehicle);
static void path_exits(Path *path, const City *city, const Vehicle *vehicle, int64_t now);

static void
path_add(Path *path, const City *city, int arc, double speed_kmh, bool on_stretch)
{
	if (path->steps == PATH_STEPS)
	{
		fprintf(stderr, "city: a path is longer than %d arcs\n", PATH_STEPS);
		exit(1);
	}
	path->step[path->steps++] = (Step){.arc = arc,
									   .end_m = city->arcs[arc].length_m,
									   .speed_kmh = speed_kmh,
									   .on_stretch = on_stretch};
}

static int
path_end(const Path *path, const City *city, int *before)
{
	*before = path->step[path->steps - 1].arc;
	return city->arcs[*before].to;
}

void
path_lay(Path *path, const City *city, Vehicle *vehicle, const Action *action, Spot spot,
		 int64_t now)
{
	path->steps = 0;
	if (spot.node < 0)
		path_add(path, city, spot.arc, 0.0, false);
	else /* out of the place: its one spur */
		path_add(path, city, city->nodes[spot.node].first_arc, 0.0, false);
	if (action->kind == TOUR)
		path_tour(path, city, vehicle, action, now);
	if (action->stretch.arcs > 0)
	{
		path_to(path, city, vehicle, city->arcs[action->stretch.arc[0]].from);
		path_over(path, city, action);
	}
	else if (action->ends_on_stretch) /* on along the arc where it stands */
		path->step[0].end_m = action->stop_m;
	if (!action->ends_on_stretch)
		path_to(path, city, vehicle, city->places[path_place(path, city, vehicle, action)].node);
	if (!action->flow)
		path_waits(path, city, vehicle);
	path_exits(path, city, vehicle, now);
}

/* The place to end at: the one ordered, or the one that is reached first going on. */
static int
path_place(const Path *path, const City *city, const Vehicle *vehicle, const Action *action)
{
	int before, node = path_end(path, city, &before), best = -1;
	double best_s = INFINITY;

	if (action->place >= 0)
		return action->place;
	for (int i = 0; i < city->place_count; i++)
	{
		double way_s;

		if (!city->places[i].fit[vehicle->kind] || city->places[i].service_area)
			continue;
		(void) route_next(city, vehicle->kind, before, node, city->places[i].node, &way_s);
		if (way_s < best_s)
		{
			best_s = way_s;
			best = i;
		}
	}
	return best;
}

/* Go on to a node. */
static void
path_to(Path *path, const City *city, const Vehicle *vehicle, int to)
{
	int before, node = path_end(path, city, &before);

	while (node != to)
	{
		int arc = route_next(city, vehicle->kind, before, node, to, NULL);

		if (arc < 0)
		{
			fprintf(stderr, "city: %s has no lawful way on\n", vehicle->plate);
			exit(1);
		}
		path_add(path, city, arc, 0.0, false);
		node = path_end(path, city, &before);
	}
}

/* From junction to junction until the time is used up. */
static void
path_tour(Path *path, const City *city, Vehicle *vehicle, const Action *action, int64_t now)
{
	double left_s = (double) (action->until - now);
	int done = path->steps;

	for (int try = 0; left_s > 0.0 && try < TOUR_TRIES; try++)
	{
		int before, node = path_end(path, city, &before);
		int via = random_below(&vehicle->random, city->node_count);
		Point at = city->nodes[via].at;
		double way_s;

		if (via == node || (action->rural && hypot(at.x, at.y) < RURAL_M) ||
			city->segments[city->arcs[city->nodes[via].first_arc].segment].spur ||
			route_next(city, vehicle->kind, before, node, via, &way_s) < 0 ||
			way_s > fmax(left_s, LEG_LEAST_S))
			continue;
		path_to(path, city, vehicle, via);
		try = 0;
		for (; done < path->steps; done++)
		{
			const Step *step = &path->step[done];

			left_s -= step->end_m * 3.6 / step_kmh(city, vehicle, step, now);
		}
	}
}

static void
path_over(Path *path, const City *city, const Action *action)
{
	const Stretch *stretch = &action->stretch;
	double left_m = action->stop_m;

	for (int i = 0; i < stretch->arcs; i++)
	{
		double length_m = city->arcs[stretch->arc[i]].length_m;

		path_add(path, city, stretch->arc[i], action->speed_kmh, true);
		if (action->ends_on_stretch && left_m <= length_m)
		{
			path->step[path->steps - 1].end_m = left_m;
			return;
		}
		left_m -= length_m;
	}
}

/* Red lights now and then, and a halt at each toll gate. */
static void
path_waits(Path *path, const City *city, Vehicle *vehicle)
{
	Random *random = &vehicle->random;

	for (int i = 0; i + 1 < path->steps; i++)
	{
		Step *step = &path->step[i];
		const Arc *arc = &city->arcs[step->arc];

		if (step->on_stretch || path->step[i + 1].on_stretch)
			continue;
		if (city->segments[arc->segment].flags & TOLL_GATE)
			step->wait_s = 5 + random_below(random, 12);
		else if (city->nodes[arc->to].lights && random_unit(random) < 0.35)
			step->wait_s = 8 + random_below(random, 40);
	}
}

/* Turning from one arc into the next, m/s. */
static double
turn_ms(const City *city, int from, int to)
{
	double turn_deg = heading_difference(city->arcs[from].in_deg, city->arcs[to].out_deg);

	if (turn_deg < 20.0)
		return INFINITY;
	return (turn_deg < 60.0 ? 32.0 : turn_deg < 120.0 ? 20.0 : 8.0) / 3.6;
}

double
step_kmh(const City *city, const Vehicle *vehicle, const Step *step, int64_t now)
{
	if (step->speed_kmh > 0.0)
		return step->speed_kmh;
	return vehicle->pace *
		   lawful_kmh(&city->segments[city->arcs[step->arc].segment], vehicle->kind, now);
}

/* Exit speeds from the end backwards: no faster than the turn, the next arc, or what can be braked
 * off on it. */
static void
path_exits(Path *path, const City *city, const Vehicle *vehicle, int64_t now)
{
	path->step[path->steps - 1].exit_ms = 0.0;
	for (int i = path->steps - 2; i >= 0; i--)
	{
		Step *step = &path->step[i];
		const Step *next = step + 1;
		double exit_ms =
			fmin(turn_ms(city, step->arc, next->arc), step_kmh(city, vehicle, next, now) / 3.6);

		exit_ms = fmin(exit_ms, sqrt(next->exit_ms * next->exit_ms +
									 2.0 * BRAKE_MS2 * fmax(0.0, next->end_m - 10.0)));
		step->exit_ms = step->wait_s > 0 ? 0.0 : exit_ms;
	}
}
