/*
 * vehicle_driver.c: what the way tells about the driver: fatigue, driving time, harsh driving, the
 * night ban of coaches.
 */
#include <math.h>
#include <stdlib.h>

#include "vehicle_step.h"

#define OVERTIME_BUCKETS 48
#define OVERTIME_CLEAR_US (30 * VG_MINUTE)
#define HARSH_TURN_MIN_KMH 40.0
/* Harshness is km/h and degrees per second: a feed of many rows a second is measured over nearly a
 * second, so that neither a rounded speed nor one manoeuvre in many rows counts as many events. */
#define HARSH_BASE_US (9 * VG_SECOND / 10)
#define HARSH_CLEAR_US (60 * VG_MINUTE)
#define BAN_BUCKETS 15
#define BAN_STOPPED_US (20 * VG_MINUTE)

/*
 * Another driver's card: the clocks of the old one are gone, and what they proved.  The way up to
 * this observation was the old one's too: true, it does not count for the new one.
 */
static bool
driver_change(VgStep *step)
{
	static const VgVehicleModel clocks[] = {VG_FATIGUE_CONTINUOUS, VG_FATIGUE_NIGHT,
											VG_OVERTIME_24H};
	VgVehicleState *state = step->state;
	int64_t driver_id = step->position->driver_id;

	if (driver_id == 0 || state->driver_id == 0 || driver_id == state->driver_id)
		return false;
	state->fatigue = (VgDriving){0};
	state->night = (VgDriving){0};
	state->overtime = (VgSumWindow){0};
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (vg_step_raised(step, clocks[i]))
			(void) vg_step_clear(step, clocks[i], "driver_changed");
	return true;
}

static int64_t
driver_now(const VgStep *step)
{
	return step->position->driver_id != 0 ? step->position->driver_id : step->state->driver_id;
}

static void
driver_facts(VgStep *step, VgStepEffect *effect, const char *name, int64_t driven_us, int64_t since)
{
	vg_fact_integer(effect, name, driven_us / VG_MINUTE);
	if (since != 0)
		vg_fact_time(effect, "since", since);
	if (driver_now(step) != 0)
		vg_fact_integer(effect, "driver_id", driver_now(step));
}

/* One clock against its limit. */
static void
driver_clock(VgStep *step, VgVehicleModel model, const VgDriving *clock, int64_t limit_us,
			 bool over, const char *name)
{
	VgStepEffect *effect = NULL;

	if (vg_step_raised(step, model) && over)
		(void) vg_step_clear(step, model, NULL);
	else if (vg_step_raised(step, model) && clock->driving_us > 0)
		effect = vg_step_touch(step, model);
	else if (!over && clock->driving_us >= limit_us && !vg_step_silent(step, model, 0))
		effect = vg_step_raise(step, model, 0);
	if (effect == NULL)
		return;
	driver_facts(step, effect, name, clock->driving_us, clock->since);
	if (effect->kind == VG_STEP_RAISE && clock->last_rest != 0)
		vg_fact_time(effect, "last_rest", clock->last_rest);
}

static void
driver_fatigue(VgStep *step, bool changed)
{
	const VgVehicleRules *rules = step->rules;
	VgVehicleState *state = step->state;
	int64_t length_us = changed ? 0 : step->now - step->interval.from_us;
	bool rested;

	if (vg_step_enabled(step, VG_FATIGUE_CONTINUOUS))
	{
		rested = length_us > 0 &&
				 vg_driving_step(&state->fatigue, &step->interval, length_us, &rules->fatigue);
		driver_clock(step, VG_FATIGUE_CONTINUOUS, &state->fatigue, rules->fatigue.drive_us, rested,
					 "driving_min");
	}
	if (vg_step_enabled(step, VG_FATIGUE_NIGHT) &&
		(VG_KIND_BIT(step->traits->kind) & VG_KINDS_COACH) != 0)
	{
		int64_t night_us =
			vg_daily_overlap(step->interval.from_us, step->now, rules->fatigue_night_from,
							 rules->fatigue_night_to, rules->utc_offset_minutes);
		/* the end of the night belongs to it: the minute that completes the two hours may be its
		 * last */
		bool over = !vg_daily_inside(step->now - 1, rules->fatigue_night_from,
									 rules->fatigue_night_to, rules->utc_offset_minutes);

		rested = length_us > 0 &&
				 vg_driving_step(&state->night, &step->interval, night_us, &rules->fatigue_night);
		driver_clock(step, VG_FATIGUE_NIGHT, &state->night, rules->fatigue_night.drive_us,
					 rested || over, "night_min");
		if (over)
			state->night.driving_us = 0;
	}
}

static void
driver_overtime(VgStep *step, VgMotion motion)
{
	const VgVehicleRules *rules = step->rules;
	VgSumWindow *window = &step->state->overtime;
	bool goods = step->traits->kind == VG_TRUCK_HEAVY || step->traits->kind == VG_OTHER;
	int64_t limit_us = goods ? rules->overtime_goods_us : rules->overtime_us;
	VgStepEffect *effect = NULL;
	int64_t sum_us;

	if (!vg_step_enabled(step, VG_OVERTIME_24H))
		return;
	if (motion == VG_MOTION_DRIVE)
		vg_sum_window_add(window, step->interval.from_us, step->now, rules->overtime_bucket_us,
						  OVERTIME_BUCKETS);
	if (window->sum_ms == 0)
		return;
	sum_us = vg_sum_window_sum(window, step->now, rules->overtime_bucket_us, OVERTIME_BUCKETS);
	if (vg_step_raised(step, VG_OVERTIME_24H))
	{
		if (sum_us < limit_us - OVERTIME_CLEAR_US)
			(void) vg_step_clear(step, VG_OVERTIME_24H, NULL);
		else if (motion == VG_MOTION_DRIVE)
			effect = vg_step_touch(step, VG_OVERTIME_24H);
	}
	else if (sum_us >= limit_us && !vg_step_silent(step, VG_OVERTIME_24H, 0))
		effect = vg_step_raise(step, VG_OVERTIME_24H, 0);
	if (effect != NULL)
		driver_facts(step, effect, "driving_min_24h", sum_us / VG_MINUTE * VG_MINUTE, 0);
}

/* What is harsh between two speeds and headings at most a few seconds apart: its name, or NULL. */
static const char *
harsh_kind(const VgStep *step, double seconds, double *measure)
{
	const VgPosition *position = step->position;
	double change =
		((double) position->speed_kmh - (double) step->state->harsh_speed_kmh) / seconds;

	if (-change >= step->rules->harsh.brake || change >= step->rules->harsh.accelerate)
	{
		*measure = fabs(change);
		return change < 0 ? "brake" : "accelerate";
	}
	if ((position->has & VG_HAS_HEADING) && step->state->harsh_heading_deg >= 0 &&
		(double) position->speed_kmh >= HARSH_TURN_MIN_KMH)
	{
		int turn = abs(position->heading_deg - step->state->harsh_heading_deg) % 360;

		*measure = (turn > 180 ? 360 - turn : turn) / seconds;
		if (*measure >= step->rules->harsh.turn)
			return "turn";
	}
	return NULL;
}

bool
vg_step_harsh_due(const VgStep *step)
{
	return step->state->harsh_speed_kmh < 0 || step->now - step->state->harsh_us >= HARSH_BASE_US;
}

static void
driver_harsh(VgStep *step, VgMotion motion)
{
	VgVehicleState *state = step->state;
	int64_t driven_us = step->now - step->interval.from_us;
	int64_t length_us = state->harsh_us == VG_NEVER ? 0 : step->now - state->harsh_us;
	VgStepEffect *effect = NULL;
	const char *kind = NULL;
	double measure = 0;
	int32_t count;

	if (!vg_step_enabled(step, VG_HARSH_DRIVING))
		return;
	if (motion == VG_MOTION_DRIVE && state->harsh.count > 0)
		state->harsh_driving_us += driven_us;
	if (vg_step_harsh_due(step) && length_us > 0 &&
		length_us <= step->rules->harsh.max_interval_us && state->harsh_speed_kmh >= 0 &&
		(step->position->has & VG_HAS_SPEED) && step->located)
		kind = harsh_kind(step, (double) length_us / VG_SECOND, &measure);
	if (kind == NULL)
	{
		if (vg_step_raised(step, VG_HARSH_DRIVING) && state->harsh_driving_us >= HARSH_CLEAR_US)
			(void) vg_step_clear(step, VG_HARSH_DRIVING, NULL);
		return;
	}
	vg_count_window_add(&state->harsh, step->now);
	state->harsh_driving_us = 0;
	count = vg_count_window_count(&state->harsh, step->now, step->rules->harsh.window_us);
	if (vg_step_raised(step, VG_HARSH_DRIVING))
		effect = vg_step_touch(step, VG_HARSH_DRIVING);
	else if (count >= step->rules->harsh.count && !vg_step_silent(step, VG_HARSH_DRIVING, 0))
		effect = vg_step_raise(step, VG_HARSH_DRIVING, 0);
	if (effect != NULL)
	{
		vg_fact_integer(effect, "count", count);
		vg_fact_real(effect, "worst_max", measure);
		vg_fact_text(effect, "kind", kind);
	}
}

/* At a relay point (接驳) in force the drivers change and the coach may stand or leave. */
static bool
ban_exempt(const VgStep *step)
{
	uint32_t flags = step->traits->flags;

	if (flags & (VG_EXEMPT_FEEDER | VG_EXEMPT_AIRPORT_RAIL))
		return true;
	if (!(flags & VG_EXEMPT_RELAY_POINT))
		return false;
	for (int32_t i = 0; i < step->hit_count; i++)
	{
		uint32_t number = step->world->hits[i];
		const VgFence *fence = vg_fence_get(step->world->fences, number);

		if (((step->rules->relay_point >> fence->kind) & 1) != 0 &&
			vg_fence_active(step->world->fences, number, step->now,
							step->rules->utc_offset_minutes))
			return true;
	}
	return false;
}

static void
driver_night_ban(VgStep *step)
{
	const VgVehicleRules *rules = step->rules;
	VgVehicleState *state = step->state;
	bool inside =
		vg_daily_inside(step->now, rules->ban_from, rules->ban_to, rules->utc_offset_minutes);
	bool stopped = state->stop_since != VG_NEVER && step->speed_kmh < STEP_MOVING_KMH &&
				   step->now - state->stop_since >= BAN_STOPPED_US;
	int64_t sum_us;

	if (!vg_step_enabled(step, VG_NIGHT_BAN_COACH) ||
		(VG_KIND_BIT(step->traits->kind) & VG_KINDS_COACH) == 0)
		return;
	if (vg_step_raised(step, VG_NIGHT_BAN_COACH) && (!inside || stopped))
	{
		(void) vg_step_clear(step, VG_NIGHT_BAN_COACH, NULL);
		state->ban = (VgSumWindow){0};
		return;
	}
	if (!inside || ban_exempt(step))
		return;
	if (step->interval.speed_from_kmh >= rules->ban_moving_kmh &&
		step->now - step->interval.from_us <= VG_GAP_US)
	{
		/* the part of the interval inside the hours is its end, for it ends inside */
		int64_t part_us = vg_daily_overlap(step->interval.from_us, step->now, rules->ban_from,
										   rules->ban_to, rules->utc_offset_minutes);

		vg_sum_window_add(&state->ban, step->now - part_us, step->now, rules->ban_bucket_us,
						  BAN_BUCKETS);
	}
	sum_us = vg_sum_window_sum(&state->ban, step->now, rules->ban_bucket_us, BAN_BUCKETS);
	if (vg_step_raised(step, VG_NIGHT_BAN_COACH))
		(void) vg_step_touch(step, VG_NIGHT_BAN_COACH);
	else if (sum_us >= rules->ban_moving_us && !vg_step_silent(step, VG_NIGHT_BAN_COACH, 0))
	{
		VgStepEffect *effect = vg_step_raise(step, VG_NIGHT_BAN_COACH, 0);

		vg_fact_integer(effect, "moving_min", sum_us / VG_MINUTE);
		if (step->segment != NULL)
			vg_fact_integer(effect, "segment_id", step->segment->id);
	}
}

void
vg_step_driver(VgStep *step)
{
	VgMotion motion = vg_motion(&step->interval, STEP_MOVING_KMH, step->rules->fatigue.gap_us);

	bool changed = driver_change(step);

	driver_fatigue(step, changed);
	driver_overtime(step, changed ? VG_MOTION_UNKNOWN : motion);
	driver_harsh(step, motion);
	driver_night_ban(step);
}
