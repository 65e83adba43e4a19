/*
 * vehicle_speed.c: speed against the limits of road, kind, night, visibility, surface and dangerous
 * sections.
 */
#include "vehicle_step.h"

#define NIGHT_FROM_MINUTE (22 * 60)
#define NIGHT_TO_MINUTE (6 * 60)

const char *const vg_road_class_code[VG_ROAD_CLASSES] = {
	"expressway", "national",		  "provincial", "county",
	"township",	  "urban_expressway", "urban",		"service_area",
};

static VgSample
speed_point(double speed_kmh, double limit_kmh, double ratio)
{
	if (speed_kmh > limit_kmh * ratio)
		return VG_SAMPLE_BAD;
	return speed_kmh <= limit_kmh ? VG_SAMPLE_GOOD : VG_SAMPLE_BETWEEN;
}

/* Whole percent over the limit, rounded down. */
static int64_t
speed_over_pct(double speed_kmh, double limit_kmh)
{
	return (int64_t) ((speed_kmh - limit_kmh) * 100 / limit_kmh);
}

static void
speed_facts(VgStep *step, VgStepEffect *effect, const char *limit_name, double limit_kmh)
{
	if (effect == NULL)
		return;
	vg_fact_real(effect, "speed_max", (double) effect->worst);
	if (effect->kind == VG_STEP_CLEAR)
		return;
	vg_fact_integer(effect, "over_pct", speed_over_pct((double) effect->worst, limit_kmh));
	if (effect->kind != VG_STEP_RAISE)
		return;
	vg_fact_real(effect, limit_name, limit_kmh);
	vg_fact_time(effect, "since", step->state->debounce[effect->model].bad_since);
	if (step->segment != NULL)
	{
		vg_fact_integer(effect, "segment_id", step->segment->id);
		vg_fact_text(effect, "class", vg_road_class_code[step->segment->road_class]);
	}
}

static double
speed_segment_limit(const VgStep *step)
{
	if (step->traits->kind == VG_TRUCK_HEAVY && step->segment->truck_limit_kmh > 0)
		return step->segment->truck_limit_kmh;
	return step->segment->limit_kmh;
}

/* Off the mapped roads no limit is known: nothing proves a speeding, and one that is open runs out.
 */
static void
speed_segment(VgStep *step)
{
	const VgSpeedRule *rule = &step->rules->speeding_segment;
	VgSample point = VG_SAMPLE_GOOD;
	double limit_kmh = 0;

	if (step->segment != NULL)
	{
		limit_kmh = speed_segment_limit(step);
		point = speed_point(step->speed_kmh, limit_kmh, rule->ratio);
		if ((double) step->state->limit_kmh != limit_kmh &&
			!vg_step_raised(step, VG_SPEEDING_SEGMENT))
			step->state->debounce[VG_SPEEDING_SEGMENT] = (VgDebounce){0};
		step->state->limit_kmh = (float) limit_kmh;
	}
	speed_facts(step,
				vg_step_debounce(step, VG_SPEEDING_SEGMENT, point, step->speed_kmh, &rule->debounce,
								 0),
				"limit", limit_kmh);
}

static void
speed_kind_cap(VgStep *step)
{
	const VgSpeedRule *rule = &step->rules->speeding_kind_cap;
	const double *caps = step->rules->kind_cap[step->traits->kind];
	double cap_kmh;

	if (caps[0] <= 0 || caps[1] <= 0)
		return;
	if (step->segment != NULL)
		cap_kmh = caps[step->segment->road_class == VG_ROAD_EXPRESSWAY ? 0 : 1];
	else
		cap_kmh = caps[0] > caps[1] ? caps[0]
									: caps[1]; /* the class is not known: only what is certain */
	speed_facts(step,
				vg_step_debounce(step, VG_SPEEDING_KIND_CAP,
								 speed_point(step->speed_kmh, cap_kmh, rule->ratio),
								 step->speed_kmh, &rule->debounce, 0),
				"cap", cap_kmh);
}

static void
speed_night(VgStep *step)
{
	const VgVehicleRules *rules = step->rules;
	VgStepEffect *effect;
	double limit_kmh;
	VgSample point;

	if ((VG_KIND_BIT(step->traits->kind) & VG_KINDS_COACH) == 0)
		return;
	if (!vg_daily_inside(step->now, rules->speeding_night_from, rules->speeding_night_to,
						 rules->utc_offset_minutes))
	{
		step->state->debounce[VG_SPEEDING_NIGHT] = (VgDebounce){0};
		if (vg_step_raised(step, VG_SPEEDING_NIGHT))
			(void) vg_step_clear(step, VG_SPEEDING_NIGHT, NULL);
		return;
	}
	limit_kmh = step->segment != NULL ? speed_segment_limit(step) * rules->night_share : 0;
	point = limit_kmh > 0 ? speed_point(step->speed_kmh, limit_kmh, rules->speeding_night.ratio)
						  : VG_SAMPLE_GOOD;
	effect = vg_step_debounce(step, VG_SPEEDING_NIGHT, point, step->speed_kmh,
							  &rules->speeding_night.debounce, 0);
	speed_facts(step, effect, "night_limit", limit_kmh);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
		vg_fact_real(effect, "limit", speed_segment_limit(step));
}

/* The limit for a visibility, 0 = none. */
static double
speed_visibility_limit(const VgStep *step, double visibility_m)
{
	const VgVehicleRules *rules = step->rules;
	double limit_kmh = 0;

	if (step->traits->kind == VG_SCHOOL_BUS && visibility_m < 200)
		return 20;
	if (step->segment->road_class != VG_ROAD_EXPRESSWAY)
		return visibility_m < 50 ? rules->visibility.other_50_kmh : 0;
	for (int32_t i = 0; i < rules->visibility.count; i++)
		if (visibility_m < rules->visibility.visibility_m[i] &&
			(limit_kmh <= 0 || rules->visibility.limit_kmh[i] < limit_kmh))
			limit_kmh = rules->visibility.limit_kmh[i];
	return limit_kmh;
}

static void
speed_weather(VgStep *step)
{
	static const char *const surface_code[] = {"dry", "wet", "snow", "ice"};
	const VgVehicleRules *rules = step->rules;
	const VgRoadState *road = NULL;
	VgStepEffect *effect;
	double limit_kmh = 0;

	if (step->segment != NULL)
		road = vg_road_state(step->world->road_states(step->world->context, step->now),
							 step->segment->id, step->now);
	if (road != NULL && road->visibility_m >= 0)
		limit_kmh = speed_visibility_limit(step, (double) road->visibility_m);
	effect = vg_step_debounce(step, VG_LOW_VISIBILITY_SPEED,
							  limit_kmh > 0 && step->speed_kmh > limit_kmh ? VG_SAMPLE_BAD
																		   : VG_SAMPLE_GOOD,
							  step->speed_kmh, &rules->visibility.debounce, 0);
	speed_facts(step, effect, "limit", limit_kmh);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
		vg_fact_real(effect, "visibility_m", (double) road->visibility_m);

	limit_kmh = 0;
	if (road != NULL && (road->surface == VG_SURFACE_SNOW || road->surface == VG_SURFACE_ICE))
		limit_kmh =
			step->traits->kind == VG_SCHOOL_BUS ? rules->ice_school_bus_kmh : rules->ice_limit_kmh;
	effect = vg_step_debounce(step, VG_ICE_SPEED,
							  limit_kmh > 0 && step->speed_kmh > limit_kmh ? VG_SAMPLE_BAD
																		   : VG_SAMPLE_GOOD,
							  step->speed_kmh, &rules->ice, 0);
	speed_facts(step, effect, "limit", limit_kmh);
	if (effect != NULL && effect->kind == VG_STEP_RAISE)
		vg_fact_text(effect, "surface", surface_code[road->surface]);
}

static void
speed_dangerous(VgStep *step)
{
	const uint16_t dangerous =
		VG_ROAD_SHARP_BEND | VG_ROAD_STEEP | VG_ROAD_CLIFF | VG_ROAD_WATERSIDE | VG_ROAD_BLACK_SPOT;
	const VgRoadSegment *segment = step->segment;
	VgStepEffect *effect;
	bool bad = false;

	if (segment != NULL && (segment->flags & dangerous) != 0)
		bad = step->speed_kmh > step->rules->dangerous_share * speed_segment_limit(step);
	if (segment != NULL && segment->mountain_grade >= 3 && step->speed_kmh >= STEP_MOVING_KMH &&
		(VG_KIND_BIT(step->traits->kind) & VG_KINDS_COACH) != 0 &&
		vg_daily_inside(step->now, NIGHT_FROM_MINUTE, NIGHT_TO_MINUTE,
						step->rules->utc_offset_minutes))
		bad = true;
	effect = vg_step_debounce(step, VG_DANGEROUS_SECTION, bad ? VG_SAMPLE_BAD : VG_SAMPLE_GOOD,
							  step->speed_kmh, &step->rules->dangerous, 0);
	if (effect == NULL)
		return;
	vg_fact_real(effect, "speed_max", (double) effect->worst);
	if (effect->kind == VG_STEP_RAISE)
	{
		vg_fact_integer(effect, "segment_id", segment->id);
		vg_fact_integer(effect, "flags", segment->flags & dangerous);
		vg_fact_real(effect, "limit", speed_segment_limit(step));
	}
}

void
vg_step_speed(VgStep *step)
{
	/* a speed derived from the way between two points proves nothing */
	if (!step->speed_measured || !step->located)
		return;
	speed_segment(step);
	speed_kind_cap(step);
	speed_night(step);
	speed_weather(step);
	speed_dangerous(step);
}
