/*
 * vehicle_device.c: what the terminal tells about itself: jumps, two terminals under one plate,
 * shielding, blocked video, tampered speed, equipment, crowding.
 */
#include <math.h>

#include "geo.h"
#include "vehicle_step.h"

/* Jumps are looked for between neighbours that are at most this far apart in time. */
#define JUMP_INTERVAL_US (120 * VG_SECOND)
#define DRIFT_CLEAR_US (20 * VG_MINUTE)
#define MILEAGE_BACK_KM 1.0f
#define SHIELD_CLEAR_US (10 * VG_MINUTE)
#define SHIELD_BUCKETS 15
#define TAMPER_MIN_KMH 10.0f

static bool jump_clone(VgStep *step, double implied_kmh);
static bool jump_drift(VgStep *step, double implied_kmh);
static void jump_count(VgStep *step, double jump_m, double implied_kmh);

bool
vg_step_jump(VgStep *step)
{
	const VgVehicleState *state = step->state;
	double implied_kmh;

	if (step->way_m < 0 || step->now <= state->good_us)
		return false;
	implied_kmh = step->way_m * 3.6 * VG_SECOND / (double) (step->now - state->good_us);
	if (jump_clone(step, implied_kmh) || jump_drift(step, implied_kmh))
		return true;
	if ((step->position->has & VG_HAS_MILEAGE) && state->mileage_km >= 0 &&
		step->position->mileage_km < state->mileage_km - MILEAGE_BACK_KM)
		jump_count(step, 0, 0);
	return false;
}

/* Two feeds that carry one plate at places that one vehicle cannot reach: the plate runs twice. */
static bool
jump_clone(VgStep *step, double implied_kmh)
{
	const VgVehicleState *state = step->state;
	VgStepEffect *effect;

	if (state->source == 0 || step->position->source == 0 ||
		state->source == step->position->source || step->way_m < step->rules->clone_min_m ||
		implied_kmh <= step->rules->clone_max_kmh)
		return false;
	if (!vg_step_enabled(step, VG_CLONE_JUMP))
		return true;
	if (vg_step_raised(step, VG_CLONE_JUMP))
		effect = vg_step_touch(step, VG_CLONE_JUMP);
	else if (vg_step_silent(step, VG_CLONE_JUMP, 0))
		return true;
	else
		effect = vg_step_raise(step, VG_CLONE_JUMP, 0);
	if (effect != NULL)
	{
		vg_fact_real(effect, "km", step->way_m / 1000);
		vg_fact_integer(effect, "seconds", (step->now - state->good_us) / VG_SECOND);
		vg_fact_real(effect, "implied_kmh", implied_kmh);
	}
	return true;
}

static bool
jump_drift(VgStep *step, double implied_kmh)
{
	if (step->now - step->state->good_us > JUMP_INTERVAL_US ||
		step->way_m < step->rules->drift.min_m || implied_kmh <= step->rules->drift.max_kmh)
		return false;
	jump_count(step, step->way_m, implied_kmh);
	return true;
}

static void
jump_count(VgStep *step, double jump_m, double implied_kmh)
{
	VgCountWindow *jumps = &step->state->jumps;
	VgStepEffect *effect = NULL;
	int32_t count;

	vg_count_window_add(jumps, step->now);
	if (!vg_step_enabled(step, VG_GPS_DRIFT))
		return;
	count = vg_count_window_count(jumps, step->now, step->rules->drift.window_us);
	if (vg_step_raised(step, VG_GPS_DRIFT))
		effect = vg_step_touch(step, VG_GPS_DRIFT);
	else if (count >= step->rules->drift.count && !vg_step_silent(step, VG_GPS_DRIFT, 0))
		effect = vg_step_raise(step, VG_GPS_DRIFT, 0);
	if (effect != NULL)
	{
		vg_fact_integer(effect, "count", count);
		vg_fact_integer(effect, "jump_m", (int64_t) jump_m);
		vg_fact_integer(effect, "implied_kmh", (int64_t) implied_kmh);
	}
}

static void
device_drift_clear(VgStep *step)
{
	int64_t newest;

	if (!vg_step_raised(step, VG_GPS_DRIFT) || !step->located)
		return;
	newest = vg_count_window_last(&step->state->jumps);
	if (newest == VG_NEVER || step->now - newest >= DRIFT_CLEAR_US)
		(void) vg_step_clear(step, VG_GPS_DRIFT, NULL);
}

static bool
device_is_shielded(const VgStep *step)
{
	const VgPosition *position = step->position;

	if (!(position->has & VG_HAS_STATUS) || !(position->status_bits & VG_STATUS_ACC_ON))
		return false;
	return !step->located ||
		   ((position->has & VG_HAS_ALARM) && (position->alarm_bits & VG_ALARM_SHIELD) != 0);
}

static void
device_shield(VgStep *step)
{
	VgVehicleState *state = step->state;
	const VgVehicleRules *rules = step->rules;
	int64_t length_us = step->now - step->interval.from_us;
	bool shielded = device_is_shielded(step);
	int64_t bad_us;

	if (!vg_step_enabled(step, VG_GPS_SHIELD))
		return;
	if (state->was_shielded && length_us <= VG_GAP_US)
		vg_sum_window_add(&state->shield, step->interval.from_us, step->now,
						  rules->shield_bucket_us, SHIELD_BUCKETS);
	state->was_shielded = shielded;
	if (shielded)
		state->good_since = VG_NEVER;
	else if (state->good_since == VG_NEVER)
		state->good_since = step->now;

	if (vg_step_raised(step, VG_GPS_SHIELD))
	{
		if (!shielded && step->now - state->good_since >= SHIELD_CLEAR_US)
			(void) vg_step_clear(step, VG_GPS_SHIELD, NULL);
		else if (shielded)
			(void) vg_step_touch(step, VG_GPS_SHIELD);
		return;
	}
	if (!shielded)
		return;
	bad_us = vg_sum_window_sum(&state->shield, step->now, rules->shield_bucket_us, SHIELD_BUCKETS);
	if (bad_us >= rules->shield_bad_us && !vg_step_silent(step, VG_GPS_SHIELD, 0))
	{
		VgStepEffect *effect = vg_step_raise(step, VG_GPS_SHIELD, 0);

		vg_fact_integer(effect, "bits", step->position->alarm_bits & VG_ALARM_SHIELD);
		vg_fact_integer(effect, "bad_min", bad_us / VG_MINUTE);
		if (step->position->has & VG_HAS_RECORDER)
			vg_fact_real(effect, "recorder_speed", (double) step->position->recorder_speed_kmh);
	}
}

static void
device_video(VgStep *step)
{
	const VgPosition *position = step->position;
	uint32_t bits = position->video_bits & (VG_VIDEO_LOST | VG_VIDEO_BLOCKED_BIT);
	VgStepEffect *effect;

	if (!(position->has & VG_HAS_VIDEO))
		return;
	if (step->speed_kmh < step->rules->video_min_kmh)
		vg_debounce_pause(&step->state->debounce[VG_VIDEO_BLOCKED], step->now);
	else
	{
		effect =
			vg_step_debounce(step, VG_VIDEO_BLOCKED, bits != 0 ? VG_SAMPLE_BAD : VG_SAMPLE_GOOD, 0,
							 &step->rules->video_blocked, 0);
		if (effect != NULL && effect->kind == VG_STEP_RAISE)
		{
			vg_fact_integer(effect, "bits", bits);
			vg_fact_time(effect, "since", step->state->debounce[VG_VIDEO_BLOCKED].bad_since);
		}
	}
	effect = vg_step_debounce(step, VG_OVERLOAD_PEOPLE,
							  position->video_bits & VG_VIDEO_OVERCROWDED ? VG_SAMPLE_BAD
																		  : VG_SAMPLE_GOOD,
							  0, &step->rules->overload_people, 0);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
		vg_fact_text(effect, "source", "video");
}

static void
device_tamper(VgStep *step)
{
	const VgPosition *position = step->position;
	VgStepEffect *effect;
	double difference;

	if ((position->has & (VG_HAS_SPEED | VG_HAS_RECORDER)) != (VG_HAS_SPEED | VG_HAS_RECORDER) ||
		!step->located || position->speed_kmh < TAMPER_MIN_KMH ||
		position->recorder_speed_kmh < TAMPER_MIN_KMH)
	{
		vg_debounce_pause(&step->state->debounce[VG_SPEED_TAMPER], step->now);
		return;
	}
	difference = fabs((double) position->speed_kmh - (double) position->recorder_speed_kmh);
	effect = vg_step_debounce(step, VG_SPEED_TAMPER,
							  difference >= step->rules->tamper_diff_kmh ? VG_SAMPLE_BAD
																		 : VG_SAMPLE_GOOD,
							  difference, &step->rules->speed_tamper, 0);
	if (effect == NULL)
		return;
	vg_fact_real(effect, "difference_max", (double) effect->worst);
	if (effect->kind == VG_STEP_RAISE)
	{
		vg_fact_real(effect, "gps_kmh", (double) position->speed_kmh);
		vg_fact_real(effect, "recorder_kmh", (double) position->recorder_speed_kmh);
		vg_fact_integer(effect, "minutes",
						(step->now - step->state->debounce[VG_SPEED_TAMPER].bad_since) / VG_MINUTE);
	}
}

static void
device_equipment(VgStep *step)
{
	const VgPosition *position = step->position;
	uint32_t bits = position->alarm_bits & step->rules->equipment_bits;
	VgStepEffect *effect;

	if (!(position->has & VG_HAS_ALARM))
		return;
	effect = vg_step_debounce(step, VG_EQUIPMENT_ALARM, bits != 0 ? VG_SAMPLE_BAD : VG_SAMPLE_GOOD,
							  0, &step->rules->equipment, 0);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
	{
		vg_fact_integer(effect, "bits", bits);
		vg_fact_time(effect, "since", step->state->debounce[VG_EQUIPMENT_ALARM].bad_since);
	}
}

void
vg_step_device(VgStep *step)
{
	device_drift_clear(step);
	device_shield(step);
	device_video(step);
	device_tamper(step);
	device_equipment(step);
}
