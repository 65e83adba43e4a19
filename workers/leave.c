/*
 * leave.c: workers leave a database when a statement needs it for itself, and come back when it is
 * still there.
 *
 * DROP DATABASE, ALTER DATABASE … RENAME or SET TABLESPACE and CREATE DATABASE … TEMPLATE fail
 * where anybody is connected.  Before such a statement a hook notes a hold, which worker and
 * launcher obey, and waits until the dispatcher is gone.  ALTER EXTENSION vigil UPDATE takes the
 * lock at which a round begins: the dispatcher stays, and meets the old version or the new.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "tcop/utility.h"
#include "utils/acl.h"

#include "compat.h"
#include "wakeup.h"
#include "worker.h"

enum
{
	LEAVE_POLL_MS = 10,
	LEAVE_POLLS = 500 /* then the statement itself says who is in its way */
};

static ProcessUtility_hook_type previous_process_utility = NULL;
static object_access_hook_type previous_object_access = NULL;

static void leave_process_utility(PlannedStmt *planned, const char *text, bool read_only,
								  ProcessUtilityContext context, ParamListInfo parameters,
								  QueryEnvironment *environment, DestReceiver *receiver,
								  QueryCompletion *completion);
static void leave_object_access(ObjectAccessType access, Oid class, Oid object, int part,
								void *arg);
static const char *alone_in(Node *statement);
static void update_begins(Node *statement);
static const char *option_text(List *options, const char *name, const char *absent);
static VgWorkerHold *hold_take(Oid database);
static void hold_release(VgWorkerHold *hold);
static bool dispatcher_runs(Oid database);

void
vg_leave_init(void)
{
	previous_process_utility = ProcessUtility_hook;
	ProcessUtility_hook = leave_process_utility;
	previous_object_access = object_access_hook;
	object_access_hook = leave_object_access;
}

bool
vg_leave_asked(Oid database)
{
	bool asked = false;

	LWLockAcquire(vg_worker_shared->lock, LW_SHARED);
	for (int number = 0; number < VG_WORKER_HOLDS && !asked; number++)
	{
		const VgWorkerHold *hold = &vg_worker_shared->holds[number];

		/* a backend that was ended in the middle of its statement left its hold behind */
		asked =
			hold->pid != 0 && hold->database == database && BackendPidGetProc(hold->pid) != NULL;
	}
	LWLockRelease(vg_worker_shared->lock);
	return asked;
}

static void
leave_process_utility(PlannedStmt *planned, const char *text, bool read_only,
					  ProcessUtilityContext context, ParamListInfo parameters,
					  QueryEnvironment *environment, DestReceiver *receiver,
					  QueryCompletion *completion)
{
	ProcessUtility_hook_type next =
		previous_process_utility != NULL ? previous_process_utility : standard_ProcessUtility;
	const char *name =
		vg_worker_shared != NULL && IsTransactionState() ? alone_in(planned->utilityStmt) : NULL;
	Oid database = name != NULL ? get_database_oid(name, true) : InvalidOid;
	VgWorkerHold *hold = NULL;

	if (OidIsValid(database) && VG_OWNS_DATABASE(database))
		hold = hold_take(database);
	if (IsA(planned->utilityStmt, AlterExtensionStmt) && IsTransactionState())
		update_begins(planned->utilityStmt);
	PG_TRY();
	{
		for (int poll = 0; hold != NULL && poll < LEAVE_POLLS && dispatcher_runs(database); poll++)
		{
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
							 LEAVE_POLL_MS, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		next(planned, text, read_only, context, parameters, environment, receiver, completion);
		if (name != NULL)
			vg_wakeup_launcher_at_commit();
	}
	PG_FINALLY();
	{
		if (hold != NULL)
			hold_release(hold);
	}
	PG_END_TRY();
}

/* DROP EXTENSION: the dispatcher looks whether it is still needed. */
static void
leave_object_access(ObjectAccessType access, Oid class, Oid object, int part, void *arg)
{
	if (previous_object_access != NULL)
		previous_object_access(access, class, object, part, arg);
	if (access == OAT_DROP && class == ExtensionRelationId)
		vg_wakeup_dispatcher_at_commit();
}

/* alone_in: the name of the database in which this statement must be alone, or NULL. */
static const char *
alone_in(Node *statement)
{
	switch (nodeTag(statement))
	{
		case T_DropdbStmt:
			return ((DropdbStmt *) statement)->dbname;
		case T_RenameStmt:
			if (((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
				return ((RenameStmt *) statement)->subname;
			return NULL;
		case T_AlterDatabaseStmt:
			if (option_text(((AlterDatabaseStmt *) statement)->options, "tablespace", NULL) != NULL)
				return ((AlterDatabaseStmt *) statement)->dbname;
			return NULL;
		case T_CreatedbStmt:
			return option_text(((CreatedbStmt *) statement)->options, "template", "template1");
		default:
			return NULL;
	}
}

/* update_begins: wait for the end of the dispatcher's round, and keep the next from beginning
 * before this transaction ends; vg_worker_extension_present() takes the other side of the lock. */
static void
update_begins(Node *statement)
{
	AlterExtensionStmt *update = castNode(AlterExtensionStmt, statement);
	Oid extension =
		strcmp(update->extname, "vigil") == 0 ? get_extension_oid("vigil", true) : InvalidOid;

	if (OidIsValid(extension) && VG_OWNS_EXTENSION(extension))
		LockDatabaseObject(ExtensionRelationId, extension, 0, AccessExclusiveLock);
}

static const char *
option_text(List *options, const char *name, const char *absent)
{
	ListCell *cell;

	foreach (cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0 && option->arg != NULL)
			return defGetString(option);
	}
	return absent;
}

/* hold_take: ask the dispatcher to leave; NULL where more statements than can be noted do so at
 * once. */
static VgWorkerHold *
hold_take(Oid database)
{
	VgWorkerSlot *slot;
	VgWorkerHold *taken = NULL;

	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	for (int number = 0; number < VG_WORKER_HOLDS && taken == NULL; number++)
	{
		VgWorkerHold *hold = &vg_worker_shared->holds[number];

		if (hold->pid == 0 || BackendPidGetProc(hold->pid) == NULL)
			taken = hold;
	}
	if (taken != NULL)
		*taken = (VgWorkerHold){.database = database, .pid = MyProcPid};
	LWLockRelease(vg_worker_shared->lock);

	slot = vg_wakeup_slot(database);
	if (slot != NULL)
		vg_wakeup_process(&slot->procno);
	return taken;
}

/* The launcher brings the dispatcher back if the database is still there. */
static void
hold_release(VgWorkerHold *hold)
{
	LWLockAcquire(vg_worker_shared->lock, LW_EXCLUSIVE);
	hold->pid = 0;
	LWLockRelease(vg_worker_shared->lock);
	vg_wakeup_process(&vg_worker_shared->launcher_procno);
}

static bool
dispatcher_runs(Oid database)
{
	VgWorkerSlot *slot = vg_wakeup_slot(database);
	bool runs;

	if (slot == NULL)
		return false;
	LWLockAcquire(vg_worker_shared->lock, LW_SHARED);
	runs = pg_atomic_read_u32(&slot->database) == database && vg_worker_runs(slot->state);
	LWLockRelease(vg_worker_shared->lock);
	return runs;
}
