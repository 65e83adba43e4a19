/*
 * stay.h: where a subject has been staying, in spite of drift.
 *
 * Source: vehicles domain, stay-point: radius, two strikes, the running mean of the first 20 points
 * as anchor.
 */
#ifndef VIGIL_ENGINE_STAY_H
#define VIGIL_ENGINE_STAY_H

#include "base.h"

#define VG_STAY_ANCHOR_POINTS 20
#define VG_STAY_END_KMH 20.0
#define VG_STAY_SILENCE_US (30 * VG_MINUTE)

/* All zero bytes is "no point seen yet". */
typedef struct VgStay
{
	double lon; /* the anchor */
	double lat;
	int64_t since;
	int64_t strike_since; /* time of the first of the present strikes */
	uint8_t count; /* points in the anchor's mean, up to VG_STAY_ANCHOR_POINTS; 0 = no anchor */
	uint8_t strikes;
} VgStay;

typedef enum VgStayChange
{
	VG_STAY_GOES_ON,
	VG_STAY_STRUCK, /* this point lies outside, but may be drift */
	VG_STAY_NEW		/* another stay has begun */
} VgStayChange;

/*
 * vg_stay_step: one located point.  last_us is the time of the point before (VG_NEVER at first),
 * speed_kmh negative if unknown.  Points come in order of time.
 */
extern VgStayChange vg_stay_step(VgStay *stay, int64_t time_us, double lon, double lat,
								 double speed_kmh, int64_t last_us, double radius_m);

#endif
