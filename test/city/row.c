/*
 * row.c: what the terminal sends, and what the network makes of it.
 */
#include "drive.h"

#include <math.h>
#include <stdlib.h>

#define MOVING_MS (5.0 / 3.6)
#define STATUS_ACC 0x1
#define STATUS_LOCATED 0x2

/* Shares of a clean vehicle's rows with a fault of the network, and of its trips with a gap. */
#define LATE_SHARE 0.006
#define REPEAT_SHARE 0.002
#define GAP_SHARE 0.06

/* GPS noise (--noise real). */
#define NOISE_M 8.0
#define MULTIPATH_SHARE 0.0015
#define SPEED_NOISE_KMH 0.4 /* 0.1 m/s: by Doppler shift */
#define JITTER_MS 900 /* of rows some seconds apart; a feed by the second is steadier than that */

static void row_watch(Driver *driver, bool effect);
static void row_place(Driver *driver, Row *row, Point point);
static void row_effect(Driver *driver, Row *row);
static void row_network(Driver *driver, Row *row);

Row *
rows_add(Rows *rows)
{
	if (rows->count == rows->size)
	{
		rows->size = rows->size == 0 ? 1 << 16 : rows->size * 2;
		rows->row = realloc(rows->row, rows->size * sizeof(Row));
		if (rows->row == NULL)
			abort();
	}
	rows->row[rows->count] = (Row){.observed_ms = 0};
	return &rows->row[rows->count++];
}

bool
row_due(const Driver *driver)
{
	int interval_s =
		driver->action->interval_s > 0 ? driver->action->interval_s : driver->vehicle->interval_s;

	return (driver->now + driver->vehicle->phase_s) % interval_s == 0;
}

void
gap_plan(Driver *driver)
{
	Random *random = &driver->vehicle->random;

	driver->gap_from = driver->gap_until = 0;
	if (driver->vehicle->planted || random_unit(random) >= GAP_SHARE)
		return;
	driver->gap_from = driver->now + random_below(random, 20 * MINUTE);
	driver->gap_until = driver->gap_from + 2 * MINUTE + random_below(random, 6 * MINUTE);
}

static bool
effect_on(const Driver *driver)
{
	const Effect *effect = &driver->action->effect;
	int64_t age_s = driver->now - driver->effect_since;

	return effect->for_s > 0 && driver->effect_since != 0 && age_s >= effect->from_s &&
		   age_s < effect->from_s + effect->for_s;
}

static uint16_t
tenths(double value)
{
	return (uint16_t) lround(fmax(0.0, value) * 10.0);
}

void
row_send(Driver *driver)
{
	Vehicle *vehicle = driver->vehicle;
	const Odd *odd = &driver->action->odd;
	Point point =
		arc_point(driver->city, driver->spot.arc, driver->spot.along_m, &driver->heading_deg);
	Row *row;

	if (driver->now >= driver->gap_from && driver->now < driver->gap_until)
		return;
	if (odd->jump_m > 0.0 && driver->odd_done < odd->times && driver->now >= driver->odd_next)
	{
		point.x += point.x > 0.0 ? -odd->jump_m : odd->jump_m;
		driver->odd_done++;
		driver->odd_next = driver->now + odd->every_s;
		driver->odd_now = true;
	}
	row = rows_add(driver->rows);
	row->observed_ms = driver->now * 1000;
	row->vehicle = vehicle->number;
	row->source = vehicle->gcj02 ? SOURCE_GCJ02 : SOURCE_TERMINAL;
	row->mileage_dkm = (uint32_t) lround(driver->mileage_m / 100.0);
	row->speed_dkmh = tenths(driver->speed_ms * 3.6);
	row->recorder_dkmh = vehicle->recorder ? row->speed_dkmh : UNKNOWN_SPEED;
	row->heading_deg = (uint16_t) ((int) lround(driver->heading_deg) % 360);
	row->status_bits = (uint16_t) (STATUS_LOCATED | (driver->acc_on ? STATUS_ACC : 0));
	row->has_video = vehicle->video;
	row->satellites = (uint8_t) (8 + driver->now / 60 % 7);
	row_place(driver, row, point);
	if (effect_on(driver))
		row_effect(driver, row);
	row_watch(driver, effect_on(driver));
	driver->odd_now = false;
	row_network(driver, row);
}

void
row_elsewhere(Driver *driver)
{
	const Odd *odd = &driver->action->odd;
	Row *row;

	if (!odd->is_elsewhere || driver->odd_done == odd->times || driver->now < driver->odd_next)
		return;
	driver->odd_done++;
	driver->odd_next = driver->now + odd->every_s;
	row = rows_add(driver->rows);
	row->observed_ms = driver->now * 1000;
	row->arrival_ms = row->observed_ms + 2000;
	row->vehicle = driver->vehicle->number;
	row->source = SOURCE_SECOND;
	row->speed_dkmh = 420;
	row->recorder_dkmh = UNKNOWN_SPEED;
	row->heading_deg = 90;
	row->status_bits = STATUS_ACC | STATUS_LOCATED;
	row->satellites = 9;
	plane_to_wgs84(odd->elsewhere, &row->lon, &row->lat);
	driver->odd_now = true;
	row_watch(driver, false);
	driver->odd_now = false;
}

/* Whether this row is one of those that the action's expectation is told from. */
static bool
row_watched(const Driver *driver, bool effect)
{
	const Action *action = driver->action;
	bool driving = action->kind == GO || action->kind == TOUR;
	const Step *step =
		driving && driver->step < driver->path->steps ? &driver->path->step[driver->step] : NULL;

	switch (action->watch)
	{
		case WATCH_ALL:
			return true;
		case WATCH_EFFECT:
			return effect;
		case WATCH_SPEED:
			return step != NULL && step->on_stretch &&
				   tenths(driver->speed_ms * 3.6) == tenths(action->speed_kmh);
		case WATCH_STRETCH:
			return step != NULL && step->on_stretch;
		case WATCH_FENCE:
			return polygon_covers(&action->fence->area, arc_point(driver->city, driver->spot.arc,
																  driver->spot.along_m, NULL));
		case WATCH_MOVING:
			return driver->speed_ms >= MOVING_MS;
		case WATCH_STILL:
			return driver->speed_ms < 0.01;
		case WATCH_ODD:
			return driver->odd_now;
		case WATCH_DRIVEN:
			return driver->driven_s >= action->driven_s;
	}
	return false;
}

static void
row_watch(Driver *driver, bool effect)
{
	Action *action = driver->action;

	if (driver->last_moving && driver->now - driver->last_row <= 300)
		driver->driven_s += driver->now - driver->last_row;
	driver->last_row = driver->now;
	driver->last_moving = driver->speed_ms >= MOVING_MS;
	if (!row_watched(driver, effect))
		return;
	if (action->first == 0)
		action->first = driver->now;
	action->last = driver->now;
}

static void
row_place(Driver *driver, Row *row, Point point)
{
	Random *random = &driver->vehicle->random;

	if (driver->noisy)
	{
		double spread_m = random_unit(random) < MULTIPATH_SHARE ? 15.0 * NOISE_M : NOISE_M;
		double speed_kmh = driver->speed_ms * 3.6;

		point.x += spread_m * random_normal(random);
		point.y += spread_m * random_normal(random);
		if (driver->action->interval_s != 1 && driver->speed_ms > 0.0)
			row->observed_ms += random_below(random, JITTER_MS);
		if (speed_kmh > 0.0)
			row->speed_dkmh = tenths(speed_kmh + SPEED_NOISE_KMH * random_normal(random));
	}
	plane_to_wgs84(point, &row->lon, &row->lat);
}

static void
row_effect(Driver *driver, Row *row)
{
	const Effect *effect = &driver->action->effect;

	row->alarm_bits |= effect->alarm_bits;
	if (row->has_video)
		row->video_bits |= (uint8_t) effect->video_bits;
	if (row->recorder_dkmh != UNKNOWN_SPEED)
		row->recorder_dkmh = tenths(driver->speed_ms * 3.6 + effect->recorder_kmh);
	if (effect->no_fix)
	{
		row->lon = row->lat = 0.0;
		row->speed_dkmh = UNKNOWN_SPEED;
		row->satellites = 0;
		row->status_bits &= (uint16_t) ~STATUS_LOCATED;
	}
}

/* Delays, and for clean vehicles now and then a late row or one that comes twice within a second.
 */
static void
row_network(Driver *driver, Row *row)
{
	Random *random = &driver->vehicle->random;

	row->arrival_ms = row->observed_ms + 500 + random_below(random, 2000);
	if (driver->vehicle->planted)
		return;
	if (random_unit(random) < LATE_SHARE)
		row->arrival_ms += 1000 * (30 + random_below(random, 20 * MINUTE));
	if (random_unit(random) < REPEAT_SHARE)
	{
		Row copy = *row, *repeat = rows_add(driver->rows);

		*repeat = copy;
		repeat->repeat = true;
		if (!driver->vehicle->gcj02) /* an ingest function may be given the very same key twice */
			repeat->observed_ms += 400;
		repeat->arrival_ms += 900;
	}
}
