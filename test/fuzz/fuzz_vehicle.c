/*
 * fuzz_vehicle.c: any sequence of observations under any rules in range leaves a sound state: it
 * packs and unpacks to itself, no model is raised twice or cleared unraised, rows late or twice
 * change nothing.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../extension/engine/vehicle.h"
#include "../unit/roadnaive.h"
#include "bytes.h"

static VgFenceIndex *fences;
static VgRoadIndex *roads;
static int32_t fence_capacity;

/* A fence of each kind that the models name, all on the road of the track, and that road. */
static void
make_world(void)
{
	static const double line[] = {120.0, 30.0, 120.2, 30.0, 120.4, 30.0};
	static VgPoint vertex[16 * 5];
	static uint32_t ring_first[17], ring_fence[16];
	static VgFence fence[16];
	VgFenceSource source = {fence, NULL, vertex, ring_first, ring_fence, 16, 0, 80, 16};
	VgRoadSource road[2] = {{.points = line, .point_count = 2},
							{.points = line + 2, .point_count = 2}};
	VgStatus status;
	size_t room;

	for (uint32_t i = 0; i < 16; i++)
	{
		double west = 120.0 + i * 0.02, east = west + 0.03;

		fence[i] = (VgFence){.id = i + 1,
							 .valid_from = INT64_MIN,
							 .valid_until = INT64_MAX,
							 .subject_kinds = 0xFFFF,
							 .kind = (uint8_t) (i % 9)};
		memcpy(&vertex[5 * i],
			   (VgPoint[]){{west, 29.9}, {east, 29.9}, {east, 30.1}, {west, 30.1}, {west, 29.9}},
			   5 * sizeof(VgPoint));
		ring_first[i + 1] = 5 * (i + 1);
		ring_fence[i] = i;
	}
	room = 2 * vg_fence_room(&source);
	fences = malloc(room);
	require(vg_fence_build(&source, fences, room) == VG_OK);
	fence_capacity = vg_fence_count(fences);
	for (int i = 0; i < 2; i++)
	{
		road[i].segment = (VgRoadSegment){.id = i + 1, .limit_kmh = 80, .truck_limit_kmh = 60};
		road[i].segment.road_class = i == 0 ? VG_ROAD_EXPRESSWAY : VG_ROAD_PROVINCIAL;
		road[i].segment.flags = VG_ROAD_HAZMAT_FORBIDDEN | VG_ROAD_BRIDGE | VG_ROAD_SHARP_BEND;
	}
	roads = naive_build(road, 2, &status);
	require(roads != NULL);
}

static const VgRoadStates *
road_states(void *context, int64_t time_us)
{
	static VgRoadState entry = {.segment_id = 1, .visibility_m = 40, .surface = VG_SURFACE_ICE};
	static const VgRoadStates states = {&entry, 1};

	entry.observed_at = time_us - VG_MINUTE;
	return &states;
}

static double
jam_share(void *context, int64_t vehicle, int64_t segment_id, int64_t time_us)
{
	return (double) (time_us / VG_SECOND % 5) / 4 - 0.25;
}

static void
take_rules(Bytes *bytes, VgVehicleRules *rules)
{
	vg_vehicle_rules_default(rules);
	rules->enabled &= take(bytes, 4) | UINT64_C(0x2000000);
	rules->fatigue.drive_us = (1 + take(bytes, 1)) * VG_MINUTE;
	rules->fatigue.rest_us = (1 + take(bytes, 1) % 30) * VG_MINUTE;
	rules->overtime_us = (1 + take(bytes, 1)) * VG_MINUTE;
	rules->drift.count = 1 + (int32_t) (take(bytes, 1) % 5);
	rules->shield_bad_us = (1 + take(bytes, 1) % 15) * VG_MINUTE;
	rules->forbidden_area.raise_count = 1 + (int32_t) (take(bytes, 1) % 4);
	rules->speeding_segment.debounce.raise_span_us = take(bytes, 1) % 60 * VG_SECOND;
	rules->stay[0].raise_us = (1 + take(bytes, 1) % 40) * VG_MINUTE;
	for (int i = 0; i < 3; i++)
		rules->stay[i].fence_kinds = UINT64_C(1) << i;
	rules->hazmat_forbidden = 1 << 4;
	rules->truck_forbidden = 1 << 5;
	rules->restricted = 1 << 6;
	rules->normal_stop = 1 << 7;
	rules->relay_point = 1 << 8;
}

static VgPosition
take_position(Bytes *bytes, int64_t *now)
{
	static const int32_t step_s[] = {1,	   2,	  10, 30, 60,	300, 301, 1800,
									 1801, 86400, 0,  -1, -600, 3,	 30,  30};
	static double lon = 120.1;
	VgPosition position = {.vehicle = 7,
						   .lat = 30.0,
						   .altitude_m = NAN,
						   .satellites = -1,
						   .signal = -1};

	position.observed_at = *now + step_s[take(bytes, 1) & 15] * VG_SECOND;
	position.has = (uint16_t) ((take(bytes, 1) | VG_HAS_POINT) & 0xFF);
	if ((take(bytes, 1) & 15) == 0)
		position.has &= (uint16_t) ~VG_HAS_POINT;
	lon = 120.0 + (take(bytes, 1) & 7 ? fmod(lon - 119.999, 0.4) : take(bytes, 1) / 600.0);
	position.lon = lon;
	position.speed_kmh = (float) (take(bytes, 1) % 221);
	position.recorder_speed_kmh = (float) (take(bytes, 1) % 221);
	position.heading_deg = (int16_t) (take(bytes, 2) % 360);
	position.mileage_km = (float) (take(bytes, 1));
	position.alarm_bits = take(bytes, 1) & 1 ? take(bytes, 4) : 0;
	position.status_bits = take(bytes, 1);
	position.video_bits = take(bytes, 1);
	position.source = take(bytes, 1) % 3;
	position.driver_id = take(bytes, 1) % 3;
	return position;
}

/* What one step told agrees with what was open before and is open after. */
static void
check_effects(uint64_t open, const VgVehicleState *state, const VgStepEffect *effects,
			  int32_t count, int64_t now)
{
	require(count >= 0 && count <= VG_STEP_EFFECTS_MAX);
	for (int32_t i = 0; i < count; i++)
	{
		const VgStepEffect *effect = &effects[i];
		uint64_t bit = VG_MODEL_BIT(effect->model);

		require(effect->model < VG_VEHICLE_MODELS && effect->at == now);
		require(effect->fact_count >= 0 && effect->fact_count <= VG_STEP_FACTS);
		require(((open & bit) != 0) == (effect->kind != VG_STEP_RAISE));
		if (effect->kind == VG_STEP_RAISE)
			open |= bit;
		else if (effect->kind == VG_STEP_CLEAR)
			open &= ~bit;
		for (int32_t k = 0; k < effect->fact_count; k++)
			require(effect->facts[k].kind != VG_FACT_REAL || isfinite(effect->facts[k].value.real));
	}
	require(open == state->raised);
}

/* Bytes survive the way to the table and back; so does what the next step does with them. */
static void
repack(VgVehicleState *state)
{
	static uint8_t packed[VG_VEHICLE_PACKED_MAX], again[VG_VEHICLE_PACKED_MAX];
	size_t length = vg_vehicle_pack(state, packed);
	VgVehicleState other;

	require(length <= VG_VEHICLE_PACKED_MAX);
	require(vg_vehicle_unpack(&other, packed, length) == VG_OK);
	require(vg_vehicle_pack(&other, again) == length && memcmp(packed, again, length) == 0);
	require(other.raised == state->raised);
	*state = other;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint32_t hits[64];
	Bytes bytes = {data, size};
	VgVehicleTraits traits = {.kind = (VgVehicleKind) (take(&bytes, 1) % VG_VEHICLE_KINDS)};
	VgVehicleRules rules;
	VgVehicleWorld world = {.road_states = road_states,
							.jam_share = jam_share,
							.hits = hits,
							.hit_capacity = 64};
	VgVehicleState state;
	VgStepEffect effects[VG_STEP_EFFECTS_MAX];
	int64_t now = INT64_C(800000000) * VG_SECOND;
	int32_t count;

	if (fences == NULL)
		make_world();
	require(fence_capacity <= 64);
	world.fences = fences;
	world.roads = roads;
	take_rules(&bytes, &rules);
	vg_vehicle_state_init(&state);
	while (bytes.left > 0)
	{
		VgPosition position = take_position(&bytes, &now);
		VgVehicleState before = state;
		VgOrder order = {.model = (uint8_t) (take(&bytes, 1) % VG_VEHICLE_MODELS),
						 .until = VG_NEVER};
		VgStepResult result;
		uint64_t open = state.raised & rules.enabled;

		order.reset = (take(&bytes, 1) & 7) == 0;
		if (order.reset)
			open &= ~VG_MODEL_BIT(order.model);
		result =
			vg_vehicle_step(&state, &position, &traits, &order, 1, &rules, &world, effects, &count);
		if (result != VG_STEP_DONE)
		{
			require(count == 0 && memcmp(&before, &state, sizeof(state)) == 0);
			require(result != VG_STEP_LATE || position.observed_at < now);
			continue;
		}
		now = position.observed_at;
		require(!order.reset && state.seen_us == now);
		check_effects(open, &state, effects, count, now);
		/* the same row again changes nothing */
		before = state;
		require(vg_vehicle_step(&state, &position, &traits, NULL, 0, &rules, &world, effects,
								&count) == VG_STEP_DUPLICATE);
		require(count == 0 && memcmp(&before, &state, sizeof(state)) == 0);
		repack(&state);
	}
	return 0;
}
