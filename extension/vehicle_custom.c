/*
 * vehicle_custom.c: models of the user's over positions: fill their variables, count their answers,
 * raise and clear.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "custom.h"
#include "plate.h"
#include "road.h"
#include "spi.h"
#include "vehicle.h"
#include "vigil.h"

/* What the register knows and vehicle_state does not. */
typedef struct Registered
{
	Datum subkind; /* 0 = null */
	Datum status;
	int64 enterprise_id; /* 0 = null */
} Registered;

struct VgVehicleCustom
{
	const VgCustomSet *set;
	Registered *registered; /* of each vehicle; NULL = no expression asks */
	MemoryContext context;	/* of the vehicle under way */
	VgCustomBatch *batch;	/* NULL = no row yet */
	VgPosition *rows;
	int64 fed_before; /* VgCustomRow.fed_before of the first of them */
	int row_count;
	int row_size;
	bool live; /* not a backtest */
};

static bool
asks_register(const VgCustomSet *set)
{
	return vg_custom_uses(set, VG_CUSTOM_SUBKIND) || vg_custom_uses(set, VG_CUSTOM_STATUS) ||
		   vg_custom_uses(set, VG_CUSTOM_ENTERPRISE_ID);
}

static Datum
text_field(uint64 row, int column, MemoryContext context)
{
	bool isnull;
	Datum value = vg_spi_field(row, column, &isnull);
	MemoryContext caller;

	if (isnull)
		return (Datum) 0;
	caller = MemoryContextSwitchTo(context);
	value = PointerGetDatum(DatumGetTextPCopy(value));
	MemoryContextSwitchTo(caller);
	return value;
}

/* One query for all vehicles of the statement. */
static Registered *
read_register(const int64 *vehicles, int count)
{
	static VgPlan plan = {
		.text = "SELECT v.subkind, v.status, v.enterprise_id FROM unnest($1) WITH ORDINALITY AS u "
				"(id, number)"
				" LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = u.id::vigil.plate ORDER BY "
				"u.number",
		.parameters = 1,
		.types = {INT8ARRAYOID},
	};
	MemoryContext caller = CurrentMemoryContext;
	Registered *registered = palloc0(count * sizeof(Registered));
	VgColumn column;
	Datum array;

	vg_column_init(&column, INT8OID, count);
	for (int i = 0; i < count; i++)
		vg_column_add(&column, Int64GetDatum(vehicles[i]));
	array = vg_column_array(&column);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	vg_spi_run(&plan, &array, NULL, true, SPI_OK_SELECT);
	for (int i = 0; i < count; i++)
	{
		registered[i].subkind = text_field(i, 1, caller);
		registered[i].status = text_field(i, 2, caller);
		registered[i].enterprise_id = vg_spi_int8(i, 3, 0);
	}
	SPI_finish();
	return registered;
}

VgVehicleCustom *
vg_vehicle_custom(const VgCustomSet *set, const int64 *vehicles, int count, bool live)
{
	VgVehicleCustom *custom;

	if (set == NULL)
		return NULL;
	custom = palloc0(sizeof(VgVehicleCustom));
	custom->set = set;
	custom->live = live;
	custom->context =
		AllocSetContextCreate(CurrentMemoryContext, "vigil custom models", ALLOCSET_DEFAULT_SIZES);
	if (asks_register(set))
		custom->registered = read_register(vehicles, count);
	return custom;
}

static void
put_text(VgVehicleCustom *custom, VgCustomVariable variable, const char *value)
{
	if (vg_custom_uses(custom->set, variable))
		vg_custom_put(custom->batch, variable, CStringGetTextDatum(value));
}

static void
put_observation(VgVehicleCustom *custom, const VgPosition *position, const VgCustomRow *beside)
{
	VgCustomBatch *batch = custom->batch;
	const text *source = vg_position_source(position->source);

	vg_custom_put(batch, VG_CUSTOM_PLATE, PlateGetDatum(position->vehicle));
	vg_custom_put(batch, VG_CUSTOM_OBSERVED_AT, TimestampTzGetDatum(position->observed_at));
	vg_custom_put(batch, VG_CUSTOM_RECEIVED_AT, TimestampTzGetDatum(beside->received_at));
	vg_custom_put(batch, VG_CUSTOM_BACKFILL, BoolGetDatum(beside->backfill));
	if (position->has & VG_HAS_POINT)
	{
		vg_custom_put(batch, VG_CUSTOM_LON, Float8GetDatum(position->lon));
		vg_custom_put(batch, VG_CUSTOM_LAT, Float8GetDatum(position->lat));
	}
	if (position->has & VG_HAS_SPEED)
		vg_custom_put(batch, VG_CUSTOM_SPEED_KMH, Float4GetDatum(position->speed_kmh));
	if (position->has & VG_HAS_HEADING)
		vg_custom_put(batch, VG_CUSTOM_HEADING_DEG, Int16GetDatum(position->heading_deg));
	if (!isnan(position->altitude_m))
		vg_custom_put(batch, VG_CUSTOM_ALTITUDE_M, Float4GetDatum(position->altitude_m));
	if (position->has & VG_HAS_MILEAGE)
		vg_custom_put(batch, VG_CUSTOM_MILEAGE_KM, Float4GetDatum(position->mileage_km));
	if (position->has & VG_HAS_RECORDER)
		vg_custom_put(batch, VG_CUSTOM_RECORDER_SPEED_KMH,
					  Float4GetDatum(position->recorder_speed_kmh));
	if (position->has & VG_HAS_ALARM)
		vg_custom_put(batch, VG_CUSTOM_ALARM_BITS, Int64GetDatum(position->alarm_bits));
	if (position->has & VG_HAS_STATUS)
		vg_custom_put(batch, VG_CUSTOM_STATUS_BITS, Int64GetDatum(position->status_bits));
	if (position->has & VG_HAS_VIDEO)
		vg_custom_put(batch, VG_CUSTOM_VIDEO_BITS, Int64GetDatum(position->video_bits));
	if (source != NULL)
		vg_custom_put(batch, VG_CUSTOM_SOURCE, PointerGetDatum(source));
	if (position->satellites >= 0)
		vg_custom_put(batch, VG_CUSTOM_SATELLITES, Int16GetDatum(position->satellites));
	if (position->signal >= 0)
		vg_custom_put(batch, VG_CUSTOM_SIGNAL, Int16GetDatum(position->signal));
	if (position->driver_id != 0)
		vg_custom_put(batch, VG_CUSTOM_DRIVER_ID, Int64GetDatum(position->driver_id));
}

static void
put_state(VgVehicleCustom *custom, const VgPosition *position, const VgVehicleState *state,
		  const VgCustomRow *beside)
{
	VgCustomBatch *batch = custom->batch;
	int64 local = position->observed_at + vigil_utc_offset_minutes * USECS_PER_MINUTE;
	int64 of_day = ((local % USECS_PER_DAY) + USECS_PER_DAY) % USECS_PER_DAY;

	if (beside->seen_before != VG_NEVER)
		vg_custom_put(batch, VG_CUSTOM_PREVIOUS_OBSERVED_AT,
					  TimestampTzGetDatum(beside->seen_before));
	if (beside->speed_before >= 0)
		vg_custom_put(batch, VG_CUSTOM_PREVIOUS_SPEED_KMH, Float4GetDatum(beside->speed_before));
	if (state->stop_since != VG_NEVER)
		vg_custom_put(batch, VG_CUSTOM_STAY_MINUTES,
					  Float8GetDatum((double) (position->observed_at - state->stop_since) /
									 USECS_PER_MINUTE));
	else
		vg_custom_put(batch, VG_CUSTOM_STAY_MINUTES, Float8GetDatum(0));
	vg_custom_put(batch, VG_CUSTOM_DRIVING_MINUTES,
				  Float8GetDatum((double) state->fatigue.driving_us / USECS_PER_MINUTE));
	vg_custom_put(batch, VG_CUSTOM_LOCAL_TIME, TimeADTGetDatum(of_day));
	vg_custom_put(batch, VG_CUSTOM_LOCAL_HOUR, Int32GetDatum((int32) (of_day / USECS_PER_HOUR)));
}

static void
put_segment(VgVehicleCustom *custom, int64 segment_id)
{
	const VgRoadIndex *roads = vg_roads();
	int32 number = segment_id == 0 ? VG_ROAD_NONE : vg_road_find(roads, segment_id, VG_ROAD_NONE);
	const VgRoadSegment *segment;

	if (number == VG_ROAD_NONE)
		return;
	segment = vg_road_get(roads, number);
	put_text(custom, VG_CUSTOM_ROAD_CLASS, vg_road_class_code[segment->road_class]);
	vg_custom_put(custom->batch, VG_CUSTOM_LIMIT_KMH, Int32GetDatum(segment->limit_kmh));
	vg_custom_put(custom->batch, VG_CUSTOM_SEGMENT_ID, Int64GetDatum(segment_id));
}

static void
put_subject(VgVehicleCustom *custom, int vehicle_number, const VgVehicleTraits *traits)
{
	const Registered *registered =
		custom->registered == NULL ? NULL : &custom->registered[vehicle_number];

	put_text(custom, VG_CUSTOM_KIND, vg_vehicle_kind_code[traits->kind]);
	if (traits->region_code != 0)
		vg_custom_put(custom->batch, VG_CUSTOM_REGION_CODE, Int64GetDatum(traits->region_code));
	if (registered == NULL)
		return;
	if (registered->subkind != (Datum) 0)
		vg_custom_put(custom->batch, VG_CUSTOM_SUBKIND, registered->subkind);
	if (registered->status != (Datum) 0)
		vg_custom_put(custom->batch, VG_CUSTOM_STATUS, registered->status);
	if (registered->enterprise_id != 0)
		vg_custom_put(custom->batch, VG_CUSTOM_ENTERPRISE_ID,
					  Int64GetDatum(registered->enterprise_id));
}

void
vg_vehicle_custom_row(VgVehicleCustom *custom, int vehicle_number, const VgPosition *position,
					  const VgVehicleRow *row, const VgCustomRow *beside)
{
	MemoryContext caller = MemoryContextSwitchTo(custom->context);

	if (custom->batch == NULL)
	{
		custom->batch = vg_custom_batch(custom->set);
		custom->row_count = 0;
		custom->row_size = 64;
		custom->fed_before = beside->fed_before;
		custom->rows = palloc(custom->row_size * sizeof(VgPosition));
	}
	if (custom->row_count == custom->row_size)
	{
		custom->row_size *= 2;
		custom->rows = repalloc_huge(custom->rows, custom->row_size * sizeof(VgPosition));
	}
	custom->rows[custom->row_count++] = *position;
	(void) vg_custom_row(custom->batch);
	put_observation(custom, position, beside);
	put_state(custom, position, &row->state, beside);
	put_segment(custom, row->state.segment_id);
	put_subject(custom, vehicle_number, &row->traits);
	MemoryContextSwitchTo(caller);
}

/* The run of a model, a fresh one at the end of the list where it has none; NULL when the list is
 * full. */
static VgCustomRun *
run_of(VgVehicleRow *row, int32 number)
{
	for (int i = 0; i < row->run_count; i++)
		if (row->runs[i].number == number)
			return &row->runs[i];
	if (row->run_count == VG_CUSTOM_RUNS_MAX)
		return NULL;
	row->runs[row->run_count] = (VgCustomRun){.number = number};
	return &row->runs[row->run_count++];
}

/* Observations that a longer silence parts are not consecutive. */
static bool
run_ends(const VgVehicleCustom *custom, int row)
{
	int64 before = row > 0 ? custom->rows[row - 1].observed_at : custom->fed_before;

	return before != VG_NEVER && custom->rows[row].observed_at - before > VG_GAP_US;
}

/* What people ordered: closed by hand, or silent at this time. */
static bool
run_obey(VgVehicleRow *row, VgCustomRun *run, int64 at)
{
	bool silent = false;

	for (int i = 0; i < row->order_count; i++)
	{
		VgOrder *order = &row->orders[i];

		if (order->model != VG_ORDER_CUSTOM || order->fence_id != run->number)
			continue;
		if (order->reset)
			*run = (VgCustomRun){.number = run->number};
		order->reset = false;
		silent = silent || at < order->until;
	}
	return silent;
}

static void
run_step(VgVehicleRow *row, VgCustomRun *run, const VgCustomModel *model, bool bad,
		 const VgPosition *position,
		 void (*add)(void *context, const VgStepEffect *effect, const char *model), void *context)
{
	VgStepEffect effect = {.at = position->observed_at, .lon = NAN, .lat = NAN, .count = 1};
	bool silent = run_obey(row, run, position->observed_at);

	run->run = run->bad == bad ? (uint16) Min(run->run + 1, PG_UINT16_MAX) : 1;
	run->bad = bad;
	if (bad == run->raised || run->run < model->min_points || (bad && silent))
		return;
	run->raised = bad;
	effect.kind = bad ? VG_STEP_RAISE : VG_STEP_CLEAR;
	if (position->has & VG_HAS_POINT)
	{
		effect.lon = position->lon;
		effect.lat = position->lat;
	}
	if (bad)
	{
		effect.facts[effect.fact_count++] =
			(VgFact){.name = "points", .kind = VG_FACT_INTEGER, .value.integer = run->run};
		if (position->has & VG_HAS_SPEED)
			effect.facts[effect.fact_count++] = (VgFact){.name = "speed_kmh",
														 .kind = VG_FACT_REAL,
														 .value.real = position->speed_kmh};
	}
	add(context, &effect, model->code);
}

/* Runs that say nothing any more, or whose model is gone, leave the row. */
static void
runs_prune(VgVehicleRow *row, const VgCustomSet *set)
{
	int kept = 0;

	for (int i = 0; i < row->run_count; i++)
	{
		bool known = false;

		for (int m = 0; m < vg_custom_count(set) && !known; m++)
			known = vg_custom_model(set, m)->number == row->runs[i].number;
		if (known && (row->runs[i].bad || row->runs[i].raised))
			row->runs[kept++] = row->runs[i];
	}
	row->run_count = kept;
}

void
vg_vehicle_custom_finish(VgVehicleCustom *custom, VgVehicleRow *row,
						 void (*add)(void *context, const VgStepEffect *effect, const char *model),
						 void *context)
{
	if (custom->batch == NULL)
		return;
	vg_custom_evaluate(custom->batch, custom->live);
	for (int i = 0; i < vg_custom_count(custom->set); i++)
	{
		const VgCustomModel *model = vg_custom_model(custom->set, i);
		VgCustomRun *run = run_of(row, model->number);

		for (int r = 0; r < custom->row_count && run != NULL; r++)
		{
			VgCustomAnswer answer = vg_custom_answer(custom->batch, r, i);

			if (run_ends(custom, r))
				run->run = 0;
			if (answer != VG_CUSTOM_FAILED)
				run_step(row, run, model, answer == VG_CUSTOM_YES, &custom->rows[r], add, context);
		}
	}
	runs_prune(row, custom->set);
	custom->batch = NULL;
	MemoryContextReset(custom->context);
}
