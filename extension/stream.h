/*
 * stream.h: from the rows of one statement on a stream to one evaluation.
 *
 * A stream is a partitioned, append-only table with three triggers: BEFORE STATEMENT opens a frame,
 * the condition (WHEN) of AFTER ROW appends the row to it, AFTER STATEMENT evaluates and closes it.
 *
 * The condition is asked as soon as a row is stored, while its page is at hand, and never holds: so
 * nothing is queued until the statement's end, which would cost memory for each row and read every
 * page again.  It is given the row's place, not its fields: what is not stored is not evaluated,
 * whoever calls it.  A row that comes without a frame (a partition loaded by name, as pg_restore
 * does) is not evaluated.
 */
#ifndef VIGIL_STREAM_H
#define VIGIL_STREAM_H

#include "postgres.h"

#include "fmgr.h"
#include "storage/itemptr.h"

/* What became of the rows of one statement. */
typedef struct VgStreamCount
{
	int64 rows;
	int64 late;		 /* older than their subject's state */
	int64 duplicate; /* repeats that the key could not see */
	int64 backfill;	 /* stored for the backtest only */
} VgStreamCount;

typedef struct VgStreamKind
{
	const char *name;			/* schema.table, for messages */
	const char *const *columns; /* names; every partition has them, in whatever order */
	int column_count;
	Size row_size;
	/* One row into the frame; raises an error that names key, field, value and range. */
	void (*read)(void *row, const Datum *values, const bool *nulls);
	/* Any number of rows in order of arrival; runs in a context that is reset afterwards. */
	void (*evaluate)(void *rows, int count, VgStreamCount *counts);
} VgStreamKind;

extern void vg_stream_init(void); /* called by _PG_init */
/* The body of the trigger functions of a stream, before and after the statement. */
extern Datum vg_stream_trigger(FunctionCallInfo fcinfo, const VgStreamKind *kind);
/* For the row trigger's condition: the row at tid of this partition was stored. */
extern void vg_stream_row(const VgStreamKind *kind, Oid relid, ItemPointer tid);
/* What the newest completed statement on any stream did. */
extern VgStreamCount vg_stream_newest(void);

#endif
