/*
 * stream.h: from the rows of one statement on a stream to one evaluation.
 *
 * A stream is a partitioned, append-only table with three triggers: BEFORE STATEMENT opens a frame,
 * AFTER ROW appends the row's fields to it, AFTER STATEMENT evaluates and closes it.  A row that
 * comes without a frame (a partition loaded by name, as pg_restore does) is not evaluated.
 */
#ifndef VIGIL_STREAM_H
#define VIGIL_STREAM_H

#include "postgres.h"

#include "fmgr.h"

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
/* The body of the three trigger functions of a stream. */
extern Datum vg_stream_trigger(FunctionCallInfo fcinfo, const VgStreamKind *kind);
/* What the newest completed statement on any stream did. */
extern VgStreamCount vg_stream_newest(void);

#endif
