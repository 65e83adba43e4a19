/*
 * route.c: who may drive how fast where, the quickest lawful ways, and stretches of road with
 * wanted properties.
 */
#include "city.h"

#include <math.h>
#include <stdlib.h>

#define STRAIGHT_DEG 20.0 /* a stretch never turns more at a node */
#define OUTSIDE_M 150.0	  /* a stretch through a fence begins and ends this far from it */

static void
at_most(double *kmh, double limit_kmh)
{
	if (limit_kmh < *kmh)
		*kmh = limit_kmh;
}

/* The caps of vehicles.md 4, models 27, 28, 55, 56 and 58, with a little less where the law's word
 * is "at most". */
double
lawful_kmh(const Segment *segment, Kind kind, int64_t now)
{
	int64_t tod = (now + UTC_OFFSET) % DAY;
	bool night = tod >= 21 * HOUR + 40 * MINUTE || tod < 6 * HOUR + 5 * MINUTE;
	double kmh = segment->limit_kmh;

	if (segment->truck_limit_kmh > 0 && kind != COACH_TOUR && kind != COACH_LINE)
		at_most(&kmh, segment->truck_limit_kmh);
	if (kind == HAZMAT || kind == SCHOOL_BUS)
		at_most(&kmh, segment->class == EXPRESSWAY ? 80 : 60);
	at_most(&kmh, 100);
	if (night && (kind == COACH_TOUR || kind == COACH_LINE))
		at_most(&kmh, 0.8 * segment->limit_kmh);
	if (segment->flags & DANGEROUS)
		at_most(&kmh, 0.72 * segment->limit_kmh);
	if (segment->visibility_m > 0)
		at_most(&kmh, segment->visibility_m < 50	? (segment->class == EXPRESSWAY ? 18 : 27)
					  : segment->visibility_m < 100 ? 37
													: 56);
	if ((segment->visibility_m > 0 || segment->ice) && kind == SCHOOL_BUS)
		at_most(&kmh, 18);
	if (segment->ice)
		at_most(&kmh, 27);
	return kmh;
}

static bool
arc_open(const City *city, int arc, int kind)
{
	return kind == ANYONE || !city->arcs[arc].barred[kind];
}

/* Seconds for an arc by day, with some for its junction. */
static float
arc_cost_s(const City *city, int arc, int kind)
{
	const Segment *road = &city->segments[city->arcs[arc].segment];
	double kmh = lawful_kmh(road, kind == ANYONE ? COACH_TOUR : (Kind) kind, 4 * HOUR);

	return (float) (city->arcs[arc].length_m * 3.6 / kmh + 5.0);
}

bool
arc_is_reverse(int a, int b)
{
	return (a ^ b) == 1;
}

static float *
way_of(const City *city, int kind, int arc, int to)
{
	return city->way_s[kind] + (size_t) to * (size_t) city->arc_count + (size_t) arc;
}

/* Whether a driver who came by one arc may take another: no turning round where there is a way on,
 * no way through a yard. */
static bool
may_follow(const City *city, int kind, int before, int arc, int to)
{
	const Arc *next = &city->arcs[arc];

	if (arc_is_reverse(before, arc))
		return city->arcs[before].dead_end[kind];
	return !city->segments[next->segment].spur || next->to == to ||
		   city->next_arc[city->nodes[next->from].first_arc] < 0;
}

/* Where a kind has to turn round: all that goes on is barred to it, or ends in a yard. */
static void
dead_ends_find(City *city, int kind)
{
	for (int i = 0; i < city->arc_count; i++)
	{
		Arc *arc = &city->arcs[i];

		arc->dead_end[kind] = true;
		for (int out = city->nodes[arc->to].first_arc; out >= 0; out = city->next_arc[out])
			if (!arc_is_reverse(i, out) && arc_open(city, out, kind) &&
				!city->segments[city->arcs[out].segment].spur)
				arc->dead_end[kind] = false;
	}
}

/* Quickest ways to one node from the ends of all arcs (label correcting, backwards). */
static void
routes_to(City *city, int kind, int to)
{
	static int queue[MAX_ARCS]; /* a ring; an arc is in it once at most */
	bool queued[MAX_ARCS] = {false};
	int head = 0, length = 0;

	for (int i = 0; i < city->arc_count; i++)
	{
		bool there = city->arcs[i].to == to;

		*way_of(city, kind, i, to) = there ? 0.0F : INFINITY;
		if (there)
			queue[length++] = i;
		queued[i] = there;
	}
	while (length > 0)
	{
		int arc = queue[head];
		float through_s = *way_of(city, kind, arc, to) + arc_cost_s(city, arc, kind);

		head = (head + 1) % MAX_ARCS;
		length--;
		queued[arc] = false;
		if (!arc_open(city, arc, kind))
			continue;
		for (int out = city->nodes[city->arcs[arc].from].first_arc; out >= 0;
			 out = city->next_arc[out])
		{
			int before = out ^ 1; /* arcs are added in pairs: this one leads there */

			if (through_s >= *way_of(city, kind, before, to) ||
				!may_follow(city, kind, before, arc, to))
				continue;
			*way_of(city, kind, before, to) = through_s;
			if (queued[before])
				continue;
			queue[(head + length++) % MAX_ARCS] = before;
			queued[before] = true;
		}
	}
}

/* The node from which everybody must be able to come and go: a junction of the western trunk road.
 */
static int
hub(const City *city)
{
	for (int i = 0; i < city->node_count; i++)
		if (distance(city->nodes[i].at, (Point){-11000, 0}) < 1.0)
			return i;
	abort();
}

void
routes_build(City *city)
{
	int middle = hub(city);

	for (int kind = 0; kind <= KINDS; kind++)
	{
		size_t cells = (size_t) city->arc_count * (size_t) city->node_count;

		city->way_s[kind] = malloc(cells * sizeof(float));
		if (city->way_s[kind] == NULL)
			abort();
		dead_ends_find(city, kind);
		for (int to = 0; to < city->node_count; to++)
			routes_to(city, kind, to);
	}
	for (int i = 0; i < city->place_count; i++)
		for (int kind = 0; kind < KINDS; kind++)
			if (route_cost_s(city, kind, city->places[i].node, middle) == INFINITY ||
				route_cost_s(city, kind, middle, city->places[i].node) == INFINITY)
				city->places[i].fit[kind] = false;
}

int
route_next(const City *city, int kind, int before, int node, int to, double *way_s)
{
	int best = -1;
	double best_s = INFINITY;

	for (int out = city->nodes[node].first_arc; out >= 0; out = city->next_arc[out])
	{
		double cost_s = *way_of(city, kind, out, to) + arc_cost_s(city, out, kind);

		if (arc_open(city, out, kind) && may_follow(city, kind, before, out, to) && cost_s < best_s)
		{
			best_s = cost_s;
			best = out;
		}
	}
	if (way_s != NULL)
		*way_s = node == to ? 0.0 : best_s;
	return best;
}

double
route_cost_s(const City *city, int kind, int from, int to)
{
	double cost_s;

	(void) route_next(city, kind, -2, from, to, &cost_s);
	return cost_s;
}

/* The arc straight on after this one, or -1. */
static int
straight_on(const City *city, int before)
{
	const Arc *arc = &city->arcs[before];

	for (int out = city->nodes[arc->to].first_arc; out >= 0; out = city->next_arc[out])
		if (heading_difference(arc->in_deg, city->arcs[out].out_deg) < STRAIGHT_DEG &&
			!city->segments[city->arcs[out].segment].spur)
			return out;
	return -1;
}

static bool
same_limits(const Segment *a, const Segment *b)
{
	return a->limit_kmh == b->limit_kmh && a->truck_limit_kmh == b->truck_limit_kmh &&
		   a->visibility_m == b->visibility_m && a->ice == b->ice &&
		   (a->class == EXPRESSWAY) == (b->class == EXPRESSWAY);
}

/* Whether lawful drivers of this kind can come to the stretch's beginning and leave its end. */
static bool
stretch_joined(const City *city, Kind kind, const Stretch *stretch)
{
	int middle = hub(city);
	int from = city->arcs[stretch->arc[0]].from;
	int to = city->arcs[stretch->arc[stretch->arcs - 1]].to;

	return route_cost_s(city, kind, middle, from) < INFINITY &&
		   route_cost_s(city, kind, to, middle) < INFINITY;
}

bool
stretch_find(const City *city, Random *random, Kind kind, int open_to, SegmentTest test,
			 double length_m, Stretch *stretch)
{
	for (int try = 0; try < 20000; try++)
	{
		int arc = random_below(random, city->arc_count);
		const Segment *begin = &city->segments[city->arcs[arc].segment];

		*stretch = (Stretch){.arcs = 0};
		while (arc >= 0 && stretch->arcs < STRETCH_ARCS && stretch->length_m < length_m)
		{
			const Segment *road = &city->segments[city->arcs[arc].segment];

			if (road->spur || !arc_open(city, arc, open_to) || !test(road) ||
				!same_limits(begin, road))
				break;
			stretch->arc[stretch->arcs++] = arc;
			stretch->length_m += city->arcs[arc].length_m;
			arc = straight_on(city, arc);
		}
		if (stretch->length_m >= length_m && stretch_joined(city, kind, stretch))
			return true;
	}
	return false;
}

static double
arc_inside_m(const City *city, int arc, const Fence *fence)
{
	const double step_m = 20.0;
	double inside_m = 0.0;

	for (double along_m = 0.0; along_m < city->arcs[arc].length_m; along_m += step_m)
		if (polygon_covers(&fence->area, arc_point(city, arc, along_m, NULL)))
			inside_m += step_m;
	return inside_m;
}

bool
stretch_through(const City *city, Random *random, Kind kind, const Fence *fence, double inside_m,
				Stretch *stretch)
{
	for (int try = 0; try < 20000; try++)
	{
		int arc = random_below(random, city->arc_count);
		Point begin = city->nodes[city->arcs[arc].from].at;
		double within_m = 0.0;

		if (polygon_distance(&fence->area, begin) < OUTSIDE_M)
			continue;
		*stretch = (Stretch){.arcs = 0};
		while (arc >= 0 && stretch->arcs < STRETCH_ARCS)
		{
			Point end = city->nodes[city->arcs[arc].to].at;
			const Segment *road = &city->segments[city->arcs[arc].segment];

			if (road->class == EXPRESSWAY || (kind == HAZMAT && road->hazmat_forbidden))
				break;
			stretch->arc[stretch->arcs++] = arc;
			stretch->length_m += city->arcs[arc].length_m;
			within_m += arc_inside_m(city, arc, fence);
			if (polygon_distance(&fence->area, end) >= OUTSIDE_M)
				break;
			arc = straight_on(city, arc);
		}
		if (within_m >= inside_m && stretch_joined(city, kind, stretch) &&
			polygon_distance(&fence->area,
							 city->nodes[city->arcs[stretch->arc[stretch->arcs - 1]].to].at) >=
				OUTSIDE_M)
			return true;
	}
	return false;
}

bool
stretch_past(const City *city, Random *random, Kind kind, Point point, double reach_m,
			 Stretch *stretch, double *stop_m)
{
	int start = random_below(random, city->arc_count);

	for (int i = 0; i < city->arc_count; i++)
	{
		int arc = (start + i) % city->arc_count;
		double nearest_m = INFINITY;

		if (city->segments[city->arcs[arc].segment].spur || !arc_open(city, arc, kind))
			continue;
		for (double along_m = 40.0; along_m < city->arcs[arc].length_m - 40.0; along_m += 10.0)
		{
			double away_m = distance(arc_point(city, arc, along_m, NULL), point);

			if (away_m < nearest_m)
			{
				nearest_m = away_m;
				*stop_m = along_m;
			}
		}
		*stretch = (Stretch){.arc = {arc}, .arcs = 1, .length_m = city->arcs[arc].length_m};
		if (nearest_m <= reach_m && stretch_joined(city, kind, stretch))
			return true;
	}
	return false;
}
