/*
 * status.c: the workers as SQL sees them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "wakeup.h"
#include "worker.h"

enum
{
	STATUS_COLUMNS = 12
};

static void status_row(ReturnSetInfo *result, const VgWorkerSlot *slot, Oid database,
					   uint64 wakeups);
static void status_launcher(ReturnSetInfo *result, int pid, TimestampTz started_at);

static const char *
state_name(VgWorkerState state)
{
	switch (state)
	{
		case VG_WORKER_FREE:
			return "free";
		case VG_WORKER_STARTING:
			return "starting";
		case VG_WORKER_WORKING:
			return "working";
		case VG_WORKER_IDLE:
			return "idle";
		case VG_WORKER_HUB:
			return "hub";
		case VG_WORKER_PAUSED:
			return "paused";
		case VG_WORKER_ABSENT:
			return "absent";
		case VG_WORKER_LEFT:
			return "left";
		case VG_WORKER_FAILED:
			return "failed";
	}
	return "unknown";
}

PG_FUNCTION_INFO_V1(vigil_worker_status);
Datum
vigil_worker_status(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	VgWorkerShared *copy;

	InitMaterializedSRF(fcinfo, 0);
	if (vg_worker_shared == NULL)
		return (Datum) 0;
	copy = palloc(sizeof(VgWorkerShared));
	LWLockAcquire(vg_worker_shared->lock, LW_SHARED);
	memcpy(copy, vg_worker_shared, sizeof(VgWorkerShared));
	LWLockRelease(vg_worker_shared->lock);

	status_launcher(result, copy->launcher_pid, copy->launcher_started_at);
	for (int number = 0; number < VG_WORKER_SLOTS; number++)
	{
		VgWorkerSlot *slot = &copy->slots[number];
		Oid database = pg_atomic_read_u32(&slot->database);

		if (OidIsValid(database))
			status_row(result, slot, database, pg_atomic_read_u64(&slot->wakeups));
	}
	return (Datum) 0;
}

static void
status_launcher(ReturnSetInfo *result, int pid, TimestampTz started_at)
{
	Datum values[STATUS_COLUMNS] = {0};
	bool nulls[STATUS_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	nulls[1] = nulls[3] = false;
	values[1] = CStringGetTextDatum("launcher");
	values[3] = CStringGetTextDatum(pid != 0 ? "idle" : "absent");
	if (pid != 0)
	{
		nulls[2] = nulls[4] = false;
		values[2] = Int32GetDatum(pid);
		values[4] = TimestampTzGetDatum(started_at);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
status_row(ReturnSetInfo *result, const VgWorkerSlot *slot, Oid database, uint64 wakeups)
{
	Datum values[STATUS_COLUMNS];
	bool nulls[STATUS_COLUMNS] = {0};
	char *name = get_database_name(database);

	values[0] = CStringGetTextDatum(name != NULL ? name : "");
	nulls[0] = name == NULL; /* dropped just now */
	values[1] = CStringGetTextDatum("dispatcher");
	values[2] = Int32GetDatum(slot->pid);
	nulls[2] = slot->pid == 0;
	values[3] = CStringGetTextDatum(state_name(slot->state));
	values[4] = TimestampTzGetDatum(slot->started_at);
	values[5] = Int64GetDatum((int64) wakeups);
	values[6] = Int64GetDatum((int64) slot->rounds);
	values[7] = Int64GetDatum((int64) slot->offered);
	values[8] = Int64GetDatum((int64) slot->timed_out);
	values[9] = Int64GetDatum((int64) slot->errors);
	values[10] = CStringGetTextDatum(slot->last_error);
	values[11] = TimestampTzGetDatum(slot->last_error_at);
	nulls[10] = nulls[11] = slot->last_error_at == 0;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(vigil_start_workers);
Datum
vigil_start_workers(PG_FUNCTION_ARGS)
{
	vg_wakeup_workers_at_commit();
	PG_RETURN_TEXT_P(cstring_to_text(
		vg_worker_shared != NULL
			? "workers: start when this transaction commits"
			: "workers: none, for vigil is not in shared_preload_libraries; let a scheduler call "
			  "vigil.dispatch() and vigil.upkeep()"));
}
