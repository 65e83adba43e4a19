/*
 * areas.c: the city's fences: what is protected, what is forbidden, where a stop is normal.
 *
 * Areas lie so that trunk roads pass through them or close by, and so that every kind of vehicle
 * can still get about.
 */
#include "city.h"

#include <math.h>
#include <string.h>

const char *const fence_kind_name[FENCE_KINDS] = {"water_source",
												  "school",
												  "government",
												  "key_area",
												  "hazmat_forbidden",
												  "truck_forbidden",
												  "restricted_hours",
												  "normal_stop",
												  "hazmat_parking",
												  "service_area",
												  "yard",
												  "tank_cleaning",
												  "toll_gate"};

/* A round area drawn freehand (corners > 4) or a square turned a little (4). */
typedef struct Area
{
	FenceKind kind;
	const char *name;
	double x, y, radius_m;
	int corners;
	unsigned kinds;
	int from_hour2, to_hour2; /* half hours of the local day; 0, 0 = always */
	const char *hours;
} Area;

#define COACH_TOURS (1u << COACH_TOUR)
#define HAZMATS (1u << HAZMAT)
#define TRUCKS (1u << TRUCK_HEAVY)

#define DAILY(from, to) "[{\"days\":[1,2,3,4,5,6,7],\"from\":\"" from "\",\"to\":\"" to "\"}]"
#define SCHOOL_HOURS 13, 37, DAILY("06:30", "18:30")

static const Area areas[] = {
	{FENCE_WATER_SOURCE, "月湖水源保护区", -13700, 14000, 700, 20, 0, 0, 0, NULL},
	{FENCE_WATER_SOURCE, "石桥水库", 16500, -7000, 800, 22, 0, 0, 0, NULL},
	{FENCE_WATER_SOURCE, "青溪取水口", -6000, -10500, 500, 14, 0, 0, 0, NULL},
	{FENCE_WATER_SOURCE, "稻香水厂", 7300, -14000, 600, 18, 0, 0, 0, NULL},
	{FENCE_WATER_SOURCE, "西渎取水口", -11000, -5300, 500, 16, 0, 0, 0, NULL},
	{FENCE_WATER_SOURCE, "北塘水源地", 5800, 10500, 500, 16, 0, 0, 0, NULL},
	{FENCE_SCHOOL, "东渎小学", 9000, 3710, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "桑园中学", -9000, -3710, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "南圩小学", 11110, -9000, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "西渎中学", -11110, 9000, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "云溪职校", 110, 8700, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "竹岭小学", -16390, -3000, 60, 4, 0, SCHOOL_HOURS},
	{FENCE_SCHOOL, "稻香寄宿学校", -1500, -13890, 60, 4, 0, 0, 0, NULL},
	{FENCE_SCHOOL, "湖滨寄宿学校", -1500, 13890, 60, 4, 0, 0, 0, NULL},
	{FENCE_GOVERNMENT, "东渎镇人民政府", 9000, -110, 60, 4, 0, 0, 0, NULL},
	{FENCE_GOVERNMENT, "西渎镇人民政府", -9000, 110, 60, 4, 0, 0, 0, NULL},
	{FENCE_GOVERNMENT, "北塘镇人民政府", -5500, 10610, 60, 4, 0, 0, 0, NULL},
	{FENCE_GOVERNMENT, "竹岭乡人民政府", -16610, -12500, 60, 4, 0, 0, 0, NULL},
	{FENCE_KEY_AREA, "东渎变电站", 13000, -3710, 80, 4, 0, 0, 0, NULL},
	{FENCE_KEY_AREA, "南圩油库", -9200, -10390, 80, 4, 0, 0, 0, NULL},
	{FENCE_HAZMAT_FORBIDDEN, "中心城区危险品禁行区", 0, 0, 4700, 22, HAZMATS, 0, 0, NULL},
	{FENCE_HAZMAT_FORBIDDEN, "湖滨景区危险品禁行区", 11000, 14000, 1300, 16, HAZMATS, 0, 0, NULL},
	{FENCE_TRUCK_FORBIDDEN, "中心城区货车禁行区", 0, 0, 2900, 4, TRUCKS, 14, 40,
	 DAILY("07:00", "20:00")},
	{FENCE_TRUCK_FORBIDDEN, "青禾镇区货车禁行区", -11000, 3600, 1100, 12, TRUCKS, 0, 0, NULL},
	{FENCE_RESTRICTED_HOURS, "北塘镇区早晚限行", 3600, 10500, 1200, 14, TRUCKS, 14, 18,
	 DAILY("07:00", "09:00")},
	{FENCE_RESTRICTED_HOURS, "南圩镇区限行", 0, -10500, 1500, 14, TRUCKS | HAZMATS, 12, 44,
	 DAILY("06:00", "22:00")},
	{FENCE_RESTRICTED_HOURS, "东浦古镇旅游车限行", 11000, -3600, 1300, 14, COACH_TOURS, 0, 0, NULL},
	{FENCE_RESTRICTED_HOURS, "东圩夜间限行", 16500, 0, 1300, 14, HAZMATS, 44, 12,
	 DAILY("22:00", "06:00")},
	{FENCE_NORMAL_STOP, "青溪装卸点", -6000, -10500, 120, 4, HAZMATS | TRUCKS, 0, 0, NULL},
	{FENCE_NORMAL_STOP, "稻香寄宿学校卸货点", -1500, -14000, 120, 4, TRUCKS, 0, 0, NULL},
	{FENCE_NORMAL_STOP, "西渎镇政府卸货点", -9000, 0, 120, 4, HAZMATS | TRUCKS, 0, 0, NULL},
	{FENCE_TANK_CLEANING, "南圩洗罐站", 14500, -10200, 80, 4, 0, 0, 0, NULL},
};
#define AREAS ((int) (sizeof(areas) / sizeof(areas[0])))

#define BAR_MARGIN_M 60.0	/* lawful routes keep this far from what is forbidden */
#define STAY_MARGIN_M 160.0 /* and stays this far from what is protected */

static void area_add(City *city, Random *random, const Area *area);
static void core_sites_add(City *city, Random *random);
static void works_add(City *city, Random *random);
static void bars_set(City *city);
static void places_judge(City *city);

/* How far outside its area a stay counts (vigil.fence_kind.stay_buffer_m). */
double
stay_buffer_m(FenceKind kind)
{
	switch (kind)
	{
		case FENCE_WATER_SOURCE:
			return 200.0;
		case FENCE_SCHOOL:
		case FENCE_GOVERNMENT:
		case FENCE_KEY_AREA:
			return 100.0;
		case FENCE_HAZMAT_FORBIDDEN:
		case FENCE_TRUCK_FORBIDDEN:
		case FENCE_RESTRICTED_HOURS:
		case FENCE_NORMAL_STOP:
		case FENCE_HAZMAT_PARKING:
		case FENCE_SERVICE_AREA:
		case FENCE_YARD:
		case FENCE_TANK_CLEANING:
		case FENCE_TOLL_GATE:
		case FENCE_KINDS:
			break;
	}
	return -1.0;
}

void
areas_build(City *city, Random *random)
{
	for (int i = 0; i < AREAS; i++)
		area_add(city, random, &areas[i]);
	core_sites_add(city, random);
	works_add(city, random);
	bars_set(city);
}

static void
area_add(City *city, Random *random, const Area *area)
{
	Fence *fence = &city->fences[city->fence_count++];
	double turn = area->corners == 4 ? PI / 4 : random_between(random, 0.0, 2 * PI);

	*fence = (Fence){.kind = area->kind,
					 .hours = area->hours,
					 .from_tod = area->from_hour2 * HOUR / 2,
					 .to_tod = area->to_hour2 * HOUR / 2,
					 .kinds = area->kinds};
	snprintf(fence->name, sizeof(fence->name), "%s", area->name);
	fence->area.corners = area->corners;
	for (int i = 0; i < area->corners; i++)
	{
		double angle = turn + 2 * PI * i / area->corners;
		double reach = area->corners == 4 ? area->radius_m * sqrt(2.0)
										  : area->radius_m * random_between(random, 0.85, 1.05);

		fence->area.corner[i] = (Point){area->x + reach * cos(angle), area->y + reach * sin(angle)};
	}
}

/* Schools and government seats inside the street grid, where trucks seldom come. */
static void
core_sites_add(City *city, Random *random)
{
	for (int i = 0; i < 16; i++)
	{
		Area site = {FENCE_SCHOOL, NULL, 0, 0, 60, 4, 0, SCHOOL_HOURS};
		char name[64];

		snprintf(name, sizeof(name), "市区第%d小学", i + 1);
		site.name = name;
		site.x = ((i % 4) * 2 - 4) * 900.0 + 200.0;
		site.y = ((i / 4) * 2 - 4) * 900.0 + 110.0;
		if (i % 8 == 5)
		{
			site.kind = FENCE_GOVERNMENT;
			site.hours = NULL;
			site.from_hour2 = site.to_hour2 = 0;
			snprintf(name, sizeof(name), "市政大楼%d号", i / 8 + 1);
		}
		area_add(city, random, &site);
	}
}

/* Fences that make a stop normal: firms' yards, service areas, hazmat parking, toll plazas. */
static void
works_add(City *city, Random *random)
{
	char name[64];
	Area site = {FENCE_YARD, name, 0, 0, 70, 4, 0, 0, 0, NULL};
	int tolls = 0;

	for (int i = 0; i < city->place_count; i++)
	{
		Point at = city->nodes[city->places[i].node].at;

		site.x = at.x;
		site.y = at.y;
		site.kind = city->places[i].service_area ? FENCE_SERVICE_AREA
					: i % 17 == 3				 ? FENCE_HAZMAT_PARKING
												 : FENCE_YARD;
		snprintf(name, sizeof(name), "%d号%s", i + 1,
				 site.kind == FENCE_SERVICE_AREA	 ? "服务区"
				 : site.kind == FENCE_HAZMAT_PARKING ? "危险品停车场"
													 : "场站");
		area_add(city, random, &site);
	}
	for (int i = 0; i < city->arc_count; i++)
	{
		const Arc *arc = &city->arcs[i];
		Point at = arc_middle(city, i);

		if (!(city->segments[arc->segment].flags & TOLL_GATE) || arc->reversed)
			continue;
		site = (Area){FENCE_TOLL_GATE, name, at.x, at.y, 120, 4, 0, 0, 0, NULL};
		snprintf(name, sizeof(name), "%d号收费站", ++tolls);
		area_add(city, random, &site);
	}
}

static bool
fence_forbids(const Fence *fence, Kind kind)
{
	if (fence->kind == FENCE_HAZMAT_FORBIDDEN)
		return kind == HAZMAT;
	if (fence->kind == FENCE_TRUCK_FORBIDDEN)
		return kind == TRUCK_HEAVY || kind == OTHER;
	if (fence->kind != FENCE_RESTRICTED_HOURS)
		return false;
	return fence->kinds == 0 || fence->kinds & (1u << kind) ||
		   (kind == OTHER && fence->kinds & TRUCKS);
}

static bool
arc_touches(const City *city, int arc, const Fence *fence)
{
	double length_m = city->arcs[arc].length_m;

	for (double along_m = 0.0;; along_m += 50.0)
	{
		Point point = arc_point(city, arc, fmin(along_m, length_m), NULL);

		if (polygon_distance(&fence->area, point) < BAR_MARGIN_M)
			return true;
		if (along_m >= length_m)
			return false;
	}
}

static void
bars_set(City *city)
{
	for (int i = 0; i < city->arc_count; i++)
	{
		Arc *arc = &city->arcs[i];
		const Segment *road = &city->segments[arc->segment];

		arc->barred[HAZMAT] = road->hazmat_forbidden;
		arc->barred[COACH_TOUR] = arc->barred[COACH_LINE] = road->grade >= 3;
		for (int j = 0; j < city->fence_count; j++)
			for (int kind = 0; kind < KINDS; kind++)
				if (!arc->barred[kind] && fence_forbids(&city->fences[j], (Kind) kind) &&
					arc_touches(city, i, &city->fences[j]))
					arc->barred[kind] = true;
	}
	places_judge(city);
}

/* A place fits a kind if a stay there is nowhere near a protected area; the way to it is judged by
 * routes_build. */
static void
places_judge(City *city)
{
	for (int i = 0; i < city->place_count; i++)
	{
		Place *place = &city->places[i];
		bool quiet = true;

		for (int j = 0; j < city->fence_count; j++)
		{
			double buffer_m = stay_buffer_m(city->fences[j].kind);
			double away_m = polygon_distance(&city->fences[j].area, city->nodes[place->node].at);

			if (buffer_m >= 0.0 && away_m < buffer_m + STAY_MARGIN_M)
				quiet = false;
		}
		for (int kind = 0; kind < KINDS; kind++)
			place->fit[kind] = quiet || (kind != HAZMAT && kind != TRUCK_HEAVY);
	}
}
