/*
 * vehicle.c: one evaluation of a statement's positions: group by vehicle, step in order of time,
 * write states, hand on the effects.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "custom.h"
#include "effects.h"
#include "fence.h"
#include "road.h"
#include "spi.h"
#include "stream.h"
#include "vehicle.h"
#include "vigil.h"

/* The positions of one piece, grouped. */
typedef struct Batch
{
	VgPosition *rows;
	int row_count;
	int vehicle_count;
	int64 *vehicles; /* ascending */
	int *first;		 /* of each vehicle, into order; one more at the end */
	int *order;		 /* row numbers by vehicle, then time, then arrival */
} Batch;

/* How many vehicles ahead memory is asked for. */
#define LOOK_AHEAD 4

/* One evaluation. */
typedef struct Evaluation
{
	const VgVehicleRules *rules;
	VgVehicleWorld world;
	VgStateStore *store;
	VgVehicleCustom *custom; /* NULL = there are no custom models */
	VgHazardEffect *effects;
	int effect_count;
	int effect_size;
	VgDriverChanges drivers;
	VgStreamCount *counts;
	/* working memory from here on, never zeroed as a whole: it is 20 kB */
	VgVehicleRow row;
	VgStepEffect step_effects[VG_STEP_EFFECTS_MAX];
} Evaluation;

static void evaluate_positions(void *rows, int count, VgStreamCount *counts);

static const VgStreamKind position_stream = {
	.name = "vigil_vehicle.position",
	.columns = vg_position_columns,
	.column_count = VG_POSITION_COLUMNS,
	.row_size = sizeof(VgPosition),
	.read = vg_position_read,
	.evaluate = evaluate_positions,
};

PG_FUNCTION_INFO_V1(vigil_vehicle_position_trigger);
Datum
vigil_vehicle_position_trigger(PG_FUNCTION_ARGS)
{
	return vg_stream_trigger(fcinfo, &position_stream);
}

PG_FUNCTION_INFO_V1(vigil_vehicle_position_stored);
/* position_stored(partition, tid): false. */
Datum
vigil_vehicle_position_stored(PG_FUNCTION_ARGS)
{
	vg_stream_row(&position_stream, PG_GETARG_OID(0), (ItemPointer) PG_GETARG_POINTER(1));
	PG_RETURN_BOOL(false);
}

/* --- grouping
 * ----------------------------------------------------------------------------------------------------
 */

static int
compare_vehicles(const void *left, const void *right)
{
	int64 a = *(const int64 *) left, b = *(const int64 *) right;

	return (a > b) - (a < b);
}

/* Number the vehicles of the rows in order of appearance; numbers[i] is that of row i. */
static int
batch_number(const VgPosition *rows, int count, int *numbers, int64 *vehicles)
{
	uint32 mask = 15;
	int *table;
	int vehicle_count = 0;

	while (mask < (uint32) count * 2)
		mask = mask * 2 + 1;
	table = palloc_extended((mask + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	memset(table, 0xFF, (mask + 1) * sizeof(int));
	for (int i = 0; i < count; i++)
	{
		uint32 at = vg_vehicle_hash(rows[i].vehicle) & mask;

		while (table[at] >= 0 && vehicles[table[at]] != rows[i].vehicle)
			at = (at + 1) & mask;
		if (table[at] < 0)
		{
			vehicles[vehicle_count] = rows[i].vehicle;
			table[at] = vehicle_count++;
		}
		numbers[i] = table[at];
	}
	pfree(table);
	return vehicle_count;
}

/* Feeds are nearly in order of time: an insertion sort, and stable. */
static void
batch_sort_times(const VgPosition *rows, int *order, int count)
{
	for (int i = 1; i < count; i++)
	{
		int row = order[i];
		int at = i;

		while (at > 0 && rows[order[at - 1]].observed_at > rows[row].observed_at)
		{
			order[at] = order[at - 1];
			at--;
		}
		order[at] = row;
	}
}

static Batch *
batch_group(VgPosition *rows, int count)
{
	Batch *batch = palloc0(sizeof(Batch));
	int *numbers = palloc((count) * sizeof(int));
	int64 *seen = palloc((count) * sizeof(int64));
	int *rank;
	int *fill;

	batch->rows = rows;
	batch->row_count = count;
	batch->vehicle_count = batch_number(rows, count, numbers, seen);
	batch->vehicles = palloc((batch->vehicle_count) * sizeof(int64));
	memcpy(batch->vehicles, seen, batch->vehicle_count * sizeof(int64));
	qsort(batch->vehicles, batch->vehicle_count, sizeof(int64), compare_vehicles);
	rank = palloc((batch->vehicle_count) * sizeof(int));
	for (int i = 0; i < batch->vehicle_count; i++)
		rank[i] = (int) ((int64 *) bsearch(&seen[i], batch->vehicles, batch->vehicle_count,
										   sizeof(int64), compare_vehicles) -
						 batch->vehicles);

	batch->first = palloc0((batch->vehicle_count + 1) * sizeof(int));
	for (int i = 0; i < count; i++)
		batch->first[rank[numbers[i]] + 1]++;
	for (int i = 0; i < batch->vehicle_count; i++)
		batch->first[i + 1] += batch->first[i];
	fill = palloc((batch->vehicle_count) * sizeof(int));
	memcpy(fill, batch->first, batch->vehicle_count * sizeof(int));
	batch->order = palloc((count) * sizeof(int));
	for (int i = 0; i < count; i++)
		batch->order[fill[rank[numbers[i]]]++] = i;
	for (int i = 0; i < batch->vehicle_count; i++)
		batch_sort_times(rows, batch->order + batch->first[i],
						 batch->first[i + 1] - batch->first[i]);
	return batch;
}

/* --- the world
 * ---------------------------------------------------------------------------------------------------
 */

static double
world_jam_share(void *context, int64_t vehicle, int64_t segment_id, int64_t time_us)
{
	static VgPlan plan = {
		.text = "SELECT vigil_vehicle.jam_share($1, $2, $3)",
		.parameters = 3,
		.types = {INT8OID, INT8OID, TIMESTAMPTZOID},
	};
	Datum values[] = {Int64GetDatum(vehicle), Int64GetDatum(segment_id),
					  TimestampTzGetDatum(time_us)};
	double share;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	vg_spi_run(&plan, values, NULL, true, SPI_OK_SELECT);
	share = vg_spi_float8(0, 1);
	SPI_finish();
	return isnan(share) ? -1 : share;
}

static const VgRoadStates *
world_road_states(void *context, int64_t time_us)
{
	return vg_road_states(time_us);
}

void
vg_vehicle_world(VgVehicleWorld *world)
{
	world->fences = vg_fences();
	world->roads = vg_roads();
	world->road_states = world_road_states;
	world->jam_share = world_jam_share;
	world->context = NULL;
	world->hit_capacity = Max(vg_fence_count(world->fences), 1);
	world->hits = palloc((world->hit_capacity) * sizeof(uint32_t));
}

/* --- evaluation
 * --------------------------------------------------------------------------------------------------
 */

/* First sight of a vehicle: a register entry in transit (过境) and a state. */
static void
create_states(const int64 *vehicles, int count)
{
	static VgPlan plan = {
		.text = "SELECT vigil_vehicle.first_sight($1)",
		.parameters = 1,
		.types = {INT8ARRAYOID},
	};
	VgColumn column;
	Datum array;

	vg_column_init(&column, INT8OID, count);
	for (int i = 0; i < count; i++)
		vg_column_add(&column, Int64GetDatum(vehicles[i]));
	array = vg_column_array(&column);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	vg_spi_run(&plan, &array, NULL, false, SPI_OK_SELECT);
	SPI_finish();
}

static void
effect_add(void *context, const VgStepEffect *effect, const char *model)
{
	static const VgEffectKind kinds[] = {[VG_STEP_RAISE] = VG_HAZARD_RAISE,
										 [VG_STEP_TOUCH] = VG_HAZARD_TOUCH,
										 [VG_STEP_CLEAR] = VG_HAZARD_CLEAR};
	Evaluation *evaluation = context;
	VgHazardEffect *added;

	if (evaluation->effect_count == evaluation->effect_size)
	{
		evaluation->effect_size = Max(evaluation->effect_size * 2, 64);
		evaluation->effects = evaluation->effects == NULL
								  ? palloc(evaluation->effect_size * sizeof(VgHazardEffect))
								  : repalloc_huge(evaluation->effects,
												  evaluation->effect_size * sizeof(VgHazardEffect));
	}
	added = &evaluation->effects[evaluation->effect_count++];
	*added = (VgHazardEffect){
		.subject = evaluation->row.vehicle,
		.region_code = evaluation->row.traits.region_code,
		.at = effect->at,
		.lon = effect->lon,
		.lat = effect->lat,
		.model = model,
		.clear_by = "rule",
		.reason = effect->reason,
		.evidence = vg_vehicle_evidence(effect),
		.count = Max(effect->count, 1),
		.kind = kinds[effect->kind],
	};
}

/* All rows of one vehicle against the state that was loaded; false when there is nothing to write.
 */
static bool
step_vehicle(Evaluation *evaluation, const Batch *batch, int number, VgStreamCount *counts)
{
	VgVehicleRow *row = &evaluation->row;
	bool changed = false;

	for (int i = batch->first[number]; i < batch->first[number + 1]; i++)
	{
		const VgPosition *position = &batch->rows[batch->order[i]];
		VgCustomRow beside = {.received_at = GetCurrentStatementStartTimestamp(),
							  .seen_before = row->state.seen_us,
							  .fed_before = row->state.last_us,
							  .speed_before = row->state.speed_kmh};
		int count = 0;

		switch (vg_vehicle_step(&row->state, position, &row->traits, row->orders, row->order_count,
								evaluation->rules, &evaluation->world, evaluation->step_effects,
								&count))
		{
			case VG_STEP_DONE:
				break;
			case VG_STEP_LATE:
				counts->late++;
				row->late_count++;
				break;
			case VG_STEP_DUPLICATE:
				counts->duplicate++;
				row->duplicate_count++;
				break;
			case VG_STEP_BACKFILL:
				counts->backfill++;
				continue;
		}
		changed = true;
		for (int e = 0; e < count; e++)
			effect_add(evaluation, &evaluation->step_effects[e],
					   vg_vehicle_model_code[evaluation->step_effects[e].model]);
		if (evaluation->custom != NULL && row->state.last_us == position->observed_at)
			vg_vehicle_custom_row(evaluation->custom, number, position, row, &beside);
	}
	if (evaluation->custom != NULL)
		vg_vehicle_custom_finish(evaluation->custom, row, effect_add, evaluation);
	return changed;
}

/* Load, step, save; again if somebody else committed a change of the state in between. */
static void
evaluate_vehicle(Evaluation *evaluation, const Batch *batch, int number)
{
	int64 vehicle = batch->vehicles[number];

	for (;;)
	{
		VgStreamCount counts = *evaluation->counts;
		int effect_count = evaluation->effect_count;
		int64 card_since;

		CHECK_FOR_INTERRUPTS();
		while (!vg_state_load(evaluation->store, vehicle, &evaluation->row))
		{
			create_states(&vehicle, 1);
			vg_state_refresh(evaluation->store);
		}
		card_since = evaluation->row.state.card_since;
		if (!step_vehicle(evaluation, batch, number, &counts) ||
			vg_state_save(evaluation->store, &evaluation->row))
		{
			if (evaluation->row.state.card_since != card_since)
				vg_driver_changed(&evaluation->drivers, vehicle, evaluation->row.state.card_since);
			*evaluation->counts = counts;
			return;
		}
		evaluation->effect_count = effect_count;
		vg_state_refresh(evaluation->store);
	}
}

/* Many vehicles at once at their first sight are created by one statement. */
static void
create_missing(Evaluation *evaluation, const Batch *batch)
{
	int64 *missing = palloc((batch->vehicle_count) * sizeof(int64));
	int count = 0;

	for (int i = 0; i < batch->vehicle_count; i++)
	{
		vg_state_prefetch(batch->vehicles[Min(i + LOOK_AHEAD, batch->vehicle_count - 1)]);
		if (!vg_state_has(evaluation->store, batch->vehicles[i]))
			missing[count++] = batch->vehicles[i];
	}
	if (count > 0)
	{
		create_states(missing, count);
		vg_state_refresh(evaluation->store);
	}
	pfree(missing);
}

/* Ask for the memory that the vehicles after this one will need: what comes next is known here and
 * not to the processor. */
static void
look_ahead(const Evaluation *evaluation, const Batch *batch, int number)
{
	for (int stage = 1; stage <= LOOK_AHEAD && number + stage < batch->vehicle_count; stage *= 2)
	{
		const VgPosition *first = &batch->rows[batch->order[batch->first[number + stage]]];

		if (stage == LOOK_AHEAD)
		{
			vg_state_prefetch(batch->vehicles[number + stage]);
			__builtin_prefetch(first);
		}
		else if (first->has & VG_HAS_POINT)
			vg_road_prefetch(evaluation->world.roads, first->lon, first->lat, stage == 1);
	}
}

static void
evaluate_as_owner(VgPosition *rows, int count, VgStreamCount *counts)
{
	Evaluation *evaluation = palloc(sizeof(Evaluation));
	Batch *batch = batch_group(rows, count);

	memset(evaluation, 0, offsetof(Evaluation, row));
	evaluation->counts = counts;
	evaluation->rules = vg_vehicle_rules();
	vg_vehicle_world(&evaluation->world);
	evaluation->custom = vg_vehicle_custom(vg_custom_set("vehicle", "position"), batch->vehicles,
										   batch->vehicle_count, true);
	evaluation->store = vg_state_open();
	if (batch->vehicle_count > 1)
		create_missing(evaluation, batch);
	for (int i = 0; i < batch->vehicle_count; i++)
	{
		look_ahead(evaluation, batch, i);
		evaluate_vehicle(evaluation, batch, i);
	}
	vg_state_close(evaluation->store);
	/* the next piece of the same statement sees these states */
	CommandCounterIncrement();
	if (evaluation->effect_count > 0)
		vg_effects_apply("vehicle", evaluation->effects, evaluation->effect_count);
	if (evaluation->drivers.vehicles.count > 0)
		vg_driver_inherit(&evaluation->drivers);
}

/* A device may insert observations and nothing else: what follows from them is written as the
 * tables' owner. */
static void
evaluate_positions(void *rows, int count, VgStreamCount *counts)
{
	Oid user;
	int security;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(vg_state_owner(),
						   security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	evaluate_as_owner(rows, count, counts);
	SetUserIdAndSecContext(user, security);
}

PG_FUNCTION_INFO_V1(vigil_vehicle_newest_statement);
/* newest_statement() -> rows, late, duplicate, backfill of this session's newest statement on a
 * stream. */
Datum
vigil_vehicle_newest_statement(PG_FUNCTION_ARGS)
{
	VgStreamCount counts = vg_stream_newest();
	Datum values[4] = {Int64GetDatum(counts.rows), Int64GetDatum(counts.late),
					   Int64GetDatum(counts.duplicate), Int64GetDatum(counts.backfill)};
	bool nulls[4] = {false};
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
