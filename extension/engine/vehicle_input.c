/*
 * vehicle_input.c: which positions can be used; which rules apply where no parameter says
 * otherwise.
 */
#include <math.h>
#include <string.h>

#include "vehicle.h"

static bool
input_fault(VgFault *fault, const char *reason, const char *field, double value, const char *range)
{
	fault->reason = reason;
	fault->field = field;
	fault->value = value;
	fault->range = range;
	return false;
}

static bool
input_point(const VgPosition *position, VgFault *fault)
{
	if (!(position->has & VG_HAS_POINT))
		return true;
	if (position->lon == 0.0 &&
		position->lat == 0.0) /* both exactly zero: what terminals send without a fix */
		return input_fault(fault, "no_fix", "lon", position->lon,
						   "73 to 136 (0, 0 is no fix: send null, null)");
	if (!(position->lon >= 73.0 && position->lon <= 136.0))
		return input_fault(fault, "out_of_range", "lon", position->lon, "73 to 136");
	if (!(position->lat >= 3.0 && position->lat <= 54.0))
		return input_fault(fault, "out_of_range", "lat", position->lat, "3 to 54");
	return true;
}

bool
vg_position_check(VgPosition *position, const VgPositionLimits *limits, VgFault *fault)
{
	if (position->observed_at > limits->newest)
		return input_fault(fault, "future", "observed_at", NAN,
						   "not later than now + vigil.max_clock_skew");
	if (position->observed_at <= limits->oldest)
		return input_fault(fault, "too_old", "observed_at", NAN, "within the last 30 days");
	if (!input_point(position, fault))
		return false;
	if ((position->has & VG_HAS_SPEED) && !(position->speed_kmh >= 0 && position->speed_kmh <= 220))
		return input_fault(fault, "bad_speed", "speed_kmh", (double) position->speed_kmh,
						   "0 to 220");
	if ((position->has & VG_HAS_HEADING) &&
		(position->heading_deg < 0 || position->heading_deg > 360))
		return input_fault(fault, "bad_heading", "heading_deg", position->heading_deg, "0 to 360");
	if (position->heading_deg == 360)
		position->heading_deg = 0;
	/* what is only supporting evidence is not believed out of range, and refuses nothing */
	if (!(position->recorder_speed_kmh >= 0 && position->recorder_speed_kmh <= 220))
		position->has &= (uint16_t) ~VG_HAS_RECORDER;
	if (!(position->mileage_km >= 0 && position->mileage_km <= 4000000))
		position->has &= (uint16_t) ~VG_HAS_MILEAGE;
	if (!(position->altitude_m >= -500 && position->altitude_m <= 9000))
		position->altitude_m = NAN;
	if (position->satellites > 64)
		position->satellites = -1;
	if (position->signal > 31)
		position->signal = -1;
	return true;
}

static VgDebounceRule
rule_points(int32_t raise_count, int64_t raise_span_us, int32_t clear_count, int64_t clear_span_us)
{
	return (VgDebounceRule){raise_count, clear_count, raise_span_us, clear_span_us};
}

static void
rules_speed(VgVehicleRules *rules)
{
	static const double caps[VG_VEHICLE_KINDS][2] = {
		[VG_COACH_TOUR] = {100, 100}, [VG_COACH_LINE] = {100, 100},	 [VG_HAZMAT] = {80, 60},
		[VG_SCHOOL_BUS] = {80, 60},	  [VG_TRUCK_HEAVY] = {100, 100},
	};
	VgDebounceRule speeding = rule_points(3, 20 * VG_SECOND, 1, 300 * VG_SECOND);

	rules->speeding_segment = (VgSpeedRule){1.10, speeding};
	rules->speeding_kind_cap = (VgSpeedRule){1.05, speeding};
	rules->speeding_night = (VgSpeedRule){1.05, speeding};
	memcpy(rules->kind_cap, caps, sizeof(caps));
	rules->night_share = 0.8;
	rules->speeding_night_from = 22 * 60;
	rules->speeding_night_to = 6 * 60;
	rules->visibility.count = 3;
	memcpy(rules->visibility.visibility_m, (double[]){200, 100, 50}, 3 * sizeof(double));
	memcpy(rules->visibility.limit_kmh, (double[]){60, 40, 20}, 3 * sizeof(double));
	rules->visibility.other_50_kmh = 30;
	rules->visibility.debounce = rule_points(3, 0, 1, 2 * VG_MINUTE);
	rules->ice_limit_kmh = 30;
	rules->ice_school_bus_kmh = 20;
	rules->ice = rule_points(3, 0, 1, 2 * VG_MINUTE);
	rules->dangerous_share = 0.8;
	rules->dangerous = rule_points(2, 0, 2, 0);
}

static void
rules_device(VgVehicleRules *rules)
{
	static const int equipment[] = {7, 9, 10, 11, 12, 16, 24};

	rules->drift.count = 3;
	rules->drift.window_us = 60 * VG_MINUTE;
	rules->drift.max_kmh = 180;
	rules->drift.min_m = 1000;
	rules->shield_bad_us = 10 * VG_MINUTE;
	rules->shield_bucket_us = VG_MINUTE;
	rules->video_blocked = rule_points(1, 5 * VG_MINUTE, 1, 5 * VG_MINUTE);
	rules->video_min_kmh = 10;
	rules->overload_people = rule_points(3, 0, 1, 10 * VG_MINUTE);
	rules->speed_tamper = rule_points(1, 5 * VG_MINUTE, 1, 10 * VG_MINUTE);
	rules->tamper_diff_kmh = 20;
	rules->clone_max_kmh = 200;
	rules->clone_min_m = 5000;
	rules->equipment = rule_points(1, 10 * VG_MINUTE, 1, 10 * VG_MINUTE);
	for (size_t i = 0; i < sizeof(equipment) / sizeof(equipment[0]); i++)
		rules->equipment_bits |= 1u << equipment[i];
}

static void
rules_driver(VgVehicleRules *rules)
{
	rules->fatigue = (VgDrivingRule){240 * VG_MINUTE, 20 * VG_MINUTE, 30 * VG_MINUTE, 5};
	rules->fatigue_night = (VgDrivingRule){120 * VG_MINUTE, 20 * VG_MINUTE, 30 * VG_MINUTE, 5};
	rules->fatigue_night_from = 22 * 60;
	rules->fatigue_night_to = 6 * 60;
	rules->overtime_us = 480 * VG_MINUTE;
	rules->overtime_goods_us = 600 * VG_MINUTE;
	rules->overtime_bucket_us = 30 * VG_MINUTE;
	rules->harsh.count = 5;
	rules->harsh.window_us = 60 * VG_MINUTE;
	rules->harsh.max_interval_us = 3 * VG_SECOND;
	rules->harsh.brake = 9;
	rules->harsh.accelerate = 7;
	rules->harsh.turn = 30;
	rules->ban_from = 2 * 60;
	rules->ban_to = 5 * 60;
	rules->ban_moving_us = 10 * VG_MINUTE;
	rules->ban_bucket_us = VG_MINUTE;
	rules->ban_moving_kmh = 20;
}

static void
rules_place(VgVehicleRules *rules)
{
	const uint32_t heavy = VG_KIND_BIT(VG_HAZMAT) | VG_KIND_BIT(VG_TRUCK_HEAVY);

	rules->forbidden_area = rule_points(2, 0, 2, 0);
	rules->forbidden_road = rule_points(3, 0, 3, 0);
	rules->restricted_hours = rule_points(2, 0, 1, 0);
	rules->stay[0] = (VgStayRule){15 * VG_MINUTE, 150, 0, heavy};
	rules->stay[1] = (VgStayRule){20 * VG_MINUTE, 100, 0, heavy};
	rules->stay[2] = (VgStayRule){30 * VG_MINUTE, 100, 0, heavy};
	rules->stop_expressway = rule_points(1, 3 * VG_MINUTE, 1, 2 * VG_MINUTE);
	rules->stop_structure = rule_points(1, 2 * VG_MINUTE, 1, 2 * VG_MINUTE);
	rules->jam_share_expressway = 0.5;
	rules->jam_share_structure = 0.5;
}

void
vg_vehicle_rules_default(VgVehicleRules *rules)
{
	memset(rules, 0, sizeof(*rules));
	rules->enabled = VG_MODEL_BIT(VG_VEHICLE_MODELS) - 1;
	rules->utc_offset_minutes = 480;
	rules_driver(rules);
	rules_speed(rules);
	rules_device(rules);
	rules_place(rules);
}
