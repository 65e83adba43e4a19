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
	uint32_t sections;
	uint32_t source;
	int32_t segment_guess;
	float speed_kmh;
	float harsh_speed_kmh;
	float mileage_km;
	float limit_kmh;
	int64_t seen_us;
	double lon;
	double lat;
	int64_t segment_id;
} PackedBase;

/* Sections that follow, in this order, where they say something. */
enum
{
	PACK_LAST = 1 << 0, /* last_us is not seen_us */
	PACK_GOOD = 1 << 1, /* good_us is not seen_us */
	PACK_DRIVER = 1 << 2,
	PACK_STOP = 1 << 3,
	PACK_GOOD_SINCE = 1 << 4,
	PACK_RAISED = 1 << 5,
	PACK_DEBOUNCING = 1 << 6,
	PACK_FATIGUE = 1 << 7,
	PACK_NIGHT = 1 << 8,
	PACK_HARSH = 1 << 9,
	PACK_JUMPS = 1 << 10,
	PACK_OVERTIME = 1 << 11,
	PACK_SHIELD = 1 << 12,
	PACK_BAN = 1 << 13,
	PACK_STAY = 1 << 14,	  /* and the two bits after it: a stay with an anchor of its own */
	PACK_STAY_HERE = 1 << 17, /* and the two bits after it: a stay that began at the newest point */
	PACK_CARD = 1 << 20,	  /* since when the driver's card is shown, and when it was last */
	PACK_HARSH_FROM = 1 << 21, /* harsh_us is not last_us */
	PACK_BITS = 22
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

/* A moving vehicle begins a stay at every point: that needs no bytes. */
static bool
pack_stay_is_here(const VgVehicleState *state, const VgStay *stay)
{
	return stay->count == 1 && stay->strikes == 0 && stay->since == state->good_us &&
		   stay->lon == state->lon && stay->lat == state->lat;
}

static bool
pack_driving_speaks(const VgDriving *driving)
{
	return driving->since != 0 || driving->last_rest != 0 || driving->stop_us != 0;
}

static uint32_t
pack_bit(bool present, int bit)
{
	return present ? (uint32_t) bit : 0;
}

static uint32_t
pack_sections(const VgVehicleState *state, uint64_t debouncing)
{
	uint32_t sections =
		pack_bit(state->last_us != state->seen_us, PACK_LAST) |
		pack_bit(state->good_us != state->seen_us, PACK_GOOD) |
		pack_bit(state->driver_id != 0, PACK_DRIVER | PACK_CARD) |
		pack_bit(state->stop_since != VG_NEVER, PACK_STOP) |
		pack_bit(state->good_since != VG_NEVER && state->good_since != 0, PACK_GOOD_SINCE) |
		pack_bit(state->raised != 0, PACK_RAISED) | pack_bit(debouncing != 0, PACK_DEBOUNCING) |
		pack_bit(pack_driving_speaks(&state->fatigue), PACK_FATIGUE) |
		pack_bit(pack_driving_speaks(&state->night), PACK_NIGHT) |
		pack_bit(state->harsh.count != 0, PACK_HARSH) |
		pack_bit(state->harsh_us != state->last_us, PACK_HARSH_FROM) |
		pack_bit(state->jumps.count != 0, PACK_JUMPS) |
		pack_bit(state->overtime.sum_ms != 0, PACK_OVERTIME) |
		pack_bit(state->shield.sum_ms != 0, PACK_SHIELD) |
		pack_bit(state->ban.sum_ms != 0, PACK_BAN);

	for (int i = 0; i < 3; i++)
	{
		if (state->stay[i].count == 0)
			continue;
		if (pack_stay_is_here(state, &state->stay[i]))
			sections |= (uint32_t) PACK_STAY_HERE << i;
		else
			sections |= (uint32_t) PACK_STAY << i;
	}
	return sections;
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

static void
put_tail(Writer *writer, const VgVehicleState *state, uint64_t debouncing)
{
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (debouncing & VG_MODEL_BIT(i))
			put(writer, &state->debounce[i], sizeof(state->debounce[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (state->raised & VG_MODEL_BIT(i))
			put(writer, &state->hazard[i], sizeof(state->hazard[i]));
}

static void
put_sections(Writer *writer, const VgVehicleState *state, uint32_t sections, uint64_t debouncing)
{
	if (sections & PACK_LAST)
		put(writer, &state->last_us, sizeof(state->last_us));
	if (sections & PACK_GOOD)
		put(writer, &state->good_us, sizeof(state->good_us));
	if (sections & PACK_DRIVER)
		put(writer, &state->driver_id, sizeof(state->driver_id));
	if (sections & PACK_CARD)
	{
		put(writer, &state->card_since, sizeof(state->card_since));
		put(writer, &state->card_us, sizeof(state->card_us));
	}
	if (sections & PACK_STOP)
		put(writer, &state->stop_since, sizeof(state->stop_since));
	if (sections & PACK_GOOD_SINCE)
		put(writer, &state->good_since, sizeof(state->good_since));
	if (sections & PACK_RAISED)
		put(writer, &state->raised, sizeof(state->raised));
	if (sections & PACK_DEBOUNCING)
		put(writer, &debouncing, sizeof(debouncing));
	if (sections & PACK_FATIGUE)
		put(writer, &state->fatigue, sizeof(state->fatigue));
	if (sections & PACK_NIGHT)
		put(writer, &state->night, sizeof(state->night));
	if (sections & PACK_HARSH)
	{
		put(writer, &state->harsh_driving_us, sizeof(state->harsh_driving_us));
		put_counts(writer, &state->harsh);
	}
	if (sections & PACK_JUMPS)
		put_counts(writer, &state->jumps);
	if (sections & PACK_OVERTIME)
		put_sums(writer, &state->overtime);
	if (sections & PACK_SHIELD)
		put_sums(writer, &state->shield);
	if (sections & PACK_BAN)
		put_sums(writer, &state->ban);
	if (sections & PACK_HARSH_FROM)
	{
		put(writer, &state->harsh_us, sizeof(state->harsh_us));
		put(writer, &state->harsh_heading_deg, sizeof(state->harsh_heading_deg));
	}
	for (int i = 0; i < 3; i++)
		if (sections & ((uint32_t) PACK_STAY << i))
			put(writer, &state->stay[i], sizeof(state->stay[i]));
}

size_t
vg_vehicle_pack(const VgVehicleState *state, uint8_t *bytes)
{
	Writer writer = {bytes};
	uint64_t debouncing = pack_debouncing(state);
	PackedBase base = {
		.version = PACK_VERSION,
		.was_shielded = state->was_shielded,
		.heading_deg = state->heading_deg,
		.sections = pack_sections(state, debouncing),
		.source = state->source,
		.segment_guess = state->segment_guess,
		.speed_kmh = state->speed_kmh,
		.harsh_speed_kmh = state->harsh_speed_kmh,
		.mileage_km = state->mileage_km,
		.limit_kmh = state->limit_kmh,
		.seen_us = state->seen_us,
		.lon = state->lon,
		.lat = state->lat,
		.segment_id = state->segment_id,
	};

	put(&writer, &base, sizeof(base));
	put_sections(&writer, state, base.sections, debouncing);
	put_tail(&writer, state, debouncing);
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
	state->seen_us = state->last_us = state->good_us = base->seen_us;
	state->lon = base->lon;
	state->lat = base->lat;
	state->segment_id = base->segment_id;
}

static void
get_stays(Reader *reader, VgVehicleState *state, uint32_t sections)
{
	for (int i = 0; i < 3; i++)
	{
		VgStay *stay = &state->stay[i];

		if (sections & ((uint32_t) PACK_STAY << i))
			get(reader, stay, sizeof(*stay));
		else if (sections & ((uint32_t) PACK_STAY_HERE << i))
			*stay =
				(VgStay){.lon = state->lon, .lat = state->lat, .since = state->good_us, .count = 1};
	}
}

static void
get_sections(Reader *reader, VgVehicleState *state, uint32_t sections, uint64_t *debouncing)
{
	if (sections & PACK_LAST)
		get(reader, &state->last_us, sizeof(state->last_us));
	if (sections & PACK_GOOD)
		get(reader, &state->good_us, sizeof(state->good_us));
	if (sections & PACK_DRIVER)
		get(reader, &state->driver_id, sizeof(state->driver_id));
	if (sections & PACK_CARD)
	{
		get(reader, &state->card_since, sizeof(state->card_since));
		get(reader, &state->card_us, sizeof(state->card_us));
	}
	if (sections & PACK_STOP)
		get(reader, &state->stop_since, sizeof(state->stop_since));
	if (sections & PACK_GOOD_SINCE)
		get(reader, &state->good_since, sizeof(state->good_since));
	if (sections & PACK_RAISED)
		get(reader, &state->raised, sizeof(state->raised));
	if (sections & PACK_DEBOUNCING)
		get(reader, debouncing, sizeof(*debouncing));
	if (sections & PACK_FATIGUE)
		get(reader, &state->fatigue, sizeof(state->fatigue));
	if (sections & PACK_NIGHT)
		get(reader, &state->night, sizeof(state->night));
	if (sections & PACK_HARSH)
	{
		get(reader, &state->harsh_driving_us, sizeof(state->harsh_driving_us));
		get_counts(reader, &state->harsh);
	}
	if (sections & PACK_JUMPS)
		get_counts(reader, &state->jumps);
	if (sections & PACK_OVERTIME)
		get_sums(reader, &state->overtime);
	if (sections & PACK_SHIELD)
		get_sums(reader, &state->shield);
	if (sections & PACK_BAN)
		get_sums(reader, &state->ban);
	state->harsh_us = state->last_us;
	state->harsh_heading_deg = state->heading_deg;
	if (sections & PACK_HARSH_FROM)
	{
		get(reader, &state->harsh_us, sizeof(state->harsh_us));
		get(reader, &state->harsh_heading_deg, sizeof(state->harsh_heading_deg));
	}
	get_stays(reader, state, sections);
}

VgStatus
vg_vehicle_unpack(VgVehicleState *state, const uint8_t *bytes, size_t length)
{
	const uint64_t known = VG_MODEL_BIT(VG_VEHICLE_MODELS) - 1;
	Reader reader = {bytes, bytes + length, false};
	uint64_t debouncing = 0;
	PackedBase base;

	vg_vehicle_state_init(state);
	if (length < sizeof(base))
		return VG_SHORT;
	if (bytes[0] != PACK_VERSION || bytes[1] > 1)
		return VG_SYNTAX;
	get(&reader, &base, sizeof(base));
	if (base.sections >> PACK_BITS != 0)
		return VG_SYNTAX;
	unpack_base(state, &base);
	get_sections(&reader, state, base.sections, &debouncing);
	if ((state->raised | debouncing) & ~known)
		return VG_SYNTAX;
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (debouncing & VG_MODEL_BIT(i))
			get(&reader, &state->debounce[i], sizeof(state->debounce[i]));
	for (int i = 0; i < VG_VEHICLE_MODELS; i++)
		if (state->raised & VG_MODEL_BIT(i))
			get(&reader, &state->hazard[i], sizeof(state->hazard[i]));
	return reader.bad || reader.at != reader.end ? VG_SHORT : VG_OK;
}
