/*
 * vehicle_test.c: edges of the whole vehicle step: silence between points, jumps, late rows, values
 * exactly at a limit, a change of driver.
 */
#include "../../extension/engine/vehicle.h"

#include "check.h"
#include "roadnaive.h"

/* 2022-01-20 08:00 at UTC+8. */
#define MORNING (8055 * VG_DAY)

/* One vehicle at work and the effects of its newest step. */
typedef struct Run
{
	VgVehicleState state;
	VgVehicleTraits traits;
	VgVehicleRules rules;
	VgStepEffect effects[VG_STEP_EFFECTS_MAX];
	int32_t effect_count;
} Run;

static VgVehicleWorld world;

static const VgRoadStates *
road_states(void *context, int64_t time_us)
{
	static const VgRoadStates none = {NULL, 0};

	return &none;
}

static double
jam_share(void *context, int64_t vehicle, int64_t segment_id, int64_t time_us)
{
	return -1;
}

/* A provincial road along 30 N with a limit of 80; no fences. */
static void
make_world(void)
{
	static const double line[] = {120.0, 30.0, 121.0, 30.0};
	static VgFenceIndex *fences;
	static uint32_t hits[1], ring_first[1];
	VgFenceSource no_fences = {.ring_first = ring_first};
	VgRoadSource road = {.points = line, .point_count = 2};
	VgStatus status;
	size_t room = vg_fence_room(&no_fences) + 4096;

	fences = malloc(room);
	CHECK_INT(vg_fence_build(&no_fences, fences, room), VG_OK);
	road.segment = (VgRoadSegment){.id = 1, .limit_kmh = 80, .road_class = VG_ROAD_PROVINCIAL};
	world = (VgVehicleWorld){.fences = fences,
							 .roads = naive_build(&road, 1, &status),
							 .road_states = road_states,
							 .jam_share = jam_share,
							 .hits = hits,
							 .hit_capacity = 1};
	CHECK_INT(status, VG_OK);
}

static void
start(Run *run, VgVehicleKind kind, uint64_t models)
{
	memset(run, 0, sizeof(*run));
	vg_vehicle_state_init(&run->state);
	vg_vehicle_rules_default(&run->rules);
	run->rules.enabled = models;
	run->traits.kind = kind;
}

static VgPosition
at(int64_t time_us, double lon, double speed_kmh)
{
	return (VgPosition){.vehicle = 7,
						.observed_at = time_us,
						.lon = lon,
						.lat = 30.0,
						.speed_kmh = (float) speed_kmh,
						.has = VG_HAS_POINT | VG_HAS_SPEED,
						.altitude_m = (float) NAN,
						.satellites = -1,
						.signal = -1};
}

static VgStepResult
step(Run *run, VgPosition position)
{
	return vg_vehicle_step(&run->state, &position, &run->traits, NULL, 0, &run->rules, &world,
						   run->effects, &run->effect_count);
}

/* Whether the newest step told this of the model. */
static bool
told(const Run *run, VgStepEffectKind kind, VgVehicleModel model)
{
	for (int32_t i = 0; i < run->effect_count; i++)
		if (run->effects[i].kind == kind && run->effects[i].model == model)
			return true;
	return false;
}

static int64_t
fact(const Run *run, const char *name)
{
	for (int32_t i = 0; i < run->effect_count; i++)
		for (int32_t k = 0; k < run->effects[i].fact_count; k++)
			if (strcmp(run->effects[i].facts[k].name, name) == 0)
				return run->effects[i].facts[k].value.integer;
	return -1;
}

/* Three consecutive points over a limit, the third after a silence: does it raise? */
static bool
raises_over(int64_t silence_us)
{
	Run run;

	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_SPEEDING_KIND_CAP));
	step(&run, at(MORNING, 120.1, 64.0));
	step(&run, at(MORNING + 30 * VG_SECOND, 120.105, 64.0));
	CHECK_INT(run.effect_count, 0);
	step(&run, at(MORNING + 30 * VG_SECOND + silence_us, 120.11, 64.0));
	return told(&run, VG_STEP_RAISE, VG_SPEEDING_KIND_CAP);
}

static void
test_silence(void)
{
	Run run;

	CHECK_TRUE(raises_over(300 * VG_SECOND));
	CHECK_TRUE(!raises_over(300 * VG_SECOND + 1));
	CHECK_TRUE(!raises_over(301 * VG_SECOND));
	/* driving: up to 300 s the speed at its start counts, beyond it the way (here: none) */
	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_FATIGUE_CONTINUOUS));
	step(&run, at(MORNING, 120.1, 70.0));
	step(&run, at(MORNING + 300 * VG_SECOND, 120.1, 70.0));
	CHECK_INT(run.state.fatigue.driving_us, 300 * VG_SECOND);
	step(&run, at(MORNING + 601 * VG_SECOND, 120.1, 0.0));
	CHECK_INT(run.state.fatigue.driving_us, 300 * VG_SECOND);
	CHECK_INT(run.state.fatigue.stop_us, 301 * VG_SECOND);
}

static void
test_at_limit(void)
{
	Run run;

	/* acceptance case 12: cap 60 x 1.05 = 63 is allowed, 64 is not; 20 s is span enough */
	for (int over = 0; over <= 1; over++)
	{
		start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_SPEEDING_KIND_CAP));
		for (int i = 0; i < 2; i++)
		{
			step(&run, at(MORNING + i * 10 * VG_SECOND, 120.1 + 0.001 * i, 63.0 + over));
			CHECK_INT(run.effect_count, 0);
		}
		step(&run, at(MORNING + 20 * VG_SECOND, 120.102, 63.0 + over));
		CHECK_INT(told(&run, VG_STEP_RAISE, VG_SPEEDING_KIND_CAP), over);
	}
	/* three points within 19 s are not enough */
	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_SPEEDING_KIND_CAP));
	for (int i = 0; i < 3; i++)
		step(&run, at(MORNING + i * 9500000, 120.1 + 0.001 * i, 64.0));
	CHECK_INT(run.effect_count, 0);
}

/* Everything of the state that feeds a model, without the count of jumps and the time seen. */
static bool
same_but_jumps(const VgVehicleState *before, const VgVehicleState *after)
{
	VgVehicleState other = *after;

	other.seen_us = before->seen_us;
	other.jumps = before->jumps;
	other.raised = before->raised;
	other.hazard[VG_GPS_DRIFT] = before->hazard[VG_GPS_DRIFT];
	return memcmp(before, &other, sizeof(other)) == 0;
}

/* Acceptance case 20: three jumps and back. */
static void
test_jump(void)
{
	Run run;
	VgVehicleState before;
	int64_t now = MORNING;

	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_VEHICLE_MODELS) - 1);
	step(&run, at(now, 120.1, 50.0));
	for (int i = 1; i <= 3; i++)
	{
		now += 30 * VG_SECOND;
		step(&run, at(now, 120.1, 50.0));
		before = run.state;
		now += 30 * VG_SECOND;
		CHECK_INT(step(&run, at(now, 120.15, 219.0)), VG_STEP_DONE);
		CHECK_TRUE(same_but_jumps(&before, &run.state));
		CHECK_INT(run.state.seen_us, now);
		CHECK_INT(run.state.jumps.count, i);
		CHECK_INT(run.effect_count, i == 3);
	}
	CHECK_TRUE(told(&run, VG_STEP_RAISE, VG_GPS_DRIFT));
	CHECK_INT(run.state.raised, VG_MODEL_BIT(VG_GPS_DRIFT));
	CHECK_INT(fact(&run, "count"), 3);
	/* the point after it is measured from the place before the jump */
	step(&run, at(now + 30 * VG_SECOND, 120.1, 50.0));
	CHECK_INT(run.state.jumps.count, 3);
	CHECK_REAL(run.state.lon, 120.1, 0.0);
	/* more than 120 s after the newest good point is no jump */
	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_GPS_DRIFT));
	step(&run, at(MORNING, 120.1, 50.0));
	step(&run, at(MORNING + 121 * VG_SECOND, 120.2, 50.0));
	CHECK_INT(run.state.jumps.count, 0);
	CHECK_REAL(run.state.lon, 120.2, 0.0);
}

static void
test_late(void)
{
	Run run;
	VgVehicleState before;

	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_VEHICLE_MODELS) - 1);
	for (int i = 0; i < 30; i++)
		step(&run, at(MORNING + i * 30 * VG_SECOND, 120.1 + 0.006 * i, 70.0));
	before = run.state;
	CHECK_INT(step(&run, at(MORNING + 5 * VG_MINUTE + 1, 120.3, 0.0)), VG_STEP_LATE);
	CHECK_INT(run.effect_count, 0);
	CHECK_TRUE(memcmp(&before, &run.state, sizeof(before)) == 0);
	/* late is judged by the newest seen, also when that one was a jump */
	step(&run, at(MORNING + 900 * VG_SECOND, 120.9, 70.0));
	CHECK_INT(run.state.jumps.count, 1);
	before = run.state;
	CHECK_INT(step(&run, at(MORNING + 899 * VG_SECOND, 120.28, 70.0)), VG_STEP_LATE);
	CHECK_TRUE(memcmp(&before, &run.state, sizeof(before)) == 0);
}

/* Rows of one driver every 30 s, to before `until`; true when nothing was told. */
static bool
drive(Run *run, int64_t from, int64_t until, int64_t driver_id)
{
	bool quiet = true;

	for (int64_t now = from; now < until; now += 30 * VG_SECOND)
	{
		VgPosition position = at(now, 120.1 + 0.00001 * ((now - MORNING) / VG_MINUTE), 70.0);

		position.driver_id = driver_id;
		step(run, position);
		quiet = quiet && run->effect_count == 0;
	}
	return quiet;
}

/* Acceptance cases 1 and 4. */
static void
test_driver(void)
{
	Run run;
	int64_t change = MORNING + 210 * VG_MINUTE, noon = MORNING + 240 * VG_MINUTE;

	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_FATIGUE_CONTINUOUS));
	CHECK_TRUE(drive(&run, MORNING, noon, 1));
	drive(&run, noon, noon + 1, 1);
	CHECK_TRUE(told(&run, VG_STEP_RAISE, VG_FATIGUE_CONTINUOUS));
	CHECK_INT(fact(&run, "driving_min"), 240);
	CHECK_INT(fact(&run, "driver_id"), 1);
	/* another card ends what was raised against the first */
	drive(&run, noon + 30 * VG_SECOND, noon + 31 * VG_SECOND, 2);
	CHECK_TRUE(told(&run, VG_STEP_CLEAR, VG_FATIGUE_CONTINUOUS));
	CHECK_TEXT(run.effects[0].reason, "driver_changed");

	start(&run, VG_HAZMAT, VG_MODEL_BIT(VG_FATIGUE_CONTINUOUS) | VG_MODEL_BIT(VG_OVERTIME_24H));
	CHECK_TRUE(drive(&run, MORNING, change, 1));
	drive(&run, change, change + 1, 2);
	CHECK_INT(run.state.fatigue.driving_us, 0);
	CHECK_TRUE(drive(&run, change + 30 * VG_SECOND, change + 90 * VG_MINUTE + 1, 2));
	CHECK_INT(run.state.fatigue.driving_us, 90 * VG_MINUTE);
	CHECK_INT(run.state.fatigue.since, change);
	CHECK_INT(run.state.overtime.sum_ms, 90 * 60000);
	/* rows without a card are the known driver's: 240 minutes after the change */
	CHECK_TRUE(drive(&run, change + 90 * VG_MINUTE + 30 * VG_SECOND, change + 240 * VG_MINUTE, 0));
	drive(&run, change + 240 * VG_MINUTE, change + 240 * VG_MINUTE + 1, 0);
	CHECK_TRUE(told(&run, VG_STEP_RAISE, VG_FATIGUE_CONTINUOUS));
	CHECK_INT(fact(&run, "driver_id"), 2);
}

/* Since when a driver's card is shown and when it was last; a day of not showing it ends that. */
static void
test_card(void)
{
	static uint8_t packed[VG_VEHICLE_PACKED_MAX];
	VgVehicleState other;
	Run run;

	start(&run, VG_HAZMAT, 0);
	drive(&run, MORNING, MORNING + VG_HOUR, 0);
	CHECK_INT(run.state.driver_id, 0);
	drive(&run, MORNING + VG_HOUR, MORNING + 2 * VG_HOUR + 1, 7);
	drive(&run, MORNING + 2 * VG_HOUR + VG_MINUTE, MORNING + 3 * VG_HOUR, 0);
	CHECK_INT(run.state.driver_id, 7);
	CHECK_INT(run.state.card_since, MORNING + VG_HOUR);
	CHECK_INT(run.state.card_us, MORNING + 2 * VG_HOUR);
	CHECK_INT(vg_vehicle_unpack(&other, packed, vg_vehicle_pack(&run.state, packed)), VG_OK);
	CHECK_INT(other.card_since, MORNING + VG_HOUR);
	CHECK_INT(other.card_us, MORNING + 2 * VG_HOUR);
	/* the same card again: before the day is over it is the same binding, after it a new one */
	drive(&run, MORNING + 20 * VG_HOUR, MORNING + 20 * VG_HOUR + 1, 7);
	CHECK_INT(run.state.card_since, MORNING + VG_HOUR);
	drive(&run, MORNING + 44 * VG_HOUR, MORNING + 44 * VG_HOUR + 1, 7);
	CHECK_INT(run.state.card_since, MORNING + 44 * VG_HOUR);
	drive(&run, MORNING + 45 * VG_HOUR, MORNING + 45 * VG_HOUR + 1, 8);
	CHECK_INT(run.state.driver_id, 8);
	CHECK_INT(run.state.card_since, MORNING + 45 * VG_HOUR);
}

/*
 * Brakings from 60 km/h by 12 km/h per second for two seconds, 20 s apart, each row by way of the
 * packed state: how often did it raise?
 */
static int32_t
brakings(Run *run, int32_t times, int32_t rows_per_second)
{
	static uint8_t packed[VG_VEHICLE_PACKED_MAX];
	int32_t raised = 0;

	start(run, VG_HAZMAT, VG_MODEL_BIT(VG_HARSH_DRIVING));
	for (int32_t row = 0; row <= times * 20 * rows_per_second; row++)
	{
		double second = (double) row / rows_per_second, phase = fmod(second, 20.0);
		double speed_kmh = phase < 2 ? 60 - 12 * phase : 36 + (phase - 2) * 24 / 18;

		step(run,
			 at(MORNING + row * VG_SECOND / rows_per_second, 120.0 + second * 1e-4, speed_kmh));
		raised += told(run, VG_STEP_RAISE, VG_HARSH_DRIVING);
		CHECK_INT(vg_vehicle_unpack(&run->state, packed, vg_vehicle_pack(&run->state, packed)),
				  VG_OK);
	}
	return raised;
}

/* A feed of many rows a second does not make one braking many. */
static void
test_harsh(void)
{
	static const int32_t rates[] = {1, 2, 5, 25};
	Run run;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
	{
		CHECK_INT(brakings(&run, 2, rates[i]), 0);
		CHECK_INT(run.state.harsh.count, 4);
		CHECK_INT(brakings(&run, 3, rates[i]), 1);
	}
}

int
main(void)
{
	make_world();
	test_silence();
	test_at_limit();
	test_jump();
	test_late();
	test_driver();
	test_card();
	test_harsh();
	return check_report();
}
