/*
 * vehicle.c: the step of a vehicle: order of the models, raising and clearing.
 */
#include "vehicle.h"

#include <math.h>
#include <string.h>

#include "geo.h"
#include "vehicle_step.h"

const char *const vg_vehicle_kind_code[VG_VEHICLE_KINDS] = {
	"coach_tour", "coach_line", "hazmat", "school_bus", "truck_heavy", "other",
};

const char *const vg_vehicle_model_code[VG_VEHICLE_MODELS] = {
	[VG_FATIGUE_CONTINUOUS] = "fatigue_continuous",
	[VG_FATIGUE_NIGHT] = "fatigue_night",
	[VG_OVERTIME_24H] = "overtime_24h",
	[VG_HARSH_DRIVING] = "harsh_driving",
	[VG_SPEEDING_SEGMENT] = "speeding_segment",
	[VG_SPEEDING_KIND_CAP] = "speeding_kind_cap",
	[VG_SPEEDING_NIGHT] = "speeding_night",
	[VG_OVERLOAD_PEOPLE] = "overload_people",
	[VG_GPS_DRIFT] = "gps_drift",
	[VG_GPS_SHIELD] = "gps_shield",
	[VG_VIDEO_BLOCKED] = "video_blocked",
	[VG_SPEED_TAMPER] = "speed_tamper",
	[VG_CLONE_JUMP] = "clone_jump",
	[VG_EQUIPMENT_ALARM] = "equipment_alarm",
	[VG_FORBIDDEN_AREA_ENTRY] = "forbidden_area_entry",
	[VG_FORBIDDEN_ROAD_ENTRY] = "forbidden_road_entry",
	[VG_WATER_SOURCE_STAY] = "water_source_stay",
	[VG_SCHOOL_STAY] = "school_stay",
	[VG_GOVERNMENT_STAY] = "government_stay",
	[VG_STOP_EXPRESSWAY] = "stop_expressway",
	[VG_STOP_STRUCTURE] = "stop_structure",
	[VG_NIGHT_BAN_COACH] = "night_ban_coach",
	[VG_RESTRICTED_HOURS] = "restricted_hours",
	[VG_LOW_VISIBILITY_SPEED] = "low_visibility_speed",
	[VG_ICE_SPEED] = "ice_speed",
	[VG_DANGEROUS_SECTION] = "dangerous_section",
};

static void step_obey(VgStep *step);
static void step_measure(VgStep *step);
static void step_match(VgStep *step);
static void step_remember(VgStep *step);

void
vg_vehicle_state_init(VgVehicleState *state)
{
	memset(state, 0, sizeof(*state));
	state->seen_us = VG_NEVER;
	state->last_us = VG_NEVER;
	state->harsh_us = VG_NEVER;
	state->good_us = VG_NEVER;
	state->stop_since = VG_NEVER;
	state->good_since = VG_NEVER;
	state->speed_kmh = -1;
	state->harsh_speed_kmh = -1;
	state->harsh_heading_deg = -1;
	state->mileage_km = -1;
	state->heading_deg = -1;
}

static bool
step_is_duplicate(const VgVehicleState *state, const VgPosition *position)
{
	if (position->observed_at == state->seen_us)
		return true;
	return state->seen_us != VG_NEVER && position->observed_at > state->seen_us &&
		   position->observed_at - state->seen_us < VG_SECOND &&
		   (position->has & VG_HAS_POINT) != 0 && state->good_us == state->seen_us &&
		   position->lon == state->lon && position->lat == state->lat;
}

VgStepResult
vg_vehicle_step(VgVehicleState *state, const VgPosition *position, const VgVehicleTraits *traits,
				VgOrder *orders, int32_t order_count, const VgVehicleRules *rules,
				const VgVehicleWorld *world, VgStepEffect *effects, int32_t *effect_count)
{
	VgStep step = {
		.state = state,
		.position = position,
		.traits = traits,
		.rules = rules,
		.world = world,
		.orders = orders,
		.order_count = order_count,
		.effects = effects,
		.now = position->observed_at,
		.segment_number = -1,
		.way_m = -1,
	};

	*effect_count = 0;
	if (position->has & VG_IS_BACKFILL)
		return VG_STEP_BACKFILL;
	if (step_is_duplicate(state, position))
		return VG_STEP_DUPLICATE;
	if (position->observed_at < state->seen_us)
		return VG_STEP_LATE;

	state->seen_us = step.now;
	step_obey(&step);
	if ((traits->flags & VG_NOT_SCORED) == 0)
	{
		step_measure(&step);
		if (!vg_step_jump(&step))
		{
			step_match(&step);
			vg_step_device(&step);
			vg_step_driver(&step);
			vg_step_speed(&step);
			vg_step_place(&step);
			vg_step_stay(&step);
			vg_step_stop(&step);
			step_remember(&step);
		}
	}
	*effect_count = step.effect_count;
	return VG_STEP_DONE;
}

/* A hazard that people closed is gone from the state; what proved it starts anew. */
static void
step_obey(VgStep *step)
{
	VgVehicleState *state = step->state;

	/* a model that was switched off has no hazards any more: they were cleared with the switch */
	state->raised &= step->rules->enabled;
	for (int32_t i = 0; i < step->order_count; i++)
	{
		VgOrder *order = &step->orders[i];

		if (!order->reset || order->model >= VG_VEHICLE_MODELS)
			continue;
		order->reset = false;
		state->raised &= ~VG_MODEL_BIT(order->model);
		state->debounce[order->model] = (VgDebounce){0};
		if (order->model == VG_FATIGUE_CONTINUOUS)
			state->fatigue = (VgDriving){0};
		if (order->model == VG_FATIGUE_NIGHT)
			state->night = (VgDriving){0};
		if (order->model == VG_OVERTIME_24H)
			state->overtime = (VgSumWindow){0};
		if (order->model == VG_HARSH_DRIVING)
			state->harsh.count = 0;
		if (order->model == VG_GPS_DRIFT)
			state->jumps.count = 0;
	}
}

/* The interval since the observation before, the way, and the speed that the models take. */
static void
step_measure(VgStep *step)
{
	const VgPosition *position = step->position;
	const VgVehicleState *state = step->state;
	bool no_fix = (position->has & VG_HAS_STATUS) && !(position->status_bits & VG_STATUS_LOCATED);
	bool tampered = vg_step_raised(step, VG_SPEED_TAMPER);

	step->located = (position->has & VG_HAS_POINT) && !no_fix;
	step->interval.from_us = state->last_us == VG_NEVER ? step->now : state->last_us;
	step->interval.to_us = step->now;
	step->interval.speed_from_kmh = state->speed_kmh;
	step->interval.average_kmh = -1;
	if (step->located && state->good_us != VG_NEVER)
	{
		step->way_m =
			vg_local_m((VgPoint){state->lon, state->lat}, (VgPoint){position->lon, position->lat});
		step->interval.average_kmh =
			step->way_m * 3.6 * VG_SECOND / (double) (step->now - state->good_us);
	}

	step->speed_kmh = -1;
	if ((position->has & VG_HAS_RECORDER) && !tampered)
		step->speed_kmh = (double) position->recorder_speed_kmh;
	else if ((position->has & VG_HAS_SPEED) && step->located)
		step->speed_kmh = (double) position->speed_kmh;
	step->speed_measured = step->speed_kmh >= 0;
	if (!step->speed_measured && step->now - step->interval.from_us <= VG_GAP_US)
		step->speed_kmh = step->interval.average_kmh;
	step->interval.speed_to_kmh = step->speed_kmh;
}

static void
step_match(VgStep *step)
{
	const VgPosition *position = step->position;
	VgVehicleState *state = step->state;
	int32_t current = VG_ROAD_NONE;

	if (!step->located)
		return;
	if (state->segment_id != 0)
		current = vg_road_find(step->world->roads, state->segment_id, state->segment_guess);
	step->segment_number =
		vg_road_match(step->world->roads, position->lon, position->lat,
					  position->has & VG_HAS_HEADING ? position->heading_deg : -1, current);
	if (step->segment_number >= 0)
		step->segment = vg_road_get(step->world->roads, step->segment_number);
	state->segment_id = step->segment != NULL ? step->segment->id : 0;
	state->segment_guess = step->segment_number;
	step->hit_count = vg_fence_query(step->world->fences, VG_FENCE_COVERED, position->lon,
									 position->lat, step->world->hits, step->world->hit_capacity);
}

static void
step_remember_card(VgStep *step)
{
	VgVehicleState *state = step->state;
	int64_t shown = step->position->driver_id;

	if (shown == 0)
		return;
	if (shown != state->driver_id || step->now - state->card_us >= VG_CARD_COUNTS_US)
		state->card_since = step->now;
	state->driver_id = shown;
	state->card_us = step->now;
}

static void
step_remember(VgStep *step)
{
	const VgPosition *position = step->position;
	VgVehicleState *state = step->state;

	state->last_us = step->now;
	state->speed_kmh = (float) step->speed_kmh;
	state->heading_deg = position->has & VG_HAS_HEADING ? position->heading_deg : -1;
	if (vg_step_harsh_due(step))
	{
		state->harsh_us = step->now;
		state->harsh_speed_kmh =
			(position->has & VG_HAS_SPEED) && step->located ? position->speed_kmh : -1.0f;
		state->harsh_heading_deg = state->heading_deg;
	}
	if (position->has & VG_HAS_MILEAGE)
		state->mileage_km = position->mileage_km;
	if (position->source != 0)
		state->source = position->source;
	step_remember_card(step);
	if (step->speed_kmh >= STEP_MOVING_KMH)
		state->stop_since = VG_NEVER;
	else if (step->speed_kmh >= 0 && state->stop_since == VG_NEVER)
		state->stop_since = step->now;
	if (step->located)
	{
		state->good_us = step->now;
		state->lon = position->lon;
		state->lat = position->lat;
	}
}

bool
vg_step_enabled(const VgStep *step, VgVehicleModel model)
{
	return (step->rules->enabled & VG_MODEL_BIT(model)) != 0;
}

bool
vg_step_raised(const VgStep *step, VgVehicleModel model)
{
	return (step->state->raised & VG_MODEL_BIT(model)) != 0;
}

bool
vg_step_silent(const VgStep *step, VgVehicleModel model, int64_t fence_id)
{
	for (int32_t i = 0; i < step->order_count; i++)
	{
		const VgOrder *order = &step->orders[i];

		if (order->model == model && step->now < order->until &&
			(order->fence_id == 0 || order->fence_id == fence_id))
			return true;
	}
	return false;
}

static VgStepEffect *
step_effect(VgStep *step, VgVehicleModel model, VgStepEffectKind kind)
{
	VgStepEffect *effect = &step->effects[step->effect_count++];
	VgRaised *hazard = &step->state->hazard[model];

	*effect = (VgStepEffect){.kind = kind, .model = model, .at = step->now, .lon = NAN, .lat = NAN};
	if (step->located)
	{
		effect->lon = step->position->lon;
		effect->lat = step->position->lat;
	}
	else if (step->state->good_us != VG_NEVER)
	{
		effect->lon = step->state->lon;
		effect->lat = step->state->lat;
	}
	effect->count = (int32_t) hazard->count;
	hazard->count = 0;
	hazard->touched = step->now;
	return effect;
}

VgStepEffect *
vg_step_raise(VgStep *step, VgVehicleModel model, int64_t fence_id)
{
	VgRaised *hazard = &step->state->hazard[model];

	step->state->raised |= VG_MODEL_BIT(model);
	*hazard = (VgRaised){.at = step->now, .fence_id = fence_id, .count = 1};
	return step_effect(step, model, VG_STEP_RAISE);
}

VgStepEffect *
vg_step_touch(VgStep *step, VgVehicleModel model)
{
	VgRaised *hazard = &step->state->hazard[model];

	hazard->count++;
	if (step->now - hazard->touched < STEP_TOUCH_US)
		return NULL;
	return step_effect(step, model, VG_STEP_TOUCH);
}

VgStepEffect *
vg_step_clear(VgStep *step, VgVehicleModel model, const char *reason)
{
	VgStepEffect *effect = step_effect(step, model, VG_STEP_CLEAR);

	step->state->raised &= ~VG_MODEL_BIT(model);
	step->state->debounce[model] = (VgDebounce){0};
	effect->reason = reason;
	return effect;
}

VgStepEffect *
vg_step_debounce(VgStep *step, VgVehicleModel model, VgSample point, double measure,
				 const VgDebounceRule *rule, int64_t fence_id)
{
	VgDebounce *debounce = &step->state->debounce[model];
	VgStepEffect *effect = NULL;
	float worst;

	if (!vg_step_enabled(step, model))
		return NULL;
	if (point == VG_SAMPLE_GOOD && debounce->bad_count == 0 && !vg_step_raised(step, model))
		return NULL;
	worst = debounce->worst;
	switch (vg_debounce_step(debounce, step->now, point, (float) measure,
							 vg_step_raised(step, model), rule))
	{
		case VG_VERDICT_NONE:
			break;
		case VG_VERDICT_RAISE:
			if (!vg_step_silent(step, model, fence_id))
				effect = vg_step_raise(step, model, fence_id);
			break;
		case VG_VERDICT_STILL:
			effect = vg_step_touch(step, model);
			break;
		case VG_VERDICT_CLEAR:
			effect = vg_step_clear(step, model, NULL);
			break;
	}
	if (effect != NULL)
		effect->worst = effect->kind == VG_STEP_CLEAR ? worst : debounce->worst;
	return effect;
}

static VgFact *
effect_fact(VgStepEffect *effect, const char *name, VgFactKind kind)
{
	VgFact *fact = &effect->facts[effect->fact_count];

	if (effect->fact_count < VG_STEP_FACTS - 1)
		effect->fact_count++;
	fact->name = name;
	fact->kind = kind;
	return fact;
}

void
vg_fact_integer(VgStepEffect *effect, const char *name, int64_t value)
{
	effect_fact(effect, name, VG_FACT_INTEGER)->value.integer = value;
}

void
vg_fact_real(VgStepEffect *effect, const char *name, double value)
{
	effect_fact(effect, name, VG_FACT_REAL)->value.real = value;
}

void
vg_fact_time(VgStepEffect *effect, const char *name, int64_t value)
{
	effect_fact(effect, name, VG_FACT_TIME)->value.integer = value;
}

void
vg_fact_text(VgStepEffect *effect, const char *name, const char *value)
{
	effect_fact(effect, name, VG_FACT_TEXT)->value.text = value;
}
