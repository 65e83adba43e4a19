/*
 * stream.c: frames: the rows of one statement, collected row by row, evaluated together.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "stream.h"
#include "vigil.h"

#define STREAM_COLUMNS_MAX 32
#define STREAM_LEAVES_MAX 32
#define FRAME_ROWS_FIRST 16

typedef struct Frame
{
	struct Frame *outer;
	SubTransactionId owner;
	const VgStreamKind *kind;
	MemoryContext context; /* holds the frame and its rows */
	char *rows;
	int used;
	int size;
	VgStreamCount counts;
} Frame;

/* Where a partition keeps the stream's columns. */
typedef struct Leaf
{
	Oid relid;
	const VgStreamKind *kind;
	AttrNumber last; /* greatest of numbers */
	bool in_order;	 /* numbers are 1, 2, 3, ... */
	AttrNumber numbers[STREAM_COLUMNS_MAX];
} Leaf;

static Frame *frame = NULL;
static VgStreamCount newest;
static Leaf leaves[STREAM_LEAVES_MAX];
static int leaf_count = 0;

static void frame_open(const VgStreamKind *kind);
static void frame_append(TriggerData *trigger, const VgStreamKind *kind);
static void frame_evaluate(Frame *target);
static void frame_close(const VgStreamKind *kind);
static const Leaf *leaf_of(Relation relation, const VgStreamKind *kind);

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

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("the trigger function of stream %s was not called by an INSERT trigger",
					   kind->name));
	if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		frame_append(trigger, kind);
	else if (TRIGGER_FIRED_BEFORE(trigger->tg_event))
		frame_open(kind);
	else
		frame_close(kind);
	return PointerGetDatum(NULL);
}

static void
frame_open(const VgStreamKind *kind)
{
	MemoryContext context =
		AllocSetContextCreate(CurTransactionContext, "vigil frame", ALLOCSET_DEFAULT_SIZES);
	Frame *opened = MemoryContextAllocZero(context, sizeof(Frame));

	opened->outer = frame;
	opened->owner = GetCurrentSubTransactionId();
	opened->kind = kind;
	opened->context = context;
	opened->size = FRAME_ROWS_FIRST;
	opened->rows = MemoryContextAlloc(context, FRAME_ROWS_FIRST * kind->row_size);
	frame = opened;
}

static void
frame_append(TriggerData *trigger, const VgStreamKind *kind)
{
	TupleTableSlot *slot = trigger->tg_trigslot;
	Datum values[STREAM_COLUMNS_MAX];
	bool nulls[STREAM_COLUMNS_MAX];
	const Leaf *leaf;

	if (frame == NULL || frame->kind != kind) /* a partition loaded by name: nothing to evaluate */
		return;
	if (frame->used == frame->size)
	{
		if (frame->used >= vigil_batch_rows)
			frame_evaluate(frame);
		else
		{
			frame->size = Min(frame->size * 4, Max(vigil_batch_rows, frame->size));
			frame->rows = repalloc_huge(frame->rows, frame->size * kind->row_size);
		}
	}
	leaf = leaf_of(trigger->tg_relation, kind);
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
	newest = closing->counts;
	frame = closing->outer;
	MemoryContextDelete(closing->context);
}

static void
leaf_fill(Leaf *leaf, Relation relation, const VgStreamKind *kind)
{
	TupleDesc desc = RelationGetDescr(relation);

	Assert(kind->column_count <= STREAM_COLUMNS_MAX);
	leaf->relid = RelationGetRelid(relation);
	leaf->kind = kind;
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

static const Leaf *
leaf_of(Relation relation, const VgStreamKind *kind)
{
	static int turn = 0;
	Oid relid = RelationGetRelid(relation);

	for (int i = 0; i < leaf_count; i++)
		if (leaves[i].relid == relid && leaves[i].kind == kind)
			return &leaves[i];
	if (leaf_count < STREAM_LEAVES_MAX)
		turn = leaf_count;
	else
		turn = (turn + 1) % STREAM_LEAVES_MAX;
	leaf_fill(&leaves[turn], relation, kind);
	leaf_count = Max(leaf_count, turn + 1);
	return &leaves[turn];
}
