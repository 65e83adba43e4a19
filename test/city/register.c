/*
 * register.c: firms, units and vehicles as the tables that the registers would send.
 */
#include "city.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATROLS 36

/* What a kind of vehicle is like on paper. */
typedef struct Paper
{
	const char *subkind, *brand, *body, *scope;
	int seats, gross_kg, axles;
} Paper;

static const Paper papers[KINDS] = {
	[COACH_TOUR] = {"", "宇通", "大型客车", "{charter}", 49, 18000, 2},
	[COACH_LINE] = {"", "金龙", "大型客车", "{line}", 45, 17500, 2},
	[HAZMAT] = {"", "东风", "罐车", "{hazmat:3}", 2, 31000, 4},
	[SCHOOL_BUS] = {"", "中通", "专用校车", "", 36, 11000, 2},
	[TRUCK_HEAVY] = {"dump", "解放", "自卸货车", "{goods}", 2, 31000, 4},
};

/* A date so many days from the last day simulated, by local time. */
static const char *
day(const City *city, int days, char text[16])
{
	time_t at = (time_t) (city->end + UTC_OFFSET + (int64_t) days * DAY);
	const struct tm *date = gmtime(&at);

	strftime(text, 16, "%Y-%m-%d", date);
	return text;
}

static int
county_of(Point at)
{
	if (at.x < -8000)
		return at.y > 0 ? 330522 : 330523;
	if (at.x > 8000)
		return 330503;
	return at.y < -8000 ? 330521 : 330502;
}

static Point
place_point(const City *city, int place)
{
	return city->nodes[city->places[place].node].at;
}

static void
vehicle_write(FILE *file, const Vehicle *vehicle, const City *city)
{
	const Paper *paper = &papers[vehicle->kind];
	bool carrier =
		vehicle->kind == HAZMAT || vehicle->kind == COACH_TOUR || vehicle->kind == COACH_LINE;
	char vin[18], code[19], text[16];

	vehicle_vin(vehicle->number, vin);
	credit_code(vehicle->enterprise, code);
	fprintf(file, "%s,01,%s,%s,%s,registered,%s,%s,%d,%d,%d,%s,%d", vehicle->plate, vin,
			kind_name[vehicle->kind], paper->subkind, paper->brand, paper->body, paper->seats,
			paper->gross_kg, paper->axles, code, county_of(place_point(city, vehicle->home)));
	fprintf(file, ",%s", day(city, -400 - vehicle->number % 900, text));
	fprintf(file, ",%s", day(city, vehicle->inspection_days, text));
	fprintf(file, ",%s", day(city, vehicle->scrap_days, text));
	fprintf(file, ",%s", day(city, vehicle->insurance_days, text));
	fprintf(file, ",%s", carrier ? day(city, vehicle->carrier_days, text) : "");
	fprintf(file, ",%s", vehicle->kind == SCHOOL_BUS ? "" : day(city, vehicle->permit_days, text));
	fprintf(file, ",%s", vehicle->kind == SCHOOL_BUS ? day(city, vehicle->permit_days, text) : "");
	fprintf(file, ",%s,0139057%05d,%s,%s%s%s\n", paper->scope, vehicle->number % 100000,
			vehicle->gcj02 ? "gcj02" : "wgs84", vehicle->exempt ? "{" : "{}",
			vehicle->exempt ? vehicle->exempt : "", vehicle->exempt ? "}" : "");
}

static void
unit_write(FILE *file, const City *city, const char *organisation, const char *kind,
		   const char *name, int number, const char *capabilities, Point at, bool city_wide)
{
	double lon, lat;

	plane_to_wgs84(at, &lon, &lat);
	fprintf(file, "%s,%s,%s%d,%d,%s,%.6f,%.6f\n", organisation, kind, name, number,
			city_wide ? 330500 : county_of(at), capabilities, lon, lat);
	(void) city;
}

static void
units_write(const Fleet *fleet, const City *city, const char *directory)
{
	FILE *file = table_open(directory, "units.csv",
							"organisation,kind,name,region_code,capabilities,lon,lat");
	Random random;

	random_seed(&random, city->seed, 3);
	for (int i = 0; i < PATROLS; i++)
		unit_write(file, city, "PSB", "police_patrol", "巡逻组", i + 1,
				   i % 3 == 0 ? "{hazmat}" : "{}",
				   city->nodes[random_below(&random, city->node_count)].at, false);
	for (int i = 0; i < 10; i++)
	{
		Point at = city->nodes[random_below(&random, city->node_count)].at;

		unit_write(file, city, "TRB", "transport_team", "路政执法队", i + 1, "{}", at, false);
	}
	unit_write(file, city, "FRD", "fire_rescue", "消防救援站", 1, "{hazmat}", (Point){5000, 2000},
			   true);
	unit_write(file, city, "EEB", "ecology_team", "生态应急队", 1, "{}", (Point){-2000, 4000},
			   true);
	unit_write(file, city, "PSB", "command", "指挥中心值班员", 1, "{}", (Point){0, 0}, true);
	for (int i = 0; i < fleet->enterprise_count; i++)
	{
		char code[19];

		credit_code(i, code);
		unit_write(file, city, code, "enterprise_monitor", "企业监控员", i + 1, "{}",
				   place_point(city, random_below(&random, city->place_count)), true);
	}
	table_close(file);
}

static void
organisations_write(const Fleet *fleet, const char *directory)
{
	static const char *const firm[] = {"安驰", "顺途", "恒运", "青禾", "云达", "捷安", "长顺"};
	static const char *const trade[] = {"运输有限公司", "客运有限公司", "物流有限公司",
										"危货运输有限公司"};
	FILE *file =
		table_open(directory, "organisations.csv", "kind,code,credit_code,name,region_code");

	fprintf(file, "department,PSB,,市公安局,330500\ndepartment,TRB,,市交通运输局,330500\n"
				  "department,FRD,,市消防救援支队,330500\ndepartment,EEB,,市生态环境局,330500\n");
	for (int i = 0; i < fleet->enterprise_count; i++)
	{
		char code[19];

		credit_code(i, code);
		fprintf(file, "enterprise,,%s,湖城%s%d号%s,330502\n", code, firm[i % 7], i + 1,
				trade[i % 4]);
	}
	table_close(file);
}

static void
regions_write(const char *directory)
{
	static const struct
	{
		int code;
		const char *name, *name_en;
		double x_low, y_low, x_high, y_high;
	} county[] = {
		{330500, "湖州市", "Huzhou", -19100, -16600, 19100, 16600},
		{330502, "吴兴区", "Wuxing", -8000, -8000, 8000, 16600},
		{330503, "南浔区", "Nanxun", 8000, -16600, 19100, 16600},
		{330521, "德清县", "Deqing", -8000, -16600, 8000, -8000},
		{330522, "长兴县", "Changxing", -19100, 0, -8000, 16600},
		{330523, "安吉县", "Anji", -19100, -16600, -8000, 0},
	};
	FILE *file = table_open(directory, "regions.csv", "code,parent_code,name,name_en,wkt");

	for (int i = 0; i < 6; i++)
	{
		double west, south, east, north;

		plane_to_wgs84((Point){county[i].x_low, county[i].y_low}, &west, &south);
		plane_to_wgs84((Point){county[i].x_high, county[i].y_high}, &east, &north);
		fprintf(file,
				"%d,%s,%s,%s,\"POLYGON((%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f,%.6f %.6f))\"\n",
				county[i].code, i == 0 ? "33" : "330500", county[i].name, county[i].name_en, west,
				south, east, south, east, north, west, north, west, south);
	}
	table_close(file);
}

void
fleet_write(const Fleet *fleet, const City *city, const char *directory)
{
	FILE *file = table_open(directory, "vehicles.csv",
							"plate,plate_class,vin,kind,subkind,status,brand,body_type,seats,gross_"
							"mass_kg,axles,"
							"credit_code,region_code,first_registered_on,inspection_until,scrap_on,"
							"compulsory_insurance_until,carrier_insurance_until,permit_until,"
							"school_plate_until,"
							"permit_scope,terminal_phone,crs,fence_exempt");

	for (int i = 0; i < fleet->count; i++)
		if (fleet->vehicles[i].kind != OTHER) /* the register does not know them */
			vehicle_write(file, &fleet->vehicles[i], city);
	table_close(file);
	regions_write(directory);
	organisations_write(fleet, directory);
	units_write(fleet, city, directory);
}
