/*
 * vehicle_place.c: where the vehicle is and must not be: forbidden areas and roads, restricted
 * hours, stays, stops.
 */
#include "geo.h"
#include "vehicle_step.h"

#define STOP_END_KMH 20.0
/* A fence with hours counts when it was active all through the stay's last minutes: looked at in
 * steps of this. */
#define STAY_ACTIVE_STEP_US VG_MINUTE

/* Whether this area, now in force, concerns the vehicle. */
static bool
place_concerns(const VgStep *step, const VgFence *fence, uint32_t number, uint64_t kinds)
{
	if (((kinds >> fence->kind) & 1) == 0 ||
		((step->traits->fence_exempt >> fence->kind) & 1) != 0 ||
		(fence->subject_kinds & VG_KIND_BIT(step->traits->kind)) == 0)
		return false;
	return vg_fence_active(step->world->fences, number, step->now, step->rules->utc_offset_minutes);
}

/* The first fence of these kinds around the vehicle that concerns it, or NULL. */
static const VgFence *
place_fence(const VgStep *step, VgVehicleModel model, uint64_t kinds)
{
	for (int32_t i = 0; kinds != 0 && i < step->hit_count; i++)
	{
		uint32_t number = step->world->hits[i];
		const VgFence *fence = vg_fence_get(step->world->fences, number);

		if (place_concerns(step, fence, number, kinds) && !vg_step_silent(step, model, fence->id))
			return fence;
	}
	return NULL;
}

static bool
place_fence_gone(const VgStep *step, VgVehicleModel model)
{
	return vg_step_raised(step, model) &&
		   vg_fence_find(step->world->fences, step->state->hazard[model].fence_id,
						 VG_FENCE_COVERED) < 0;
}

static void
place_area(VgStep *step, VgVehicleModel model, uint64_t kinds, const char *kind,
		   const VgDebounceRule *rule)
{
	const VgFence *fence = vg_step_enabled(step, model) ? place_fence(step, model, kinds) : NULL;
	VgStepEffect *effect;

	if (fence == NULL && place_fence_gone(step, model))
	{
		(void) vg_step_clear(step, model, "fence_gone");
		return;
	}
	effect = vg_step_debounce(step, model, fence != NULL ? VG_SAMPLE_BAD : VG_SAMPLE_GOOD, 0, rule,
							  fence != NULL ? fence->id : 0);
	if (effect != NULL && effect->kind == VG_STEP_RAISE && fence != NULL)
	{
		vg_fact_integer(effect, "fence_id", fence->id);
		vg_fact_text(effect, "fence_kind", kind);
		vg_fact_time(effect, "entered_at", step->state->debounce[model].bad_since);
	}
}

static void
place_road(VgStep *step)
{
	bool bad = step->traits->kind == VG_HAZMAT && step->segment != NULL &&
			   (step->segment->flags & VG_ROAD_HAZMAT_FORBIDDEN) != 0;
	VgStepEffect *effect =
		vg_step_debounce(step, VG_FORBIDDEN_ROAD_ENTRY, bad ? VG_SAMPLE_BAD : VG_SAMPLE_GOOD, 0,
						 &step->rules->forbidden_road, 0);

	if (effect != NULL && effect->kind == VG_STEP_RAISE)
		vg_fact_integer(effect, "segment_id", step->segment->id);
}

void
vg_step_place(VgStep *step)
{
	const VgVehicleRules *rules = step->rules;

	if (!step->located)
		return;
	if (step->traits->kind == VG_HAZMAT)
		place_area(step, VG_FORBIDDEN_AREA_ENTRY, rules->hazmat_forbidden, "hazmat_forbidden",
				   &rules->forbidden_area);
	else
		place_area(step, VG_FORBIDDEN_AREA_ENTRY,
				   step->traits->kind == VG_TRUCK_HEAVY ? rules->truck_forbidden : 0,
				   "truck_forbidden", &rules->forbidden_area);
	place_area(step, VG_RESTRICTED_HOURS, rules->restricted, "restricted_hours",
			   &rules->restricted_hours);
	place_road(step);
}

/* Active now and all through the minutes that the model asks for. */
static bool
stay_active(const VgStep *step, uint32_t number, int64_t length_us)
{
	for (int64_t back = STAY_ACTIVE_STEP_US; back <= length_us; back += STAY_ACTIVE_STEP_US)
		if (!vg_fence_active(step->world->fences, number, step->now - back,
							 step->rules->utc_offset_minutes))
			return false;
	return true;
}

/* The first fence in which this stay is abnormal, or NULL. */
static const VgFence *
stay_fence(const VgStep *step, VgVehicleModel model, const VgStay *stay, const VgStayRule *rule)
{
	const VgFenceIndex *fences = step->world->fences;
	const VgFence *found = NULL;
	VgFenceCursor cursor;
	int64_t number;

	for (int role = 0; role < VG_FENCE_ROLES; role++)
	{
		vg_fence_open(&cursor, fences, (VgFenceRole) role, stay->lon, stay->lat);
		while ((number = vg_fence_next(&cursor)) >= 0)
		{
			const VgFence *fence = vg_fence_get(fences, (uint32_t) number);

			if (place_concerns(step, fence, (uint32_t) number, step->rules->normal_stop))
				return NULL;
			if (found == NULL &&
				place_concerns(step, fence, (uint32_t) number, rule->fence_kinds) &&
				!vg_step_silent(step, model, fence->id) &&
				stay_active(step, (uint32_t) number, rule->raise_us))
				found = fence;
		}
	}
	return found;
}

/* Whether the fence of the open hazard still says what it said. */
static bool
stay_fence_holds(const VgStep *step, int64_t fence_id, const VgStay *stay, const VgStayRule *rule,
				 bool *gone)
{
	const VgFenceIndex *fences = step->world->fences;
	int64_t number = vg_fence_find(fences, fence_id, VG_FENCE_STAY);

	if (number < 0)
		number = vg_fence_find(fences, fence_id, VG_FENCE_COVERED);
	*gone = number < 0;
	return number >= 0 &&
		   place_concerns(step, vg_fence_get(fences, (uint32_t) number), (uint32_t) number,
						  rule->fence_kinds) &&
		   vg_fence_covers(fences, (uint32_t) number, stay->lon, stay->lat);
}

static void
stay_open(VgStep *step, VgVehicleModel model, const VgStay *stay, VgStayChange change,
		  const VgStayRule *rule)
{
	bool gone = false;
	VgStepEffect *effect;

	if (change == VG_STAY_NEW)
	{
		effect = vg_step_clear(step, model, NULL);
		vg_fact_time(effect, "until", stay->since);
	}
	else if (!stay_fence_holds(step, step->state->hazard[model].fence_id, stay, rule, &gone))
		(void) vg_step_clear(step, model, gone ? "fence_gone" : NULL);
	else if ((effect = vg_step_touch(step, model)) != NULL)
		vg_fact_integer(effect, "minutes", (step->now - stay->since) / VG_MINUTE);
}

static void
stay_model(VgStep *step, VgVehicleModel model, const VgStayRule *rule, VgStay *stay)
{
	const VgFence *fence;
	VgStayChange change;
	VgStepEffect *effect;

	if (!vg_step_enabled(step, model) ||
		(rule->vehicle_kinds & VG_KIND_BIT(step->traits->kind)) == 0)
		return;
	change = vg_stay_step(stay, step->now, step->position->lon, step->position->lat,
						  step->speed_kmh, step->state->last_us, rule->radius_m);
	if (vg_step_raised(step, model))
	{
		stay_open(step, model, stay, change, rule);
		return;
	}
	if (change != VG_STAY_GOES_ON || step->now - stay->since < rule->raise_us)
		return;
	fence = stay_fence(step, model, stay, rule);
	if (fence == NULL)
		return;
	effect = vg_step_raise(step, model, fence->id);
	vg_fact_integer(effect, "fence_id", fence->id);
	vg_fact_time(effect, "since", stay->since);
	vg_fact_integer(effect, "minutes", (step->now - stay->since) / VG_MINUTE);
}

void
vg_step_stay(VgStep *step)
{
	static const VgVehicleModel models[] = {VG_WATER_SOURCE_STAY, VG_SCHOOL_STAY,
											VG_GOVERNMENT_STAY};

	if (!step->located)
		return;
	for (int i = 0; i < 3; i++)
		stay_model(step, models[i], &step->rules->stay[i], &step->state->stay[i]);
}

/* A stop on a segment where nobody may stop, unless everybody does. */
static void
stop_model(VgStep *step, VgVehicleModel model, bool forbidden, double jam_share,
		   const VgDebounceRule *rule)
{
	VgDebounce before = step->state->debounce[model];
	VgSample point = VG_SAMPLE_BETWEEN;
	VgStepEffect *effect;
	double share = -1;

	if (step->speed_kmh >= STOP_END_KMH)
		point = VG_SAMPLE_GOOD;
	else if (forbidden && step->speed_kmh >= 0 && step->speed_kmh < STEP_MOVING_KMH)
		point = VG_SAMPLE_BAD;
	if (point == VG_SAMPLE_BAD && !vg_step_raised(step, model) && before.bad_count > 0 &&
		step->now - before.bad_since >= rule->raise_span_us)
		share = step->world->jam_share(step->world->context, step->position->vehicle,
									   step->segment->id, step->now);
	if (share >= jam_share)
	{
		step->state->debounce[model].last = step->now; /* a jam: asked again at the next point */
		return;
	}
	effect = vg_step_debounce(step, model, point, 0, rule, 0);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
	{
		vg_fact_integer(effect, "segment_id", step->segment->id);
		vg_fact_time(effect, "since", step->state->debounce[model].bad_since);
		vg_fact_integer(effect, "minutes",
						(step->now - step->state->debounce[model].bad_since) / VG_MINUTE);
		if (share >= 0)
			vg_fact_real(effect, "jam_share", share);
		if (model == VG_STOP_STRUCTURE)
			vg_fact_text(effect, "flag",
						 step->segment->flags & VG_ROAD_TUNNEL ? "tunnel" : "bridge");
	}
}

void
vg_step_stop(VgStep *step)
{
	const VgRoadSegment *segment = step->segment;
	bool expressway = false;
	bool structure = false;

	if (!step->located)
		return;
	if (segment != NULL)
	{
		structure = (segment->flags & (VG_ROAD_TUNNEL | VG_ROAD_BRIDGE)) != 0;
		expressway =
			segment->road_class == VG_ROAD_EXPRESSWAY &&
			!((segment->flags & VG_ROAD_NEAR_TOLL) != 0 &&
			  vg_road_near_toll(step->world->roads, step->position->lon, step->position->lat));
	}
	if (vg_step_enabled(step, VG_STOP_EXPRESSWAY))
		stop_model(step, VG_STOP_EXPRESSWAY, expressway, step->rules->jam_share_expressway,
				   &step->rules->stop_expressway);
	if (vg_step_enabled(step, VG_STOP_STRUCTURE))
		stop_model(step, VG_STOP_STRUCTURE, structure, step->rules->jam_share_structure,
				   &step->rules->stop_structure);
}
