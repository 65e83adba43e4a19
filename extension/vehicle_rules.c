/*
 * vehicle_rules.c: the catalogue's parameters as the engine takes them.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "catalog.h"
#include "fence.h"
#include "override.h"
#include "vehicle.h"
#include "vigil.h"

static VgVehicleRules live;
static VgVehicleRules *rules = &live; /* those being filled: the live ones, or a backtest's */
static uint64 rules_generation;
static uint64 rules_fence_kinds;
static bool rules_loaded = false;

static JsonbValue *
parameter(const VgModel *model, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(&model->parameters->root, name, strlen(name), value);
}

static double
number_of(const JsonbValue *value)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, NumericGetDatum(value->val.numeric)));
}

static double
parameter_number(const VgModel *model, const char *name, double otherwise)
{
	JsonbValue found;

	return parameter(model, name, &found) != NULL && found.type == jbvNumeric ? number_of(&found)
																			  : otherwise;
}

static void
take_time(const VgModel *model, const char *name, int64 unit, int64_t *target)
{
	*target = (int64) (parameter_number(model, name, (double) *target / unit) * unit);
}

static void
take_count(const VgModel *model, const char *name, int32_t *target)
{
	double value = parameter_number(model, name, *target);

	*target = value < 1 ? 1 : value > VG_COUNT_WINDOW_SIZE ? VG_COUNT_WINDOW_SIZE : (int32_t) value;
}

static void
take_number(const VgModel *model, const char *name, double *target)
{
	*target = parameter_number(model, name, *target);
}

/* "22:00" to the minute of the day. */
static void
take_minute(const VgModel *model, const char *name, int32_t *target)
{
	JsonbValue found;
	int hour, minute;
	char text[6];

	if (parameter(model, name, &found) == NULL || found.type != jbvString ||
		found.val.string.len != 5)
		return;
	memcpy(text, found.val.string.val, 5);
	text[5] = '\0';
	if (sscanf(text, "%2d:%2d", &hour, &minute) == 2 && hour >= 0 && hour <= 24 && minute >= 0 &&
		minute < 60)
		*target = hour * 60 + minute;
}

/* The n-th element of an array, or of an array of pairs (pair 0 or 1; -1 = no pairs). */
static bool
array_number(JsonbContainer *array, uint32 n, int pair, double *number)
{
	JsonbValue *element = getIthJsonbValueFromContainer(array, n);

	if (element != NULL && pair >= 0 && element->type == jbvBinary)
		element = getIthJsonbValueFromContainer(element->val.binary.data, (uint32) pair);
	if (element == NULL || element->type != jbvNumeric)
		return false;
	*number = number_of(element);
	return true;
}

static void
take_speed(const VgModel *model, VgSpeedRule *rule)
{
	take_number(model, "ratio", &rule->ratio);
	take_count(model, "n", &rule->debounce.raise_count);
	take_time(model, "span_s", USECS_PER_SEC, &rule->debounce.raise_span_us);
	take_time(model, "clear_s", USECS_PER_SEC, &rule->debounce.clear_span_us);
}

static void
take_kind_caps(const VgModel *model)
{
	JsonbValue caps;
	JsonbValue pair;

	if (parameter(model, "cap", &caps) == NULL || caps.type != jbvBinary)
		return;
	for (int kind = 0; kind < VG_VEHICLE_KINDS; kind++)
	{
		const char *code = vg_vehicle_kind_code[kind];

		rules->kind_cap[kind][0] = rules->kind_cap[kind][1] = 0;
		if (getKeyJsonValueFromContainer(caps.val.binary.data, code, strlen(code), &pair) == NULL ||
			pair.type != jbvBinary)
			continue;
		for (int i = 0; i < 2; i++)
			(void) array_number(pair.val.binary.data, i, -1, &rules->kind_cap[kind][i]);
	}
}

static void
take_steps(const VgModel *model)
{
	JsonbValue steps;
	int count = 0;

	if (parameter(model, "steps", &steps) == NULL || steps.type != jbvBinary)
		return;
	while (count < (int) lengthof(rules->visibility.limit_kmh) &&
		   array_number(steps.val.binary.data, count, 0, &rules->visibility.visibility_m[count]) &&
		   array_number(steps.val.binary.data, count, 1, &rules->visibility.limit_kmh[count]))
		count++;
	rules->visibility.count = count;
}

static void
take_bits(const VgModel *model)
{
	JsonbValue bits;
	double bit;

	if (parameter(model, "bits", &bits) == NULL || bits.type != jbvBinary)
		return;
	rules->equipment_bits = 0;
	for (uint32 i = 0; array_number(bits.val.binary.data, i, -1, &bit); i++)
		if (bit >= 0 && bit < 32)
			rules->equipment_bits |= 1u << (int) bit;
}

static void
take_stay(const VgModel *model, VgStayRule *rule)
{
	JsonbValue kinds;

	take_time(model, "minutes", USECS_PER_MINUTE, &rule->raise_us);
	take_number(model, "radius_m", &rule->radius_m);
	if (parameter(model, "kinds", &kinds) == NULL || kinds.type != jbvBinary)
		return;
	rule->vehicle_kinds = 0;
	for (uint32 i = 0;; i++)
	{
		JsonbValue *kind = getIthJsonbValueFromContainer(kinds.val.binary.data, i);

		if (kind == NULL)
			break;
		for (int k = 0; k < VG_VEHICLE_KINDS && kind->type == jbvString; k++)
			if (strlen(vg_vehicle_kind_code[k]) == (size_t) kind->val.string.len &&
				memcmp(vg_vehicle_kind_code[k], kind->val.string.val, kind->val.string.len) == 0)
				rule->vehicle_kinds |= VG_KIND_BIT(k);
	}
}

static void
take_clock(const VgModel *model, VgDrivingRule *rule)
{
	take_time(model, "drive_min", USECS_PER_MINUTE, &rule->drive_us);
	take_time(model, "rest_min", USECS_PER_MINUTE, &rule->rest_us);
	take_time(model, "gap_min", USECS_PER_MINUTE, &rule->gap_us);
	take_number(model, "moving_kmh", &rule->moving_kmh);
}

static void
take_driver(VgVehicleModel number, const VgModel *model)
{
	if (number == VG_FATIGUE_CONTINUOUS)
		take_clock(model, &rules->fatigue);
	if (number == VG_FATIGUE_NIGHT)
	{
		take_clock(model, &rules->fatigue_night);
		take_minute(model, "from", &rules->fatigue_night_from);
		take_minute(model, "to", &rules->fatigue_night_to);
	}
	if (number == VG_OVERTIME_24H)
	{
		take_time(model, "limit_min", USECS_PER_MINUTE, &rules->overtime_us);
		take_time(model, "limit_min_goods", USECS_PER_MINUTE, &rules->overtime_goods_us);
		take_time(model, "bucket_min", USECS_PER_MINUTE, &rules->overtime_bucket_us);
	}
	if (number == VG_HARSH_DRIVING)
	{
		take_count(model, "n", &rules->harsh.count);
		take_time(model, "window_min", USECS_PER_MINUTE, &rules->harsh.window_us);
		take_time(model, "max_dt_s", USECS_PER_SEC, &rules->harsh.max_interval_us);
		take_number(model, "decel", &rules->harsh.brake);
		take_number(model, "accel", &rules->harsh.accelerate);
		take_number(model, "turn", &rules->harsh.turn);
	}
	if (number == VG_NIGHT_BAN_COACH)
	{
		take_minute(model, "from", &rules->ban_from);
		take_minute(model, "to", &rules->ban_to);
		take_time(model, "moving_min", USECS_PER_MINUTE, &rules->ban_moving_us);
		take_number(model, "moving_kmh", &rules->ban_moving_kmh);
	}
}

static void
take_speeds(VgVehicleModel number, const VgModel *model)
{
	if (number == VG_SPEEDING_SEGMENT)
		take_speed(model, &rules->speeding_segment);
	if (number == VG_SPEEDING_KIND_CAP)
	{
		take_speed(model, &rules->speeding_kind_cap);
		take_kind_caps(model);
	}
	if (number == VG_SPEEDING_NIGHT)
	{
		take_speed(model, &rules->speeding_night);
		take_number(model, "day_ratio", &rules->night_share);
		take_minute(model, "from", &rules->speeding_night_from);
		take_minute(model, "to", &rules->speeding_night_to);
	}
	if (number == VG_LOW_VISIBILITY_SPEED)
	{
		take_steps(model);
		take_number(model, "other_50", &rules->visibility.other_50_kmh);
		take_count(model, "n", &rules->visibility.debounce.raise_count);
	}
	if (number == VG_ICE_SPEED)
	{
		take_number(model, "limit_kmh", &rules->ice_limit_kmh);
		take_number(model, "school_bus", &rules->ice_school_bus_kmh);
		take_count(model, "n", &rules->ice.raise_count);
	}
	if (number == VG_DANGEROUS_SECTION)
	{
		take_number(model, "share", &rules->dangerous_share);
		take_count(model, "min_points", &rules->dangerous.raise_count);
	}
}

static void
take_device(VgVehicleModel number, const VgModel *model)
{
	if (number == VG_OVERLOAD_PEOPLE)
		take_count(model, "n", &rules->overload_people.raise_count);
	if (number == VG_GPS_DRIFT)
	{
		take_count(model, "n", &rules->drift.count);
		take_time(model, "window_min", USECS_PER_MINUTE, &rules->drift.window_us);
		take_number(model, "max_kmh", &rules->drift.max_kmh);
		take_number(model, "min_m", &rules->drift.min_m);
	}
	if (number == VG_GPS_SHIELD)
	{
		take_time(model, "bad_min", USECS_PER_MINUTE, &rules->shield_bad_us);
		rules->shield_bucket_us =
			(int64) (parameter_number(model, "window_min", 15) * USECS_PER_MINUTE / 15);
	}
	if (number == VG_VIDEO_BLOCKED)
	{
		take_time(model, "bad_min", USECS_PER_MINUTE, &rules->video_blocked.raise_span_us);
		take_number(model, "min_kmh", &rules->video_min_kmh);
	}
	if (number == VG_SPEED_TAMPER)
	{
		take_number(model, "diff_kmh", &rules->tamper_diff_kmh);
		take_time(model, "bad_min", USECS_PER_MINUTE, &rules->speed_tamper.raise_span_us);
	}
	if (number == VG_CLONE_JUMP)
	{
		take_number(model, "max_kmh", &rules->clone_max_kmh);
		rules->clone_min_m = parameter_number(model, "min_km", rules->clone_min_m / 1000) * 1000;
	}
	if (number == VG_EQUIPMENT_ALARM)
	{
		take_time(model, "bad_min", USECS_PER_MINUTE, &rules->equipment.raise_span_us);
		take_bits(model);
	}
}

static void
take_place(VgVehicleModel number, const VgModel *model)
{
	if (number == VG_FORBIDDEN_AREA_ENTRY)
		take_count(model, "min_points", &rules->forbidden_area.raise_count);
	if (number == VG_FORBIDDEN_ROAD_ENTRY)
		take_count(model, "min_points", &rules->forbidden_road.raise_count);
	if (number == VG_RESTRICTED_HOURS)
		take_count(model, "min_points", &rules->restricted_hours.raise_count);
	if (number >= VG_WATER_SOURCE_STAY && number <= VG_GOVERNMENT_STAY)
		take_stay(model, &rules->stay[number - VG_WATER_SOURCE_STAY]);
	if (number == VG_STOP_EXPRESSWAY)
	{
		take_time(model, "minutes", USECS_PER_MINUTE, &rules->stop_expressway.raise_span_us);
		take_number(model, "jam_share", &rules->jam_share_expressway);
	}
	if (number == VG_STOP_STRUCTURE)
	{
		take_time(model, "minutes", USECS_PER_MINUTE, &rules->stop_structure.raise_span_us);
		take_number(model, "jam_share", &rules->jam_share_structure);
	}
}

static uint64
kind_bit(const char *code)
{
	int bit = vg_fence_kind_bit(code);

	return bit < 0 ? 0 : UINT64CONST(1) << bit;
}

static void
take_fence_kinds(void)
{
	rules->hazmat_forbidden = kind_bit("hazmat_forbidden");
	rules->truck_forbidden = kind_bit("truck_forbidden");
	rules->restricted = kind_bit("restricted_hours");
	rules->normal_stop = kind_bit("normal_stop");
	rules->relay_point = kind_bit("relay_point");
	rules->stay[0].fence_kinds = kind_bit("water_source");
	rules->stay[1].fence_kinds = kind_bit("school");
	rules->stay[2].fence_kinds = kind_bit("government") | kind_bit("key_area");
}

static void
rules_take(VgVehicleModel number, const VgModel *model)
{
	if (!model->enabled)
		return;
	rules->enabled |= VG_MODEL_BIT(number);
	take_driver(number, model);
	take_speeds(number, model);
	take_device(number, model);
	take_place(number, model);
}

static void
rules_compile(const VgCatalog *catalog, const Jsonb *overrides)
{
	vg_vehicle_rules_default(rules);
	rules->enabled = 0;
	rules->utc_offset_minutes = vigil_utc_offset_minutes;
	for (int number = 0; number < VG_VEHICLE_MODELS; number++)
	{
		const char *code = vg_vehicle_model_code[number];
		const VgModel *model = vg_catalog_model(catalog, "vehicle", code);
		VgModel changed;

		if (model == NULL)
			continue;
		changed = vg_override_model(model, overrides);
		rules_take(number, &changed);
	}
	take_fence_kinds();
}

const VgVehicleRules *
vg_vehicle_rules(void)
{
	const VgCatalog *catalog = vg_catalog();
	uint64 kinds = kind_bit("water_source") | kind_bit("hazmat_forbidden");

	if (!rules_loaded || catalog->generation != rules_generation || kinds != rules_fence_kinds ||
		live.utc_offset_minutes != vigil_utc_offset_minutes)
	{
		rules_loaded = false;
		rules = &live;
		rules_compile(catalog, NULL);
		rules_generation = catalog->generation;
		rules_fence_kinds = kinds;
		rules_loaded = true;
	}
	return &live;
}

void
vg_vehicle_rules_with(const Jsonb *overrides, VgVehicleRules *changed)
{
	rules = changed;
	rules_compile(vg_catalog(), overrides);
}
