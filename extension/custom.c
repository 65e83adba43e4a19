/*
 * custom.c: the sets of custom models of a backend, and their evaluation over batches of
 * observations.
 *
 * A set is compiled once per change of the catalogue or of a function.  Evaluation runs in a
 * subtransaction of its own: one a batch, and one more for each error, so that the common case pays
 * about a microsecond a statement.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "catalog.h"
#include "custom.h"
#include "customparse.h"
#include "override.h"
#include "spi.h"

#define FAILURES_MAX 8 /* rows of a batch that may fail before the model is off for the rest */
#define RECORD_INTERVAL (60 * USECS_PER_SEC) /* a backend writes a model's errors no more often */
#define FIRST_ROWS 64

/* A model with what a backend knows of it. */
typedef struct CustomEntry
{
	VgCustomModel model;
	char *expression;
	Bitmapset *used;
	Expr *prepared; /* NULL: it did not compile */
	ExprState *state;
	MemoryContext state_context; /* of state: thrown away after an error */
	int32 failures;				 /* in the batch under way */
	int64 unrecorded;			 /* failures since the last row in vigil.model_error */
	TimestampTz recorded_at;
	bool warned;
	char *error; /* the last one, in the set's context */
	char *row;	 /* the observation that it came from */
	int sqlstate;
} CustomEntry;

struct VgCustomSet
{
	char domain[NAMEDATALEN];
	char feed[NAMEDATALEN];
	uint64 catalog_generation;
	uint64 function_generation;
	MemoryContext context;
	TupleDesc descriptor;
	TupleTableSlot *slot;
	ExprContext *econtext;
	int count;
	CustomEntry *entries;
	int used_count;
	int place[VG_CUSTOM_VARIABLES]; /* of a used variable in a batch's rows, or -1 */
	bool failed;					/* some entry has unrecorded errors */
	struct VgCustomSet *next;
};

struct VgCustomBatch
{
	VgCustomSet *set;
	MemoryContext context;
	int rows;
	int capacity;
	Datum *values; /* rows x used_count */
	bool *nulls;
	uint8 *answers; /* rows x count, VgCustomAnswer */
	int at_row;		/* where evaluation is, for going on after an error */
	int at_entry;
};

static void functions_invalidate(Datum arg, int cache, uint32 hash);
static VgCustomSet *set_find(const char *domain, const char *feed);
static void set_load(VgCustomSet *set, const VgCatalog *catalog, MemoryContext parent,
					 const Jsonb *overrides);
static void entry_load(VgCustomSet *set, CustomEntry *entry, const VgModel *model);
static void entry_compile(VgCustomSet *set, CustomEntry *entry);
static void entry_compile_guarded(VgCustomSet *set, CustomEntry *entry);
static void entry_prepare(VgCustomSet *set, CustomEntry *entry);
static void batch_run(VgCustomBatch *batch);
static void batch_run_guarded(VgCustomBatch *batch);
static void row_fill(const VgCustomBatch *batch, int row);
static bool entry_holds(VgCustomSet *set, CustomEntry *entry);
static bool error_is_the_models(const ErrorData *error);
static void entry_fail(VgCustomSet *set, CustomEntry *entry, const ErrorData *error, char *row);
static char *row_text(const VgCustomBatch *batch, const CustomEntry *entry, int row);
static void errors_record(VgCustomSet *set, bool record);

static VgCustomSet *sets = NULL;
static uint64 function_generation = 1;

void
vg_custom_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, functions_invalidate, (Datum) 0);
}

/* functions_invalidate: a function was replaced or dropped; it may be inlined in a compiled
 * expression. */
static void
functions_invalidate(Datum arg, int cache, uint32 hash)
{
	function_generation++;
}

const VgCustomSet *
vg_custom_set(const char *domain, const char *feed)
{
	const VgCatalog *catalog = vg_catalog();
	VgCustomSet *set = set_find(domain, feed);

	if (set->catalog_generation != catalog->generation ||
		(set->function_generation != function_generation && set->count > 0))
		set_load(set, catalog, CacheMemoryContext, NULL);
	return set->count > 0 ? set : NULL;
}

const VgCustomSet *
vg_custom_set_with(const char *domain, const char *feed, const Jsonb *overrides)
{
	VgCustomSet *set = palloc0(sizeof(VgCustomSet));

	strlcpy(set->domain, domain, NAMEDATALEN);
	strlcpy(set->feed, feed, NAMEDATALEN);
	set_load(set, vg_catalog(), CurrentMemoryContext, overrides);
	return set->count > 0 ? set : NULL;
}

static VgCustomSet *
set_find(const char *domain, const char *feed)
{
	VgCustomSet *set;

	for (set = sets; set != NULL; set = set->next)
		if (strcmp(set->domain, domain) == 0 && strcmp(set->feed, feed) == 0)
			return set;
	set = MemoryContextAllocZero(TopMemoryContext, sizeof(VgCustomSet));
	strlcpy(set->domain, domain, NAMEDATALEN);
	strlcpy(set->feed, feed, NAMEDATALEN);
	set->next = sets;
	sets = set;
	return set;
}

/* set_load: compile the set's models anew; until it is done the set is empty. */
static void
set_load(VgCustomSet *set, const VgCatalog *catalog, MemoryContext parent, const Jsonb *overrides)
{
	MemoryContext before;
	uint64 functions = function_generation; /* an invalidation may arrive while compiling */
	uint64 generation = catalog->generation;
	int count = 0;

	set->count = 0;
	set->used_count = 0;
	set->catalog_generation = 0;
	if (set->context != NULL)
		MemoryContextDelete(set->context);
	set->context = AllocSetContextCreate(parent, "vigil custom models", ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(set->context);
	set->entries = palloc0(Max(catalog->model_count, 1) * sizeof(CustomEntry));
	for (int i = 0; i < catalog->model_count; i++)
	{
		const VgModel *model = &catalog->models[i];
		VgModel changed;

		if (model->expression == NULL || strcmp(model->domain, set->domain) != 0 ||
			strcmp(model->feed, set->feed) != 0)
			continue;
		changed = vg_override_model(model, overrides);
		if (changed.enabled)
			entry_load(set, &set->entries[count++], &changed);
	}
	/* From here on the catalogue may be replaced: compiling looks up functions. */
	for (int i = 0; i < VG_CUSTOM_VARIABLES; i++)
		set->place[i] = -1;
	if (count > 0)
	{
		set->descriptor = vg_custom_descriptor(set->domain, set->feed);
		set->slot = MakeSingleTupleTableSlot(set->descriptor, &TTSOpsVirtual);
		set->econtext = CreateStandaloneExprContext();
		set->econtext->ecxt_scantuple = set->slot;
		ExecStoreVirtualTuple(set->slot);
	}
	for (int i = 0; i < count; i++)
	{
		int variable = -1;

		entry_compile_guarded(set, &set->entries[i]);
		while ((variable = bms_next_member(set->entries[i].used, variable)) >= 0)
			if (set->place[variable] < 0)
				set->place[variable] = set->used_count++;
	}
	MemoryContextSwitchTo(before);
	set->count = count;
	set->catalog_generation = generation;
	set->function_generation = functions;
}

static void
entry_load(VgCustomSet *set, CustomEntry *entry, const VgModel *model)
{
	strlcpy(entry->model.code, model->code, NAMEDATALEN);
	entry->model.number = model->number;
	entry->model.version = model->version;
	entry->model.min_points = Max(vg_model_int(model, "min_points", 1), 1);
	entry->expression = pstrdup(model->expression);
}

/*
 * entry_compile_guarded: compile a model; one that no longer compiles (its function was dropped)
 * fails at every row.  A parallel query can start no subtransaction: there the error goes through,
 * and no observation is lost by it.
 */
static void
entry_compile_guarded(VgCustomSet *set, CustomEntry *entry)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	if (IsInParallelMode())
	{
		entry_compile(set, entry);
		return;
	}
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		entry_compile(set, entry);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!error_is_the_models(error))
			ReThrowError(error);
		entry->prepared = NULL;
		entry_fail(set, entry, error, NULL);
		entry->failures = FAILURES_MAX;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static void
entry_compile(VgCustomSet *set, CustomEntry *entry)
{
	entry->prepared = vg_custom_compile(set->domain, set->feed, entry->expression, &entry->used);
	entry_prepare(set, entry);
}

/* entry_prepare: make an expression ready to run, under the owner, who may execute all functions in
 * it. */
static void
entry_prepare(VgCustomSet *set, CustomEntry *entry)
{
	VgCustomSecurity security;
	MemoryContext before;

	if (entry->state_context != NULL)
		MemoryContextDelete(entry->state_context);
	entry->state = NULL;
	entry->state_context =
		AllocSetContextCreate(set->context, "vigil custom model", ALLOCSET_SMALL_SIZES);
	security = vg_custom_enter(set->domain);
	before = MemoryContextSwitchTo(entry->state_context);
	entry->state = ExecInitExpr(entry->prepared, NULL);
	MemoryContextSwitchTo(before);
	vg_custom_leave(&security);
}

int
vg_custom_count(const VgCustomSet *set)
{
	return set->count;
}

const VgCustomModel *
vg_custom_model(const VgCustomSet *set, int i)
{
	return &set->entries[i].model;
}

bool
vg_custom_uses(const VgCustomSet *set, VgCustomVariable variable)
{
	return set->place[variable] >= 0;
}

VgCustomBatch *
vg_custom_batch(const VgCustomSet *set)
{
	VgCustomBatch *batch = palloc0(sizeof(VgCustomBatch));

	batch->set = unconstify(VgCustomSet *, set);
	batch->context = CurrentMemoryContext;
	return batch;
}

int
vg_custom_row(VgCustomBatch *batch)
{
	int used = Max(batch->set->used_count, 1);

	if (batch->rows == batch->capacity)
	{
		MemoryContext before = MemoryContextSwitchTo(batch->context);

		if (batch->capacity == 0)
		{
			batch->capacity = FIRST_ROWS;
			batch->values = palloc(mul_size(mul_size(FIRST_ROWS, used), sizeof(Datum)));
			batch->nulls = palloc(mul_size(FIRST_ROWS, used));
		}
		else
		{
			batch->capacity *= 2;
			batch->values = repalloc_huge(batch->values,
										  mul_size(mul_size(batch->capacity, used), sizeof(Datum)));
			batch->nulls = repalloc_huge(batch->nulls, mul_size(batch->capacity, used));
		}
		MemoryContextSwitchTo(before);
	}
	memset(batch->nulls + (Size) batch->rows * used, true, used);
	return batch->rows++;
}

void
vg_custom_put(VgCustomBatch *batch, VgCustomVariable variable, Datum value)
{
	int place = batch->set->place[variable];
	Size at;

	if (place < 0)
		return;
	at = (Size) (batch->rows - 1) * batch->set->used_count + place;
	batch->values[at] = value;
	batch->nulls[at] = false;
}

VgCustomAnswer
vg_custom_answer(const VgCustomBatch *batch, int row, int i)
{
	return (VgCustomAnswer) batch->answers[(Size) row * batch->set->count + i];
}

void
vg_custom_evaluate(VgCustomBatch *batch, bool record)
{
	VgCustomSet *set = batch->set;
	int guc_level;

	if (batch->rows == 0)
		return;
	guc_level = vg_custom_path(set->domain); /* live they run with the owner's rights */
	batch->answers = MemoryContextAllocHuge(batch->context, mul_size(batch->rows, set->count));
	memset(batch->answers, VG_CUSTOM_NO, (Size) batch->rows * set->count);
	for (int i = 0; i < set->count; i++)
		set->entries[i].failures = set->entries[i].prepared == NULL ? FAILURES_MAX : 0;
	batch->at_row = 0;
	batch->at_entry = -1;
	if (IsInParallelMode()) /* a backtest: no subtransaction is possible, and an error loses nothing
							 */
		batch_run(batch);
	while (batch->at_row < batch->rows)
		batch_run_guarded(batch);
	AtEOXact_GUC(true, guc_level);
	errors_record(set, record);
}

/* batch_run_guarded: go on with a batch until its end or an error. */
static void
batch_run_guarded(VgCustomBatch *batch)
{
	VgCustomSet *set = batch->set;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		batch_run(batch);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		CustomEntry *entry = &set->entries[batch->at_entry];
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!error_is_the_models(error))
			ReThrowError(error);
		batch->answers[(Size) batch->at_row * set->count + batch->at_entry] = VG_CUSTOM_FAILED;
		entry_fail(set, entry, error, row_text(batch, entry, batch->at_row));
		FreeErrorData(error);
		entry_prepare(set, entry); /* functions may have been left in the middle of something */
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/* batch_run: answer for all rows and models from where the batch is, in order. */
static void
batch_run(VgCustomBatch *batch)
{
	VgCustomSet *set = batch->set;

	for (; batch->at_row < batch->rows; batch->at_row++)
	{
		uint8 *answers = batch->answers + (Size) batch->at_row * set->count;

		if (batch->at_row % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		row_fill(batch, batch->at_row);
		while (++batch->at_entry < set->count)
		{
			CustomEntry *entry = &set->entries[batch->at_entry];

			if (entry->failures >= FAILURES_MAX)
			{
				entry->unrecorded++;
				answers[batch->at_entry] = VG_CUSTOM_FAILED;
			}
			else if (entry_holds(set, entry))
				answers[batch->at_entry] = VG_CUSTOM_YES;
		}
		batch->at_entry = -1;
	}
}

static void
row_fill(const VgCustomBatch *batch, int row)
{
	const VgCustomSet *set = batch->set;
	Size first = (Size) row * set->used_count;

	ResetExprContext(set->econtext);
	for (int variable = 0; variable < VG_CUSTOM_VARIABLES; variable++)
	{
		int place = set->place[variable];

		if (place < 0)
			continue;
		set->slot->tts_values[variable] = batch->values[first + place];
		set->slot->tts_isnull[variable] = batch->nulls[first + place];
	}
}

static bool
entry_holds(VgCustomSet *set, CustomEntry *entry)
{
	bool isnull;
	Datum value = ExecEvalExprSwitchContext(entry->state, set->econtext, &isnull);

	return !isnull && DatumGetBool(value);
}

/* error_is_the_models: not a cancel, a lack of resources, a deadlock: those concern the whole
 * statement. */
static bool
error_is_the_models(const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);

	return category != ERRCODE_TO_CATEGORY(ERRCODE_OPERATOR_INTERVENTION) &&
		   category != ERRCODE_TO_CATEGORY(ERRCODE_INSUFFICIENT_RESOURCES) &&
		   category != ERRCODE_TO_CATEGORY(ERRCODE_TRANSACTION_ROLLBACK) &&
		   category != ERRCODE_TO_CATEGORY(ERRCODE_SYSTEM_ERROR);
}

/* entry_fail: remember the error; the first of the backend is also told to whoever sent the
 * statement. */
static void
entry_fail(VgCustomSet *set, CustomEntry *entry, const ErrorData *error, char *row)
{
	entry->failures++;
	entry->unrecorded++;
	set->failed = true;
	entry->sqlstate = error->sqlerrcode;
	if (entry->error != NULL)
		pfree(entry->error);
	if (entry->row != NULL)
		pfree(entry->row);
	entry->error = MemoryContextStrdup(set->context, error->message);
	entry->row = row == NULL ? NULL : MemoryContextStrdup(set->context, row);
	if (entry->warned)
		return;
	entry->warned = true;
	ereport(WARNING, errcode(error->sqlerrcode),
			errmsg("custom model \"%s\" failed: %s", entry->model.code, error->message),
			row != NULL ? errdetail("Observation: %s.", row) : 0,
			errhint("The observations are stored. Correct the expression in vigil.model; "
					"vigil.model_error counts the failures."));
}

/* row_text: what a failed expression looked at, as name=value, name=value. */
static char *
row_text(const VgCustomBatch *batch, const CustomEntry *entry, int row)
{
	const VgCustomSet *set = batch->set;
	StringInfoData text;
	int variable = -1;

	initStringInfo(&text);
	while ((variable = bms_next_member(entry->used, variable)) >= 0)
	{
		Form_pg_attribute attribute = TupleDescAttr(set->descriptor, variable);
		Size at = (Size) row * set->used_count + set->place[variable];
		Oid output;
		bool is_varlena;

		appendStringInfo(&text, "%s%s=", text.len == 0 ? "" : ", ", NameStr(attribute->attname));
		if (batch->nulls[at])
		{
			appendStringInfoString(&text, "null");
			continue;
		}
		getTypeOutputInfo(attribute->atttypid, &output, &is_varlena);
		appendStringInfoString(&text, OidOutputFunctionCall(output, batch->values[at]));
	}
	return text.data;
}

/* errors_record: one row a model and minute, written as the owner of the table: a feed may not
 * write it. */
static void
errors_record(VgCustomSet *set, bool record)
{
	static VgPlan plan =
		{.text = "INSERT INTO vigil.model_error (domain, model, version, at, sqlstate, error,"
				 " observation, count) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		 .parameters = 8,
		 .types = {TEXTOID, TEXTOID, INT4OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, INT8OID}};
	TimestampTz now;

	if (!record || !set->failed)
		return;
	now = GetCurrentTimestamp();
	for (int i = 0; i < set->count; i++)
	{
		CustomEntry *entry = &set->entries[i];
		VgCustomSecurity security;
		Datum values[8];
		char nulls[8] = "        ";

		if (entry->unrecorded == 0 || now - entry->recorded_at < RECORD_INTERVAL)
			continue;
		SPI_connect();
		values[0] = CStringGetTextDatum(set->domain);
		values[1] = CStringGetTextDatum(entry->model.code);
		values[2] = Int32GetDatum(entry->model.version);
		values[3] = TimestampTzGetDatum(now);
		values[4] = CStringGetTextDatum(unpack_sql_state(entry->sqlstate));
		values[5] = CStringGetTextDatum(entry->error);
		values[6] = entry->row == NULL ? (Datum) 0 : CStringGetTextDatum(entry->row);
		nulls[6] = entry->row == NULL ? 'n' : ' ';
		values[7] = Int64GetDatum(entry->unrecorded);
		security = vg_custom_enter(set->domain);
		vg_spi_run(&plan, values, nulls, false, SPI_OK_INSERT);
		vg_custom_leave(&security);
		SPI_finish();
		entry->recorded_at = now;
		entry->unrecorded = 0;
	}
}
