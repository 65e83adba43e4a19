/*
 * drive.c: a vehicle lives through its actions, second by second while it moves.
 */
#include "drive.h"

#include <math.h>

#define ACCELERATE_MS2 1.0
#define BRAKE_HARDEST_MS2 2.2 /* well under the 9 km/h per s of harsh braking */
#define CREEP_MS 1.5		  /* the last metres before a stop */
#define HEARTBEAT_S 300		  /* of a sleeping terminal */
#define ENGINE_OFF_S 60		  /* after arrival */

static void drive_park(Driver *driver);
static void drive_halt(Driver *driver);
static void drive_path(Driver *driver);
static void drive_second(Driver *driver);

void
drive(const City *city, Vehicle *vehicle, bool noisy, Rows *rows)
{
	static Path path; /* large, and used by one vehicle at a time */
	Driver driver = {.city = city, .vehicle = vehicle, .rows = rows, .noisy = noisy};
	int home = city->places[vehicle->home].node;

	driver.path = &path;
	driver.now = city->begin + vehicle->number * 7 % HEARTBEAT_S;
	driver.spot = (Spot){.arc = city->nodes[home].first_arc ^ 1, .node = home};
	driver.spot.along_m = city->arcs[driver.spot.arc].length_m;
	driver.mileage_m = 1e3 * random_between(&vehicle->random, 5000, 200000);
	(void) arc_point(city, driver.spot.arc, driver.spot.along_m, &driver.heading_deg);
	for (int i = 0; i < vehicle->action_count && driver.now < city->end; i++)
	{
		driver.action = &vehicle->actions[i];
		driver.action->first = driver.action->last = 0;
		driver.since = driver.now;
		driver.effect_since =
			driver.action->kind == GO && driver.action->stretch.arcs > 0 ? 0 : driver.now;
		driver.odd_done = 0;
		driver.odd_next = driver.now + driver.action->odd.every_s;
		switch (driver.action->kind)
		{
			case PARK:
				drive_park(&driver);
				break;
			case HALT:
				drive_halt(&driver);
				break;
			case GO:
			case TOUR:
				drive_path(&driver);
				break;
		}
	}
}

static bool
waiting(const Driver *driver)
{
	const Action *action = driver->action;

	return driver->now < driver->city->end &&
		   (driver->now < action->until || driver->now - driver->since < action->for_s);
}

/* Engine off: a row on arrival, one when the engine is off, heartbeats, one when it is on again. */
static void
drive_park(Driver *driver)
{
	int64_t arrival = driver->now;

	driver->speed_ms = 0.0;
	driver->acc_on = arrival != driver->city->begin + driver->vehicle->number * 7 % HEARTBEAT_S;
	for (; waiting(driver); driver->now++)
	{
		int64_t parked_s = driver->now - arrival;

		if (parked_s == ENGINE_OFF_S)
			driver->acc_on = false;
		if (parked_s == ENGINE_OFF_S || parked_s % HEARTBEAT_S == 0)
			row_send(driver);
		if (parked_s % HEARTBEAT_S == HEARTBEAT_S / 2)
			row_elsewhere(driver);
	}
	driver->acc_on = true;
	if (driver->now < driver->city->end)
		row_send(driver);
	driver->now++;
}

static void
drive_halt(Driver *driver)
{
	driver->speed_ms = 0.0;
	driver->acc_on = !driver->action->effect.acc_off;
	for (; waiting(driver); driver->now++)
		if (row_due(driver))
			row_send(driver);
	driver->acc_on = true;
}

static void
drive_path(Driver *driver)
{
	driver->acc_on = true;
	path_lay(driver->path, driver->city, driver->vehicle, driver->action, driver->spot,
			 driver->now);
	gap_plan(driver);
	driver->step = 0;
	driver->wait_s = 0;
	if (driver->spot.node >= 0)
	{
		driver->spot.along_m = 0.0;
		driver->spot.arc = driver->path->step[0].arc;
		driver->spot.node = -1;
	}
	for (; driver->now < driver->city->end && driver->step < driver->path->steps; driver->now++)
	{
		const Step *step = &driver->path->step[driver->step];

		if (step->on_stretch && driver->effect_since == 0)
		{
			driver->effect_since = driver->now;
			driver->odd_next = driver->now + driver->action->odd.every_s;
		}
		drive_second(driver);
		if (row_due(driver))
			row_send(driver);
	}
	driver->speed_ms = 0.0;
}

/* The next step of the path, or its end; carry_m were driven beyond the present one. */
static void
step_enter(Driver *driver, double carry_m)
{
	const Path *path = driver->path;

	driver->step++;
	if (driver->step < path->steps)
	{
		driver->spot.arc = path->step[driver->step].arc;
		driver->spot.along_m = carry_m;
		return;
	}
	driver->spot.along_m = path->step[path->steps - 1].end_m;
	if (!driver->action->ends_on_stretch)
		driver->spot.node = driver->city->arcs[driver->spot.arc].to;
}

/* Whether a harsh braking is ordered for this second: steady at the ordered speed, and due. */
static bool
brakes_harshly(Driver *driver, const Step *step)
{
	const Odd *odd = &driver->action->odd;

	if (odd->brake_kmh <= 0.0 || driver->odd_done == odd->times || !step->on_stretch ||
		driver->now < driver->odd_next || driver->speed_ms * 3.6 < step->speed_kmh - 0.05)
		return false;
	driver->odd_done++;
	driver->odd_next = driver->now + odd->every_s;
	driver->odd_now = true;
	return true;
}

static void
drive_second(Driver *driver)
{
	const Step *step = &driver->path->step[driver->step];
	double left_m = step->end_m - driver->spot.along_m;
	double top_ms = step_kmh(driver->city, driver->vehicle, step, driver->now) / 3.6;
	double before_ms = driver->speed_ms, speed_ms;

	if (driver->wait_s > 0)
	{
		if (--driver->wait_s == 0)
			step_enter(driver, 0.0);
		return;
	}
	speed_ms =
		fmin(fmin(before_ms + ACCELERATE_MS2, top_ms),
			 sqrt(step->exit_ms * step->exit_ms + 2.0 * BRAKE_MS2 * fmax(0.0, left_m - before_ms)));
	speed_ms = fmax(speed_ms, before_ms - BRAKE_HARDEST_MS2);
	speed_ms = fmax(speed_ms, fmin(CREEP_MS, top_ms));
	if (brakes_harshly(driver, step))
		speed_ms = before_ms - driver->action->odd.brake_kmh / 3.6;
	driver->speed_ms = speed_ms;
	driver->spot.along_m += (before_ms + speed_ms) / 2.0;
	driver->mileage_m += (before_ms + speed_ms) / 2.0;
	if (driver->spot.along_m < step->end_m)
		return;
	if (step->wait_s > 0)
	{
		driver->spot.along_m = step->end_m;
		driver->speed_ms = 0.0;
		driver->wait_s = step->wait_s;
		return;
	}
	step_enter(driver, driver->spot.along_m - step->end_m);
}
