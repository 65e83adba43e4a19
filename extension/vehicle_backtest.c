/*
 * vehicle_backtest.c: the step over stored history with other parameters: what would have been
 * raised and coloured.
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
#include "effects.h"
#include "progress.h"
#include "spi.h"
#include "vehicle.h"

#define BACKTEST_FETCH 10000
#define BACKTEST_EVENTS_MAX (VG_STEP_EFFECTS_MAX * 2)

/* Columns after the 17 of a position. */
enum
{
	COLUMN_KIND = VG_POSITION_COLUMNS,
	COLUMN_FLAGS,
	COLUMN_FENCE_EXEMPT,
	COLUMN_REGION_CODE,
	BACKTEST_COLUMNS
};

typedef struct OpenHazard
{
	TimestampTz raised_at;
	Jsonb *evidence; /* NULL = not open */
} OpenHazard;

typedef struct Backtest
{
	ReturnSetInfo *result;
	TimestampTz until;
	VgVehicleRules rules;
	VgVehicleWorld world;
	VgScoreTable score;
	VgColourRule colour_rule;
	int bit[VG_VEHICLE_MODELS]; /* situation of each model */
	MemoryContext evidence;		/* of the vehicle under way */
	/* the vehicle under way */
	int64 vehicle; /* 0 = none yet */
	VgVehicleTraits traits;
	VgVehicleState state;
	VgColourState colour;
	OpenHazard open[VG_VEHICLE_MODELS];
} Backtest;

static void
put_row(Backtest *test, const char *what, int model, TimestampTz at, const TimestampTz *until,
		Jsonb *evidence)
{
	Datum values[9] = {0};
	bool nulls[9] = {false};
	static const char *const names[] = {"green", "yellow", "red"};

	values[0] = CStringGetTextDatum(what);
	values[1] = Int64GetDatum(test->vehicle);
	values[4] = TimestampTzGetDatum(at);
	nulls[2] = nulls[3] = nulls[8] = model < 0;
	nulls[5] = until == NULL;
	nulls[6] = nulls[7] = model >= 0;
	if (model >= 0)
	{
		values[2] = CStringGetTextDatum(vg_vehicle_model_code[model]);
		values[3] = Int16GetDatum(test->bit[model]);
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

static uint64
open_mask(const Backtest *test)
{
	uint64 mask = 0;

	for (int model = 0; model < VG_VEHICLE_MODELS; model++)
		if (test->open[model].evidence != NULL)
			mask |= UINT64CONST(1) << test->bit[model];
	return mask;
}

/* Recoveries that fall due up to a time happen at their own time. */
static void
recover_until(Backtest *test, TimestampTz at)
{
	VgColourState *colour = &test->colour;

	while (colour->better_since != VG_NEVER &&
		   colour->better_since + test->colour_rule.hold_us <= at)
	{
		TimestampTz due = colour->better_since + test->colour_rule.hold_us;
		VgColour before = colour->colour;

		(void) vg_colour_step(colour, colour->mask, due, &test->score, &test->colour_rule);
		if (colour->colour != before)
			put_row(test, "colour", -1, due, NULL, NULL);
	}
}

static void
take_effect(Backtest *test, const VgStepEffect *effect)
{
	OpenHazard *open = &test->open[effect->model];
	VgColour before = test->colour.colour;

	if (effect->kind == VG_STEP_TOUCH)
		return;
	recover_until(test, effect->at);
	before = test->colour.colour;
	if (effect->kind == VG_STEP_RAISE)
	{
		MemoryContext caller = MemoryContextSwitchTo(test->evidence);

		open->raised_at = effect->at;
		open->evidence = vg_vehicle_evidence(effect);
		MemoryContextSwitchTo(caller);
	}
	else if (open->evidence != NULL)
	{
		put_row(test, "hazard", effect->model, open->raised_at, &effect->at, open->evidence);
		open->evidence = NULL;
	}
	(void) vg_colour_step(&test->colour, open_mask(test), effect->at, &test->score,
						  &test->colour_rule);
	if (test->colour.colour != before)
		put_row(test, "colour", -1, effect->at, NULL, NULL);
}

static void
vehicle_end(Backtest *test)
{
	if (test->vehicle == 0)
		return;
	recover_until(test, test->until);
	for (int model = 0; model < VG_VEHICLE_MODELS; model++)
		if (test->open[model].evidence != NULL)
			put_row(test, "hazard", model, test->open[model].raised_at, NULL,
					test->open[model].evidence);
	MemoryContextReset(test->evidence);
}

static void
vehicle_begin(Backtest *test, int64 vehicle, const Datum *values, const bool *nulls)
{
	vehicle_end(test);
	test->vehicle = vehicle;
	test->traits.kind = (VgVehicleKind) DatumGetInt16(values[COLUMN_KIND]);
	test->traits.flags = (uint32) DatumGetInt32(values[COLUMN_FLAGS]);
	test->traits.fence_exempt = (uint64) DatumGetInt64(values[COLUMN_FENCE_EXEMPT]);
	test->traits.region_code =
		nulls[COLUMN_REGION_CODE] ? 0 : DatumGetInt64(values[COLUMN_REGION_CODE]);
	vg_vehicle_state_init(&test->state);
	memset(test->open, 0, sizeof(test->open));
	test->colour = (VgColourState){.score = 100, .colour = VG_GREEN, .better_since = VG_NEVER};
}

static void
backtest_row(Backtest *test, const Datum *values, const bool *nulls)
{
	VgStepEffect effects[VG_STEP_EFFECTS_MAX];
	VgPosition position;
	int count = 0;

	vg_position_take(&position, values, nulls);
	position.has &= (uint16) ~VG_IS_BACKFILL; /* here it counts */
	if (position.vehicle != test->vehicle)
		vehicle_begin(test, position.vehicle, values, nulls);
	(void) vg_vehicle_step(&test->state, &position, &test->traits, NULL, 0, &test->rules,
						   &test->world, effects, &count);
	for (int i = 0; i < count; i++)
		take_effect(test, &effects[i]);
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
		SPI_cursor_fetch(portal, true, BACKTEST_FETCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			backtest_row(test, values, nulls);
		}
		done += (int64) SPI_processed;
		vg_progress_set(done);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
	vehicle_end(test);
}

/* Scores and colours as the catalogue has them, with the backtest's weights over them. */
static void
backtest_colours(Backtest *test, const Jsonb *overrides)
{
	const VgCatalog *catalog = vg_catalog();
	const VgProfile *profile = vg_catalog_profile(catalog, "vehicle", strlen("vehicle"));

	if (profile == NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the catalogue is empty"), errhint("Run SELECT vigil.setup()."));
	test->score = profile->score;
	test->colour_rule = profile->rule;
	for (int number = 0; number < VG_VEHICLE_MODELS; number++)
	{
		const VgModel *model = vg_catalog_model(catalog, "vehicle", vg_vehicle_model_code[number]);

		test->bit[number] = model == NULL ? 0 : model->bit;
	}
	vg_vehicle_rules_with(overrides, &test->rules);
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
	test->evidence =
		AllocSetContextCreate(CurrentMemoryContext, "vigil backtest", ALLOCSET_DEFAULT_SIZES);
	backtest_colours(test, PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	vg_vehicle_world(&test->world);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	vg_progress_begin("backtest vehicle", 0);
	backtest_read(test, since);
	vg_progress_end();
	SPI_finish();
	return (Datum) 0;
}
