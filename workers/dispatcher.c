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
	BATCH_TASKS = 100,		/* offered in one transaction */
	UPKEEP_EVERY_MS = 1000, /* at most so often because of a wake-up; deadlines are met exactly */
	LOOK_REST = 20,			/* times as long as a look at tasks that wait for a unit took */
	LOOK_REST_MOST_MS = 10000, /* but no longer */
	FOLLOW_EVERY_MS = 10000,   /* subjects that move are looked at so often */
	FOLLOW_INCIDENTS = 50	   /* in one transaction, so that new tasks do not wait for it */
};

typedef struct Round
{
	int64 offered;
	int64 timed_out;
	int64 wait_ms;	   /* until the next deadline */
	char *error;	   /* of the last item that failed, or NULL */
	bool more_waiting; /* for a unit than were looked at */
} Round;

extern PGDLLEXPORT void vg_dispatcher_main(Datum main_arg);

static VgPlan dispatch_plan = {"SELECT d.offered, d.timed_out, d.wait_ms, d.error, d.more_waiting"
							   " FROM vigil.dispatch($1, $2) AS d",
							   2,
							   {INT4OID, BOOLOID},
							   NULL};
static VgPlan announce_plan = {"SELECT vigil.announce($1, $2)",
							   2,
							   {INT8ARRAYOID, INT8ARRAYOID},
							   NULL};
static VgPlan upkeep_plan = {"SELECT u.wait_ms, u.error FROM vigil.upkeep(moves => false) AS u",
							 0,
							 {0},
							 NULL};
static VgPlan follow_plan = {"SELECT f.followed, f.profile, f.subject, f.error"
							 " FROM vigil.follow_some($1, $2, $3) AS f",
							 3,
							 {INT4OID, TEXTOID, INT8OID},
							 NULL};

static VgWorkerSlot *slot;
static MemoryContext round_context;
static TimestampTz upkeep_at = 0;  /* not later than this */
static bool units_changed = true;  /* since tasks that wait for a unit were looked at */
static TimestampTz look_at = 0;	   /* at them not before this */
static TimestampTz follow_at = 0;  /* subjects that move; DT_NOEND = not before a wake-up */
static MemoryContext follow_place; /* how far they have been followed in this sweep: */
static const char *follow_profile = "";
static int64 follow_subject = 0;
static int64 followed = 0;

static void dispatcher_connect(Oid database);
static long dispatcher_turn(bool woken);
static int64 dispatch_turn(void);
static int64 upkeep_turn(bool woken);
static int64 follow_turn(bool woken);
static int64 ms_until(TimestampTz time);
static Round dispatch_round(bool look);
static Round upkeep_round(void);
static bool follow_round(void);
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

	for (bool woken = false;;)
	{
		long wait_ms;

		if (vg_leave_asked(database))
			vg_worker_exit(VG_WORKER_LEFT);
		wait_ms = dispatcher_turn(woken);
		MemoryContextReset(round_context);
		woken = false;
		if (wait_ms > 0)
			woken = vg_worker_sleep(wait_ms);
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
	follow_place =
		AllocSetContextCreate(TopMemoryContext, "vigil dispatcher follow", ALLOCSET_SMALL_SIZES);
}

/* dispatcher_turn: what is to be done now; ms to sleep, 0 = there is more. */
static long
dispatcher_turn(bool woken)
{
	int64 wait_ms = vigil_naptime * INT64CONST(1000);
	int64 dispatch_ms, upkeep_ms, follow_ms;

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
	dispatch_ms = dispatch_turn();
	upkeep_ms = upkeep_turn(woken);
	follow_ms = follow_turn(woken);
	wait_ms = Min(Min(wait_ms, dispatch_ms), Min(upkeep_ms, follow_ms));
	if (wait_ms > 0)
		vg_worker_state(VG_WORKER_IDLE);
	return (long) wait_ms;
}

/* dispatch_turn: offer what is queued; what waits for a unit only when units changed, and then with
 * rests, so that it takes a small part of the time however much waits. */
static int64
dispatch_turn(void)
{
	TimestampTz started = GetCurrentTimestamp();
	Round round;
	int64 look_ms;
	bool look;

	if (pg_atomic_exchange_u32(&slot->units_changed, 0) != 0)
		units_changed = true;
	look = units_changed && started >= look_at;
	round = dispatch_round(look);
	round_count(&round);
	if (look)
	{
		TimestampTz ended = GetCurrentTimestamp();
		int64 rest_us = Min((ended - started) * LOOK_REST, LOOK_REST_MOST_MS * INT64CONST(1000));

		units_changed = round.more_waiting;
		look_at = round.more_waiting ? ended : ended + rest_us;
	}
	look_ms = units_changed ? ms_until(look_at) : PG_INT64_MAX;
	return Min(round.wait_ms, look_ms);
}

static int64
upkeep_turn(bool woken)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now >= upkeep_at)
	{
		Round kept = upkeep_round();

		round_count(&kept);
		upkeep_at =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										Min(kept.wait_ms, vigil_naptime * INT64CONST(1000)));
	}
	else if (woken) /* by what may have brought an earlier deadline */
		upkeep_at = Min(upkeep_at, TimestampTzPlusMilliseconds(now, UPKEEP_EVERY_MS));
	return ms_until(upkeep_at);
}

/* follow_turn: a piece of the sweep over incidents whose subjects move; none begins while nobody is
 * under way to any. */
static int64
follow_turn(bool woken)
{
	TimestampTz now = GetCurrentTimestamp();

	if (woken && follow_at == DT_NOEND)
		follow_at = TimestampTzPlusMilliseconds(now, FOLLOW_EVERY_MS);
	if (now < follow_at)
		return ms_until(follow_at);
	if (follow_round())
		return 0;
	follow_at = followed > 0 ? TimestampTzPlusMilliseconds(now, FOLLOW_EVERY_MS) : DT_NOEND;
	followed = 0;
	return ms_until(follow_at);
}

static int64
ms_until(TimestampTz time)
{
	if (time == DT_NOEND)
		return PG_INT64_MAX;
	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(), time);
}

static Round
dispatch_round(bool look)
{
	Round round = {0};
	Datum given[2] = {Int32GetDatum(BATCH_TASKS), BoolGetDatum(look)};
	Datum arrays[2];
	char nulls[3] = "  ";
	bool isnull;

	vg_worker_begin("vigil: dispatching");
	if (!vg_worker_extension_present())
		vg_worker_exit(VG_WORKER_ABSENT);
	vg_spi_run(&dispatch_plan, given, NULL, false, SPI_OK_SELECT);
	round.offered = array_field(0, 1, &arrays[0], &nulls[0]);
	round.timed_out = array_field(0, 2, &arrays[1], &nulls[1]);
	round.wait_ms = vg_spi_int8(0, 3, PG_INT64_MAX);
	round_read_error(&round, 4);
	round.more_waiting = DatumGetBool(vg_spi_field(0, 5, &isnull));
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

/* follow_round: follow the subjects of the next incidents; whether there are more in this sweep. */
static bool
follow_round(void)
{
	Round round = {0};
	Datum given[3];
	Datum profile;
	bool last;

	vg_worker_begin("vigil: following");
	if (!vg_worker_extension_present())
		vg_worker_exit(VG_WORKER_ABSENT);
	given[0] = Int32GetDatum(FOLLOW_INCIDENTS);
	given[1] = CStringGetTextDatum(follow_profile);
	given[2] = Int64GetDatum(follow_subject);
	vg_spi_run(&follow_plan, given, NULL, false, SPI_OK_SELECT);
	followed += vg_spi_int4(0, 1);
	follow_subject = vg_spi_int8(0, 3, 0);
	MemoryContextReset(follow_place);
	follow_profile = "";
	profile = vg_spi_field(0, 2, &last);
	if (!last)
		follow_profile = MemoryContextStrdup(follow_place, TextDatumGetCString(profile));
	round_read_error(&round, 4);
	vg_worker_end();
	if (round.error != NULL)
		round_count(&round);
	return !last;
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
