/*
 * city: a seeded day of a city's vehicles with planted violations whose truth is written down.
 * README.md here says what it writes; city --help names the arguments.
 */
#include "city.h"

#include <stdlib.h>
#include <string.h>

typedef struct Options
{
	uint64_t seed;
	int vehicles, hours, interval_s, per_model, batch;
	int64_t end;
	bool noisy;
	const char *directory;
} Options;

static const char usage[] =
	"usage: city [option value]... --out DIRECTORY\n"
	"  --seed N         the same arguments give the same bytes (1)\n"
	"  --vehicles N     1 to 90000, the first of them for what is planted (2000)\n"
	"  --hours H        how long, 1 to 240 (24)\n"
	"  --end SECONDS    the last second, Unix time (1642672800: 2022-01-20 18:00 in Huzhou)\n"
	"  --interval S     between rows of most vehicles on the road, 10 to 60 (30)\n"
	"  --plant N        violations of each model, 0 to 1000 (6)\n"
	"  --noise WHICH    none or real: errors of GPS, in metres, km/h and seconds (none)\n"
	"  --batch N        rows stored at a time; decides which rows are late (5000)\n";

static long long
number(const char *text, long long low, long long high)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < low || value > high)
	{
		fprintf(stderr, "city: \"%s\" is not a number from %lld to %lld\n", text, low, high);
		exit(2);
	}
	return value;
}

static void
options_read(Options *options, int count, char **argument)
{
	if (count == 2 && strcmp(argument[1], "--help") == 0)
	{
		fputs(usage, stdout);
		exit(0);
	}
	for (int i = 1; i < count; i += 2)
	{
		const char *name = argument[i], *value = i + 1 < count ? argument[i + 1] : "";

		if (strcmp(name, "--seed") == 0)
			options->seed = (uint64_t) number(value, 0, INT64_MAX);
		else if (strcmp(name, "--vehicles") == 0)
			options->vehicles = (int) number(value, 1, 90000);
		else if (strcmp(name, "--hours") == 0)
			options->hours = (int) number(value, 1, 240);
		else if (strcmp(name, "--end") == 0)
			options->end = number(value, 946684800, 4102444800);
		else if (strcmp(name, "--interval") == 0)
			options->interval_s = (int) number(value, 10, 60);
		else if (strcmp(name, "--plant") == 0)
			options->per_model = (int) number(value, 0, 1000);
		else if (strcmp(name, "--noise") == 0 && strcmp(value, "none") == 0)
			options->noisy = false;
		else if (strcmp(name, "--noise") == 0 && strcmp(value, "real") == 0)
			options->noisy = true;
		else if (strcmp(name, "--out") == 0 && *value != '\0')
			options->directory = value;
		else if (strcmp(name, "--batch") == 0)
			options->batch = (int) number(value, 1, 1000000);
		else
		{
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (options->directory == NULL)
	{
		fputs(usage, stderr);
		exit(2);
	}
}

int
main(int count, char **argument)
{
	Options options = {.seed = 1,
					   .vehicles = 2000,
					   .hours = 24,
					   .interval_s = 30,
					   .per_model = 6,
					   .batch = 5000,
					   .end = 1642672800}; /* 2022-01-20 18:00 in Huzhou */
	City *city = calloc(1, sizeof(City));
	Fleet fleet;
	Rows rows = {.row = NULL};
	Random random;
	Truth *truth;
	int truths = 0, planted;

	options_read(&options, count, argument);
	truth = calloc((size_t) options.vehicles * VEHICLE_EXPECTS, sizeof(Truth));
	if (city == NULL || truth == NULL)
		abort();
	city->seed = options.seed;
	city->end = options.end;
	city->begin = options.end - (int64_t) options.hours * HOUR;
	random_seed(&random, options.seed, 1);
	roads_build(city);
	areas_build(city, &random);
	routes_build(city);
	fleet_build(&fleet, city, options.vehicles, options.interval_s);
	planted = plant_all(city, &fleet, options.per_model);
	for (int i = 0; i < fleet.count; i++)
	{
		if (i >= planted)
			live_a_day(city, &fleet.vehicles[i]);
		truths += plant_play(city, &fleet.vehicles[i], options.noisy, &rows, truth + truths);
	}
	ground_write(city, options.directory);
	fleet_write(&fleet, city, options.directory);
	rows_write(&rows, &fleet, options.batch, options.directory);
	truth_write(truth, truths, &fleet, options.directory);
	printf("city: %d vehicles, %d of them planted with %d violations, %zu positions, %d segments, "
		   "%d fences\n",
		   fleet.count, planted, truths, rows.count, city->segment_count, city->fence_count);
	return 0;
}
