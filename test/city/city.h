/*
 * city.h: the simulated city: its ground, its vehicles, what they do, and what must be found.
 *
 * The plane is in metres east and north of 120.1 E 30.85 N, times are Unix seconds, local time is
 * UTC + 8 h. Everything is drawn from the seed by random.c, so that the same arguments give the
 * same bytes.
 */
#ifndef VIGIL_CITY_H
#define VIGIL_CITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PI 3.14159265358979323846
#define MINUTE 60
#define HOUR 3600
#define DAY 86400
#define UTC_OFFSET (8 * HOUR)

/* --- random.c ----------------------------------------------------------------------------------
 */

typedef struct Random
{
	uint64_t state;
} Random;

extern void random_seed(Random *random, uint64_t seed, uint64_t stream);
extern uint64_t random_bits(Random *random);
extern double random_unit(Random *random); /* 0 <= x < 1 */
extern double random_between(Random *random, double low, double high);
extern int random_below(Random *random, int count); /* 0 .. count - 1 */
extern double random_normal(Random *random);		/* mean 0, deviation 1 */

/* --- plane.c -----------------------------------------------------------------------------------
 */

typedef struct Point
{
	double x, y;
} Point;

#define POLYGON_POINTS 24

typedef struct Polygon
{
	Point corner[POLYGON_POINTS];
	int corners;
} Polygon;

extern void plane_to_wgs84(Point point, double *lon, double *lat);
extern void wgs84_to_gcj02(double lon, double lat, double *gcj_lon, double *gcj_lat);
extern double distance(Point a, Point b);
extern double heading_of(Point from, Point to); /* degrees clockwise from north, 0 <= h < 360 */
extern double heading_difference(double a, double b); /* 0 .. 180 */
extern bool polygon_covers(const Polygon *polygon, Point point);
extern double polygon_distance(const Polygon *polygon, Point point); /* 0 inside */

/* --- roads.c: the graph ------------------------------------------------------------------------
 */

typedef enum Kind
{
	COACH_TOUR,
	COACH_LINE,
	HAZMAT,
	SCHOOL_BUS,
	TRUCK_HEAVY,
	OTHER, /* transit: not in the register; drives as a truck does */
	KINDS
} Kind;

#define ANYONE KINDS /* a driver who minds no ban: the routes of planted entries */

extern const char *const kind_name[KINDS];

typedef enum RoadClass
{
	EXPRESSWAY,
	NATIONAL,
	PROVINCIAL,
	COUNTY,
	TOWNSHIP,
	URBAN_EXPRESSWAY,
	URBAN,
	SERVICE_AREA
} RoadClass;

enum
{
	TUNNEL = 1 << 0,
	BRIDGE = 1 << 1,
	SHARP_BEND = 1 << 2,
	STEEP = 1 << 3,
	CLIFF = 1 << 4,
	WATERSIDE = 1 << 5,
	SCHOOL_FRONT = 1 << 6,
	BLACK_SPOT = 1 << 7,
	TOLL_GATE = 1 << 8,
	FLAGS = 9
};
#define DANGEROUS (SHARP_BEND | STEEP | CLIFF | WATERSIDE | BLACK_SPOT)

#define SEGMENT_POINTS 24
#define MAX_NODES 1024
#define MAX_SEGMENTS 1600
#define MAX_ARCS 3200
#define MAX_PLACES 256
#define MAX_FENCES 256

/* A row of vigil_vehicle.road_segment; an expressway's carriageways are two. */
typedef struct Segment
{
	const char *name;
	RoadClass class;
	int limit_kmh;
	int truck_limit_kmh; /* 0 = none of its own */
	int lanes;
	int grade; /* of a mountain road, 0 = none */
	bool one_way;
	bool hazmat_forbidden;
	bool spur; /* the way to a place; no through traffic */
	unsigned flags;
	int visibility_m; /* what its sensor tells all day; 0 = no sensor */
	bool ice;
	int points;
	Point line[SEGMENT_POINTS];
} Segment;

/* A segment in one direction of travel. */
typedef struct Arc
{
	int from, to; /* nodes */
	int segment;
	bool reversed;
	double length_m;
	double out_deg, in_deg;	  /* heading at its beginning and at its end */
	bool barred[KINDS];		  /* law-abiding drivers of this kind keep off */
	bool dead_end[KINDS + 1]; /* there is no going on from its end */
} Arc;

typedef struct Node
{
	Point at;
	bool lights;
	int first_arc; /* chain of the arcs that leave it, through City.next_arc */
} Node;

/* Where vehicles park: the end of a spur, off every road. */
typedef struct Place
{
	int node;
	bool service_area;
	bool fit[KINDS]; /* reachable lawfully, and no stay there is abnormal */
} Place;

typedef enum FenceKind
{
	FENCE_WATER_SOURCE,
	FENCE_SCHOOL,
	FENCE_GOVERNMENT,
	FENCE_KEY_AREA,
	FENCE_HAZMAT_FORBIDDEN,
	FENCE_TRUCK_FORBIDDEN,
	FENCE_RESTRICTED_HOURS,
	FENCE_NORMAL_STOP,
	FENCE_HAZMAT_PARKING,
	FENCE_SERVICE_AREA,
	FENCE_YARD,
	FENCE_TANK_CLEANING,
	FENCE_TOLL_GATE,
	FENCE_KINDS
} FenceKind;

typedef struct Fence
{
	FenceKind kind;
	char name[64];
	Polygon area;
	const char *hours;	  /* active_hours as JSON, or NULL = always */
	int from_tod, to_tod; /* the hours again for the planner, seconds of local day; 0, 0 = always */
	unsigned kinds;		  /* bit set of Kind, 0 = all */
} Fence;

typedef struct City
{
	uint64_t seed;
	int64_t begin, end;
	int node_count, segment_count, arc_count, place_count, fence_count;
	Node nodes[MAX_NODES];
	Segment segments[MAX_SEGMENTS];
	Arc arcs[MAX_ARCS];
	int next_arc[MAX_ARCS];
	Place places[MAX_PLACES];
	Fence fences[MAX_FENCES];
	float *way_s[KINDS +
				 1]; /* to a node from the end of an arc, by kind; infinite where there is none */
} City;

extern void roads_build(City *city);
extern Point arc_point(const City *city, int arc, double along_m, double *heading_deg);
extern Point arc_middle(const City *city, int arc);

/* --- areas.c -----------------------------------------------------------------------------------
 */

extern const char *const fence_kind_name[FENCE_KINDS];
extern void areas_build(City *city, Random *random);
extern double stay_buffer_m(FenceKind kind); /* < 0: stays there are no matter */

/* --- route.c -----------------------------------------------------------------------------------
 */

/* The speed that a law-abiding driver of this kind keeps to on the segment at this time. */
extern double lawful_kmh(const Segment *segment, Kind kind, int64_t now);
extern void routes_build(City *city);
/* Seconds by day from node to node; infinite where there is no lawful way. */
extern double route_cost_s(const City *city, int kind, int from, int to);
/*
 * The arc to take from a node that was reached by an arc (-2 = none), without turning round but in
 * a dead end; -1: no way.  *way_s, if not NULL, is the time from there.
 */
extern int route_next(const City *city, int kind, int before, int node, int to, double *way_s);
extern bool arc_is_reverse(int a, int b);

#define STRETCH_ARCS 40

/* Some road driven end to end: consecutive arcs, straight on. */
typedef struct Stretch
{
	int arc[STRETCH_ARCS];
	int arcs; /* 0 = none */
	double length_m;
} Stretch;

typedef bool (*SegmentTest)(const Segment *segment);
/* A random stretch of equal limits, open to a kind (or ANYONE), whose segments all pass the test,
 * at least so long. */
extern bool stretch_find(const City *city, Random *random, Kind kind, int open_to, SegmentTest test,
						 double length_m, Stretch *stretch);
/* A random stretch that begins and ends outside the fence with at least this much inside it. */
extern bool stretch_through(const City *city, Random *random, Kind kind, const Fence *fence,
							double inside_m, Stretch *stretch);
/* A stretch whose last arc passes within reach_m of a point; *stop_m is where, from its beginning.
 */
extern bool stretch_past(const City *city, Random *random, Kind kind, Point point, double reach_m,
						 Stretch *stretch, double *stop_m);

/* --- fleet.c -----------------------------------------------------------------------------------
 */

typedef struct Action Action;
typedef struct Expect Expect;

#define PLATE_BYTES 32
#define VEHICLE_ACTIONS 64
#define VEHICLE_EXPECTS 4

typedef struct Vehicle
{
	char plate[PLATE_BYTES];
	Kind kind;
	int number;
	int home; /* place */
	int enterprise;
	double pace; /* share of the lawful speed that it drives */
	int interval_s;
	int phase_s;
	bool recorder;
	bool video;
	bool gcj02;
	bool planted;		/* violation or decoy: its feed has no faults, its day no surprises */
	bool still;			/* parked all day */
	const char *exempt; /* fence_exempt, or NULL */
	int inspection_days, scrap_days, permit_days, insurance_days,
		carrier_days; /* from the last day */
	Random random;
	int action_count;
	Action *actions;  /* VEHICLE_ACTIONS */
	int scene_action; /* where what is planted begins, -1 = nothing is */
	int expect_count;
	Expect *expects; /* VEHICLE_EXPECTS */
} Vehicle;

typedef struct Fleet
{
	int count;
	Vehicle *vehicles;
	int enterprise_count;
} Fleet;

extern void fleet_build(Fleet *fleet, const City *city, int vehicles, int interval_s);
extern void vehicle_become(Vehicle *vehicle, Kind kind); /* before it gets a home and a day */
extern int place_near(const City *city, Random *random, Kind kind, int node);
extern int place_random(const City *city, Random *random, Kind kind);
extern void credit_code(int number, char code[19]); /* with its check digits (GB 32100) */
extern void vehicle_vin(int number, char vin[18]);	/* with its check digit (GB 16735) */
extern void fleet_write(const Fleet *fleet, const City *city, const char *directory);

/* --- drive.c: actions become rows --------------------------------------------------------------
 */

typedef enum ActionKind
{
	PARK, /* engine off at the place reached, until a time and for a while at least */
	HALT, /* stand with the engine on, wherever it is */
	GO,	  /* over a stretch, if there is one, to a place or to a stop on the stretch */
	TOUR  /* drive about without a stop, then to a place */
} ActionKind;

/* Rows of an action that count for an expectation. */
typedef enum Watch
{
	WATCH_ALL,
	WATCH_EFFECT,  /* sent while the effect is on */
	WATCH_SPEED,   /* on the stretch, at the ordered speed */
	WATCH_STRETCH, /* on the stretch */
	WATCH_FENCE,   /* inside the fence */
	WATCH_MOVING,  /* at 5 km/h or more */
	WATCH_STILL,   /* standing */
	WATCH_ODD,	   /* displaced, doubled or braked */
	WATCH_DRIVEN   /* since driving time has reached driven_s */
} Watch;

typedef struct Effect
{
	int from_s; /* after the action's beginning (GO: after the stretch's) */
	int for_s;
	uint32_t alarm_bits;
	uint32_t video_bits;
	double recorder_kmh; /* added to the recorder's speed */
	bool no_fix;
	bool acc_off;
} Effect;

/* Something odd now and then: a jump of the fix, a second feed, a harsh braking. */
typedef struct Odd
{
	int times;
	int every_s;
	double jump_m;	  /* displaces one row */
	double brake_kmh; /* lost within one second */
	Point elsewhere;  /* a row of another feed from there, half an interval after one of ours */
	bool is_elsewhere;
} Odd;

struct Action
{
	ActionKind kind;
	int64_t until;		  /* PARK, HALT, TOUR: not before */
	int64_t for_s;		  /* PARK, HALT: at least */
	int place;			  /* GO, TOUR; -1 = the nearest from where a tour ends */
	bool ends_on_stretch; /* GO: stop there, at stop_m from its beginning */
	double stop_m;
	Stretch stretch;
	double speed_kmh; /* on the stretch; 0 = lawful */
	bool flow;		  /* no red light */
	bool rural;		  /* TOUR: fast roads only */
	int interval_s;	  /* 0 = the vehicle's */
	Effect effect;
	Odd odd;
	Watch watch;
	const Fence *fence;
	int64_t driven_s; /* WATCH_DRIVEN */
	/* filled in by drive(): */
	int64_t first, last; /* times of the first and last row watched; 0 = none */
};

/* A model that must raise, told from the rows that an action sends. */
struct Expect
{
	const char *model;
	const char *note;
	int action;
	bool after_last;			   /* raise times are told from the last watched row */
	int raise_low_s, raise_high_s; /* after the first watched row */
	int clear_low_s, clear_high_s; /* after the last one; 0, 0 = not told */
	int64_t at;					   /* instead of the first row, when not 0 */
};

#define SOURCE_TERMINAL 0
#define SOURCE_SECOND 1
#define SOURCE_GCJ02 2
#define UNKNOWN_SPEED 0xFFFF

typedef struct Row
{
	int64_t observed_ms;
	int64_t arrival_ms;
	double lon, lat; /* 0, 0 = not located */
	int32_t vehicle;
	uint32_t mileage_dkm; /* 0.1 km */
	uint32_t alarm_bits;
	uint16_t status_bits;
	uint16_t speed_dkmh;	/* 0.1 km/h */
	uint16_t recorder_dkmh; /* or UNKNOWN_SPEED */
	uint16_t heading_deg;
	uint8_t video_bits;
	bool has_video;
	uint8_t source;
	uint8_t satellites;
	bool repeat; /* of the row before it, which a network sent twice */
} Row;

typedef struct Rows
{
	Row *row;
	size_t count, size;
} Rows;

typedef struct Truth
{
	int vehicle;
	const char *model;
	const char *note;
	int64_t raised_from, raised_until, cleared_from, cleared_until; /* 0 = none */
} Truth;

extern Row *rows_add(Rows *rows); /* a new row of zeros */
extern void drive(const City *city, Vehicle *vehicle, bool noisy, Rows *rows);

/* --- path.c ------------------------------------------------------------------------------------
 */

#define PATH_STEPS 600
#define BRAKE_MS2 1.5 /* as drivers brake who see it coming */

typedef struct Step
{
	int arc;
	double end_m;	  /* where the step ends on its arc */
	double speed_kmh; /* ordered, 0 = lawful */
	double exit_ms;	  /* speed at its end, m/s */
	int wait_s;		  /* at its end, for a light or a toll gate */
	bool on_stretch;
} Step;

typedef struct Path
{
	int steps;
	Step step[PATH_STEPS];
} Path;

/* Where a vehicle is: somewhere on an arc, or at a node that it reached by an arc (-1: it never
 * moved). */
typedef struct Spot
{
	int arc;
	double along_m;
	int node; /* -1 = on the arc */
} Spot;

/* Lay the path of a GO or TOUR action. */
extern void path_lay(Path *path, const City *city, Vehicle *vehicle, const Action *action,
					 Spot spot, int64_t now);
extern double step_kmh(const City *city, const Vehicle *vehicle, const Step *step, int64_t now);

/* --- life.c ------------------------------------------------------------------------------------
 */

extern Action *act(Vehicle *vehicle, ActionKind kind);
/* Up to so many lawful trips between two times, from home and back, with long rests. */
extern void live(const City *city, Vehicle *vehicle, int64_t from, int64_t until, int trips);
extern void live_a_day(const City *city, Vehicle *vehicle);

/* --- plant.c: what is planted ------------------------------------------------------------------
 */

typedef struct Scene
{
	const City *city;
	Vehicle *vehicle;
	Random *random;
	const char *model;
	int variant;
	bool decoy;	 /* nearly, but not: nothing may be raised */
	bool at_end; /* raised shortly before the last row, if it can be */
} Scene;

typedef bool (*PlantFunction)(Scene *scene); /* false: no room for it in the time simulated */

typedef struct Plant
{
	const char *model; /* NULL ends a list */
	PlantFunction play;
	int decoys; /* kinds of decoy that play() knows */
} Plant;

extern const Plant plants_driver[], plants_vehicle[], plants_speed[], plants_place[];

#define ANY_TIME 0, 0

extern void scene_kind(Scene *scene, Kind kind);
/* Home is near the stretch; returns the seconds from there to its beginning. */
extern int scene_settle(Scene *scene, const Stretch *stretch);
/*
 * When the event may begin: within the hours of local day (0, 0 = any time) from beginning to end
 * (whole_s), with so much time before it; 0 = never.  raise_s is when it will have been raised.
 */
extern int64_t scene_time(Scene *scene, int from_tod, int to_tod, int before_s, int raise_s,
						  int whole_s);
extern void scene_start(Scene *scene, int64_t at); /* an ordinary day until then */
extern Action *scene_go(Scene *scene, const Stretch *stretch, double speed_kmh);
extern Action *scene_tour(Scene *scene, int64_t until);
extern Action *scene_halt(Scene *scene, int for_s);
extern void scene_end(Scene *scene); /* home, and parked */
extern Expect *scene_expect(Scene *scene, const Action *action, Watch watch, int low_s, int high_s,
							const char *note);

/* Cast the scenes over the fleet's first vehicles; returns how many vehicles they take. */
extern int plant_all(const City *city, Fleet *fleet, int per_model);
/* Drive a vehicle so that what it must raise does raise before the end, and tell when; returns the
 * number of truths. */
extern int plant_play(const City *city, Vehicle *vehicle, bool noisy, Rows *rows, Truth *truth);

/* --- write.c -----------------------------------------------------------------------------------
 */

extern FILE *table_open(const char *directory, const char *name, const char *header);
extern void table_close(FILE *file);
extern void ground_write(const City *city, const char *directory);
/* Positions in the order of their arrival, and what must become of them when batch rows are stored
 * at a time. */
extern void rows_write(const Rows *rows, const Fleet *fleet, int batch, const char *directory);
extern void truth_write(const Truth *truth, int count, const Fleet *fleet, const char *directory);

#endif
