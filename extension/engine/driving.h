/*
 * driving.h: how long somebody has been driving since the last rest.
 *
 * Source: vehicles domain, common rules of the models: what counts as driving, stop, rest and
 * unknown between two positions; in the fatigue models a stop shorter than a rest is added as
 * driving when it ends.
 */
#ifndef VIGIL_ENGINE_DRIVING_H
#define VIGIL_ENGINE_DRIVING_H

#include "base.h"

typedef enum VgMotion
{
	VG_MOTION_DRIVE,
	VG_MOTION_STOP,
	VG_MOTION_REST,	  /* silence without way: longer than gap_us, below 5 km/h on average */
	VG_MOTION_UNKNOWN /* silence with way: a terminal switched off gains nothing */
} VgMotion;

/* The time between two neighbouring observations of one subject. */
typedef struct VgInterval
{
	int64_t from_us;
	int64_t to_us;
	double speed_from_kmh; /* at its start; negative = unknown */
	double speed_to_kmh;   /* at its end */
	double average_kmh;	   /* displacement over time; negative = unknown */
} VgInterval;

typedef struct VgDrivingRule
{
	int64_t drive_us; /* raise at */
	int64_t rest_us;
	int64_t gap_us;
	double moving_kmh;
} VgDrivingRule;

/* All zero bytes is "rested". */
typedef struct VgDriving
{
	int64_t driving_us; /* since the last rest */
	int64_t since;		/* start of that driving, 0 = none since the last rest */
	int64_t last_rest;	/* end of the last rest seen, 0 = none */
	int64_t stop_us;	/* length of the present stop */
	int64_t pending_us; /* what the stop adds to driving_us if it ends before it is a rest */
} VgDriving;

extern VgMotion vg_motion(const VgInterval *interval, double moving_kmh, int64_t gap_us);
/*
 * vg_driving_step: counted_us is the part of the interval that counts (all of it, or what lies in
 * the night).  Returns true when the rest is complete with this interval (again and again while it
 * goes on).
 */
extern bool vg_driving_step(VgDriving *driving, const VgInterval *interval, int64_t counted_us,
							const VgDrivingRule *rule);
/* Microseconds of [from, to) that lie between two minutes of local day; until < from means past
 * midnight. */
extern int64_t vg_daily_overlap(int64_t from_us, int64_t to_us, int32_t from_minute,
								int32_t to_minute, int32_t utc_offset_minutes);
/* Whether the local minute of day lies in [from, to), past midnight if to < from. */
extern bool vg_daily_inside(int64_t time_us, int32_t from_minute, int32_t to_minute,
							int32_t utc_offset_minutes);

#endif
