/*
 * vehicle_pack.c: the state of a vehicle as bytes: only what is not at rest, so that the row stays
 * small.
 */
#include <string.h>

#include "vehicle.h"

#define PACK_VERSION 1

/* What every vehicle has. */
typedef struct PackedBase
{
	uint8_t version;
	bool was_shielded;
	int16_t heading_deg;
	uint16_t sections;
	uint16_t reserved;
	uint32_t source;
	int32_t segment_guess;
	float speed_kmh;
	float harsh_speed_kmh;
	float mileage_km;
	float limit_kmh;
	int64_t seen_us;
	int64_t last_us;
	int64_t good_us;
	double lon;
	double lat;
	int64_t segment_id;
	int64_t driver_id;
	int64_t stop_since;
	int64_t good_since;
	uint64_t raised;
	uint64_t debouncing; /* models with a run under way */
} PackedBase;

enum
{
	PACK_FATIGUE = 1 << 0,
	PACK_NIGHT = 1 << 1,
	PACK_HARSH = 1 << 2,
	PACK_JUMPS = 1 << 3,
	PACK_OVERTIME = 1 << 4,
	PACK_SHIELD = 1 << 5,
	PACK_BAN = 1 << 6,
	PACK_STAY = 1 << 7 /* and the two bits after it */
};

typedef struct Writer
{
	uint8_t *at;
} Writer;

typedef struct Reader
{
	const uint8_t *at;
	const uint8_t *end;
	bool bad;
} Reader;

static void
put(Writer *writer, const void *data, size_t length)
{
	memcpy(writer->at, data, length);
	writer->at += length;
}

static void
get(Reader *reader, void *data, size_t length)
{
	if ((size_t) (reader->end - reader->at) < length)
	{
		reader->bad = true;
		return;
	}
	memcpy(data, reader->at, length);
	reader->at += length;
}

static void
put_counts(Writer *writer, const VgCountWindow *window)
{
	uint8_t count = (uint8_t) window->count;

	put(writer, &count, sizeof(count));
	put(writer, window->at_s, count * sizeof(uint32_t));
}

static void
get_counts(Reader *reader, VgCountWindow *window)
{
	uint8_t count = 0;

	get(reader, &count, sizeof(count));
	if (count > VG_COUNT_WINDOW_SIZE)
	{
		reader->bad = true;
		return;
	}
	window->count = count;
	get(reader, window->at_s, count * sizeof(uint32_t));
}

/* Buckets that hold something, behind a bit map of which. */
static void
put_sums(Writer *writer, const VgSumWindow *window)
{
	uint64_t used = 0;

	for (int i = 0; i < VG_SUM_WINDOW_SIZE; i++)
		if (window->bucket_ms[i] != 0)
			used |= UINT64_C(1) << i;
	put(writer, &window->newest, sizeof(window->newest));
	put(writer, &used, sizeof(used));
	for (int i = 0; i < VG_SUM_WINDOW_SIZE; i++)
		if (window->bucket_ms[i] != 0)
			put(writer, &window->bucket_ms[i], sizeof(uint32_t));
}

static void
get_sums(Reader *reader, VgSumWindow *window)
{
	uint64_t used = 0;

	get(reader, &window->newest, sizeof(window->newest));
	get(reader, &used, sizeof(used));
	for (int i = 0; i < VG_SUM_WINDOW_SIZE; i++)
	{
		if ((used >> i) & 1)
			get(reader, &window->bucket_ms[i], sizeof(uint32_t));
		window->sum_ms += window->bucket_ms[i];
	}
}

static uint16_t
pack_sections(const VgVehicleState *state)
{
	unsigned sections = 0;

	if (state->fatigue.since != 0 || state->fatigue.last_rest != 0 || state->fatigue.stop_us != 0)
		sections |= PACK_FATIGUE;
	if (state->night.since != 0 || state->night.last_rest != 0 || state->night.stop_us != 0)
		sections |= PACK_NIGHT;
	if (state->harsh.count != 0)
		sections |= PACK_HARSH;
	if (state->jumps.count != 0)
		sections |= PACK_JUMPS;
	if (state->overtime.sum_ms != 0)
		sections |= PACK_OVERTIME;
	if (state->shield.sum_ms != 0)
		sections |= PACK_SHIELD;
	if (state->ban.sum_ms != 0)
		sections |= PACK_BAN;
	for (unsigned i = 0; i < 3; i++)
		if (state->stay[i].count != 0)
			sections |= (unsigned) PACK_STAY << i;
	return (uint16_t) sections;
}

static uint64_t
pack_debouncing(const VgVehicleState *state)
{
	uint64_t mask = 0;

	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (state->debounce[i].bad_count != 0 || state->debounce[i].good_count != 0)
			mask |= VG_MODEL_BIT(i);
	return mask;
}

size_t
vg_vehicle_pack(const VgVehicleState *state, uint8_t *bytes)
{
	Writer writer = {bytes};
	PackedBase base = {
		.version = PACK_VERSION,
		.was_shielded = state->was_shielded,
		.heading_deg = state->heading_deg,
		.sections = pack_sections(state),
		.source = state->source,
		.segment_guess = state->segment_guess,
		.speed_kmh = state->speed_kmh,
		.harsh_speed_kmh = state->harsh_speed_kmh,
		.mileage_km = state->mileage_km,
		.limit_kmh = state->limit_kmh,
		.seen_us = state->seen_us,
		.last_us = state->last_us,
		.good_us = state->good_us,
		.lon = state->lon,
		.lat = state->lat,
		.segment_id = state->segment_id,
		.driver_id = state->driver_id,
		.stop_since = state->stop_since,
		.good_since = state->good_since,
		.raised = state->raised,
		.debouncing = pack_debouncing(state),
	};

	put(&writer, &base, sizeof(base));
	if (base.sections & PACK_FATIGUE)
		put(&writer, &state->fatigue, sizeof(state->fatigue));
	if (base.sections & PACK_NIGHT)
		put(&writer, &state->night, sizeof(state->night));
	if (base.sections & PACK_HARSH)
	{
		put(&writer, &state->harsh_driving_us, sizeof(state->harsh_driving_us));
		put_counts(&writer, &state->harsh);
	}
	if (base.sections & PACK_JUMPS)
		put_counts(&writer, &state->jumps);
	if (base.sections & PACK_OVERTIME)
		put_sums(&writer, &state->overtime);
	if (base.sections & PACK_SHIELD)
		put_sums(&writer, &state->shield);
	if (base.sections & PACK_BAN)
		put_sums(&writer, &state->ban);
	for (int i = 0; i < 3; i++)
		if (base.sections & (PACK_STAY << i))
			put(&writer, &state->stay[i], sizeof(state->stay[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (base.debouncing & VG_MODEL_BIT(i))
			put(&writer, &state->debounce[i], sizeof(state->debounce[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (base.raised & VG_MODEL_BIT(i))
			put(&writer, &state->hazard[i], sizeof(state->hazard[i]));
	return (size_t) (writer.at - bytes);
}

static void
unpack_base(VgVehicleState *state, const PackedBase *base)
{
	state->was_shielded = base->was_shielded;
	state->heading_deg = base->heading_deg;
	state->source = base->source;
	state->segment_guess = base->segment_guess;
	state->speed_kmh = base->speed_kmh;
	state->harsh_speed_kmh = base->harsh_speed_kmh;
	state->mileage_km = base->mileage_km;
	state->limit_kmh = base->limit_kmh;
	state->seen_us = base->seen_us;
	state->last_us = base->last_us;
	state->good_us = base->good_us;
	state->lon = base->lon;
	state->lat = base->lat;
	state->segment_id = base->segment_id;
	state->driver_id = base->driver_id;
	state->stop_since = base->stop_since;
	state->good_since = base->good_since;
	state->raised = base->raised & (VG_MODEL_BIT(VG_VEHICLE_MODELS) - 1);
}

VgStatus
vg_vehicle_unpack(VgVehicleState *state, const uint8_t *bytes, size_t length)
{
	Reader reader = {bytes, bytes + length, false};
	PackedBase base;

	vg_vehicle_state_init(state);
	if (length < sizeof(base))
		return VG_SHORT;
	get(&reader, &base, sizeof(base));
	if (base.version != PACK_VERSION || bytes[1] > 1)
		return VG_SYNTAX;
	unpack_base(state, &base);
	if (base.sections & PACK_FATIGUE)
		get(&reader, &state->fatigue, sizeof(state->fatigue));
	if (base.sections & PACK_NIGHT)
		get(&reader, &state->night, sizeof(state->night));
	if (base.sections & PACK_HARSH)
	{
		get(&reader, &state->harsh_driving_us, sizeof(state->harsh_driving_us));
		get_counts(&reader, &state->harsh);
	}
	if (base.sections & PACK_JUMPS)
		get_counts(&reader, &state->jumps);
	if (base.sections & PACK_OVERTIME)
		get_sums(&reader, &state->overtime);
	if (base.sections & PACK_SHIELD)
		get_sums(&reader, &state->shield);
	if (base.sections & PACK_BAN)
		get_sums(&reader, &state->ban);
	for (int i = 0; i < 3; i++)
		if (base.sections & (PACK_STAY << i))
			get(&reader, &state->stay[i], sizeof(state->stay[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (base.debouncing & VG_MODEL_BIT(i))
			get(&reader, &state->debounce[i], sizeof(state->debounce[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (base.raised & VG_MODEL_BIT(i))
			get(&reader, &state->hazard[i], sizeof(state->hazard[i]));
	return reader.bad || reader.at != reader.end ? VG_SHORT : VG_OK;
}
