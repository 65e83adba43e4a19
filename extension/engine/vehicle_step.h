/*
 * vehicle_step.h: what the files of the vehicle step share; not for others.
 */
#ifndef VIGIL_ENGINE_VEHICLE_STEP_H
#define VIGIL_ENGINE_VEHICLE_STEP_H

#include "vehicle.h"

/* "moving" in the sense of the models, km/h. */
#define STEP_MOVING_KMH 5.0
/* An open hazard is told again (count, worst value) at most this often. */
#define STEP_TOUCH_US (5 * VG_MINUTE)

/* One call of vg_vehicle_step. */
typedef struct VgStep
{
	VgVehicleState *state;
	const VgPosition *position;
	const VgVehicleTraits *traits;
	const VgVehicleRules *rules;
	const VgVehicleWorld *world;
	VgOrder *orders;
	int32_t order_count;
	VgStepEffect *effects;
	int32_t effect_count;
	int64_t now;
	VgInterval interval; /* from the observation before; empty at the first */
	bool located;		 /* position has a point that is to be believed */
	bool speed_measured; /* speed_kmh is the recorder's or the GPS's, not derived from the way */
	double speed_kmh;	 /* negative = unknown */
	double way_m;		 /* from the newest plausible point; negative = unknown */
	const VgRoadSegment *segment; /* NULL = off road or not located */
	int32_t segment_number;
	int32_t hit_count; /* COVERED areas around the point, in world->hits */
} VgStep;

extern bool vg_step_enabled(const VgStep *step, VgVehicleModel model);
extern bool vg_step_raised(const VgStep *step, VgVehicleModel model);
/* Somebody ordered this model to be silent now, at this fence (0 = asked for no fence). */
extern bool vg_step_silent(const VgStep *step, VgVehicleModel model, int64_t fence_id);
extern VgStepEffect *vg_step_raise(VgStep *step, VgVehicleModel model, int64_t fence_id);
/* The hazard still holds; NULL when it need not be told yet. */
extern VgStepEffect *vg_step_touch(VgStep *step, VgVehicleModel model);
extern VgStepEffect *vg_step_clear(VgStep *step, VgVehicleModel model, const char *reason);
/* One point of a debounced model: the effect to which the caller adds its facts, or NULL. */
extern VgStepEffect *vg_step_debounce(VgStep *step, VgVehicleModel model, VgSample point,
									  double measure, const VgDebounceRule *rule, int64_t fence_id);

extern void vg_fact_integer(VgStepEffect *effect, const char *name, int64_t value);
extern void vg_fact_real(VgStepEffect *effect, const char *name, double value);
extern void vg_fact_time(VgStepEffect *effect, const char *name, int64_t value);
extern void vg_fact_text(VgStepEffect *effect, const char *name, const char *value);

/* Groups of models, in the order in which they run. */
extern bool vg_step_jump(VgStep *step); /* true: the point is a jump and feeds nothing else */
extern void vg_step_device(VgStep *step);
extern void vg_step_driver(VgStep *step);
/* Whether this observation is far enough from the one from which harsh driving is measured. */
extern bool vg_step_harsh_due(const VgStep *step);
extern void vg_step_speed(VgStep *step);
extern void vg_step_place(VgStep *step);
extern void vg_step_stay(VgStep *step);
extern void vg_step_stop(VgStep *step);

#endif
