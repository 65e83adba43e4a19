/*
 * effects.h: from raised and cleared models to hazards, masks, colours, incidents: the one place
 * that writes them.
 */
#ifndef VIGIL_EFFECTS_H
#define VIGIL_EFFECTS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

typedef enum VgEffectKind
{
	VG_HAZARD_RAISE, /* open it, or touch it when it is open */
	VG_HAZARD_TOUCH, /* still so: last_seen_at, count, merged evidence; nothing if it is not open */
	VG_HAZARD_CLEAR	 /* close it; nothing if it is not open */
} VgEffectKind;

typedef struct VgHazardEffect
{
	int64 subject;
	int64 region_code; /* 0 = unknown */
	TimestampTz at;	   /* observation time */
	double lon;		   /* NaN = unknown */
	double lat;
	const char *model;	  /* code in the profile's domain; outlives the call */
	const char *clear_by; /* CLEAR: rule, feedback, person, job */
	const char *reason;	  /* CLEAR: free word such as model_disabled, stale; or NULL */
	Jsonb *evidence;	  /* RAISE: whole; TOUCH and CLEAR: merged over what is there; or NULL */
	int32 count;		  /* observations that this effect stands for, >= 1 */
	VgEffectKind kind;
} VgHazardEffect;

/*
 * vg_effects_apply: write hazards, masks, colours, risk_change and incidents for one profile's
 * effects.
 *
 * Needs no order: sorts by (subject, at), keeping the order of equals; locks risk_state in order of
 * subject.  Calls SPI itself (the caller is not connected) and works with the rights of the owner
 * of vigil.risk_state.  Set-wise: a few statements whatever the count; none when count is 0.
 *
 * A RAISE or TOUCH of a model that is unknown or disabled is ignored, as is a RAISE that a
 * vigil.suppression covers.  A CLEAR by another than "rule" is told to the domain's engine first
 * (vigil_vehicle.hazard_closed), since its state comes before risk_state in the order of locks.
 * Returns the number of hazards opened or closed.  Error 22023: unknown profile.
 */
extern int64 vg_effects_apply(const char *profile, VgHazardEffect *effects, int count);

#endif
