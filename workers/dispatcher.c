/*
 * dispatcher.c: one process a database: drains the queue, then sleeps until the next deadline or
 * the next commit.
 *
 * It holds no truth: all state is rows, so that it may be killed at any instant.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "spi.h"
#include "vigil.h"
#include "worker.h"

enum
{
	BATCH_TASKS = 100,	   /* offered in one transaction */
	UPKEEP_EVERY_MS = 1000 /* at most so often because of a wake-up; deadlines are met exactly */
};

typedef struct Round
{
	int64 offered;
	int64 timed_out;
	int64 wait_ms; /* until the next deadline */
	char *error;   /* of the last item that failed, or NULL */
} Round;

extern PGDLLEXPORT void vg_dispatcher_main(Datum main_arg);

static VgPlan dispatch_plan = {"SELECT d.offered, d.timed_out, d.wait_ms, d.error"
							   " FROM vigil.dispatch($1) AS d",
							   1,
							   {INT4OID},
							   NULL};
static VgPlan announce_plan = {"SELECT vigil.announce($1, $2)",
							   2,
							   {INT8ARRAYOID, INT8ARRAYOID},
							   NULL};
static VgPlan upkeep_plan = {"SELECT u.wait_ms, u.error FROM vigil.upkeep() AS u", 0, {0}, NULL};

static VgWorkerSlot *slot;
static MemoryContext round_context;
static TimestampTz upkeep_at = 0; /* not later than this */

static void dispatcher_connect(Oid database);
static long dispatcher_turn(void);
static Round dispatch_round(void);
static Round upkeep_round(void);
static void round_read_error(Round *round, int column);
static void round_count(const Round *round);
static int64 array_field(uint64 row, int column, Datum *array, char *null);

void
vg_dispatcher_main(Datum main_arg)
{
	Oid database;

	memcpy(&database, MyBgworkerEntry->bgw_extra, sizeof(database));
	slot = &vg_worker_shared->slots[DatumGetInt32(main_arg)];
	vg_worker_signals();
	vg_worker_attach(slot);
	if (vg_leave_asked(database))
		vg_worker_exit(VG_WORKER_LEFT);
	dispatcher_connect(database);

	for (;;)
	{
		long wait_ms;

		if (vg_leave_asked(database))
			vg_worker_exit(VG_WORKER_LEFT);
		wait_ms = dispatcher_turn();
		MemoryContextReset(round_context);
		if (wait_ms > 0)
			vg_worker_sleep(wait_ms);
		else
			CHECK_FOR_INTERRUPTS();
	}
}

static void
dispatcher_connect(Oid database)
{
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	/* it runs as the bootstrap superuser: names must mean what they mean to vigil */
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("application_name", "vigil dispatcher", PGC_USERSET, PGC_S_OVERRIDE);
	SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("idle_in_transaction_session_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	round_context =
		AllocSetContextCreate(TopMemoryContext, "vigil dispatcher round", ALLOCSET_DEFAULT_SIZES);
}

/* dispatcher_turn: what is to be done now; ms to sleep, 0 = there is more. */
static long
dispatcher_turn(void)
{
	Round dispatched;
	TimestampTz now;
	int64 wait_ms = vigil_naptime * INT64CONST(1000);

	if (strcmp(vigil_role, "hub") == 0 || !vigil_dispatcher)
	{
		vg_worker_state(strcmp(vigil_role, "hub") == 0 ? VG_WORKER_HUB : VG_WORKER_PAUSED);
		vg_worker_begin("vigil: looking whether it is needed");
		if (!vg_worker_extension_present())
			vg_worker_exit(VG_WORKER_ABSENT);
		vg_worker_end();
		return (long) wait_ms;
	}
	vg_worker_state(VG_WORKER_WORKING);
	dispatched = dispatch_round();
	round_count(&dispatched);
	wait_ms = Min(wait_ms, dispatched.wait_ms);

	now = GetCurrentTimestamp();
	if (now >= upkeep_at)
	{
		Round kept = upkeep_round();

		round_count(&kept);
		upkeep_at =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										Min(kept.wait_ms, vigil_naptime * INT64CONST(1000)));
		wait_ms = Min(wait_ms, kept.wait_ms);
	}
	else
	{
		/* what woke us may have brought an earlier deadline */
		upkeep_at = Min(upkeep_at, TimestampTzPlusMilliseconds(now, UPKEEP_EVERY_MS));
		wait_ms = Min(wait_ms, TimestampDifferenceMilliseconds(now, upkeep_at));
	}
	if (wait_ms > 0)
		vg_worker_state(VG_WORKER_IDLE);
	return (long) wait_ms;
}

static Round
dispatch_round(void)
{
	Round round = {0};
	Datum batch = Int32GetDatum(BATCH_TASKS);
	Datum arrays[2];
	char nulls[3] = "  ";

	vg_worker_begin("vigil: dispatching");
	if (!vg_worker_extension_present())
		vg_worker_exit(VG_WORKER_ABSENT);
	vg_spi_run(&dispatch_plan, &batch, NULL, false, SPI_OK_SELECT);
	round.offered = array_field(0, 1, &arrays[0], &nulls[0]);
	round.timed_out = array_field(0, 2, &arrays[1], &nulls[1]);
	round.wait_ms = vg_spi_int8(0, 3, PG_INT64_MAX);
	round_read_error(&round, 4);
	vg_spi_run(&announce_plan, arrays, nulls, false, SPI_OK_SELECT);
	vg_worker_end();
	return round;
}

static Round
upkeep_round(void)
{
	Round round = {0};

	vg_worker_begin("vigil: upkeep");
	if (!vg_worker_extension_present())
		vg_worker_exit(VG_WORKER_ABSENT);
	vg_spi_run(&upkeep_plan, NULL, NULL, false, SPI_OK_SELECT);
	round.wait_ms = vg_spi_int8(0, 1, PG_INT64_MAX);
	round_read_error(&round, 2);
	vg_worker_end();
	return round;
}

static void
round_read_error(Round *round, int column)
{
	bool isnull;
	Datum message = vg_spi_field(0, column, &isnull);

	if (!isnull)
	{
		MemoryContext old = MemoryContextSwitchTo(round_context);

		round->error = TextDatumGetCString(message);
		MemoryContextSwitchTo(old);
	}
}

/* round_count: the counters of worker_status(); an error is logged when it is another than the last
 * one. */
static void
round_count(const Round *round)
{
	bool is_new;

	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	slot->rounds++;
	slot->offered += round->offered;
	slot->timed_out += round->timed_out;
	is_new = round->error != NULL &&
			 strncmp(slot->last_error, round->error, VG_WORKER_ERROR_BYTES - 1) != 0;
	LWLockRelease(vg_worker_shared->lock);
	if (round->error != NULL)
		vg_worker_error(round->error);
	if (is_new)
		ereport(LOG, errmsg("vigil dispatcher: %s", round->error));
}

/* A bigint[] field as a parameter for the next statement; its length. */
static int64
array_field(uint64 row, int column, Datum *array, char *null)
{
	bool isnull;
	ArrayType *field;

	*array = vg_spi_field(row, column, &isnull);
	*null = isnull ? 'n' : ' ';
	if (isnull)
		return 0;
	field = DatumGetArrayTypePCopy(*array); /* outlives the statement's result */
	*array = PointerGetDatum(field);
	return ArrayGetNItems(ARR_NDIM(field), ARR_DIMS(field));
}
