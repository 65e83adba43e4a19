/*
 * roads.c: the road graph: a street grid, a ring, trunk roads, a square of expressways, a mountain
 * road.
 *
 * Expressways cross the rest without a junction; ramps with toll gates join them.  Names are
 * invented.
 */
#include "city.h"

#include <math.h>
#include <stdlib.h>

#define URBAN_HALF 3600.0 /* the street grid reaches this far from the middle */
#define BLOCK 900.0
#define RING_RADIUS 7000.0
#define EXPRESSWAY_X 14000.0
#define EXPRESSWAY_Y 12500.0
#define CORNER_RADIUS 1500.0
#define CARRIAGEWAY 15.0 /* m from the middle of an expressway to the middle of either side */
#define PLACE_GAP 2200.0 /* a longer piece of road has a place to park half-way */
#define MAX_STATIONS 64
#define SAME 1.0 /* m: nodes closer than this are one */

const char *const kind_name[KINDS] = {"coach_tour", "coach_line",  "hazmat",
									  "school_bus", "truck_heavy", "other"};

/* A straight road along a line of latitude or longitude. */
typedef struct Line
{
	const char *name;
	RoadClass class;
	bool east_west;
	double at, from, to;
	int limit_kmh, truck_limit_kmh, lanes;
} Line;

static const Line trunk[] = {
	{"云溪大道", NATIONAL, true, 0, -16500, 16500, 80, 0, 6},
	{"青禾路", PROVINCIAL, true, 3600, -16500, 16500, 70, 0, 4},
	{"桑园路", PROVINCIAL, true, -3600, -16500, 16500, 70, 0, 4},
	{"北塘公路", PROVINCIAL, true, 10500, -16500, 16500, 80, 60, 4},
	{"南圩公路", PROVINCIAL, true, -10500, -16500, 16500, 80, 0, 4},
	{"湖滨公路", COUNTY, true, 14000, -16500, 16500, 60, 0, 2},
	{"稻香公路", COUNTY, true, -14000, -16500, 16500, 60, 0, 2},
	{"云溪大街", NATIONAL, false, 0, -14000, 14000, 80, 0, 6},
	{"东浦路", PROVINCIAL, false, 3600, -14000, 14000, 70, 0, 4},
	{"西浦路", PROVINCIAL, false, -3600, -14000, 14000, 70, 0, 4},
	{"东渎公路", PROVINCIAL, false, 11000, -14000, 14000, 80, 0, 4},
	{"西渎公路", PROVINCIAL, false, -11000, -14000, 14000, 80, 60, 4},
	{"东圩路", TOWNSHIP, false, 16500, -14000, 14000, 40, 0, 2},
	{"竹岭路", COUNTY, false, -16500, -14000, 14000, 60, 0, 2},
};
#define TRUNKS ((int) (sizeof(trunk) / sizeof(trunk[0])))

#define STREETS 12
static const char *const street_name[STREETS] = {"兰亭街", "朝晖街", "文苑街", "采菱街",
												 "丝行街", "学堂街", "梅溪路", "竹坞路",
												 "莲塘路", "笔工路", "茶亭路", "柳巷路"};

typedef struct Interchange
{
	Point expressway, joint;
} Interchange;

#define INTERCHANGES 12
static const Interchange interchange[INTERCHANGES] = {
	{{-8000, 12500}, {-8000, 10500}},	{{400, 12500}, {400, 10500}},
	{{8000, 12500}, {8000, 10500}},		{{-8000, -12500}, {-8000, -10500}},
	{{400, -12500}, {400, -10500}},		{{8000, -12500}, {8000, -10500}},
	{{-14000, -7000}, {-11000, -7000}}, {{-14000, 400}, {-11000, 400}},
	{{-14000, 7000}, {-11000, 7000}},	{{14000, -7000}, {11000, -7000}},
	{{14000, 400}, {11000, 400}},		{{14000, 7000}, {11000, 7000}},
};

/* What makes some pieces of road special: all segments of the class with their middle in the box.
 */
typedef struct Feature
{
	double x_low, y_low, x_high, y_high;
	RoadClass class;
	unsigned flags;
	int grade;
	int visibility_m;
	bool ice;
	bool hazmat_forbidden;
} Feature;

static const Feature features[] = {
	{8500, -3700, 11000, -3500, PROVINCIAL, BRIDGE, 0, 0, false, false},
	{-16500, -100, -13700, 100, NATIONAL, TUNNEL, 0, 0, false, false},
	{3600, 13900, 11000, 14100, COUNTY, WATERSIDE, 0, 0, false, false},
	{16400, 3600, 16600, 10500, TOWNSHIP, BLACK_SPOT, 0, 0, false, false},
	{-11000, -14100, -3600, -13900, COUNTY, CLIFF, 0, 0, false, false},
	{10900, 3600, 11100, 7000, PROVINCIAL, 0, 0, 0, false, true},
	{-16600, 3600, -16400, 10500, COUNTY, 0, 0, 0, true, false},
	{-11000, 13900, -3600, 14100, COUNTY, 0, 0, 40, false, false},
	{-7000, 12400, -5000, 12600, EXPRESSWAY, TUNNEL, 0, 0, false, false},
	{4200, 12400, 8000, 12600, EXPRESSWAY, 0, 0, 90, false, false},
	{13900, -11000, 14100, -7000, EXPRESSWAY, 0, 0, 150, false, false},
	{-14100, 2000, -13900, 5000, EXPRESSWAY, TUNNEL, 0, 0, false, true},
	{1500, -12600, 3500, -12400, EXPRESSWAY, BRIDGE, 0, 0, false, false},
	{13900, -5200, 14100, -4000, EXPRESSWAY, BRIDGE, 0, 0, false, false},
	{-18500, -9000, -16600, -7000, COUNTY, SHARP_BEND, 2, 0, false, false},
	{-18500, -7000, -16600, -3500, COUNTY, SHARP_BEND | STEEP, 3, 0, false, false},
	{-18500, -3500, -16600, -2000, COUNTY, STEEP | CLIFF, 4, 0, false, false},
};
#define FEATURES ((int) (sizeof(features) / sizeof(features[0])))

static void trunk_lay(City *city, const Line *line, const Line *streets);
static void ring_lay(City *city);
static void ramps_lay(City *city);
static void expressways_lay(City *city);
static void mountain_lay(City *city);
static void features_apply(City *city);

static int
node_at(City *city, Point point)
{
	for (int i = 0; i < city->node_count; i++)
		if (distance(city->nodes[i].at, point) < SAME)
			return i;
	city->nodes[city->node_count] = (Node){.at = point, .lights = false, .first_arc = -1};
	return city->node_count++;
}

static void
arc_add(City *city, int from, int to, int segment, bool reversed)
{
	const Segment *road = &city->segments[segment];
	Arc *arc = &city->arcs[city->arc_count];
	int last = road->points - 1;

	*arc = (Arc){.from = from, .to = to, .segment = segment, .reversed = reversed};
	for (int i = 0; i < last; i++)
		arc->length_m += distance(road->line[i], road->line[i + 1]);
	arc->out_deg = heading_of(road->line[0], road->line[1]);
	arc->in_deg = heading_of(road->line[last - 1], road->line[last]);
	if (reversed)
	{
		double out_deg = fmod(arc->in_deg + 180.0, 360.0);

		arc->in_deg = fmod(arc->out_deg + 180.0, 360.0);
		arc->out_deg = out_deg;
	}
	city->next_arc[city->arc_count] = city->nodes[from].first_arc;
	city->nodes[from].first_arc = city->arc_count++;
}

/* Add a two-way segment between the ends of its line. */
static Segment *
road_add(City *city, const Segment *road)
{
	int from = node_at(city, road->line[0]), to = node_at(city, road->line[road->points - 1]);
	int number = city->segment_count++;

	city->segments[number] = *road;
	arc_add(city, from, to, number, false);
	arc_add(city, to, from, number, true);
	return &city->segments[number];
}

static void
straight_add(City *city, Segment road, Point from, Point to)
{
	road.points = 2;
	road.line[0] = from;
	road.line[1] = to;
	road_add(city, &road);
}

/* A line moved to its right by some metres. */
static void
line_shift(Segment *road, double metres)
{
	Point shifted[SEGMENT_POINTS];

	for (int i = 0; i < road->points; i++)
	{
		Point before = road->line[i > 0 ? i - 1 : 0];
		Point after = road->line[i < road->points - 1 ? i + 1 : i];
		double along = distance(before, after);

		shifted[i].x = road->line[i].x + metres * (after.y - before.y) / along;
		shifted[i].y = road->line[i].y - metres * (after.x - before.x) / along;
	}
	for (int i = 0; i < road->points; i++)
		road->line[i] = shifted[i];
}

/* Add both carriageways of an expressway along a line. */
static void
carriageways_add(City *city, const Segment *road)
{
	Segment side = *road;
	int from = node_at(city, road->line[0]), to = node_at(city, road->line[road->points - 1]);

	side.one_way = true;
	line_shift(&side, CARRIAGEWAY);
	city->segments[city->segment_count] = side;
	arc_add(city, from, to, city->segment_count++, false);
	for (int i = 0; i < road->points; i++)
		side.line[i] = road->line[road->points - 1 - i];
	line_shift(&side, CARRIAGEWAY);
	city->segments[city->segment_count] = side;
	arc_add(city, to, from, city->segment_count++, false);
}

/* A place to park at the end of a spur from a point of a road. */
static void
place_add(City *city, Point from, Point end, RoadClass class)
{
	Segment spur = {.name = class == SERVICE_AREA ? "服务区匝道" : "厂前路",
					.class = class,
					.limit_kmh = class == URBAN ? 20 : 30,
					.lanes = 2,
					.spur = true};

	straight_add(city, spur, from, end);
	city->places[city->place_count++] =
		(Place){.node = node_at(city, end), .service_area = class == SERVICE_AREA};
}

void
roads_build(City *city)
{
	Line streets[STREETS];

	for (int i = 0; i < STREETS; i++)
	{
		static const double offset[STREETS / 2] = {-3, -2, -1, 1, 2, 3};

		streets[i] = (Line){street_name[i],
							URBAN,
							i < STREETS / 2,
							offset[i % 6] * BLOCK,
							-URBAN_HALF,
							URBAN_HALF,
							50,
							0,
							2};
	}
	for (int i = 0; i < TRUNKS; i++)
		trunk_lay(city, &trunk[i], streets);
	for (int i = 0; i < STREETS; i++)
		trunk_lay(city, &streets[i], streets);
	ring_lay(city);
	expressways_lay(city);
	ramps_lay(city);
	mountain_lay(city);
	features_apply(city);
}

static Point
line_point(const Line *line, double along)
{
	return line->east_west ? (Point){along, line->at} : (Point){line->at, along};
}

static int
compare_doubles(const void *a, const void *b)
{
	double left = *(const double *) a, right = *(const double *) b;

	return left < right ? -1 : left > right;
}

/* Whether a line meets another, and where on it. */
static bool
lines_meet(const Line *line, const Line *other)
{
	return line->east_west != other->east_west && line->at >= other->from &&
		   line->at <= other->to && other->at >= line->from && other->at <= line->to;
}

/* All points of a line where something joins it, in order. */
static int
line_stations(const Line *line, const Line *streets, double *station)
{
	int count = 0, kept = 1;

	for (int i = 0; i < TRUNKS; i++)
		if (lines_meet(line, &trunk[i]))
			station[count++] = trunk[i].at;
	for (int i = 0; i < STREETS; i++)
		if (lines_meet(line, &streets[i]))
			station[count++] = streets[i].at;
	if (fabs(line->at) < RING_RADIUS && line->to > RING_RADIUS)
	{
		station[count++] = sqrt(RING_RADIUS * RING_RADIUS - line->at * line->at);
		station[count] = -station[count - 1];
		count++;
	}
	for (int i = 0; i < INTERCHANGES; i++)
	{
		Point joint = interchange[i].joint;

		if ((line->east_west ? joint.y : joint.x) == line->at)
			station[count++] = line->east_west ? joint.x : joint.y;
	}
	qsort(station, (size_t) count, sizeof(double), compare_doubles);
	for (int i = 1; i < count; i++)
		if (station[i] - station[kept - 1] > SAME)
			station[kept++] = station[i];
	return kept;
}

/* Lay one piece of a line between two stations, with a place half-way where there is room for one.
 */
static void
piece_lay(City *city, const Line *line, double from, double to, bool with_place)
{
	double middle = (from + to) / 2.0;
	bool urban = fabs(line->at) <= URBAN_HALF && fabs(middle) < URBAN_HALF;
	Segment road = {.name = line->name,
					.class = urban ? URBAN : line->class,
					.limit_kmh = urban && line->class != URBAN ? 60 : line->limit_kmh,
					.truck_limit_kmh = line->truck_limit_kmh,
					.lanes = line->lanes};
	double reach = (city->place_count % 2 ? 1 : -1) * (urban ? 200.0 : 250.0);
	Line beside = *line;

	if (!with_place)
	{
		straight_add(city, road, line_point(line, from), line_point(line, to));
		return;
	}
	straight_add(city, road, line_point(line, from), line_point(line, middle));
	straight_add(city, road, line_point(line, middle), line_point(line, to));
	beside.at += reach;
	place_add(city, line_point(line, middle), line_point(&beside, middle),
			  urban ? URBAN : TOWNSHIP);
}

static void
trunk_lay(City *city, const Line *line, const Line *streets)
{
	double station[MAX_STATIONS];
	int count = line_stations(line, streets, station);
	bool street = line->class == URBAN;

	for (int i = 0; i + 1 < count; i++)
	{
		double length = station[i + 1] - station[i];
		bool quiet_block = street && i % 2 == 0 && (int) fabs(line->at / BLOCK) % 2 == 1;

		piece_lay(city, line, station[i], station[i + 1], length > PLACE_GAP || quiet_block);
	}
	for (int i = 0; i < count; i++)
		if (fabs(line->at) <= URBAN_HALF && fabs(station[i]) <= URBAN_HALF)
			city->nodes[node_at(city, line_point(line, station[i]))].lights = true;
}

/* The ring: a circle cut where trunk roads cross it, with a corner at least every 10 degrees. */
static void
ring_lay(City *city)
{
	double cut[16];
	double slant = asin(URBAN_HALF / RING_RADIUS);

	for (int quarter = 0; quarter < 4; quarter++)
	{
		cut[quarter * 3] = quarter * PI / 2;
		cut[quarter * 3 + 1] = quarter * PI / 2 + slant;
		cut[quarter * 3 + 2] = (quarter + 1) * PI / 2 - slant;
	}
	cut[12] = 2 * PI;
	for (int i = 0; i < 12; i++)
	{
		Segment road = {.name = "环城快速路",
						.class = URBAN_EXPRESSWAY,
						.limit_kmh = 80,
						.lanes = 6};
		int parts = (int) ceil((cut[i + 1] - cut[i]) * 18.0 / PI);

		for (int j = 0; j <= parts; j++)
		{
			double angle = cut[i] + (cut[i + 1] - cut[i]) * j / parts;

			road.line[road.points++] = (Point){RING_RADIUS * cos(angle), RING_RADIUS * sin(angle)};
		}
		road_add(city, &road);
	}
}

/* One straight side of the square, from corner to corner, cut at the stations. */
static void
side_lay(City *city, const char *name, bool east_west, double at, const double *station, int count,
		 int limit_kmh, int truck_limit_kmh)
{
	for (int i = 0; i + 1 < count; i++)
	{
		Segment road = {.name = name,
						.class = EXPRESSWAY,
						.limit_kmh = limit_kmh,
						.truck_limit_kmh = truck_limit_kmh,
						.lanes = 3,
						.points = 2};
		Line line = {.east_west = east_west, .at = at};

		road.line[0] = line_point(&line, station[i]);
		road.line[1] = line_point(&line, station[i + 1]);
		carriageways_add(city, &road);
	}
}

/* A quarter circle between two sides, anticlockwise from an angle in quarters of a circle. */
static void
corner_lay(City *city, double x, double y, int quarter)
{
	Segment road = {.name = "枢纽互通",
					.class = EXPRESSWAY,
					.limit_kmh = 80,
					.truck_limit_kmh = 60,
					.lanes = 2};

	for (int i = 0; i <= 9; i++)
	{
		double angle = (quarter + i / 9.0) * PI / 2;

		road.line[road.points++] =
			(Point){x + CORNER_RADIUS * cos(angle), y + CORNER_RADIUS * sin(angle)};
	}
	carriageways_add(city, &road);
}

static void
expressways_lay(City *city)
{
	static const double north[] = {12500, 8000, 4200, 400, -5000, -7000, -8000, -12500};
	static const double west[] = {11000, 7000, 5000, 2000, 400, -7000, -11000};
	static const double south[] = {-12500, -8000, -4200, 400, 1500, 3500, 8000, 12500};
	static const double east[] = {-11000, -7000, -5200, -4000, 400, 7000, 11000};
	double x = EXPRESSWAY_X - CORNER_RADIUS, y = EXPRESSWAY_Y - CORNER_RADIUS;

	side_lay(city, "北湖高速", true, EXPRESSWAY_Y, north, 8, 120, 100);
	corner_lay(city, -x, y, 1);
	side_lay(city, "西岭高速", false, -EXPRESSWAY_X, west, 7, 100, 80);
	corner_lay(city, -x, -y, 2);
	side_lay(city, "南圩高速", true, -EXPRESSWAY_Y, south, 8, 120, 100);
	corner_lay(city, x, -y, 3);
	side_lay(city, "东渎高速", false, EXPRESSWAY_X, east, 7, 100, 80);
	corner_lay(city, x, y, 0);
	place_add(city, (Point){4200, EXPRESSWAY_Y}, (Point){4200, EXPRESSWAY_Y + 300}, SERVICE_AREA);
	place_add(city, (Point){-4200, -EXPRESSWAY_Y}, (Point){-4200, -EXPRESSWAY_Y - 300},
			  SERVICE_AREA);
}

static Point
between(Point a, Point b, double metres)
{
	double share = metres / distance(a, b);

	return (Point){a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)};
}

static void
ramps_lay(City *city)
{
	for (int i = 0; i < INTERCHANGES; i++)
	{
		Point from = interchange[i].expressway, to = interchange[i].joint;
		Segment ramp = {.name = "互通匝道", .class = EXPRESSWAY, .limit_kmh = 60, .lanes = 2};
		Segment toll = {.name = "收费站",
						.class = EXPRESSWAY,
						.limit_kmh = 40,
						.lanes = 4,
						.flags = TOLL_GATE};
		Segment link = {.name = "互通连接线", .class = PROVINCIAL, .limit_kmh = 40, .lanes = 2};

		straight_add(city, ramp, from, between(from, to, 400));
		straight_add(city, toll, between(from, to, 400), between(from, to, 800));
		straight_add(city, link, between(from, to, 800), to);
	}
}

/* The mountain road: a bow of 14 km in the south-west, bending all the way. */
static void
mountain_lay(City *city)
{
	const double south = -10500, north = 0;
	const int pieces = 7, steps = 18;

	for (int i = 0; i < pieces; i++)
	{
		Segment road = {.name = "竹岭盘山路", .class = COUNTY, .limit_kmh = 60, .lanes = 2};

		for (int j = 0; j <= steps; j++)
		{
			double share = (i + (double) j / steps) / pieces;
			double wave = 40.0 * sin(share * 2 * PI * 14);

			road.line[road.points++] =
				(Point){-16500 - 1600 * sin(PI * share) + wave, south + (north - south) * share};
		}
		road_add(city, &road);
	}
}

static void
features_apply(City *city)
{
	for (int i = 0; i < city->segment_count; i++)
	{
		Segment *road = &city->segments[i];
		Point a = road->line[(road->points - 1) / 2], b = road->line[road->points / 2];
		Point middle = {(a.x + b.x) / 2, (a.y + b.y) / 2};

		for (int j = 0; j < FEATURES && !road->spur; j++)
		{
			const Feature *feature = &features[j];

			if (road->class != feature->class || middle.x < feature->x_low ||
				middle.x > feature->x_high || middle.y < feature->y_low ||
				middle.y > feature->y_high)
				continue;
			road->flags |= feature->flags;
			road->grade = feature->grade;
			road->visibility_m = feature->visibility_m;
			road->ice = feature->ice;
			road->hazmat_forbidden = feature->hazmat_forbidden;
		}
	}
}

/* The point so many metres along an arc; *heading_deg may be NULL. */
Point
arc_point(const City *city, int number, double along_m, double *heading_deg)
{
	const Arc *arc = &city->arcs[number];
	const Segment *road = &city->segments[arc->segment];
	Point from = road->line[0], to = from;

	for (int i = 0; i + 1 < road->points; i++)
	{
		double length;

		from = road->line[arc->reversed ? road->points - 1 - i : i];
		to = road->line[arc->reversed ? road->points - 2 - i : i + 1];
		length = distance(from, to);
		if (along_m <= length || i + 2 == road->points)
		{
			if (heading_deg != NULL)
				*heading_deg = heading_of(from, to);
			return between(from, to, fmin(along_m, length));
		}
		along_m -= length;
	}
	return to;
}

Point
arc_middle(const City *city, int arc)
{
	return arc_point(city, arc, city->arcs[arc].length_m / 2, NULL);
}
