/*
 * stream.c: frames: the rows of one statement, collected row by row, evaluated together.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "stream.h"
#include "vigil.h"

#define STREAM_COLUMNS_MAX 32
#define STREAM_LEAVES_MAX 64
#define FRAME_ROWS_FIRST 16

/* Where a partition keeps the stream's columns. */
typedef struct Leaf
{
	Oid relid;
	Oid stream;
	AttrNumber last; /* greatest of numbers */
	bool in_order;	 /* numbers are 1, 2, 3, ... */
	AttrNumber numbers[STREAM_COLUMNS_MAX];
} Leaf;

/* A partition that the statement stores rows in; its newest page stays pinned between two rows. */
typedef struct Reader
{
	struct Reader *next;
	Relation relation;
	Leaf leaf;
	BufferAccessStrategy strategy;
	Buffer buffer; /* pinned, or InvalidBuffer */
	HeapTupleData tuple;
	TupleTableSlot *slot;
} Reader;

typedef struct Frame
{
	struct Frame *outer;
	SubTransactionId owner;
	const VgStreamKind *kind;
	Oid relid;			   /* the stream */
	MemoryContext context; /* holds the frame and its rows */
	Reader *readers;	   /* that of the newest row first */
	char *rows;
	int used;
	int size;
	VgStreamCount counts;
} Frame;

static Frame *frame = NULL;
static VgStreamCount newest;
static Leaf leaves[STREAM_LEAVES_MAX];
static int leaf_count = 0;

static void frame_open(const VgStreamKind *kind, Relation stream);
static void frame_append(Reader *reader);
static void frame_evaluate(Frame *target);
static void frame_close(const VgStreamKind *kind);
static Reader *frame_reader(Oid relid);
static Reader *reader_open(Oid relid);
static bool reader_fetch(Reader *reader, ItemPointer tid);
static void reader_close(Reader *reader);

/* A rolled-back subtransaction takes its frames along. */
static void
frame_forget_sub(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		while (frame != NULL && frame->owner >= mine)
			frame = frame->outer;
}

static void
frame_forget(XactEvent event, void *arg)
{
	frame = NULL;
}

static void
leaf_forget(Datum arg, Oid relid)
{
	leaf_count = 0;
}

void
vg_stream_init(void)
{
	RegisterSubXactCallback(frame_forget_sub, NULL);
	RegisterXactCallback(frame_forget, NULL);
	CacheRegisterRelcacheCallback(leaf_forget, (Datum) 0);
}

VgStreamCount
vg_stream_newest(void)
{
	return newest;
}

Datum
vg_stream_trigger(FunctionCallInfo fcinfo, const VgStreamKind *kind)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("the trigger function of stream %s was not called for a statement that "
					   "inserts",
					   kind->name));
	if (TRIGGER_FIRED_BEFORE(trigger->tg_event))
		frame_open(kind, trigger->tg_relation);
	else
		frame_close(kind);
	return PointerGetDatum(NULL);
}

void
vg_stream_row(const VgStreamKind *kind, Oid relid, ItemPointer tid)
{
	Reader *reader;

	if (frame == NULL || frame->kind != kind) /* a partition loaded by name: nothing to evaluate */
		return;
	reader = frame_reader(relid);
	if (reader != NULL && reader_fetch(reader, tid))
		frame_append(reader);
}

static void
frame_open(const VgStreamKind *kind, Relation stream)
{
	MemoryContext context =
		AllocSetContextCreate(CurTransactionContext, "vigil frame", ALLOCSET_DEFAULT_SIZES);
	Frame *opened = MemoryContextAllocZero(context, sizeof(Frame));

	opened->outer = frame;
	opened->owner = GetCurrentSubTransactionId();
	opened->kind = kind;
	opened->relid = RelationGetRelid(stream);
	opened->context = context;
	opened->size = FRAME_ROWS_FIRST;
	opened->rows = MemoryContextAlloc(context, FRAME_ROWS_FIRST * kind->row_size);
	frame = opened;
}

/* Room for one more row. */
static void
frame_reserve(void)
{
	if (frame->used < frame->size)
		return;
	if (frame->used >= vigil_batch_rows)
		frame_evaluate(frame);
	else
	{
		frame->size = Min(frame->size * 4, Max(vigil_batch_rows, frame->size));
		frame->rows = repalloc_huge(frame->rows, frame->size * frame->kind->row_size);
	}
}

static void
frame_append(Reader *reader)
{
	const VgStreamKind *kind = frame->kind;
	const Leaf *leaf = &reader->leaf;
	TupleTableSlot *slot = reader->slot;
	Datum values[STREAM_COLUMNS_MAX];
	bool nulls[STREAM_COLUMNS_MAX];

	frame_reserve();
	slot_getsomeattrs(slot, leaf->last);
	if (leaf->in_order)
		kind->read(frame->rows + frame->used * kind->row_size, slot->tts_values, slot->tts_isnull);
	else
	{
		for (int i = 0; i < kind->column_count; i++)
		{
			values[i] = slot->tts_values[leaf->numbers[i] - 1];
			nulls[i] = slot->tts_isnull[leaf->numbers[i] - 1];
		}
		kind->read(frame->rows + frame->used * kind->row_size, values, nulls);
	}
	frame->used++;
}

static void
frame_evaluate(Frame *target)
{
	MemoryContext batch =
		AllocSetContextCreate(target->context, "vigil batch", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(batch);
	int count = target->used;

	target->used = 0;
	target->counts.rows += count;
	target->kind->evaluate(target->rows, count, &target->counts);
	MemoryContextSwitchTo(before);
	MemoryContextDelete(batch);
}

static void
frame_close(const VgStreamKind *kind)
{
	Frame *closing = frame;

	if (closing == NULL || closing->kind != kind)
		return;
	if (closing->used > 0)
		frame_evaluate(closing);
	while (closing->readers != NULL)
	{
		Reader *reader = closing->readers;

		closing->readers = reader->next;
		reader_close(reader);
	}
	newest = closing->counts;
	frame = closing->outer;
	MemoryContextDelete(closing->context);
}

/* The reader of a partition; NULL if the relation is none of the stream's. */
static Reader *
frame_reader(Oid relid)
{
	Reader **link = &frame->readers;
	Reader *reader;

	while (*link != NULL && RelationGetRelid((*link)->relation) != relid)
		link = &(*link)->next;
	reader = *link;
	if (reader != NULL)
		*link = reader->next;
	else if ((reader = reader_open(relid)) == NULL)
		return NULL;
	reader->next = frame->readers;
	frame->readers = reader;
	return reader;
}

static void
leaf_fill(Leaf *leaf, Relation relation, const VgStreamKind *kind)
{
	TupleDesc desc = RelationGetDescr(relation);

	Assert(kind->column_count <= STREAM_COLUMNS_MAX);
	if (relation->rd_tableam != GetHeapamTableAmRoutine())
		ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("partition \"%s\" of stream %s is not a heap",
					   RelationGetRelationName(relation), kind->name),
				errhint("Make the stream's partitions with the access method heap."));
	leaf->last = 0;
	leaf->in_order = true;
	for (int i = 0; i < kind->column_count; i++)
	{
		AttrNumber number = 1;

		while (number <= desc->natts &&
			   (TupleDescAttr(desc, number - 1)->attisdropped ||
				strcmp(NameStr(TupleDescAttr(desc, number - 1)->attname), kind->columns[i]) != 0))
			number++;
		if (number > desc->natts)
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("partition \"%s\" of stream %s has no column \"%s\"",
						   RelationGetRelationName(relation), kind->name, kind->columns[i]));
		leaf->numbers[i] = number;
		leaf->in_order = leaf->in_order && number == i + 1;
		leaf->last = Max(leaf->last, number);
	}
}

/* What is known of a partition of this stream; NULL if the relation is none. */
static const Leaf *
leaf_of(Relation relation, Oid stream)
{
	static int turn = 0;
	Oid relid = RelationGetRelid(relation);
	Leaf filled = {.relid = relid, .stream = stream};

	for (int i = 0; i < leaf_count; i++)
		if (leaves[i].relid == relid && leaves[i].stream == stream)
			return &leaves[i];
	if (!list_member_oid(get_partition_ancestors(relid), stream))
		return NULL;
	leaf_fill(&filled, relation, frame->kind);
	turn = leaf_count < STREAM_LEAVES_MAX ? leaf_count++ : (turn + 1) % STREAM_LEAVES_MAX;
	leaves[turn] = filled;
	return &leaves[turn];
}

/* The statement that stores rows in a relation has it locked; NULL if there is none such. */
static Reader *
reader_open(Oid relid)
{
	Relation relation = RelationIdGetRelation(relid);
	MemoryContext before;
	const Leaf *leaf;
	Reader *reader;

	if (!RelationIsValid(relation))
		return NULL;
	if (!CheckRelationLockedByMe(relation, RowExclusiveLock, true) ||
		(leaf = leaf_of(relation, frame->relid)) == NULL)
	{
		RelationClose(relation);
		return NULL;
	}
	before = MemoryContextSwitchTo(frame->context);
	reader = palloc(sizeof(Reader));
	reader->relation = relation;
	reader->leaf = *leaf;
	reader->strategy = GetAccessStrategy(BAS_BULKREAD);
	reader->buffer = InvalidBuffer;
	reader->slot = MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsBufferHeapTuple);
	MemoryContextSwitchTo(before);
	return reader;
}

/*
 * The row at tid into the slot; false if this transaction has not just stored one there.
 *
 * The page is looked at as by a sequential scan, so that it does not seem more wanted than others:
 * COPY uses the buffers of its ring again only while nobody else has asked for them.
 */
static bool
reader_fetch(Reader *reader, ItemPointer tid)
{
	HeapTupleData *tuple = &reader->tuple;
	BlockNumber block = ItemPointerGetBlockNumber(tid);
	Page page;
	ItemId item;

	if (reader->buffer == InvalidBuffer || BufferGetBlockNumber(reader->buffer) != block)
	{
		ExecClearTuple(reader->slot);
		if (reader->buffer != InvalidBuffer)
			ReleaseBuffer(reader->buffer);
		reader->buffer = InvalidBuffer;
		reader->buffer =
			ReadBufferExtended(reader->relation, MAIN_FORKNUM, block, RBM_NORMAL, reader->strategy);
	}
	LockBuffer(reader->buffer, BUFFER_LOCK_SHARE);
	page = BufferGetPage(reader->buffer);
	item = ItemPointerGetOffsetNumber(tid) <= PageGetMaxOffsetNumber(page)
			   ? PageGetItemId(page, ItemPointerGetOffsetNumber(tid))
			   : NULL;
	tuple->t_data =
		item != NULL && ItemIdIsNormal(item) ? (HeapTupleHeader) PageGetItem(page, item) : NULL;
	LockBuffer(reader->buffer, BUFFER_LOCK_UNLOCK);
	if (tuple->t_data == NULL ||
		!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data)))
		return false;
	tuple->t_len = ItemIdGetLength(item);
	tuple->t_self = *tid;
	tuple->t_tableOid = RelationGetRelid(reader->relation);
	ExecStoreBufferHeapTuple(tuple, reader->slot, reader->buffer);
	return true;
}

static void
reader_close(Reader *reader)
{
	ExecDropSingleTupleTableSlot(reader->slot);
	if (reader->buffer != InvalidBuffer)
		ReleaseBuffer(reader->buffer);
	RelationClose(reader->relation);
}
