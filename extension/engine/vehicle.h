/*
 * vehicle.h: the step of a vehicle: (state, position, rules) -> (state, effects).
 *
 * The live trigger, the backtest, the unit tests and the fuzzer all run vg_vehicle_step.  It
 * allocates nothing, knows no clock and does no I/O; what it must ask of the world (is this stop a
 * traffic jam?) it asks through VgVehicleWorld.
 */
#ifndef VIGIL_ENGINE_VEHICLE_H
#define VIGIL_ENGINE_VEHICLE_H

#include "debounce.h"
#include "driving.h"
#include "fenceindex.h"
#include "roadindex.h"
#include "stay.h"
#include "window.h"

typedef enum VgVehicleKind
{
	VG_COACH_TOUR,
	VG_COACH_LINE,
	VG_HAZMAT,
	VG_SCHOOL_BUS,
	VG_TRUCK_HEAVY,
	VG_OTHER, /* also: not known yet */
	VG_VEHICLE_KINDS
} VgVehicleKind;

#define VG_KIND_BIT(kind) (1u << (unsigned) (kind))
#define VG_KINDS_COACH (VG_KIND_BIT(VG_COACH_TOUR) | VG_KIND_BIT(VG_COACH_LINE))

extern const char *const vg_vehicle_kind_code[VG_VEHICLE_KINDS];
extern const char *const vg_road_class_code[VG_ROAD_CLASSES];

/* The step models, in the order of the catalogue. */
typedef enum VgVehicleModel
{
	VG_FATIGUE_CONTINUOUS,
	VG_FATIGUE_NIGHT,
	VG_OVERTIME_24H,
	VG_HARSH_DRIVING,
	VG_SPEEDING_SEGMENT,
	VG_SPEEDING_KIND_CAP,
	VG_SPEEDING_NIGHT,
	VG_OVERLOAD_PEOPLE,
	VG_GPS_DRIFT,
	VG_GPS_SHIELD,
	VG_VIDEO_BLOCKED,
	VG_SPEED_TAMPER,
	VG_CLONE_JUMP,
	VG_EQUIPMENT_ALARM,
	VG_FORBIDDEN_AREA_ENTRY,
	VG_FORBIDDEN_ROAD_ENTRY,
	VG_WATER_SOURCE_STAY,
	VG_SCHOOL_STAY,
	VG_GOVERNMENT_STAY,
	VG_STOP_EXPRESSWAY,
	VG_STOP_STRUCTURE,
	VG_NIGHT_BAN_COACH,
	VG_RESTRICTED_HOURS,
	VG_LOW_VISIBILITY_SPEED,
	VG_ICE_SPEED,
	VG_DANGEROUS_SECTION,
	VG_VEHICLE_MODELS
} VgVehicleModel;

#define VG_MODEL_BIT(model) (UINT64_C(1) << (unsigned) (model))

extern const char *const vg_vehicle_model_code[VG_VEHICLE_MODELS];

/* --- observation
 * -------------------------------------------------------------------------------------------------
 */

/* Which fields of a position are known. */
enum
{
	VG_HAS_POINT = 1 << 0,
	VG_HAS_SPEED = 1 << 1,
	VG_HAS_RECORDER = 1 << 2,
	VG_HAS_HEADING = 1 << 3,
	VG_HAS_MILEAGE = 1 << 4,
	VG_HAS_ALARM = 1 << 5,
	VG_HAS_STATUS = 1 << 6,
	VG_HAS_VIDEO = 1 << 7,
	VG_IS_BACKFILL = 1 << 8
};

/* Bits of JT/T 808 status and of the video alarm item that the models read. */
#define VG_STATUS_ACC_ON 0x1u
#define VG_STATUS_LOCATED 0x2u
#define VG_VIDEO_LOST 0x1u
#define VG_VIDEO_BLOCKED_BIT 0x2u
#define VG_VIDEO_OVERCROWDED 0x10u
#define VG_ALARM_SHIELD                                                                            \
	0x170u /* bits 4, 5, 6, 8: GNSS fault, antenna open, antenna short, main power lost */

typedef struct VgPosition
{
	int64_t vehicle;
	int64_t observed_at;
	double lon;
	double lat;
	int64_t driver_id; /* 0 = not told */
	float speed_kmh;
	float recorder_speed_kmh;
	float mileage_km;
	uint32_t alarm_bits;
	uint32_t status_bits;
	uint32_t video_bits;
	uint32_t source; /* hash of the feed's name, 0 = none */
	int16_t heading_deg;
	uint16_t has;
	/* for models of the user's only; NaN and -1 = not told */
	float altitude_m;
	int16_t satellites;
	int16_t signal;
} VgPosition;

typedef struct VgPositionLimits
{
	int64_t oldest;
	int64_t newest;
} VgPositionLimits;

/* A field out of its range: which, what it holds, what it may hold; the reason is the code of
 * vigil.reject. */
typedef struct VgFault
{
	const char *reason;
	const char *field;
	double value;
	const char *range;
} VgFault;

/* Range check of a position (domain page 3.1); false and *fault set when it cannot be used.  360
 * degrees become 0, evidence out of its range becomes not told. */
extern bool vg_position_check(VgPosition *position, const VgPositionLimits *limits, VgFault *fault);

/* --- subject
 * -----------------------------------------------------------------------------------------------------
 */

enum
{
	VG_EXEMPT_RELAY_POINT = 1 << 0,
	VG_EXEMPT_FEEDER = 1 << 1,
	VG_EXEMPT_AIRPORT_RAIL = 1 << 2,
	VG_NOT_SCORED = 1 << 3 /* police, military, scrapped */
};

typedef struct VgVehicleTraits
{
	uint64_t fence_exempt; /* fence kinds, by bit */
	int64_t region_code;
	VgVehicleKind kind;
	uint32_t flags;
} VgVehicleTraits;

/* What people decided about a model on this vehicle: it was cleared by hand, it must be silent
 * until a time. */
typedef struct VgOrder
{
	int64_t fence_id; /* 0 = anywhere */
	int64_t until;	  /* silent until then; VG_NEVER = not silent */
	uint8_t model;
	bool reset; /* the open hazard was closed from outside: not yet obeyed */
} VgOrder;

/* --- rules
 * -------------------------------------------------------------------------------------------------------
 */

typedef struct VgSpeedRule
{
	double ratio;
	VgDebounceRule debounce;
} VgSpeedRule;

typedef struct VgStayRule
{
	int64_t raise_us;
	double radius_m;
	uint64_t fence_kinds;
	uint32_t vehicle_kinds;
} VgStayRule;

typedef struct VgVehicleRules
{
	uint64_t enabled; /* VG_MODEL_BIT of each */
	int32_t utc_offset_minutes;
	VgDrivingRule fatigue;
	VgDrivingRule fatigue_night;
	int32_t fatigue_night_from, fatigue_night_to; /* minutes of local day */
	int64_t overtime_us, overtime_goods_us, overtime_bucket_us;
	struct
	{
		int32_t count;
		int64_t window_us, max_interval_us;
		double brake, accelerate, turn; /* km/h per s, degrees per s */
	} harsh;
	VgSpeedRule speeding_segment, speeding_kind_cap, speeding_night;
	double kind_cap[VG_VEHICLE_KINDS][2]; /* [expressway, other]; 0 = none */
	double night_share;
	int32_t speeding_night_from, speeding_night_to;
	VgDebounceRule overload_people;
	struct
	{
		int32_t count;
		int64_t window_us;
		double max_kmh, min_m;
	} drift;
	int64_t shield_bad_us, shield_bucket_us;
	VgDebounceRule video_blocked;
	double video_min_kmh;
	VgDebounceRule speed_tamper;
	double tamper_diff_kmh;
	double clone_max_kmh, clone_min_m;
	VgDebounceRule equipment;
	uint32_t equipment_bits;
	VgDebounceRule forbidden_area, forbidden_road, restricted_hours;
	VgStayRule stay[3]; /* water source, school, government */
	VgDebounceRule stop_expressway, stop_structure;
	double jam_share_expressway, jam_share_structure;
	int32_t ban_from, ban_to;
	int64_t ban_moving_us, ban_bucket_us;
	double ban_moving_kmh;
	struct
	{
		int32_t count; /* steps of the expressway */
		double visibility_m[8], limit_kmh[8];
		double other_50_kmh;
		VgDebounceRule debounce;
	} visibility;
	double ice_limit_kmh, ice_school_bus_kmh;
	VgDebounceRule ice;
	double dangerous_share;
	VgDebounceRule dangerous;
	/* bits of the fence kinds that the models name; 0 where the kind does not exist */
	uint64_t hazmat_forbidden, truck_forbidden, restricted, normal_stop, relay_point;
} VgVehicleRules;

/* The rules of the catalogue as shipped: what a missing parameter means. */
extern void vg_vehicle_rules_default(VgVehicleRules *rules);

/* --- state
 * -------------------------------------------------------------------------------------------------------
 */

typedef struct VgRaised
{
	int64_t at;
	int64_t touched; /* time of the last effect about it */
	int64_t fence_id;
	uint32_t count; /* observations since that effect */
} VgRaised;

typedef struct VgVehicleState
{
	int64_t seen_us; /* newest observation, jumps included, VG_NEVER = none yet */
	int64_t last_us; /* newest observation that fed the models, VG_NEVER = none yet */
	int64_t good_us; /* newest observation with a plausible point, VG_NEVER = none yet */
	double lon;		 /* that point */
	double lat;
	int64_t segment_id;	   /* 0 = off road */
	int32_t segment_guess; /* its number in the newest index seen */
	int64_t driver_id;	   /* by IC card, 0 = not known */
	int64_t card_since;	   /* since when it is shown; with card_us meaningful with driver_id */
	int64_t card_us;	   /* newest observation that showed it */
	int64_t stop_since;	   /* VG_NEVER = moving or not known */
	float speed_kmh;	   /* at last_us, negative = unknown */
	int64_t harsh_us;	   /* observation from which harsh driving is measured: last_us, or one up
							* to a second before; VG_NEVER = none yet */
	float harsh_speed_kmh; /* GPS speed there, negative = unknown */
	int16_t harsh_heading_deg; /* heading there, negative = unknown */
	float mileage_km;		   /* negative = unknown */
	uint32_t source;
	int16_t heading_deg; /* negative = unknown */
	bool was_shielded;	 /* gps_shield's condition at last_us */
	float limit_kmh;	 /* speeding_segment: limit of the present run */
	int64_t good_since;	 /* gps_shield: start of the run without it */
	VgDriving fatigue;
	VgDriving night;
	int64_t harsh_driving_us; /* driving since the last harsh event */
	VgStay stay[3];
	uint64_t raised; /* VG_MODEL_BIT of each raised model */
	VgSumWindow overtime;
	VgSumWindow shield;
	VgSumWindow ban;
	VgCountWindow harsh;
	VgCountWindow jumps;
	VgDebounce debounce[VG_VEHICLE_MODELS];
	VgRaised hazard[VG_VEHICLE_MODELS];
} VgVehicleState;

/* A card that was not shown for so long says nothing of who drives (domain page 1.6). */
#define VG_CARD_COUNTS_US (24 * VG_HOUR)

extern void vg_vehicle_state_init(VgVehicleState *state);

/* Packed form: versioned, little-endian as the machine, only what is not at rest.  At most
 * VG_VEHICLE_PACKED_MAX bytes. */
#define VG_VEHICLE_PACKED_MAX 4096
extern size_t vg_vehicle_pack(const VgVehicleState *state, uint8_t *bytes);
extern VgStatus vg_vehicle_unpack(VgVehicleState *state, const uint8_t *bytes, size_t length);

/* --- effects
 * -----------------------------------------------------------------------------------------------------
 */

typedef enum VgStepEffectKind
{
	VG_STEP_RAISE,
	VG_STEP_TOUCH,
	VG_STEP_CLEAR
} VgStepEffectKind;

typedef enum VgFactKind
{
	VG_FACT_INTEGER,
	VG_FACT_REAL, /* rounded to one decimal where shown */
	VG_FACT_TIME,
	VG_FACT_TEXT
} VgFactKind;

typedef struct VgFact
{
	const char *name; /* key of the evidence; static */
	VgFactKind kind;
	union
	{
		int64_t integer;
		double real;
		const char *text; /* static */
	} value;
} VgFact;

#define VG_STEP_FACTS 8
typedef struct VgStepEffect
{
	VgStepEffectKind kind;
	VgVehicleModel model;
	int64_t at;
	double lon; /* of the newest plausible point; NaN = none yet */
	double lat;
	const char *reason; /* CLEAR: NULL = by its own rule, else a word such as fence_gone */
	int32_t count;		/* observations that it stands for */
	float worst;		/* greatest measure of the run (debounced models) */
	int32_t fact_count;
	VgFact facts[VG_STEP_FACTS];
} VgStepEffect;

/* More than one step can produce: every model once, and a change of driver clears three more. */
#define VG_STEP_EFFECTS_MAX (VG_VEHICLE_MODELS * 2)

/* --- the step
 * ----------------------------------------------------------------------------------------------------
 */

typedef struct VgVehicleWorld
{
	const VgFenceIndex *fences;
	const VgRoadIndex *roads;
	/* The road states that can hold at this time. */
	const VgRoadStates *(*road_states)(void *context, int64_t time_us);
	/*
	 * Share (0..1) of the other vehicles seen on the segment in the 5 min before time_us that are
	 * slow (< 5 km/h); negative when there is none.
	 */
	double (*jam_share)(void *context, int64_t vehicle, int64_t segment_id, int64_t time_us);
	void *context;
	uint32_t *hits; /* working memory of fence queries: room for every area of the index */
	int32_t hit_capacity;
} VgVehicleWorld;

typedef enum VgStepResult
{
	VG_STEP_DONE,
	VG_STEP_LATE,	   /* older than the state: nothing changed */
	VG_STEP_DUPLICATE, /* the same time, or under a second after and the same place: nothing changed
						*/
	VG_STEP_BACKFILL   /* only the backtest looks at it */
} VgStepResult;

/*
 * vg_vehicle_step: one position.  effects has room for VG_STEP_EFFECTS_MAX; *effect_count is set.
 * orders (count of them) are obeyed and `reset` marks taken off.
 */
extern VgStepResult vg_vehicle_step(VgVehicleState *state, const VgPosition *position,
									const VgVehicleTraits *traits, VgOrder *orders,
									int32_t order_count, const VgVehicleRules *rules,
									const VgVehicleWorld *world, VgStepEffect *effects,
									int32_t *effect_count);

#endif
