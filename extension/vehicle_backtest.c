/*
 * vehicle_backtest.c: the step and the custom models over stored history with other parameters:
 * what would have been raised and coloured.
 *
 * Reads positions by vehicle and time as the live evaluation met them (what came late then is left
 * out, backfilled rows are in), keeps everything in memory and writes nothing.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "custom.h"
#include "override.h"
#include "progress.h"
#include "spi.h"
#include "vehicle.h"

enum
{
	FETCH_ROWS = 10000,
	HELD_ROWS = 1000, /* rows of a vehicle between two looks at the custom models */
	MODELS_MAX = VG_VEHICLE_MODELS + VG_CUSTOM_RUNS_MAX
};

/* Columns after the 17 of a position. */
enum
{
	COLUMN_RECEIVED_AT = VG_POSITION_COLUMNS,
	COLUMN_KIND,
	COLUMN_FLAGS,
	COLUMN_FENCE_EXEMPT,
	COLUMN_REGION_CODE,
	BACKTEST_COLUMNS
};

/* A step model or one of the user's. */
typedef struct TestedModel
{
	char code[NAMEDATALEN];
	int bit; /* of its situation */
} TestedModel;

typedef struct OpenHazard
{
	TimestampTz raised_at;
	Jsonb *evidence; /* NULL = not open */
} OpenHazard;

/* An effect that waits for those of other models at the same time. */
typedef struct HeldEffect
{
	VgStepEffect effect;
	int model; /* number in Backtest.models */
	int order; /* of arrival */
} HeldEffect;

typedef struct Backtest
{
	ReturnSetInfo *result;
	TimestampTz until;
	VgVehicleRules rules;
	VgVehicleWorld world;
	VgProfile profile;
	const VgCustomSet *custom_set; /* NULL = there are no custom models */
	int model_count;
	TestedModel models[MODELS_MAX]; /* step models by their number, then custom ones */
	MemoryContext context;			/* of the vehicle under way */
	/* the vehicle under way */
	VgVehicleRow row; /* row.vehicle 0 = none yet */
	VgColourState colour;
	OpenHazard open[MODELS_MAX];
	VgVehicleCustom *custom;
	int row_count;
	int held_count;
	int held_size;
	HeldEffect *held;
} Backtest;

static void
put_row(Backtest *test, const char *what, int model, TimestampTz at, const TimestampTz *until,
		Jsonb *evidence)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};
	static const char *const names[] = {"green", "yellow", "red"};

	values[0] = CStringGetTextDatum(what);
	values[1] = Int64GetDatum(test->row.vehicle);
	values[4] = TimestampTzGetDatum(at);
	nulls[2] = nulls[3] = nulls[8] = model < 0;
	nulls[5] = until == NULL;
	nulls[6] = nulls[7] = model >= 0;
	if (model >= 0)
	{
		values[2] = CStringGetTextDatum(test->models[model].code);
		values[3] = Int16GetDatum(test->models[model].bit);
		values[8] = JsonbPGetDatum(evidence);
	}
	else
	{
		values[6] = CStringGetTextDatum(names[test->colour.colour]);
		values[7] = Int32GetDatum(test->colour.score);
	}
	if (until != NULL)
		values[5] = TimestampTzGetDatum(*until);
	tuplestore_putvalues(test->result->setResult, test->result->setDesc, values, nulls);
}

static void
colour_step(Backtest *test, TimestampTz at)
{
	VgColour before = test->colour.colour;
	uint64 mask = 0;

	for (int model = 0; model < test->model_count; model++)
		if (test->open[model].evidence != NULL)
			mask |= UINT64CONST(1) << test->models[model].bit;
	(void) vg_colour_step(&test->colour, mask, at, &test->profile.score, &test->profile.rule);
	if (test->colour.colour != before)
		put_row(test, "colour", -1, at, NULL, NULL);
}

/* Recoveries that fall due up to a time happen at their own time. */
static void
recover_until(Backtest *test, TimestampTz at)
{
	while (test->colour.better_since != VG_NEVER &&
		   test->colour.better_since + test->profile.rule.hold_us <= at)
		colour_step(test, test->colour.better_since + test->profile.rule.hold_us);
}

static void
take_effect(Backtest *test, const HeldEffect *held)
{
	OpenHazard *open = &test->open[held->model];
	const VgStepEffect *effect = &held->effect;

	if (effect->kind == VG_STEP_RAISE)
		*open = (OpenHazard){.raised_at = effect->at, .evidence = vg_vehicle_evidence(effect)};
	else if (effect->kind == VG_STEP_CLEAR && open->evidence != NULL)
	{
		put_row(test, "hazard", held->model, open->raised_at, &effect->at, open->evidence);
		pfree(open->evidence);
		open->evidence = NULL;
	}
}

/* By time; step models before custom ones, as the live evaluation has them. */
static int
compare_held(const void *left, const void *right)
{
	const HeldEffect *a = left, *b = right;

	if (a->effect.at != b->effect.at)
		return a->effect.at < b->effect.at ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static void
hold_effect(Backtest *test, const VgStepEffect *effect, int model)
{
	if (effect->kind == VG_STEP_TOUCH)
		return;
	if (test->held_count == test->held_size)
	{
		test->held_size = Max(test->held_size * 2, 64);
		test->held = test->held == NULL
						 ? palloc(test->held_size * sizeof(HeldEffect))
						 : repalloc_huge(test->held, test->held_size * sizeof(HeldEffect));
	}
	test->held[test->held_count] =
		(HeldEffect){.effect = *effect, .model = model, .order = test->held_count};
	test->held_count++;
}

static void
hold_custom(void *context, const VgStepEffect *effect, const char *code)
{
	Backtest *test = context;

	for (int model = VG_VEHICLE_MODELS; model < test->model_count; model++)
		if (strcmp(test->models[model].code, code) == 0)
			hold_effect(test, effect, model);
}

/* What the rows so far did, moment by moment: all effects of one, then one step of the colour. */
static void
effects_take(Backtest *test)
{
	MemoryContext caller;
	int i = 0;

	if (test->custom != NULL)
		vg_vehicle_custom_finish(test->custom, &test->row, hold_custom, test);
	qsort(test->held, test->held_count, sizeof(HeldEffect), compare_held);
	caller = MemoryContextSwitchTo(test->context);
	while (i < test->held_count)
	{
		TimestampTz at = test->held[i].effect.at;

		recover_until(test, at);
		for (; i < test->held_count && test->held[i].effect.at == at; i++)
			take_effect(test, &test->held[i]);
		colour_step(test, at);
	}
	MemoryContextSwitchTo(caller);
	test->held_count = 0;
	test->row_count = 0;
}

static void
vehicle_end(Backtest *test)
{
	MemoryContext caller = MemoryContextSwitchTo(test->context);

	if (test->row.vehicle != 0)
		effects_take(test);
	recover_until(test, test->until);
	for (int model = 0; model < test->model_count; model++)
		if (test->open[model].evidence != NULL)
			put_row(test, "hazard", model, test->open[model].raised_at, NULL,
					test->open[model].evidence);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(test->context);
}

static void
vehicle_begin(Backtest *test, int64 vehicle, const Datum *values, const bool *nulls)
{
	VgVehicleRow *row = &test->row;
	MemoryContext caller;

	vehicle_end(test);
	row->vehicle = vehicle;
	row->traits.kind = (VgVehicleKind) DatumGetInt16(values[COLUMN_KIND]);
	row->traits.flags = (uint32) DatumGetInt32(values[COLUMN_FLAGS]);
	row->traits.fence_exempt = (uint64) DatumGetInt64(values[COLUMN_FENCE_EXEMPT]);
	row->traits.region_code =
		nulls[COLUMN_REGION_CODE] ? 0 : DatumGetInt64(values[COLUMN_REGION_CODE]);
	vg_vehicle_state_init(&row->state);
	row->run_count = 0;
	memset(test->open, 0, sizeof(test->open));
	test->colour = (VgColourState){.score = 100, .colour = VG_GREEN, .better_since = VG_NEVER};
	caller = MemoryContextSwitchTo(test->context);
	test->custom = vg_vehicle_custom(test->custom_set, &row->vehicle, 1, false);
	MemoryContextSwitchTo(caller);
}

static void
backtest_row(Backtest *test, const Datum *values, const bool *nulls)
{
	VgStepEffect effects[VG_STEP_EFFECTS_MAX];
	VgVehicleRow *row = &test->row;
	VgPosition position;
	VgCustomRow beside = {.received_at = DatumGetTimestampTz(values[COLUMN_RECEIVED_AT])};
	int count = 0;

	vg_position_take(&position, values, nulls);
	if (position.vehicle != row->vehicle)
		vehicle_begin(test, position.vehicle, values, nulls);
	beside.backfill = (position.has & VG_IS_BACKFILL) != 0;
	beside.seen_before = row->state.seen_us;
	beside.fed_before = row->state.last_us;
	beside.speed_before = row->state.speed_kmh;
	position.has &= (uint16) ~VG_IS_BACKFILL; /* here it counts */
	(void) vg_vehicle_step(&row->state, &position, &row->traits, NULL, 0, &test->rules,
						   &test->world, effects, &count);
	for (int i = 0; i < count; i++)
		hold_effect(test, &effects[i], effects[i].model);
	if (test->custom != NULL && row->state.last_us == position.observed_at)
		vg_vehicle_custom_row(test->custom, 0, &position, row, &beside);
	if (++test->row_count >= HELD_ROWS)
		effects_take(test);
}

/* The most rows that there can be, for those who watch vigil.progress. */
static int64
backtest_total(const Backtest *test, TimestampTz since)
{
	static VgPlan plan = {
		.text = "SELECT count(*) FROM vigil_vehicle.position AS p"
				" WHERE p.observed_at >= $1 AND p.observed_at < $2",
		.parameters = 2,
		.types = {TIMESTAMPTZOID, TIMESTAMPTZOID},
	};
	Datum arguments[] = {TimestampTzGetDatum(since), TimestampTzGetDatum(test->until)};

	vg_spi_run(&plan, arguments, NULL, true, SPI_OK_SELECT);
	return vg_spi_int8(0, 1, 0);
}

static void
backtest_read(Backtest *test, TimestampTz since)
{
	static VgPlan plan = {
		.text = "SELECT * FROM vigil_vehicle.backtest_feed($1, $2)",
		.parameters = 2,
		.types = {TIMESTAMPTZOID, TIMESTAMPTZOID},
	};
	Datum arguments[] = {TimestampTzGetDatum(since), TimestampTzGetDatum(test->until)};
	Datum values[BACKTEST_COLUMNS];
	bool nulls[BACKTEST_COLUMNS];
	int64 done = 0;
	Portal portal;

	portal = vg_spi_cursor(&plan, arguments, true);
	for (;;)
	{
		SPITupleTable *rows;

		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		rows = SPI_tuptable; /* a step may ask the database and leave another one there */
		for (uint64 i = 0; i < rows->numvals; i++)
		{
			CHECK_FOR_INTERRUPTS();
			heap_deform_tuple(rows->vals[i], rows->tupdesc, values, nulls);
			backtest_row(test, values, nulls);
		}
		done += (int64) rows->numvals;
		vg_progress_set(done);
		SPI_freetuptable(rows);
	}
	SPI_cursor_close(portal);
	vehicle_end(test);
}

static void
model_take(Backtest *test, const VgCatalog *catalog, int number, const char *code)
{
	const VgModel *model = vg_catalog_model(catalog, "vehicle", code);

	strlcpy(test->models[number].code, code, NAMEDATALEN);
	test->models[number].bit = model == NULL ? 0 : model->bit;
}

/* Models, scores and colours as the catalogue has them, with the overrides over them. */
static void
backtest_rules(Backtest *test, const Jsonb *overrides)
{
	const VgCustomSet *custom = vg_custom_set_with("vehicle", "position", overrides);
	const VgCatalog *catalog = vg_catalog();
	const VgProfile *profile = vg_catalog_profile(catalog, "vehicle", strlen("vehicle"));

	if (profile != NULL)
		test->profile = vg_override_profile(catalog, profile, overrides);
	else
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the catalogue is empty"), errhint("Run SELECT vigil.setup()."));
	test->model_count = VG_VEHICLE_MODELS;
	for (int number = 0; number < VG_VEHICLE_MODELS; number++)
		model_take(test, catalog, number, vg_vehicle_model_code[number]);
	test->custom_set = custom;
	for (int i = 0; custom != NULL && i < Min(vg_custom_count(custom), VG_CUSTOM_RUNS_MAX); i++)
		model_take(test, catalog, test->model_count++, vg_custom_model(custom, i)->code);
	vg_vehicle_rules_with(overrides, &test->rules);
}

static void
overrides_check(Datum overrides)
{
	static VgPlan plan = {
		.text = "SELECT vigil.check_overrides('vehicle', $1)",
		.parameters = 1,
		.types = {JSONBOID},
	};

	vg_spi_run(&plan, &overrides, NULL, true, SPI_OK_SELECT);
}

PG_FUNCTION_INFO_V1(vigil_vehicle_backtest);
/* backtest(since, until, overrides) -> what, subject, model, situation_bit, at, until, colour,
 * score, evidence */
Datum
vigil_vehicle_backtest(PG_FUNCTION_ARGS)
{
	Backtest *test = palloc0(sizeof(Backtest));
	TimestampTz since;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("a backtest needs since and until"));
	InitMaterializedSRF(fcinfo, 0);
	since = PG_GETARG_TIMESTAMPTZ(0);
	test->result = (ReturnSetInfo *) fcinfo->resultinfo;
	test->until = PG_GETARG_TIMESTAMPTZ(1);
	test->colour.better_since = VG_NEVER;
	test->context =
		AllocSetContextCreate(CurrentMemoryContext, "vigil backtest", ALLOCSET_DEFAULT_SIZES);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (!PG_ARGISNULL(2))
		overrides_check(PG_GETARG_DATUM(2));
	backtest_rules(test, PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	vg_vehicle_world(&test->world);
	vg_progress_begin("backtest vehicle", backtest_total(test, since));
	PG_TRY();
	{
		backtest_read(test, since);
	}
	PG_FINALLY();
	{
		vg_progress_end();
	}
	PG_END_TRY();
	SPI_finish();
	return (Datum) 0;
}
