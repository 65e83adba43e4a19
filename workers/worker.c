/*
 * worker.c: what every worker does the same: one transaction a round, sleep on the latch, its slot.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/xact.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "worker.h"

static VgWorkerSlot *my_slot = NULL;

static void worker_detach(int code, Datum arg);

void
vg_worker_signals(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

void
vg_worker_attach(VgWorkerSlot *slot)
{
	my_slot = slot;
	before_shmem_exit(worker_detach, (Datum) 0);
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	slot->pid = MyProcPid;
	slot->state = VG_WORKER_WORKING;
	slot->started_at = GetCurrentTimestamp();
	LWLockRelease(vg_worker_shared->lock);
	pg_atomic_write_u32(&slot->procno, VG_MY_PROC_NUMBER);
}

/* Whoever did not say why it ends has failed. */
static void
worker_detach(int code, Datum arg)
{
	pg_atomic_write_u32(&my_slot->procno, VG_WORKER_NOBODY);
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	my_slot->pid = 0;
	my_slot->ended_at = GetCurrentTimestamp();
	if (vg_worker_runs(my_slot->state))
		my_slot->state = VG_WORKER_FAILED;
	LWLockRelease(vg_worker_shared->lock);
	vg_wakeup_process(&vg_worker_shared->launcher_procno);
}

void
vg_worker_state(VgWorkerState state)
{
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	my_slot->state = state;
	LWLockRelease(vg_worker_shared->lock);
}

void
vg_worker_exit(VgWorkerState reason)
{
	vg_worker_state(reason);
	proc_exit(0);
}

void
vg_worker_error(const char *message)
{
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	my_slot->errors++;
	my_slot->last_error_at = GetCurrentTimestamp();
	strlcpy(my_slot->last_error, message, VG_WORKER_ERROR_BYTES);
	LWLockRelease(vg_worker_shared->lock);
}

void
vg_worker_begin(const char *activity)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, activity);
}

void
vg_worker_end(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

bool
vg_worker_extension_present(void)
{
	Oid extension = get_extension_oid("vigil", true);

	if (!OidIsValid(extension))
		return false;
	/* waits for a DROP EXTENSION under way, and then sees what became of it */
	LockDatabaseObject(ExtensionRelationId, extension, 0, AccessShareLock);
	return get_extension_oid("vigil", true) == extension;
}

bool
vg_worker_sleep(long wait_ms)
{
	int events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, wait_ms,
						   PG_WAIT_EXTENSION);

	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
	return (events & WL_LATCH_SET) != 0;
}
