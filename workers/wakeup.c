/*
 * wakeup.c: shared memory of the workers, and wake-ups at COMMIT.
 *
 * A backend that queued work only notes that it did; the callback that runs when its transaction
 * has become visible sets the dispatcher's latch.  The callback takes no lock and cannot throw.  A
 * latch set for a process that has just ended wakes whoever has its place now for nothing, which
 * every latch user must expect.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shmem.h"

#include "wakeup.h"
#include "worker.h"

VgWorkerShared *vg_worker_shared = NULL;

static shmem_request_hook_type previous_shmem_request_hook = NULL;
static shmem_startup_hook_type previous_shmem_startup_hook = NULL;
static bool dispatcher_wanted = false; /* by the transaction under way */
static bool units_changed = false;
static bool launcher_wanted = false; /* to look for databases that are new or gone */
static bool workers_wanted = false;	 /* for this database */

static void
wakeup_shmem_request(void)
{
	if (previous_shmem_request_hook != NULL)
		previous_shmem_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(VgWorkerShared)));
	RequestNamedLWLockTranche("vigil_workers", 1);
}

static void
wakeup_shmem_startup(void)
{
	bool found;

	if (previous_shmem_startup_hook != NULL)
		previous_shmem_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	vg_worker_shared = ShmemInitStruct("vigil workers", sizeof(VgWorkerShared), &found);
	if (!found)
	{
		memset(vg_worker_shared, 0, sizeof(VgWorkerShared));
		vg_worker_shared->lock = &GetNamedLWLockTranche("vigil_workers")->lock;
		pg_atomic_init_u32(&vg_worker_shared->launcher_procno, VG_WORKER_NOBODY);
		pg_atomic_init_u32(&vg_worker_shared->wants_overflow, 0);
		for (int number = 0; number < VG_WORKER_WANTS; number++)
			pg_atomic_init_u32(&vg_worker_shared->wants[number], InvalidOid);
		for (int number = 0; number < VG_WORKER_SLOTS; number++)
		{
			VgWorkerSlot *slot = &vg_worker_shared->slots[number];

			pg_atomic_init_u32(&slot->database, InvalidOid);
			pg_atomic_init_u32(&slot->procno, VG_WORKER_NOBODY);
			pg_atomic_init_u64(&slot->wakeups, 0);
			pg_atomic_init_u32(&slot->units_changed, 0);
		}
	}
	LWLockRelease(AddinShmemInitLock);
}

void
vg_wakeup_process(pg_atomic_uint32 *procno)
{
	uint32 number = pg_atomic_read_u32(procno);

	if (number != VG_WORKER_NOBODY)
		SetLatch(&ProcGlobal->allProcs[number].procLatch);
}

VgWorkerSlot *
vg_wakeup_slot(Oid database)
{
	for (int number = 0; number < VG_WORKER_SLOTS; number++)
	{
		VgWorkerSlot *slot = &vg_worker_shared->slots[number];

		if (pg_atomic_read_u32(&slot->database) == database)
			return slot;
	}
	return NULL;
}

/* Tell the launcher which database to look at; it looks at all where there is no room to say. */
static void
wakeup_want(Oid database)
{
	bool noted = false;

	for (int number = 0; number < VG_WORKER_WANTS && !noted; number++)
	{
		uint32 expected = InvalidOid;

		noted =
			pg_atomic_compare_exchange_u32(&vg_worker_shared->wants[number], &expected, database);
	}
	if (!noted)
		pg_atomic_write_u32(&vg_worker_shared->wants_overflow, 1);
	vg_wakeup_process(&vg_worker_shared->launcher_procno);
}

static void
wakeup_at_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PARALLEL_PRE_COMMIT ||
		event == XACT_EVENT_PRE_PREPARE)
		return;
	if (event == XACT_EVENT_COMMIT && dispatcher_wanted)
	{
		VgWorkerSlot *slot = vg_wakeup_slot(MyDatabaseId);

		if (slot != NULL)
		{
			pg_atomic_fetch_add_u64(&slot->wakeups, 1);
			if (units_changed)
				pg_atomic_write_u32(&slot->units_changed, 1);
			vg_wakeup_process(&slot->procno);
		}
	}
	if (event == XACT_EVENT_COMMIT && workers_wanted)
		wakeup_want(MyDatabaseId);
	else if (event == XACT_EVENT_COMMIT && launcher_wanted)
		vg_wakeup_process(&vg_worker_shared->launcher_procno);
	dispatcher_wanted = units_changed = launcher_wanted = workers_wanted = false;
}

void
vg_wakeup_dispatcher_at_commit(void)
{
	dispatcher_wanted = vg_worker_shared != NULL;
}

void
vg_wakeup_units_at_commit(void)
{
	vg_wakeup_dispatcher_at_commit();
	units_changed = true;
}

void
vg_wakeup_launcher_at_commit(void)
{
	launcher_wanted = vg_worker_shared != NULL;
}

void
vg_wakeup_workers_at_commit(void)
{
	workers_wanted = vg_worker_shared != NULL;
}

void
vg_wakeup_init(void)
{
	RegisterXactCallback(wakeup_at_end, NULL);
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = wakeup_shmem_request;
	previous_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = wakeup_shmem_startup;
	vg_leave_init();
	if (!IsBinaryUpgrade)
		vg_launcher_register();
}

PG_FUNCTION_INFO_V1(vigil_wake_dispatcher);
Datum
vigil_wake_dispatcher(PG_FUNCTION_ARGS)
{
	vg_wakeup_dispatcher_at_commit();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(vigil_units_changed);
Datum
vigil_units_changed(PG_FUNCTION_ARGS)
{
	vg_wakeup_units_at_commit();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(vigil_unit_available);
Datum
vigil_unit_available(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("function \"%s\" was not called as a trigger", "vigil.unit_available"));
	vg_wakeup_units_at_commit();
	return PointerGetDatum(NULL);
}
