/*
 * spi.h: statements prepared once per backend, and columns of values as array parameters for them.
 */
#ifndef VIGIL_SPI_H
#define VIGIL_SPI_H

#include "postgres.h"

#include "executor/spi.h"

#define VG_PLAN_PARAMETERS 16

/* A statement as a static variable: text and parameter types are given, the plan is kept for the
 * backend's life. */
typedef struct VgPlan
{
	const char *text; /* schema-qualified; names no type of vigil's own as a parameter */
	int parameters;
	Oid types[VG_PLAN_PARAMETERS];
	SPIPlanPtr plan;
} VgPlan;

/*
 * vg_search_path_pin: names are looked up in pg_catalog alone until AtEOXact_GUC(true, the level
 * returned).  What runs with the owner's rights must not find a caller's function or operator.
 */
extern int vg_search_path_pin(void);

/*
 * vg_spi_run: run the statement, search_path pinned, with these values; nulls is NULL or one char a
 * parameter, 'n' = null.
 *
 * expected is the SPI_OK_* code; another is an error.  Returns SPI_processed.  The caller is
 * connected.
 */
extern uint64 vg_spi_run(VgPlan *plan, const Datum *values, const char *nulls, bool read_only,
						 int expected);

/* A cursor over the statement; the caller is connected. */
extern Portal vg_spi_cursor(VgPlan *plan, const Datum *values, bool read_only);

/* Fields of the result of the last statement, by row and column number from 1. */
extern Datum vg_spi_field(uint64 row, int column, bool *isnull);
extern int64 vg_spi_int8(uint64 row, int column, int64 if_null);
extern int32 vg_spi_int4(uint64 row, int column);	 /* of a column that is not null */
extern double vg_spi_float8(uint64 row, int column); /* NaN where null */

/* A column of values that becomes one array parameter. */
typedef struct VgColumn
{
	Oid element;
	int16 length;
	bool by_value;
	char align;
	int count;
	int capacity;
	Datum *values;
	bool *nulls;
} VgColumn;

/* element: a built-in type among int2, int4, int8, float8, bool, text, jsonb, timestamptz. */
extern void vg_column_init(VgColumn *column, Oid element, int capacity);
extern void vg_column_add(VgColumn *column, Datum value);
extern void vg_column_add_null(VgColumn *column);
extern void vg_column_add_text(VgColumn *column, const char *text); /* NULL = null */
extern void vg_column_add_float8(VgColumn *column, double value);	/* NaN = null */
extern Datum vg_column_array(const VgColumn *column);

#endif
