/*
 * sharedblock.c: blocks of memory computed from tables and shared by the backends of a database.
 *
 * vigil.block_version holds one row or few for each kind.  The statement trigger of a source table
 * replaces the rows that it can lock by one with a random number, so that writers never wait for
 * one another; the set of rows that a snapshot sees names the content of the tables in it, and its
 * hash is the block's version.  A change of block_version is told by a relcache invalidation of
 * that table, also on a standby.
 *
 * Blocks live in pinned dynamic shared memory segments; shared memory proper holds only where they
 * are.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "sharedblock.h"
#include "spi.h"

#define BLOCK_KIND_LENGTH 16
#define BLOCK_SLOTS 64		/* databases x kinds that are shared at once; the oldest gives way */
#define BLOCK_RETIRED 4		/* replaced blocks that are kept to the end of the transaction */
#define BLOCK_WAIT_MS 5		/* between looks at another backend's build */
#define BLOCK_PATIENCE 2000 /* looks; then each builds its own */
#define BLOCK_LOCK_CLASS                                                                           \
	0x5647 /* fourth field of the advisory lock; pg_advisory_lock uses 1 and 2 */

typedef struct BlockSlot
{
	Oid database; /* InvalidOid = free */
	char kind[BLOCK_KIND_LENGTH];
	uint64 version;
	dsm_handle handle;
	Size size;
	TimestampTz built_at;
} BlockSlot;

typedef struct BlockDirectory
{
	LWLock *lock;
	BlockSlot slots[BLOCK_SLOTS];
} BlockDirectory;

/* What a snapshot sees of a kind in vigil.block_version. */
typedef struct BlockVersion
{
	uint64 version;
	bool own; /* written by this very transaction */
} BlockVersion;

/* A replaced block that callers may still read. */
typedef struct BlockRetired
{
	dsm_segment *segment;
	MemoryContext context;
} BlockRetired;

PG_FUNCTION_INFO_V1(vigil_block_changed);
PG_FUNCTION_INFO_V1(vigil_shared_blocks);

static void block_refresh(VgSharedBlock *block);
static BlockVersion block_version(const char *kind, Oid relid);
static void block_load(VgSharedBlock *block, BlockVersion version);
static bool block_attach(VgSharedBlock *block, uint64 version);
static bool block_build_lock(VgSharedBlock *block, uint64 version, LOCKTAG *tag);
static void *block_build(VgSharedBlock *block, MemoryContext context, Size *size);
static dsm_segment *block_segment(Size size);
static void block_publish(VgSharedBlock *block);
static int block_slot_for(const VgSharedBlock *block);
static void block_sweep(void);
static void block_replace(VgSharedBlock *block, uint64 version, const void *data, Size size,
						  dsm_segment *segment, MemoryContext context);
static void block_recall(dsm_segment *segment);
static void block_release(BlockRetired *retired);
static void block_write_version(const char *kind);

static BlockDirectory *directory = NULL;
static uint64 block_generation = 1;
static Oid version_relid = InvalidOid;
static BlockRetired retired_blocks[BLOCK_RETIRED];
static int retired_next = 0;
static shmem_request_hook_type previous_shmem_request = NULL;
static shmem_startup_hook_type previous_shmem_startup = NULL;

static void
block_shmem_request(void)
{
	if (previous_shmem_request != NULL)
		previous_shmem_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(BlockDirectory)));
	RequestNamedLWLockTranche("vigil_block", 1);
}

static void
block_shmem_startup(void)
{
	bool found;

	if (previous_shmem_startup != NULL)
		previous_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	directory = ShmemInitStruct("vigil blocks", sizeof(BlockDirectory), &found);
	if (!found)
	{
		memset(directory, 0, sizeof(BlockDirectory));
		directory->lock = &GetNamedLWLockTranche("vigil_block")->lock;
	}
	LWLockRelease(AddinShmemInitLock);
}

static void
block_invalidate(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == version_relid)
		block_generation++;
}

static void
block_end_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		event != XACT_EVENT_PARALLEL_COMMIT && event != XACT_EVENT_PARALLEL_ABORT)
		return;
	for (int i = 0; i < BLOCK_RETIRED; i++)
		block_release(&retired_blocks[i]);
}

void
vg_sharedblock_init(void)
{
	CacheRegisterRelcacheCallback(block_invalidate, (Datum) 0);
	RegisterXactCallback(block_end_transaction, NULL);
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_shmem_request = shmem_request_hook;
	shmem_request_hook = block_shmem_request;
	previous_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = block_shmem_startup;
}

const void *
vg_sharedblock_get(VgSharedBlock *block, Size *size)
{
	AcceptInvalidationMessages();
	while (block->generation != block_generation)
		block_refresh(block);
	if (size != NULL)
		*size = block->size;
	return block->data;
}

/* block_refresh: look at the version that the newest snapshot sees, and load the block if it is
 * another. */
static void
block_refresh(VgSharedBlock *block)
{
	uint64 generation = block_generation; /* an invalidation may arrive while loading */
	BlockVersion version;
	Oid relid = get_relname_relid("block_version", get_namespace_oid("vigil", false));

	if (!OidIsValid(relid))
		elog(ERROR, "table vigil.block_version does not exist");
	version_relid = relid;
	PushActiveSnapshot(GetCatalogSnapshot(relid));
	version = block_version(block->kind, relid);
	if (block->data == NULL || block->version != version.version)
		block_load(block, version);
	PopActiveSnapshot();
	block->generation = generation;
}

/*
 * block_version: what the active snapshot sees of a kind.  The numbers are random, so their sum
 * stands for their set; that of no row, 0, is a version too.
 */
static BlockVersion
block_version(const char *kind, Oid relid)
{
	BlockVersion version = {0};
	Relation relation = table_open(relid, AccessShareLock);
	SysScanDesc scan =
		systable_beginscan(relation, InvalidOid, false, GetActiveSnapshot(), 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Datum values[2];
		bool nulls[2];

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		if (strcmp(TextDatumGetCString(values[0]), kind) != 0)
			continue;
		version.version += (uint64) DatumGetInt64(values[1]);
		if (TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
			version.own = true;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return version;
}

/*
 * block_load: attach the shared block of this version, or build it.
 *
 * The source table is locked before the right to build is asked for: who holds a stronger lock on
 * it can then not be waiting for a builder that waits for that lock.
 */
static void
block_load(VgSharedBlock *block, BlockVersion version)
{
	bool may_share = directory != NULL && !version.own;
	Oid source = get_relname_relid(block->table, get_namespace_oid(block->schema, false));
	MemoryContext context;
	void *data;
	Size size;
	LOCKTAG tag;
	bool locked;

	if (may_share && block_attach(block, version.version))
		return;
	LockRelationOid(source, AccessShareLock);
	/* A parallel query can start no subtransaction, and without one a full /dev/shm would fail the
	 * query. */
	locked = may_share && !IsInParallelMode() && block_build_lock(block, version.version, &tag);
	if (locked && block_attach(block, version.version)) /* another has built it meanwhile */
	{
		LockRelease(&tag, ExclusiveLock, false);
		UnlockRelationOid(source, AccessShareLock);
		return;
	}

	context = AllocSetContextCreate(CurrentMemoryContext, "vigil block", ALLOCSET_DEFAULT_SIZES);
	data = block_build(block, context, &size);
	if (locked)
	{
		dsm_segment *segment = block_segment(size);

		if (segment != NULL)
		{
			memcpy(dsm_segment_address(segment), data, size);
			MemoryContextDelete(context);
			block_replace(block, version.version, dsm_segment_address(segment), size, segment,
						  NULL);
			block_publish(block);
		}
		LockRelease(&tag, ExclusiveLock, false);
		if (segment != NULL)
		{
			UnlockRelationOid(source, AccessShareLock);
			return;
		}
	}
	MemoryContextSetParent(context, CacheMemoryContext);
	block_replace(block, version.version, data, size, NULL, context);
	UnlockRelationOid(source, AccessShareLock);
}

/* block_attach: map the shared block of this version, if there is one. */
static bool
block_attach(VgSharedBlock *block, uint64 version)
{
	dsm_segment *segment = NULL;
	Size size = 0;

	LWLockAcquire(directory->lock, LW_SHARED);
	for (int i = 0; i < BLOCK_SLOTS; i++)
	{
		const BlockSlot *slot = &directory->slots[i];

		if (slot->database != MyDatabaseId || slot->version != version ||
			strcmp(slot->kind, block->kind) != 0)
			continue;
		/* Under the lock, so that nobody destroys the segment before it is mapped. */
		segment = dsm_find_mapping(slot->handle);
		if (segment != NULL)
			block_recall(segment);
		else if ((segment = dsm_attach(slot->handle)) != NULL)
			dsm_pin_mapping(segment);
		size = slot->size;
		break;
	}
	LWLockRelease(directory->lock);
	if (segment == NULL)
		return false;
	block_replace(block, version, dsm_segment_address(segment), size, segment, NULL);
	return true;
}

/*
 * block_build_lock: become the one backend that builds this version; false when that took too long,
 * or another has built it while this one waited (then it can be attached, which the caller tries
 * first).
 */
static bool
block_build_lock(VgSharedBlock *block, uint64 version, LOCKTAG *tag)
{
	uint32 kind_hash = string_hash(block->kind, BLOCK_KIND_LENGTH);

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, kind_hash, (uint32) version, BLOCK_LOCK_CLASS);
	for (int look = 0; look < BLOCK_PATIENCE; look++)
	{
		if (LockAcquire(tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL)
			return true;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, BLOCK_WAIT_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return false;
}

/* block_build: call the build function as the owner of the tables, whoever asks. */
static void *
block_build(VgSharedBlock *block, MemoryContext context, Size *size)
{
	Oid user;
	int security;
	int guc_level;
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(version_relid));
	Oid owner;
	MemoryContext before = MemoryContextSwitchTo(context);
	void *data;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", version_relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(owner, security | SECURITY_LOCAL_USERID_CHANGE);
	guc_level = vg_search_path_pin();
	data = block->build(size);
	AtEOXact_GUC(false, guc_level);
	SetUserIdAndSecContext(user, security);
	MemoryContextSwitchTo(before);
	return data;
}

/*
 * block_segment: a pinned segment of dynamic shared memory, or NULL when there is no room.
 *
 * dsm_create throws when /dev/shm is full; the subtransaction makes that survivable: a backend that
 * cannot share still works, with a copy of its own.
 */
static dsm_segment *
block_segment(Size size)
{
	dsm_segment *volatile segment = NULL;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		dsm_segment *created = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);

		if (created != NULL)
			dsm_pin_mapping(created);
		segment = created;
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		ereport(LOG, errmsg("could not share a block of %zu bytes", size),
				errdetail_internal("%s", error->message),
				errhint("Give the server more dynamic shared memory (/dev/shm); until then each "
						"connection keeps a copy of its own."));
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return segment;
}

/* block_publish: let other backends find the segment just built; what it replaces goes when its
 * last reader does. */
static void
block_publish(VgSharedBlock *block)
{
	dsm_handle handle = dsm_segment_handle(block->segment);
	BlockSlot *slot;

	block_sweep();
	dsm_pin_segment(block->segment);
	LWLockAcquire(directory->lock, LW_EXCLUSIVE);
	slot = &directory->slots[block_slot_for(block)];
	if (OidIsValid(slot->database))
		dsm_unpin_segment(slot->handle);
	slot->database = MyDatabaseId;
	strlcpy(slot->kind, block->kind, BLOCK_KIND_LENGTH);
	slot->version = block->version;
	slot->handle = handle;
	slot->size = block->size;
	slot->built_at = GetCurrentTimestamp();
	LWLockRelease(directory->lock);
}

/* block_slot_for: this database's slot of the kind, else a free one, else the oldest. */
static int
block_slot_for(const VgSharedBlock *block)
{
	int best = 0;

	for (int i = 0; i < BLOCK_SLOTS; i++)
	{
		const BlockSlot *slot = &directory->slots[i];

		if (slot->database == MyDatabaseId && strcmp(slot->kind, block->kind) == 0)
			return i;
		if (!OidIsValid(directory->slots[best].database))
			continue;
		if (!OidIsValid(slot->database) || slot->built_at < directory->slots[best].built_at)
			best = i;
	}
	return best;
}

/* block_sweep: let go of the blocks of databases that were dropped. */
static void
block_sweep(void)
{
	Oid databases[BLOCK_SLOTS];

	LWLockAcquire(directory->lock, LW_SHARED);
	for (int i = 0; i < BLOCK_SLOTS; i++)
		databases[i] = directory->slots[i].database;
	LWLockRelease(directory->lock);

	for (int i = 0; i < BLOCK_SLOTS; i++)
	{
		if (!OidIsValid(databases[i]) ||
			SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(databases[i])))
			continue;
		LWLockAcquire(directory->lock, LW_EXCLUSIVE);
		if (directory->slots[i].database == databases[i])
		{
			dsm_unpin_segment(directory->slots[i].handle);
			memset(&directory->slots[i], 0, sizeof(BlockSlot));
		}
		LWLockRelease(directory->lock);
	}
}

/* block_replace: from now on this is the block; the one of before is kept a while for those who
 * still read it. */
static void
block_replace(VgSharedBlock *block, uint64 version, const void *data, Size size,
			  dsm_segment *segment, MemoryContext context)
{
	BlockRetired *retired = &retired_blocks[retired_next];

	if (block->data != NULL)
	{
		block_release(retired);
		retired->segment = block->segment;
		retired->context = block->context;
		retired_next = (retired_next + 1) % BLOCK_RETIRED;
	}
	block->version = version;
	block->data = data;
	block->size = size;
	block->segment = segment;
	block->context = context;
}

/* block_recall: a retired block is current again, as after a rollback. */
static void
block_recall(dsm_segment *segment)
{
	for (int i = 0; i < BLOCK_RETIRED; i++)
		if (retired_blocks[i].segment == segment)
			retired_blocks[i].segment = NULL;
}

static void
block_release(BlockRetired *retired)
{
	if (retired->segment != NULL)
		dsm_detach(retired->segment);
	if (retired->context != NULL)
		MemoryContextDelete(retired->context);
	retired->segment = NULL;
	retired->context = NULL;
}

/* vigil.block_changed: statement trigger of a source table; its argument is the kind of block. */
Datum
vigil_block_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) ||
		!TRIGGER_FIRED_AFTER(trigger->tg_event) || trigger->tg_trigger->tgnargs != 1)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("vigil.block_changed is an AFTER ... FOR EACH STATEMENT trigger with one "
					   "argument, the kind of block"));
	block_write_version(trigger->tg_trigger->tgargs[0]);
	return PointerGetDatum(NULL);
}

/* block_write_version: replace the kind's rows that nobody else is replacing. */
static void
block_write_version(const char *kind)
{
	/* SKIP LOCKED still fails on a row replaced since a REPEATABLE READ snapshot was taken: such a
	 * transaction only adds. */
	static VgPlan replace = {
		.text = "WITH gone AS (DELETE FROM vigil.block_version WHERE ctid = ANY (ARRAY("
				"SELECT ctid FROM vigil.block_version WHERE kind = $1 FOR UPDATE SKIP LOCKED)))"
				" INSERT INTO vigil.block_version (kind, version) VALUES ($1, $2)",
		.parameters = 2,
		.types = {TEXTOID, INT8OID},
	};
	static VgPlan add = {
		.text = "INSERT INTO vigil.block_version (kind, version) VALUES ($1, $2)",
		.parameters = 2,
		.types = {TEXTOID, INT8OID},
	};
	Datum values[2];
	int64 version;

	if (!pg_strong_random(&version, sizeof(version)))
		ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate a random version"));
	SPI_connect();
	values[0] = CStringGetTextDatum(kind);
	values[1] = Int64GetDatum(version);
	(void) vg_spi_run(IsolationUsesXactSnapshot() ? &add : &replace, values, NULL, false,
					  SPI_OK_INSERT);
	SPI_finish();
	CacheInvalidateRelcacheByRelid(
		get_relname_relid("block_version", get_namespace_oid("vigil", false)));
}

/* vigil.shared_blocks: what this database shares now. */
Datum
vigil_shared_blocks(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (directory == NULL)
		return (Datum) 0;
	for (int i = 0; i < BLOCK_SLOTS; i++)
	{
		BlockSlot slot;
		Datum values[3];
		bool nulls[3] = {false, false, false};

		LWLockAcquire(directory->lock, LW_SHARED);
		slot = directory->slots[i];
		LWLockRelease(directory->lock);
		if (slot.database != MyDatabaseId)
			continue;
		values[0] = CStringGetTextDatum(slot.kind);
		values[1] = Int64GetDatum((int64) slot.size);
		values[2] = TimestampTzGetDatum(slot.built_at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
