/*
 * write.c: the ground, the positions and the truth as files for COPY.
 */
#include "city.h"

#include <stdlib.h>
#include <string.h>

#define POSITION_HEADER                                                                            \
	"plate,observed_at,lon,lat,speed_kmh,heading_deg,mileage_km,recorder_speed_kmh,alarm_bits,"    \
	"status_bits,source,video_bits,satellites"
#define BAD_EVERY 400				/* one in so many rows of the ingest feed is unusable */
#define STATE_EVERY_S (20 * MINUTE) /* of a road's weather sensor */

static const char *const class_name[] = {"expressway", "national",	  "provincial",
										 "county",	   "township",	  "urban_expressway",
										 "urban",	   "service_area"};
static const char *const flag_name[FLAGS] = {"tunnel",		 "bridge",	   "sharp_bend",
											 "steep",		 "cliff",	   "waterside",
											 "school_front", "black_spot", "toll_gate"};
static const char *const source_name[] = {"terminal", "roadside", "gcj02-feed"};

FILE *
table_open(const char *directory, const char *name, const char *header)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (file == NULL)
	{
		perror(path);
		exit(1);
	}
	fprintf(file, "%s\n", header);
	return file;
}

void
table_close(FILE *file)
{
	if (ferror(file) != 0 || fclose(file) != 0)
	{
		perror("city: writing a table");
		exit(1);
	}
}

/* --- numbers by hand: a million rows of fprintf cost more than the simulation -------------------
 */

static char *
put_text(char *at, const char *text)
{
	size_t length = strlen(text);

	memcpy(at, text, length);
	return at + length;
}

static char *
put_digits(char *at, int64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char) ('0' + value % 10);
	return at + width;
}

static char *
put_number(char *at, int64_t value)
{
	int width = 1;

	for (int64_t rest = value / 10; rest > 0; rest /= 10)
		width++;
	return put_digits(at, value, width);
}

static char *
put_fixed(char *at, int64_t value, int64_t scale, int decimals)
{
	at = put_number(at, value / scale);
	*at++ = '.';
	return put_digits(at, value % scale, decimals);
}

static char *
put_degrees(char *at, double degrees)
{
	return put_fixed(at, (int64_t) (degrees * 1e6 + 0.5), 1000000, 6);
}

/* ISO 8601 with milliseconds, local time (days to dates as in the proleptic calendar's civil
 * algorithm). */
static char *
put_time(char *at, int64_t unix_ms)
{
	int64_t local_s = unix_ms / 1000 + UTC_OFFSET;
	int64_t days = local_s / DAY + 719468, tod = local_s % DAY;
	int64_t era = days / 146097, of_era = days % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	int64_t day = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	at = put_digits(at, year + era * 400 + (month <= 2), 4);
	*at++ = '-';
	at = put_digits(at, month, 2);
	*at++ = '-';
	at = put_digits(at, day, 2);
	*at++ = 'T';
	at = put_digits(at, tod / HOUR, 2);
	*at++ = ':';
	at = put_digits(at, tod / MINUTE % 60, 2);
	*at++ = ':';
	at = put_digits(at, tod % 60, 2);
	*at++ = '.';
	at = put_digits(at, unix_ms % 1000, 3);
	return put_text(at, "+08");
}

static const char *
time_text(int64_t unix_s, char text[40])
{
	if (unix_s == 0)
		return "";
	*put_time(text, unix_s * 1000) = '\0';
	return text;
}

/* --- the ground
 * ----------------------------------------------------------------------------------- */

static void
flags_write(FILE *file, unsigned flags)
{
	const char *comma = "";

	fputs(",\"{", file);
	for (int i = 0; i < FLAGS; i++)
		if (flags & (1u << i))
		{
			fprintf(file, "%s%s", comma, flag_name[i]);
			comma = ",";
		}
	fputs("}\"", file);
}

static void
points_write(FILE *file, const Point *points, int count)
{
	for (int i = 0; i < count; i++)
	{
		double lon, lat;

		plane_to_wgs84(points[i], &lon, &lat);
		fprintf(file, "%s%.7f %.7f", i > 0 ? "," : "", lon, lat);
	}
}

static void
roads_write(const City *city, const char *directory)
{
	FILE *file = table_open(directory, "road_segments.csv",
							"code,name,class,lanes,one_way,limit_kmh,truck_limit_kmh,"
							"hazmat_forbidden,mountain_grade,flags,wkt");

	for (int i = 0; i < city->segment_count; i++)
	{
		const Segment *road = &city->segments[i];

		fprintf(file, "city-%04d,%s,%s,%d,%s,%d,", i, road->name, class_name[road->class],
				road->lanes, road->one_way ? "t" : "f", road->limit_kmh);
		if (road->truck_limit_kmh > 0)
			fprintf(file, "%d", road->truck_limit_kmh);
		fprintf(file, ",%s,", road->hazmat_forbidden ? "t" : "f");
		if (road->grade > 0)
			fprintf(file, "%d", road->grade);
		flags_write(file, road->flags);
		fputs(",\"LINESTRING(", file);
		points_write(file, road->line, road->points);
		fputs(")\"\n", file);
	}
	table_close(file);
}

static void
road_states_write(const City *city, const char *directory)
{
	FILE *file = table_open(directory, "road_states.csv", "code,observed_at,visibility_m,surface");
	char text[40];

	for (int i = 0; i < city->segment_count; i++)
		for (int64_t at = city->begin - MINUTE; at <= city->end; at += STATE_EVERY_S)
		{
			const Segment *road = &city->segments[i];

			if (road->visibility_m > 0)
				fprintf(file, "city-%04d,%s,%d,wet\n", i, time_text(at, text), road->visibility_m);
			else if (road->ice)
				fprintf(file, "city-%04d,%s,,ice\n", i, time_text(at, text));
		}
	table_close(file);
}

static void
fences_write(const City *city, const char *directory)
{
	FILE *file =
		table_open(directory, "fences.csv", "kind,code,name,active_hours,subject_kinds,wkt");

	for (int i = 0; i < city->fence_count; i++)
	{
		const Fence *fence = &city->fences[i];
		const char *comma = "";

		fprintf(file, "%s,city-%03d,%s,", fence_kind_name[fence->kind], i, fence->name);
		if (fence->hours != NULL)
		{
			fputc('"', file);
			for (const char *at = fence->hours; *at != '\0'; at++)
				fprintf(file, *at == '"' ? "\"\"" : "%c", *at);
			fputc('"', file);
		}
		fputc(',', file);
		if (fence->kinds != 0)
		{
			fputs("\"{", file);
			for (int kind = 0; kind < KINDS; kind++)
				if (fence->kinds & (1u << kind))
				{
					fprintf(file, "%s%s", comma, kind_name[kind]);
					comma = ",";
				}
			fputs("}\"", file);
		}
		fputs(",\"MULTIPOLYGON(((", file);
		points_write(file, fence->area.corner, fence->area.corners);
		fputc(',', file);
		points_write(file, fence->area.corner, 1);
		fputs(")))\"\n", file);
	}
	table_close(file);
}

void
ground_write(const City *city, const char *directory)
{
	roads_write(city, directory);
	road_states_write(city, directory);
	fences_write(city, directory);
}

/* --- positions
 * ------------------------------------------------------------------------------------ */

static int
compare_arrivals(const void *a, const void *b)
{
	const Row *left = a, *right = b;

	if (left->arrival_ms != right->arrival_ms)
		return left->arrival_ms < right->arrival_ms ? -1 : 1;
	if (left->vehicle != right->vehicle)
		return left->vehicle < right->vehicle ? -1 : 1;
	return left->observed_ms < right->observed_ms ? -1 : left->observed_ms > right->observed_ms;
}

static char *
put_row(char *at, const Row *row, const char *plate)
{
	double lon = row->lon, lat = row->lat;

	at = put_text(at, plate);
	*at++ = ',';
	at = put_time(at, row->observed_ms);
	*at++ = ',';
	if (row->source == SOURCE_GCJ02 && lon > 0.0)
		wgs84_to_gcj02(row->lon, row->lat, &lon, &lat);
	if (lon > 0.0)
		at = put_degrees(at, lon);
	*at++ = ',';
	if (lon > 0.0)
		at = put_degrees(at, lat);
	*at++ = ',';
	if (row->speed_dkmh != UNKNOWN_SPEED)
		at = put_fixed(at, row->speed_dkmh, 10, 1);
	*at++ = ',';
	at = put_number(at, row->heading_deg);
	*at++ = ',';
	if (row->source != SOURCE_SECOND)
		at = put_fixed(at, row->mileage_dkm, 10, 1);
	*at++ = ',';
	if (row->recorder_dkmh != UNKNOWN_SPEED)
		at = put_fixed(at, row->recorder_dkmh, 10, 1);
	*at++ = ',';
	at = put_number(at, row->alarm_bits);
	*at++ = ',';
	at = put_number(at, row->status_bits);
	*at++ = ',';
	at = put_text(at, source_name[row->source]);
	*at++ = ',';
	if (row->has_video)
		at = put_number(at, row->video_bits);
	*at++ = ',';
	at = put_number(at, row->satellites);
	*at++ = '\n';
	return at;
}

/* Rows that no feed may send, for vigil.reject; returns the reason that must be given. */
static const char *
put_bad_row(char **at, const Row *row, const char *plate, int number)
{
	Row bad = *row;

	switch (number % 4)
	{
		case 0:
			*at = put_row(*at, &bad, "浙I12345");
			return "bad_plate";
		case 1:
			bad.observed_ms += (int64_t) 2 * DAY * 1000;
			*at = put_row(*at, &bad, plate);
			return "future";
		case 2:
			bad.lon = 12.5;
			bad.source = SOURCE_TERMINAL; /* not converted */
			*at = put_row(*at, &bad, plate);
			return "out_of_range";
		default:
			bad.speed_dkmh = 3000;
			bad.observed_ms += 7;
			*at = put_row(*at, &bad, plate);
			return "bad_speed";
	}
}

/* What is known of a vehicle when its next row comes: how far its earlier batches reach. */
typedef struct Known
{
	size_t batch;
	int64_t newest_ms, before_ms; /* of all its rows; of those of earlier batches */
} Known;

/* A file of positions and what must become of its rows. */
typedef struct Feed
{
	FILE *file;
	const char *name;
	size_t rows, duplicate, late, rejected;
} Feed;

/* The rows of a batch are put in order before they are judged: only an earlier batch makes a row
 * late. */
static void
feed_judge(Feed *feed, const Row *row, Known *known, int batch)
{
	size_t number = feed->rows++ / (size_t) batch + 1;

	if (known->batch != number)
	{
		known->batch = number;
		known->before_ms = known->newest_ms;
	}
	if (row->repeat && row->source == SOURCE_GCJ02) /* the same key again */
		feed->duplicate++;
	else if (row->observed_ms < known->before_ms)
		feed->late++;
	else if (row->repeat)
		feed->duplicate++;
	else if (row->observed_ms > known->newest_ms)
		known->newest_ms = row->observed_ms;
}

static Feed
feed_open(const char *directory, const char *file, const char *name)
{
	return (Feed){.file = table_open(directory, file, POSITION_HEADER), .name = name};
}

static void
feed_close(const Feed *feed, FILE *counts)
{
	fprintf(counts, "%s,%zu,%zu,%zu,%zu,%zu\n", feed->name, feed->rows,
			feed->rows - feed->duplicate - feed->late - feed->rejected, feed->duplicate, feed->late,
			feed->rejected);
	table_close(feed->file);
}

void
rows_write(const Rows *rows, const Fleet *fleet, int batch, const char *directory)
{
	Feed copied = feed_open(directory, "positions.csv", "copy");
	Feed ingested = feed_open(directory, "ingest_gcj02.csv", "ingest");
	FILE *rejects = table_open(directory, "rejects.csv", "reason");
	FILE *counts = table_open(directory, "feeds.csv", "name,rows,accepted,duplicate,late,rejected");
	Known *known = calloc((size_t) fleet->count, sizeof(Known));
	size_t good = 0;

	if (known == NULL)
		abort();
	qsort(rows->row, rows->count, sizeof(Row), compare_arrivals);
	for (size_t i = 0; i < rows->count; i++)
	{
		const Row *row = &rows->row[i];
		const char *plate = fleet->vehicles[row->vehicle].plate;
		Feed *feed = row->source == SOURCE_GCJ02 ? &ingested : &copied;
		char line[512], *end = put_row(line, row, plate);

		fwrite(line, 1, (size_t) (end - line), feed->file);
		feed_judge(feed, row, &known[row->vehicle], batch);
		if (feed == &copied || ++good % BAD_EVERY != 0)
			continue;
		end = line;
		fprintf(rejects, "%s\n", put_bad_row(&end, row, plate, (int) (good / BAD_EVERY)));
		fwrite(line, 1, (size_t) (end - line), feed->file);
		feed->rows++;
		feed->rejected++;
	}
	feed_close(&copied, counts);
	feed_close(&ingested, counts);
	table_close(rejects);
	table_close(counts);
	free(known);
}

void
truth_write(const Truth *truth, int count, const Fleet *fleet, const char *directory)
{
	FILE *file = table_open(directory, "truth.csv",
							"plate,model,raised_from,raised_until,cleared_from,cleared_until,note");
	char text[40];

	for (int i = 0; i < count; i++)
	{
		fprintf(file, "%s,%s", fleet->vehicles[truth[i].vehicle].plate, truth[i].model);
		fprintf(file, ",%s", time_text(truth[i].raised_from, text));
		fprintf(file, ",%s", time_text(truth[i].raised_until, text));
		fprintf(file, ",%s", time_text(truth[i].cleared_from, text));
		fprintf(file, ",%s", time_text(truth[i].cleared_until, text));
		fprintf(file, ",\"%s\"\n", truth[i].note);
	}
	table_close(file);
}
