/*
 * spi.c: statements prepared once per backend, and columns of values as array parameters for them.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "spi.h"

static void column_grow(VgColumn *column);

/* The plan, made at its first use and kept. */
static SPIPlanPtr
plan_of(VgPlan *plan)
{
	if (plan->plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare(plan->text, plan->parameters, plan->types);

		if (prepared == NULL || SPI_keepplan(prepared) != 0)
			elog(ERROR, "could not prepare \"%s\": %s", plan->text,
				 SPI_result_code_string(SPI_result));
		plan->plan = prepared;
	}
	return plan->plan;
}

int
vg_search_path_pin(void)
{
	static const char *const pinned = "pg_catalog, pg_temp";
	int level = NewGUCNestLevel();

	/* setting it again would only make PostgreSQL look its schemas up once more, here and after */
	if (strcmp(namespace_search_path, pinned) != 0)
		(void) set_config_option("search_path", pinned, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	return level;
}

uint64
vg_spi_run(VgPlan *plan, const Datum *values, const char *nulls, bool read_only, int expected)
{
	int level = vg_search_path_pin();
	int code = SPI_execute_plan(plan_of(plan), unconstify(Datum *, values), nulls, read_only, 0);

	AtEOXact_GUC(true, level);
	if (code != expected)
		elog(ERROR, "could not run \"%s\": %s", plan->text, SPI_result_code_string(code));
	return SPI_processed;
}

Portal
vg_spi_cursor(VgPlan *plan, const Datum *values, bool read_only)
{
	int level = vg_search_path_pin();
	Portal portal =
		SPI_cursor_open(NULL, plan_of(plan), unconstify(Datum *, values), NULL, read_only);

	AtEOXact_GUC(true, level);
	return portal;
}

Datum
vg_spi_field(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, isnull);
}

int64
vg_spi_int8(uint64 row, int column, int64 if_null)
{
	bool isnull;
	Datum value = vg_spi_field(row, column, &isnull);

	return isnull ? if_null : DatumGetInt64(value);
}

int32
vg_spi_int4(uint64 row, int column)
{
	bool isnull;

	return DatumGetInt32(vg_spi_field(row, column, &isnull));
}

double
vg_spi_float8(uint64 row, int column)
{
	bool isnull;
	Datum value = vg_spi_field(row, column, &isnull);

	return isnull ? NAN : DatumGetFloat8(value);
}

void
vg_column_init(VgColumn *column, Oid element, int capacity)
{
	column->element = element;
	get_typlenbyvalalign(element, &column->length, &column->by_value, &column->align);
	column->count = 0;
	column->capacity = Max(capacity, 1);
	column->values = palloc_extended(mul_size(column->capacity, sizeof(Datum)), MCXT_ALLOC_HUGE);
	column->nulls = palloc_extended(mul_size(column->capacity, sizeof(bool)), MCXT_ALLOC_HUGE);
}

void
vg_column_add(VgColumn *column, Datum value)
{
	if (column->count == column->capacity)
		column_grow(column);
	column->values[column->count] = value;
	column->nulls[column->count++] = false;
}

void
vg_column_add_null(VgColumn *column)
{
	if (column->count == column->capacity)
		column_grow(column);
	column->values[column->count] = (Datum) 0;
	column->nulls[column->count++] = true;
}

void
vg_column_add_text(VgColumn *column, const char *text)
{
	if (text == NULL)
		vg_column_add_null(column);
	else
		vg_column_add(column, CStringGetTextDatum(text));
}

void
vg_column_add_float8(VgColumn *column, double value)
{
	if (isnan(value))
		vg_column_add_null(column);
	else
		vg_column_add(column, Float8GetDatum(value));
}

Datum
vg_column_array(const VgColumn *column)
{
	int dimensions[1] = {column->count};
	int lower_bounds[1] = {1};

	if (column->count == 0)
		return PointerGetDatum(construct_empty_array(column->element));
	return PointerGetDatum(construct_md_array(column->values, column->nulls, 1, dimensions,
											  lower_bounds, column->element, column->length,
											  column->by_value, column->align));
}

static void
column_grow(VgColumn *column)
{
	column->capacity *= 2;
	column->values = repalloc_huge(column->values, mul_size(column->capacity, sizeof(Datum)));
	column->nulls = repalloc_huge(column->nulls, mul_size(column->capacity, sizeof(bool)));
}
