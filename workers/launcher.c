/*
 * launcher.c: one process a server, connected to no database: starts a dispatcher for each database
 * that has vigil.
 *
 * It cannot see from outside whether a database has vigil; the dispatcher itself looks, and ends
 * when there is none.  The launcher remembers that and asks again when the database says so (CREATE
 * EXTENSION, vigil.start_workers) or after a while.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "vigil.h"
#include "worker.h"

enum
{
	RETRY_MS = 5000,	/* after an error, or when the server had no room for a worker */
	ABSENT_MS = 600000, /* a database without vigil is looked at again */
	START_MS = 60000	/* a worker that has not begun by then never will */
};

/* What the launcher remembers of a database. */
typedef struct Database
{
	Oid oid; /* hash key */
	bool listed;
	bool no_room;			/* the last attempt found no free worker */
	TimestampTz not_before; /* do not start a dispatcher earlier */
} Database;

extern PGDLLEXPORT void vg_launcher_main(Datum main_arg);

static HTAB *databases;
static BackgroundWorkerHandle *handles[VG_WORKER_SLOTS];
static bool warned = false; /* of the lack of room, once until there is some again */

static void launcher_detach(int code, Datum arg);
static void launcher_take_wants(void);
static void launcher_list(void);
static void launcher_reap(TimestampTz now);
static void slot_reap(int number, TimestampTz now);
static long launcher_start_missing(TimestampTz now);
static bool launcher_start(Oid database);
static int slot_claim(Oid database);
static void launcher_warn(Oid database);

void
vg_launcher_register(void)
{
	BackgroundWorker worker = {.bgw_flags =
								   BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
							   .bgw_start_time = BgWorkerStart_RecoveryFinished,
							   .bgw_restart_time = RETRY_MS / 1000};

	strlcpy(worker.bgw_name, "vigil launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "vigil launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "vigil", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "vg_launcher_main", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

void
vg_launcher_main(Datum main_arg)
{
	HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(Database)};

	vg_worker_signals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	databases = hash_create("vigil launcher databases", 64, &control, HASH_ELEM | HASH_BLOBS);
	before_shmem_exit(launcher_detach, (Datum) 0);
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	vg_worker_shared->launcher_pid = MyProcPid;
	vg_worker_shared->launcher_started_at = GetCurrentTimestamp();
	LWLockRelease(vg_worker_shared->lock);
	pg_atomic_write_u32(&vg_worker_shared->launcher_procno, VG_MY_PROC_NUMBER);

	for (;;)
	{
		long wait_ms;

		launcher_take_wants();
		launcher_list();
		launcher_reap(GetCurrentTimestamp());
		wait_ms = launcher_start_missing(GetCurrentTimestamp());
		vg_worker_sleep(Min(wait_ms, vigil_naptime * 1000L));
	}
}

static void
launcher_detach(int code, Datum arg)
{
	pg_atomic_write_u32(&vg_worker_shared->launcher_procno, VG_WORKER_NOBODY);
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	vg_worker_shared->launcher_pid = 0;
	LWLockRelease(vg_worker_shared->lock);
}

/* Databases that asked are looked at now, whatever is remembered of them. */
static void
launcher_take_wants(void)
{
	bool all = pg_atomic_exchange_u32(&vg_worker_shared->wants_overflow, 0) != 0;
	Database *entry;
	HASH_SEQ_STATUS scan;

	for (int number = 0; number < VG_WORKER_WANTS; number++)
	{
		Oid oid = pg_atomic_exchange_u32(&vg_worker_shared->wants[number], InvalidOid);

		entry = OidIsValid(oid) ? hash_search(databases, &oid, HASH_FIND, NULL) : NULL;
		if (entry != NULL)
			entry->not_before = 0;
	}
	if (!all)
		return;
	hash_seq_init(&scan, databases);
	while ((entry = hash_seq_search(&scan)) != NULL)
		entry->not_before = 0;
}

/* launcher_list: the databases of the server in which a dispatcher could be; templates are left
 * alone. */
static void
launcher_list(void)
{
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;
	HASH_SEQ_STATUS sequence;
	Database *entry;

	hash_seq_init(&sequence, databases);
	while ((entry = hash_seq_search(&sequence)) != NULL)
		entry->listed = false;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	pgstat_report_activity(STATE_RUNNING, "vigil: looking for databases");
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database row = (Form_pg_database) GETSTRUCT(tuple);
		bool found;

		if (!row->datallowconn || row->datistemplate || row->datconnlimit == -2)
			continue;
		entry = hash_search(databases, &row->oid, HASH_ENTER, &found);
		if (!found)
		{
			entry->no_room = false;
			entry->not_before = 0;
		}
		entry->listed = true;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	pgstat_report_activity(STATE_IDLE, NULL);

	hash_seq_init(&sequence, databases);
	while ((entry = hash_seq_search(&sequence)) != NULL)
		if (!entry->listed)
			hash_search(databases, &entry->oid, HASH_REMOVE, NULL);
}

static void
launcher_reap(TimestampTz now)
{
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	for (int number = 0; number < VG_WORKER_SLOTS; number++)
		if (pg_atomic_read_u32(&vg_worker_shared->slots[number].database) != InvalidOid)
			slot_reap(number, now);
	LWLockRelease(vg_worker_shared->lock);
}

/* slot_reap: notice that a dispatcher has ended; free the slot when its database is gone or has no
 * vigil. */
static void
slot_reap(int number, TimestampTz now)
{
	VgWorkerSlot *slot = &vg_worker_shared->slots[number];
	Oid oid = pg_atomic_read_u32(&slot->database);
	Database *entry = hash_search(databases, &oid, HASH_FIND, NULL);
	pid_t pid;

	if (slot->state == VG_WORKER_STARTING &&
		(handles[number] != NULL ? GetBackgroundWorkerPid(handles[number], &pid) == BGWH_STOPPED
								 : now > TimestampTzPlusMilliseconds(slot->started_at, START_MS)))
	{
		slot->state = VG_WORKER_FAILED;
		slot->ended_at = now;
	}
	if (vg_worker_runs(slot->state))
		return;
	if (entry != NULL && slot->state == VG_WORKER_FAILED)
		entry->not_before =
			Max(entry->not_before, TimestampTzPlusMilliseconds(slot->ended_at, RETRY_MS));
	if (entry != NULL && slot->state == VG_WORKER_ABSENT)
		entry->not_before = TimestampTzPlusMilliseconds(slot->ended_at, ABSENT_MS);
	if (entry == NULL || slot->state == VG_WORKER_ABSENT)
	{
		slot->state = VG_WORKER_FREE;
		pg_atomic_write_u32(&slot->database, InvalidOid);
	}
}

/* launcher_start_missing: start what should run and does not; ms until one may be started that may
 * not yet. */
static long
launcher_start_missing(TimestampTz now)
{
	HASH_SEQ_STATUS scan;
	Database *entry;
	long wait_ms = LONG_MAX;
	bool no_room = false;

	hash_seq_init(&scan, databases);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		VgWorkerSlot *slot = vg_wakeup_slot(entry->oid);

		if ((slot != NULL && vg_worker_runs(slot->state)) || vg_leave_asked(entry->oid))
			continue;
		if (entry->not_before <= now)
		{
			entry->no_room = !launcher_start(entry->oid);
			if (entry->no_room)
				entry->not_before = TimestampTzPlusMilliseconds(now, RETRY_MS);
		}
		no_room = no_room || entry->no_room;
		if (entry->not_before > now)
			wait_ms = Min(wait_ms, TimestampDifferenceMilliseconds(now, entry->not_before));
	}
	warned = warned && no_room;
	return wait_ms;
}

static bool
launcher_start(Oid database)
{
	BackgroundWorker worker = {.bgw_flags =
								   BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
							   .bgw_start_time = BgWorkerStart_RecoveryFinished,
							   .bgw_restart_time = BGW_NEVER_RESTART,
							   .bgw_notify_pid = MyProcPid};
	int number = slot_claim(database);
	MemoryContext old;
	bool started;

	if (number < 0)
	{
		launcher_warn(database);
		return false;
	}
	strlcpy(worker.bgw_name, "vigil dispatcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "vigil dispatcher", BGW_MAXLEN);
	strlcpy(worker.bgw_library_name, "vigil", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "vg_dispatcher_main", BGW_MAXLEN);
	worker.bgw_main_arg = Int32GetDatum(number);
	memcpy(worker.bgw_extra, &database, sizeof(database));

	if (handles[number] != NULL)
		pfree(handles[number]);
	handles[number] = NULL;
	old = MemoryContextSwitchTo(TopMemoryContext);
	started = RegisterDynamicBackgroundWorker(&worker, &handles[number]);
	MemoryContextSwitchTo(old);
	if (!started)
	{
		VgWorkerSlot *slot = &vg_worker_shared->slots[number];

		handles[number] = NULL;
		LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
		slot->state = VG_WORKER_FAILED;
		slot->ended_at = GetCurrentTimestamp();
		LWLockRelease(vg_worker_shared->lock);
		launcher_warn(database);
		return false;
	}
	return true;
}

/* slot_claim: the slot that the database has, else a free one, with its counters from the start; -1
 * = none. */
static int
slot_claim(Oid database)
{
	VgWorkerSlot *slot;

	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	slot = vg_wakeup_slot(database);
	if (slot == NULL && (slot = vg_wakeup_slot(InvalidOid)) != NULL)
	{
		slot->rounds = slot->offered = slot->timed_out = slot->errors = 0;
		slot->last_error[0] = '\0';
		slot->last_error_at = 0;
		pg_atomic_write_u64(&slot->wakeups, 0);
		pg_atomic_write_u32(&slot->database, database);
	}
	if (slot != NULL)
	{
		slot->state = VG_WORKER_STARTING;
		slot->started_at = GetCurrentTimestamp();
		slot->pid = 0;
	}
	LWLockRelease(vg_worker_shared->lock);
	return slot == NULL ? -1 : (int) (slot - vg_worker_shared->slots);
}

static void
launcher_warn(Oid database)
{
	if (!warned)
		ereport(WARNING, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				errmsg("could not start the vigil dispatcher of database %u", database),
				errdetail("There is no free background worker, or %d databases have one.",
						  VG_WORKER_SLOTS),
				errhint("Raise \"max_worker_processes\". The launcher tries again every %d "
						"seconds.",
						RETRY_MS / 1000));
	warned = true;
}
