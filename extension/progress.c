/*
 * progress.c: long work tells how far it is, through shared memory.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "progress.h"

#define PROGRESS_SLOTS 64
#define PROGRESS_WHAT 64

typedef struct ProgressSlot
{
	int pid; /* 0 = free */
	Oid database;
	TimestampTz started_at;
	int64 done;
	int64 total;
	char what[PROGRESS_WHAT];
} ProgressSlot;

typedef struct ProgressShared
{
	LWLock *lock;
	ProgressSlot slots[PROGRESS_SLOTS];
} ProgressShared;

static ProgressShared *shared = NULL;
static ProgressSlot *mine = NULL;
static shmem_request_hook_type request_before = NULL;
static shmem_startup_hook_type startup_before = NULL;

static void
progress_request(void)
{
	if (request_before != NULL)
		request_before();
	RequestAddinShmemSpace(MAXALIGN(sizeof(ProgressShared)));
	RequestNamedLWLockTranche("vigil progress", 1);
}

static void
progress_startup(void)
{
	bool found;

	if (startup_before != NULL)
		startup_before();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	shared = ShmemInitStruct("vigil progress", sizeof(ProgressShared), &found);
	if (!found)
	{
		memset(shared, 0, sizeof(ProgressShared));
		shared->lock = &GetNamedLWLockTranche("vigil progress")->lock;
	}
	LWLockRelease(AddinShmemInitLock);
}

static void
progress_forget(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		vg_progress_end();
}

static void
progress_exit(int code, Datum arg)
{
	vg_progress_end();
}

void
vg_progress_init(void)
{
	RegisterXactCallback(progress_forget, NULL);
	if (!process_shared_preload_libraries_in_progress)
		return;
	request_before = shmem_request_hook;
	shmem_request_hook = progress_request;
	startup_before = shmem_startup_hook;
	shmem_startup_hook = progress_startup;
}

void
vg_progress_begin(const char *what, int64 total)
{
	static bool exits = false;

	if (shared == NULL || mine != NULL)
		return;
	if (!exits)
		before_shmem_exit(progress_exit, (Datum) 0);
	exits = true;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < PROGRESS_SLOTS && mine == NULL; i++)
		if (shared->slots[i].pid == 0)
			mine = &shared->slots[i];
	if (mine != NULL)
	{
		mine->pid = MyProcPid;
		mine->database = MyDatabaseId;
		mine->started_at = GetCurrentTimestamp();
		mine->done = 0;
		mine->total = total;
		strlcpy(mine->what, what, PROGRESS_WHAT);
	}
	LWLockRelease(shared->lock);
}

void
vg_progress_set(int64 done)
{
	if (mine == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	mine->done = done;
	LWLockRelease(shared->lock);
}

void
vg_progress_end(void)
{
	if (mine == NULL)
		return;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	mine->pid = 0;
	LWLockRelease(shared->lock);
	mine = NULL;
}

PG_FUNCTION_INFO_V1(vigil_progress);
/* progress() -> pid, what, done, total, started_at of this database */
Datum
vigil_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ProgressSlot slots[PROGRESS_SLOTS];

	InitMaterializedSRF(fcinfo, 0);
	memset(slots, 0, sizeof(slots));
	if (shared != NULL)
	{
		LWLockAcquire(shared->lock, LW_SHARED);
		memcpy(slots, shared->slots, sizeof(slots));
		LWLockRelease(shared->lock);
	}
	for (int i = 0; i < PROGRESS_SLOTS; i++)
	{
		Datum values[5] = {Int32GetDatum(slots[i].pid), CStringGetTextDatum(slots[i].what),
						   Int64GetDatum(slots[i].done), Int64GetDatum(slots[i].total),
						   TimestampTzGetDatum(slots[i].started_at)};
		bool nulls[5] = {false, false, false, slots[i].total <= 0, false};

		if (slots[i].pid != 0 && slots[i].database == MyDatabaseId)
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
