/*
 * debounce.h: raise when a condition has held long enough, clear when it has been gone long enough.
 */
#ifndef VIGIL_ENGINE_DEBOUNCE_H
#define VIGIL_ENGINE_DEBOUNCE_H

#include "base.h"

/* Consecutive points are not joined over a longer silence (domain rule of all "n consecutive
 * points"). */
#define VG_GAP_US (300 * VG_SECOND)

typedef struct VgDebounceRule
{
	int32_t raise_count;   /* consecutive bad points, at least 1 */
	int32_t clear_count;   /* consecutive good points, at least 1 */
	int64_t raise_span_us; /* from the first to the newest bad point, inclusive */
	int64_t clear_span_us; /* from the first to the newest good point, inclusive */
} VgDebounceRule;

/* All zero bytes is the fresh state. */
typedef struct VgDebounce
{
	int64_t bad_since; /* of the present run; meaningful with bad_count */
	int64_t good_since;
	int64_t last; /* time of the newest point of either run */
	uint16_t bad_count;
	uint16_t good_count;
	float worst; /* greatest measure of the run of bad points */
} VgDebounce;

typedef enum VgSample
{
	VG_SAMPLE_BAD,	  /* the condition holds */
	VG_SAMPLE_GOOD,	  /* it does not */
	VG_SAMPLE_BETWEEN /* neither: ends a run of good points, does not lengthen a run of bad ones */
} VgSample;

/* What the run says at this point; raised: whether the model is raised now. */
typedef enum VgVerdict
{
	VG_VERDICT_NONE,
	VG_VERDICT_RAISE,
	VG_VERDICT_STILL, /* raised, and the condition holds at this point */
	VG_VERDICT_CLEAR
} VgVerdict;

extern VgVerdict vg_debounce_step(VgDebounce *state, int64_t time_us, VgSample point, float measure,
								  bool raised, const VgDebounceRule *rule);
/* Let a time that does not count pass: the runs neither grow nor end. */
extern void vg_debounce_pause(VgDebounce *state, int64_t time_us);

#endif
