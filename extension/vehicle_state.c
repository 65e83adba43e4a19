/*
 * vehicle_state.c: rows of vigil_vehicle.vehicle_state, read and written without SPI.
 *
 * A row is found through a cache of tuple ids, checked on use, else through the primary key.  It is
 * not locked when it is read: the update says whether somebody else changed it meanwhile.  Rows are
 * taken in ascending order of vehicle, so that two statements never wait for each other in a
 * circle.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "storage/bufmgr.h"
#include "storage/smgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "compat.h"
#include "vehicle.h"

/* Columns of the table, in order; checked when it is opened for the first time. */
enum
{
	COLUMN_PLATE,
	COLUMN_FENCE_EXEMPT,
	COLUMN_REGION_CODE,
	COLUMN_FLAGS,
	COLUMN_KIND,
	COLUMN_HEADING_DEG,
	COLUMN_LATE_COUNT,
	COLUMN_DUPLICATE_COUNT,
	COLUMN_SPEED_KMH,
	COLUMN_OBSERVED_AT,
	COLUMN_LON,
	COLUMN_LAT,
	COLUMN_SEGMENT_ID,
	COLUMN_ORDERS,
	COLUMN_ENGINE,
	COLUMN_CUSTOM,
	COLUMNS
};

/* Where a vehicle's row began when it was last seen: HOT updates keep that line pointer. */
typedef struct CachedTid
{
	int64 vehicle;
	ItemPointerData tid;
} CachedTid;

/* Buckets of two, so that vehicles that share one do not push each other out by turns. */
#define CACHED_WAYS 2
#define CACHED_BUCKETS 65536
#define CACHED_TIDS (CACHED_BUCKETS * CACHED_WAYS)

struct VgStateStore
{
	Relation relation;
	Relation key;		/* opened when it is needed */
	RegProcedure equal; /* of the key's type */
	BlockNumber
		blocks; /* at least so many; it may have been cut shorter since a tuple id was cached */
	Snapshot snapshot;
	IndexFetchTableData *fetch; /* by cached tuple id */
	IndexScanDesc scan;			/* by key; begun when it is needed */
	TupleTableSlot *found;
	TupleTableSlot *written;
	EState *
		estate; /* for index entries of rows that could not stay on their page; begun when needed */
	ResultRelInfo *relation_info;
	bytea *engine; /* working memory for the packed state */
	bytea *orders;
	bytea *custom;
};

static CachedTid *cached_tids = NULL;
static Oid cached_for = InvalidOid; /* file node of the table */

/* The vehicle's entry, or NULL. */
static CachedTid *
cached_tid(int64 vehicle)
{
	CachedTid *bucket = &cached_tids[vg_vehicle_hash(vehicle) % CACHED_BUCKETS * CACHED_WAYS];

	for (int way = 0; way < CACHED_WAYS; way++)
		if (bucket[way].vehicle == vehicle)
			return &bucket[way];
	return NULL;
}

/* Keep where a vehicle's row begins; the entry that was kept first makes way. */
static void
cache_tid(int64 vehicle, ItemPointerData tid)
{
	CachedTid *entry = cached_tid(vehicle);

	if (entry == NULL)
	{
		CachedTid *bucket = &cached_tids[vg_vehicle_hash(vehicle) % CACHED_BUCKETS * CACHED_WAYS];

		entry = &bucket[CACHED_WAYS - 1];
		for (int way = CACHED_WAYS - 1; way > 0; way--)
			bucket[way] = bucket[way - 1];
		entry = &bucket[0];
	}
	entry->vehicle = vehicle;
	entry->tid = tid;
}

static void
cache_check(Relation relation)
{
	if (cached_tids == NULL)
		cached_tids = MemoryContextAllocZero(CacheMemoryContext, CACHED_TIDS * sizeof(CachedTid));
	if (cached_for != VG_RELATION_FILE(relation))
	{
		memset(cached_tids, 0, CACHED_TIDS * sizeof(CachedTid));
		cached_for = VG_RELATION_FILE(relation);
	}
}

/* The table, looked up once and again when its definition changes. */
static struct
{
	Oid relid; /* InvalidOid = not looked up */
	Oid key;
	Oid owner;
} state_table;

static void
state_table_forget(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == state_table.relid || relid == state_table.key)
		state_table.relid = InvalidOid;
}

static void
state_table_find(void)
{
	static bool registered = false;
	Oid schema;
	Relation relation;

	if (state_table.relid != InvalidOid)
		return;
	if (!registered)
		CacheRegisterRelcacheCallback(state_table_forget, (Datum) 0);
	registered = true;
	schema = get_namespace_oid("vigil_vehicle", false);
	relation = table_open(get_relname_relid("vehicle_state", schema), AccessShareLock);
	state_table.key = get_relname_relid("vehicle_state_pkey", schema);
	state_table.owner = relation->rd_rel->relowner;
	state_table.relid = RelationGetRelid(relation);
	table_close(relation, NoLock);
}

/*
 * How many blocks the table has at least.  The number that the storage manager remembers will do,
 * and costs no system call: who cuts a table shorter locks everybody out and makes all forget it.
 */
static BlockNumber
table_blocks(Relation relation)
{
	BlockNumber blocks = RelationGetSmgr(relation)->smgr_cached_nblocks[MAIN_FORKNUM];

	return blocks == InvalidBlockNumber ? RelationGetNumberOfBlocks(relation) : blocks;
}

/* READ COMMITTED sees what others have committed up to now; the stricter levels what their
 * transaction saw. */
static void
store_take_snapshot(VgStateStore *store)
{
	Snapshot taken = IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot();

	store->snapshot = RegisterSnapshot(taken);
	store->snapshot->curcid = GetCurrentCommandId(false);
}

Oid
vg_state_owner(void)
{
	state_table_find();
	return state_table.owner;
}

VgStateStore *
vg_state_open(void)
{
	VgStateStore *store = palloc0(sizeof(VgStateStore));

	state_table_find();
	store->relation = table_open(state_table.relid, RowExclusiveLock);
	if (RelationGetDescr(store->relation)->natts != COLUMNS)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("table vigil_vehicle.vehicle_state has %d columns, this library expects %d",
					   RelationGetDescr(store->relation)->natts, COLUMNS),
				errhint(
					"Bring the extension's objects up to date with ALTER EXTENSION vigil UPDATE."));
	cache_check(store->relation);
	store->blocks = table_blocks(store->relation);
	store->found = table_slot_create(store->relation, NULL);
	store->written = MakeSingleTupleTableSlot(RelationGetDescr(store->relation), &TTSOpsVirtual);
	store->engine = palloc(VARHDRSZ + VG_VEHICLE_PACKED_MAX);
	store->orders = palloc(VARHDRSZ + VG_ORDERS_MAX * sizeof(VgOrder));
	store->custom = palloc(VARHDRSZ + sizeof(((VgVehicleRow *) NULL)->runs));
	store_take_snapshot(store);
	store->fetch = table_index_fetch_begin(store->relation);
	return store;
}

void
vg_state_refresh(VgStateStore *store)
{
	if (store->scan != NULL)
		index_endscan(store->scan);
	store->scan = NULL;
	ExecClearTuple(store->found);
	UnregisterSnapshot(store->snapshot);
	store_take_snapshot(store);
}

void
vg_state_close(VgStateStore *store)
{
	if (store->scan != NULL)
		index_endscan(store->scan);
	table_index_fetch_end(store->fetch);
	ExecDropSingleTupleTableSlot(store->found);
	ExecDropSingleTupleTableSlot(store->written);
	if (store->estate != NULL)
	{
		ExecCloseIndices(store->relation_info);
		FreeExecutorState(store->estate);
	}
	UnregisterSnapshot(store->snapshot);
	if (store->key != NULL)
		index_close(store->key, NoLock);
	table_close(store->relation, NoLock);
}

static bool
found_is(VgStateStore *store, int64 vehicle)
{
	slot_getsomeattrs(store->found, 1);
	return DatumGetInt64(store->found->tts_values[COLUMN_PLATE]) == vehicle;
}

static bool
find_by_tid(VgStateStore *store, int64 vehicle)
{
	const CachedTid *cached = cached_tid(vehicle);
	ItemPointerData tid;
	bool again = false;
	bool all_dead = false;

	if (cached == NULL)
		return false;
	tid = cached->tid;
	if (ItemPointerGetBlockNumber(&tid) >= store->blocks)
		store->blocks = RelationGetNumberOfBlocks(store->relation);
	return ItemPointerGetBlockNumber(&tid) < store->blocks &&
		   table_index_fetch_tuple(store->fetch, &tid, store->snapshot, store->found, &again,
								   &all_dead) &&
		   found_is(store, vehicle);
}

static void
key_open(VgStateStore *store)
{
	Relation key = index_open(state_table.key, RowExclusiveLock);

	store->key = key;
	store->equal = get_opcode(get_opfamily_member(key->rd_opfamily[0], key->rd_opcintype[0],
												  key->rd_opcintype[0], BTEqualStrategyNumber));
}

static bool
find_by_key(VgStateStore *store, int64 vehicle)
{
	ScanKeyData key;
	ItemPointer tid;

	if (store->key == NULL)
		key_open(store);
	if (store->scan == NULL)
		store->scan = index_beginscan(store->relation, store->key, store->snapshot, 1, 0);
	ScanKeyInit(&key, 1, BTEqualStrategyNumber, store->equal, Int64GetDatum(vehicle));
	index_rescan(store->scan, &key, 1, NULL, 0);
	while ((tid = index_getnext_tid(store->scan, ForwardScanDirection)) != NULL)
	{
		ItemPointerData root = *tid;

		if (index_fetch_heap(store->scan, store->found))
		{
			cache_tid(vehicle, root);
			return true;
		}
	}
	return false;
}

void
vg_state_prefetch(int64 vehicle)
{
	__builtin_prefetch(&cached_tids[vg_vehicle_hash(vehicle) % CACHED_BUCKETS * CACHED_WAYS]);
}

bool
vg_state_has(VgStateStore *store, int64 vehicle)
{
	return cached_tid(vehicle) != NULL || find_by_key(store, vehicle);
}

static void
row_take_orders(VgVehicleRow *row, const TupleTableSlot *slot)
{
	bytea *orders;

	row->order_count = 0;
	if (slot->tts_isnull[COLUMN_ORDERS])
		return;
	orders = DatumGetByteaPP(slot->tts_values[COLUMN_ORDERS]);
	row->order_count = Min(VARSIZE_ANY_EXHDR(orders) / sizeof(VgOrder), VG_ORDERS_MAX);
	memcpy(row->orders, VARDATA_ANY(orders), row->order_count * sizeof(VgOrder));
}

static void
row_take_runs(VgVehicleRow *row, const TupleTableSlot *slot)
{
	bytea *runs;

	row->run_count = 0;
	if (slot->tts_isnull[COLUMN_CUSTOM])
		return;
	runs = DatumGetByteaPP(slot->tts_values[COLUMN_CUSTOM]);
	row->run_count = Min(VARSIZE_ANY_EXHDR(runs) / sizeof(VgCustomRun), VG_CUSTOM_RUNS_MAX);
	memcpy(row->runs, VARDATA_ANY(runs), row->run_count * sizeof(VgCustomRun));
}

static void
row_take(VgVehicleRow *row, int64 vehicle, const TupleTableSlot *slot)
{
	const Datum *values = slot->tts_values;
	int16 kind = DatumGetInt16(values[COLUMN_KIND]);

	row->vehicle = vehicle;
	row->late_count = DatumGetInt32(values[COLUMN_LATE_COUNT]);
	row->duplicate_count = DatumGetInt32(values[COLUMN_DUPLICATE_COUNT]);
	row->traits.kind = kind >= 0 && kind < VG_VEHICLE_KINDS ? (VgVehicleKind) kind : VG_OTHER;
	row->traits.flags = (uint32) DatumGetInt32(values[COLUMN_FLAGS]);
	row->traits.fence_exempt = (uint64) DatumGetInt64(values[COLUMN_FENCE_EXEMPT]);
	row->traits.region_code =
		slot->tts_isnull[COLUMN_REGION_CODE] ? 0 : DatumGetInt64(values[COLUMN_REGION_CODE]);
	row_take_orders(row, slot);
	row_take_runs(row, slot);
	if (slot->tts_isnull[COLUMN_ENGINE])
		vg_vehicle_state_init(&row->state);
	else
	{
		bytea *packed = DatumGetByteaPP(values[COLUMN_ENGINE]);

		if (vg_vehicle_unpack(&row->state, (const uint8_t *) VARDATA_ANY(packed),
							  VARSIZE_ANY_EXHDR(packed)) != VG_OK)
			ereport(ERROR, errcode(ERRCODE_DATA_CORRUPTED),
					errmsg("the engine state of vehicle %lld cannot be read", (long long) vehicle),
					errhint("Set vigil_vehicle.vehicle_state.engine to null for it: the state "
							"starts anew."));
	}
}

bool
vg_state_load(VgStateStore *store, int64 vehicle, VgVehicleRow *row)
{
	if (!find_by_tid(store, vehicle) && !find_by_key(store, vehicle))
		return false;
	slot_getallattrs(store->found);
	row_take(row, vehicle, store->found);
	return true;
}

/* Orders that still bind; those obeyed and over are gone. */
static Size
orders_left(const VgVehicleRow *row, VgOrder *left)
{
	Size count = 0;

	for (int i = 0; i < row->order_count; i++)
		if (row->orders[i].reset || row->orders[i].until > row->state.seen_us)
			left[count++] = row->orders[i];
	return count;
}

static void
store_fill(VgStateStore *store, const VgVehicleRow *row)
{
	TupleTableSlot *slot = store->written;
	Datum *values = slot->tts_values;
	bool *nulls = slot->tts_isnull;
	const VgVehicleState *state = &row->state;
	Size orders;

	ExecClearTuple(slot);
	memcpy(values, store->found->tts_values, COLUMNS * sizeof(Datum));
	memcpy(nulls, store->found->tts_isnull, COLUMNS * sizeof(bool));
	values[COLUMN_LATE_COUNT] = Int32GetDatum(row->late_count);
	values[COLUMN_DUPLICATE_COUNT] = Int32GetDatum(row->duplicate_count);
	values[COLUMN_OBSERVED_AT] = TimestampTzGetDatum(state->seen_us);
	nulls[COLUMN_OBSERVED_AT] = state->seen_us == VG_NEVER;
	values[COLUMN_LON] = Float8GetDatum(state->lon);
	values[COLUMN_LAT] = Float8GetDatum(state->lat);
	nulls[COLUMN_LON] = nulls[COLUMN_LAT] = state->good_us == VG_NEVER;
	values[COLUMN_SPEED_KMH] = Float4GetDatum(state->speed_kmh);
	nulls[COLUMN_SPEED_KMH] = state->speed_kmh < 0;
	values[COLUMN_HEADING_DEG] = Int16GetDatum(state->heading_deg);
	nulls[COLUMN_HEADING_DEG] = state->heading_deg < 0;
	values[COLUMN_SEGMENT_ID] = Int64GetDatum(state->segment_id);
	nulls[COLUMN_SEGMENT_ID] = state->segment_id == 0;

	SET_VARSIZE(store->engine,
				VARHDRSZ + vg_vehicle_pack(state, (uint8_t *) VARDATA(store->engine)));
	values[COLUMN_ENGINE] = PointerGetDatum(store->engine);
	nulls[COLUMN_ENGINE] = false;
	if (row->order_count > 0)
	{
		orders = orders_left(row, (VgOrder *) VARDATA(store->orders));
		SET_VARSIZE(store->orders, VARHDRSZ + orders * sizeof(VgOrder));
		values[COLUMN_ORDERS] = PointerGetDatum(store->orders);
		nulls[COLUMN_ORDERS] = orders == 0;
	}
	nulls[COLUMN_CUSTOM] = row->run_count == 0;
	if (row->run_count > 0)
	{
		SET_VARSIZE(store->custom, VARHDRSZ + row->run_count * sizeof(VgCustomRun));
		memcpy(VARDATA(store->custom), row->runs, row->run_count * sizeof(VgCustomRun));
		values[COLUMN_CUSTOM] = PointerGetDatum(store->custom);
	}
	ExecStoreVirtualTuple(slot);
}

/* The new version did not fit on its page: every index needs an entry for it. */
static void
store_index(VgStateStore *store, VgIndexUpdate which)
{
	if (store->estate == NULL)
	{
		store->estate = CreateExecutorState();
		store->relation_info = makeNode(ResultRelInfo);
		InitResultRelInfo(store->relation_info, store->relation, 0, NULL, 0);
		ExecOpenIndices(store->relation_info, false);
	}
	list_free(
		vg_exec_insert_index_tuples(store->relation_info, store->written, store->estate, which));
	ResetPerTupleExprContext(store->estate);
}

bool
vg_state_save(VgStateStore *store, const VgVehicleRow *row)
{
	ItemPointerData tid = store->found->tts_tid;
	TM_FailureData failure;
	LockTupleMode mode;
	VgIndexUpdate which;
	TM_Result result;

	store_fill(store, row);
	result = table_tuple_update(store->relation, &tid, store->written, GetCurrentCommandId(true),
								store->snapshot, InvalidSnapshot, true, &failure, &mode, &which);
	switch (result)
	{
		case TM_Ok:
			if (VG_INDEX_UPDATE_NEEDED(which))
			{
				store_index(store, which);
				cache_tid(row->vehicle, store->written->tts_tid);
			}
			return true;
		case TM_Updated:
			if (IsolationUsesXactSnapshot())
				ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to concurrent update of vehicle "
							   "%lld",
							   (long long) row->vehicle),
						errhint("Retry the transaction."));
			return false;
		case TM_Deleted:
			return false;
		case TM_Invisible:
		case TM_SelfModified:
		case TM_BeingModified:
		case TM_WouldBlock:
			break;
	}
	elog(ERROR, "unexpected result %d of updating the state of vehicle %lld", (int) result,
		 (long long) row->vehicle);
	return false;
}

/* The step model of this code, else VG_ORDER_CUSTOM with the custom model's number, else
 * VG_VEHICLE_MODELS. */
static int
model_of(const char *code, int64 *number)
{
	const VgModel *model;

	for (int step = 0; step < VG_VEHICLE_MODELS; step++)
		if (strcmp(vg_vehicle_model_code[step], code) == 0)
			return step;
	model = vg_catalog_model(vg_catalog(), "vehicle", code);
	if (model == NULL || model->expression == NULL)
		return VG_VEHICLE_MODELS;
	*number = model->number;
	return VG_ORDER_CUSTOM;
}

PG_FUNCTION_INFO_V1(vigil_vehicle_state_order);
/* state_order(orders, model, fence_id, until): the orders with one more. */
Datum
vigil_vehicle_state_order(PG_FUNCTION_ARGS)
{
	bytea *before = PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0);
	VgOrder order = {.fence_id = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT64(2)};
	int model = PG_ARGISNULL(1) ? VG_VEHICLE_MODELS
								: model_of(text_to_cstring(PG_GETARG_TEXT_PP(1)), &order.fence_id);
	Size count = before == NULL ? 0 : VARSIZE_ANY_EXHDR(before) / sizeof(VgOrder);
	bytea *after;

	if (model == VG_VEHICLE_MODELS && before == NULL)
		PG_RETURN_NULL();
	if (model == VG_VEHICLE_MODELS)
		PG_RETURN_BYTEA_P(before);
	if (count >= VG_ORDERS_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("a vehicle has %d orders that no observation has obeyed yet, which is the "
					   "most",
					   VG_ORDERS_MAX),
				errhint("They are obeyed at its next observation, or set "
						"vigil_vehicle.vehicle_state.orders to null."));
	order.model = (uint8_t) model;
	order.reset = PG_ARGISNULL(3);
	order.until = order.reset ? VG_NEVER : PG_GETARG_TIMESTAMPTZ(3);
	after = palloc0(VARHDRSZ + (count + 1) * sizeof(VgOrder));
	SET_VARSIZE(after, VARHDRSZ + (count + 1) * sizeof(VgOrder));
	if (count > 0)
		memcpy(VARDATA(after), VARDATA_ANY(before), count * sizeof(VgOrder));
	memcpy(VARDATA(after) + count * sizeof(VgOrder), &order, sizeof(VgOrder));
	PG_RETURN_BYTEA_P(after);
}
