/*
 * driving.c: how long somebody has been driving since the last rest.
 */
#include "driving.h"

#include "debounce.h"

/* Displacement over a silence that counts as way, km/h. */
#define DRIVING_AVERAGE_KMH 5.0

VgMotion
vg_motion(const VgInterval *interval, double moving_kmh, int64_t gap_us)
{
	int64_t length_us = interval->to_us - interval->from_us;

	if (length_us <= VG_GAP_US && interval->speed_from_kmh < 0)
		return VG_MOTION_UNKNOWN;
	if (length_us <= VG_GAP_US)
		return interval->speed_from_kmh >= moving_kmh ? VG_MOTION_DRIVE : VG_MOTION_STOP;
	if (interval->average_kmh < 0)
		return VG_MOTION_UNKNOWN;
	if (length_us <= gap_us)
		return interval->average_kmh >= DRIVING_AVERAGE_KMH ? VG_MOTION_DRIVE : VG_MOTION_STOP;
	return interval->average_kmh >= DRIVING_AVERAGE_KMH ? VG_MOTION_UNKNOWN : VG_MOTION_REST;
}

static void
driving_rest(VgDriving *driving, int64_t time_us)
{
	driving->driving_us = 0;
	driving->pending_us = 0;
	driving->since = 0;
	driving->last_rest = time_us;
}

/* The stop is over: a short one counts as driving. */
static void
driving_resume(VgDriving *driving, const VgDrivingRule *rule)
{
	if (driving->stop_us < rule->rest_us && driving->since != 0)
		driving->driving_us += driving->pending_us;
	driving->stop_us = 0;
	driving->pending_us = 0;
}

bool
vg_driving_step(VgDriving *driving, const VgInterval *interval, int64_t counted_us,
				const VgDrivingRule *rule)
{
	bool rested = false;

	switch (vg_motion(interval, rule->moving_kmh, rule->gap_us))
	{
		case VG_MOTION_DRIVE:
			if (driving->stop_us > 0)
				driving_resume(driving, rule);
			if (driving->since == 0)
				driving->since = interval->from_us;
			driving->driving_us += counted_us;
			break;
		case VG_MOTION_STOP:
			driving->stop_us += interval->to_us - interval->from_us;
			driving->pending_us += counted_us;
			rested = driving->stop_us >= rule->rest_us;
			break;
		case VG_MOTION_REST:
			driving->stop_us = interval->to_us - interval->from_us;
			rested = true;
			break;
		case VG_MOTION_UNKNOWN:
			break;
	}
	if (rested)
		driving_rest(driving, interval->to_us);
	if (interval->speed_to_kmh >= rule->moving_kmh && driving->stop_us > 0)
		driving_resume(driving, rule);
	return rested;
}

static int64_t
daily_floor(int64_t value, int64_t unit)
{
	int64_t quotient = value / unit;

	return value < 0 && quotient * unit != value ? quotient - 1 : quotient;
}

int64_t
vg_daily_overlap(int64_t from_us, int64_t to_us, int32_t from_minute, int32_t to_minute,
				 int32_t utc_offset_minutes)
{
	int64_t shift = utc_offset_minutes * VG_MINUTE;
	int64_t start_us = from_minute * VG_MINUTE;
	int64_t length_us = ((to_minute - from_minute + 1440) % 1440) * VG_MINUTE;
	int64_t sum = 0;

	from_us += shift;
	to_us += shift;
	/* the window that began the day before may reach into the interval */
	for (int64_t day = daily_floor(from_us, VG_DAY) - 1; day * VG_DAY + start_us < to_us; day++)
	{
		int64_t start = day * VG_DAY + start_us;
		int64_t end = start + length_us;
		int64_t low = start > from_us ? start : from_us;
		int64_t high = end < to_us ? end : to_us;

		if (high > low)
			sum += high - low;
	}
	return sum;
}

bool
vg_daily_inside(int64_t time_us, int32_t from_minute, int32_t to_minute, int32_t utc_offset_minutes)
{
	int64_t local = time_us + utc_offset_minutes * VG_MINUTE;
	int64_t minute = (local - daily_floor(local, VG_DAY) * VG_DAY) / VG_MINUTE;

	if (from_minute <= to_minute)
		return minute >= from_minute && minute < to_minute;
	return minute >= from_minute || minute < to_minute;
}
