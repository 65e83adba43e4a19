/*
 * riskstore.c: the rows of a risk batch: locked and loaded, written back, a few statements whatever
 * their number.
 *
 * Lock order: rows that are missing are made first, in ascending order, then all are locked, in
 * ascending order; a row that another transaction has made but not committed is met only while
 * making rows, so no circle can close.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "riskbatch.h"
#include "spi.h"

static VgPlan create_plan =
	{"INSERT INTO vigil.risk_state (profile, subject, changed_at)"
	 " SELECT $1, u.subject, u.at FROM unnest($2, $3) AS u (subject, at) ORDER BY u.subject"
	 " ON CONFLICT ON CONSTRAINT risk_state_pkey DO NOTHING",
	 3,
	 {TEXTOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID},
	 NULL};

/*
 * The three readers are LATERAL, so that each subject is looked up by key, in the order of the
 * array, which is ascending.  The two writers find their rows by tuple id: the subject's lock keeps
 * it valid.
 */
#define LOCK_QUERY(wait)                                                                           \
	"SELECT s.subject, s.own_mask, s.inherited_mask, s.score, s.colour::text, s.better_since,"     \
	" s.better_colour::text, s.changed_at, s.region_code, s.lon, s.lat, s.ctid,"                   \
	" s.recover_at"                                                                                \
	" FROM unnest($2) AS u (subject) CROSS JOIN LATERAL"                                           \
	" (SELECT r.*, r.ctid FROM vigil.risk_state AS r"                                              \
	" WHERE r.profile = $1 AND r.subject = u.subject FOR NO KEY UPDATE" wait ") AS s"

static VgPlan lock_plan = {LOCK_QUERY(""), 2, {TEXTOID, INT8ARRAYOID}, NULL};
static VgPlan lock_free_plan = {LOCK_QUERY(" SKIP LOCKED"), 2, {TEXTOID, INT8ARRAYOID}, NULL};

static VgPlan hazards_plan =
	{"SELECT h.subject, h.id, h.model, h.situation_bit, h.raised_at, h.last_seen_at, h.count,"
	 " h.evidence, h.ctid"
	 " FROM unnest($2) AS u (subject) CROSS JOIN LATERAL"
	 " (SELECT o.*, o.ctid FROM vigil.hazard AS o"
	 " WHERE o.profile = $1 AND o.subject = u.subject AND o.cleared_at IS NULL OFFSET 0) AS h"
	 " ORDER BY h.subject, h.raised_at DESC, h.id DESC",
	 2,
	 {TEXTOID, INT8ARRAYOID},
	 NULL};

static VgPlan suppressions_plan =
	{"SELECT p.subject, p.model, p.fence_id, p.since, p.until"
	 " FROM unnest($2) AS u (subject) CROSS JOIN LATERAL"
	 " (SELECT n.* FROM vigil.suppression AS n"
	 " WHERE n.profile = $1 AND n.subject = u.subject AND n.until > $3 OFFSET 0) AS p",
	 3,
	 {TEXTOID, INT8ARRAYOID, TIMESTAMPTZOID},
	 NULL};

static VgPlan hazard_insert_plan =
	{"INSERT INTO vigil.hazard (profile, subject, model, situation_bit, raised_at, last_seen_at,"
	 " count, cleared_at, cleared_by, clear_reason, evidence, lon, lat, region_code)"
	 " SELECT $1, u.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AS u",
	 14,
	 {TEXTOID, INT8ARRAYOID, TEXTARRAYOID, INT2ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID,
	  INT4ARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, TEXTARRAYOID, JSONBARRAYOID, FLOAT8ARRAYOID,
	  FLOAT8ARRAYOID, INT8ARRAYOID},
	 NULL};

static VgPlan hazard_update_plan =
	{"UPDATE vigil.hazard AS h SET last_seen_at = u.last_seen_at, count = u.count,"
	 " evidence = u.evidence, cleared_at = u.cleared_at, cleared_by = u.cleared_by,"
	 " clear_reason = u.reason"
	 " FROM unnest($1, $2, $3, $4, $5, $6, $7)"
	 " AS u (tid, last_seen_at, count, cleared_at, cleared_by, reason, evidence)"
	 " WHERE h.ctid = u.tid",
	 7,
	 {TIDARRAYOID, TIMESTAMPTZARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID,
	  TEXTARRAYOID, JSONBARRAYOID},
	 NULL};

static VgPlan state_plan =
	{"UPDATE vigil.risk_state AS s SET own_mask = u.own_mask, inherited_mask = u.inherited_mask,"
	 " score = u.score, colour = u.colour::vigil.colour, better_since = u.better_since,"
	 " better_colour = u.better_colour::vigil.colour, recover_at = u.recover_at,"
	 " changed_at = u.changed_at, lon = u.lon, lat = u.lat, region_code = u.region_code"
	 " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	 " AS u (tid, own_mask, inherited_mask, score, colour, better_since, better_colour, recover_at,"
	 " changed_at, lon, lat, region_code) WHERE s.ctid = u.tid",
	 12,
	 {TIDARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
	  TEXTARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID,
	  INT8ARRAYOID},
	 NULL};

static VgPlan change_plan =
	{"INSERT INTO vigil.risk_change (profile, subject, at, from_colour, colour, from_score, score,"
	 " from_mask, mask, why, region_code)"
	 " SELECT $1, u.subject, u.at, u.from_colour::vigil.colour, u.colour::vigil.colour,"
	 " u.from_score, u.score, u.from_mask, u.mask, string_to_array(u.why, ' '), u.region_code"
	 " FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
	 " AS u (subject, at, from_colour, colour, from_score, score, from_mask, mask, why,"
	 " region_code)",
	 11,
	 {TEXTOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, TEXTARRAYOID, INT4ARRAYOID,
	  INT4ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID},
	 NULL};

static const char *const colour_names[] = {"green", "yellow", "red"};

static bool needs_row(const VgRiskEvent *event);
static void subject_load(VgRiskSubject *subject, uint64 row);
static void changed_elsewhere(const char *table) pg_attribute_noreturn();
static Datum subject_array(const VgRiskBatch *batch);
static char *field_text(uint64 row, int column);
static ItemPointerData field_tid(uint64 row, int column);
static VgColour field_colour(uint64 row, int column);
static void write_new_hazards(VgRiskBatch *batch);
static void write_known_hazards(VgRiskBatch *batch);
static void write_states(VgRiskBatch *batch);
static void write_changes(VgRiskBatch *batch);
static void columns_init(VgColumn *columns, const VgPlan *plan, int first, int capacity);
static void columns_arrays(const VgColumn *columns, int count, Datum *values);
static void add_time(VgColumn *column, TimestampTz at);
static void add_id(VgColumn *column, int64 id);

/* vg_store_create: rows for subjects that may turn from nothing to something; the others are left
 * without. */
void
vg_store_create(VgRiskBatch *batch)
{
	VgColumn columns[2];
	Datum values[3] = {CStringGetTextDatum(batch->profile.code)};

	columns_init(columns, &create_plan, 1, 64);
	for (int i = 0; i < batch->event_count; i++)
	{
		const VgRiskEvent *event = &batch->events[i];
		VgColumn *subjects = &columns[0];

		if (!needs_row(event))
			continue;
		if (subjects->count > 0 &&
			DatumGetInt64(subjects->values[subjects->count - 1]) == event->subject)
			continue;
		vg_column_add(subjects, Int64GetDatum(event->subject));
		vg_column_add(&columns[1], TimestampTzGetDatum(event->at));
	}
	if (columns[0].count == 0)
		return;
	columns_arrays(columns, 2, values + 1);
	vg_spi_run(&create_plan, values, NULL, false, SPI_OK_INSERT);
}

static bool
needs_row(const VgRiskEvent *event)
{
	if (event->kind == VG_EVENT_INHERIT)
		return event->inherited_mask != 0;
	return event->kind == VG_EVENT_HAZARD && event->effect->kind == VG_HAZARD_RAISE &&
		   event->model->raises;
}

void
vg_store_lock(VgRiskBatch *batch)
{
	VgColumn subjects;
	Datum values[2] = {CStringGetTextDatum(batch->profile.code)};
	int count;

	vg_column_init(&subjects, INT8OID, 64);
	for (int i = 0; i < batch->event_count; i++)
		if (i == 0 || batch->events[i].subject != batch->events[i - 1].subject)
			vg_column_add(&subjects, Int64GetDatum(batch->events[i].subject));
	values[1] = vg_column_array(&subjects);
	count = vg_spi_run(batch->skip_locked ? &lock_free_plan : &lock_plan, values, NULL, false,
					   SPI_OK_SELECT);
	batch->subjects = palloc_extended(mul_size(Max(count, 1), sizeof(VgRiskSubject)),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	batch->subject_count = count;
	for (int i = 0; i < count; i++)
		subject_load(&batch->subjects[i], i);
	SPI_freetuptable(SPI_tuptable);
}

static void
subject_load(VgRiskSubject *subject, uint64 row)
{
	subject->subject = vg_spi_int8(row, 1, 0);
	subject->own_mask = (uint64) vg_spi_int8(row, 2, 0);
	subject->inherited_mask = (uint64) vg_spi_int8(row, 3, 0);
	subject->colour.mask = subject->own_mask | subject->inherited_mask;
	subject->colour.score = vg_spi_int4(row, 4);
	subject->colour.colour = field_colour(row, 5);
	subject->colour.better_since = vg_spi_int8(row, 6, VG_NEVER);
	subject->colour.better_colour = field_colour(row, 7);
	subject->changed_at = vg_spi_int8(row, 8, VG_NEVER);
	subject->region_code = vg_spi_int8(row, 9, 0);
	subject->lon = vg_spi_float8(row, 10);
	subject->lat = vg_spi_float8(row, 11);
	subject->tid = field_tid(row, 12);
	subject->recover_at = vg_spi_int8(row, 13, VG_NEVER);
	subject->was_coloured = subject->colour.colour != VG_GREEN;
}

void
vg_store_load_hazards(VgRiskBatch *batch)
{
	Datum values[2] = {CStringGetTextDatum(batch->profile.code), subject_array(batch)};
	uint64 count = vg_spi_run(&hazards_plan, values, NULL, false, SPI_OK_SELECT);

	for (uint64 row = 0; row < count; row++)
	{
		VgRiskSubject *subject = vg_batch_subject(batch, vg_spi_int8(row, 1, 0));
		VgHazardRow *hazard = palloc0(sizeof(VgHazardRow));
		bool isnull;

		hazard->id = vg_spi_int8(row, 2, 0);
		hazard->model = field_text(row, 3);
		hazard->bit = DatumGetInt16(vg_spi_field(row, 4, &isnull));
		hazard->raised_at = vg_spi_int8(row, 5, 0);
		hazard->last_seen_at = vg_spi_int8(row, 6, 0);
		hazard->count = vg_spi_int4(row, 7);
		hazard->evidence = DatumGetJsonbPCopy(vg_spi_field(row, 8, &isnull));
		hazard->tid = field_tid(row, 9);
		hazard->cleared_at = VG_NEVER;
		hazard->next = subject->hazards;
		subject->hazards = hazard;
	}
	SPI_freetuptable(SPI_tuptable);
}

void
vg_store_load_suppressions(VgRiskBatch *batch)
{
	TimestampTz first = PG_INT64_MAX;
	Datum values[3] = {CStringGetTextDatum(batch->profile.code), subject_array(batch)};
	uint64 count;

	for (int i = 0; i < batch->event_count; i++)
		first = Min(first, batch->events[i].at);
	values[2] = TimestampTzGetDatum(first);
	count = vg_spi_run(&suppressions_plan, values, NULL, false, SPI_OK_SELECT);
	for (uint64 row = 0; row < count; row++)
	{
		VgRiskSubject *subject = vg_batch_subject(batch, vg_spi_int8(row, 1, 0));
		VgSuppression *suppression = palloc0(sizeof(VgSuppression));

		suppression->model = field_text(row, 2);
		suppression->fence_id = vg_spi_int8(row, 3, 0);
		suppression->since = vg_spi_int8(row, 4, 0);
		suppression->until = vg_spi_int8(row, 5, 0);
		suppression->next = subject->suppressions;
		subject->suppressions = suppression;
	}
	SPI_freetuptable(SPI_tuptable);
}

void
vg_store_write(VgRiskBatch *batch)
{
	write_known_hazards(batch); /* first: what it closes makes room under hazard_open_idx */
	write_new_hazards(batch);
	write_states(batch);
	write_changes(batch);
}

static void
write_new_hazards(VgRiskBatch *batch)
{
	VgColumn columns[13];
	Datum values[14] = {CStringGetTextDatum(batch->profile.code)};

	if (batch->opened == 0)
		return;
	columns_init(columns, &hazard_insert_plan, 1, batch->opened);
	for (int i = 0; i < batch->subject_count; i++)
		for (VgHazardRow *hazard = batch->subjects[i].hazards; hazard != NULL;
			 hazard = hazard->next)
		{
			if (hazard->id != 0)
				continue;
			vg_column_add(&columns[0], Int64GetDatum(batch->subjects[i].subject));
			vg_column_add_text(&columns[1], hazard->model);
			vg_column_add(&columns[2], Int16GetDatum(hazard->bit));
			vg_column_add(&columns[3], TimestampTzGetDatum(hazard->raised_at));
			vg_column_add(&columns[4], TimestampTzGetDatum(hazard->last_seen_at));
			vg_column_add(&columns[5], Int32GetDatum(hazard->count));
			add_time(&columns[6], hazard->cleared_at);
			vg_column_add_text(&columns[7], hazard->cleared_by);
			vg_column_add_text(&columns[8], hazard->reason);
			vg_column_add(&columns[9], JsonbPGetDatum(hazard->evidence));
			vg_column_add_float8(&columns[10], hazard->lon);
			vg_column_add_float8(&columns[11], hazard->lat);
			add_id(&columns[12], hazard->region_code);
		}
	columns_arrays(columns, lengthof(columns), values + 1);
	vg_spi_run(&hazard_insert_plan, values, NULL, false, SPI_OK_INSERT);
}

static void
write_known_hazards(VgRiskBatch *batch)
{
	VgColumn columns[7];
	Datum values[7];

	columns_init(columns, &hazard_update_plan, 0, 64);
	for (int i = 0; i < batch->subject_count; i++)
		for (VgHazardRow *hazard = batch->subjects[i].hazards; hazard != NULL;
			 hazard = hazard->next)
		{
			if (hazard->id == 0 || !hazard->changed)
				continue;
			vg_column_add(&columns[0], PointerGetDatum(&hazard->tid));
			vg_column_add(&columns[1], TimestampTzGetDatum(hazard->last_seen_at));
			vg_column_add(&columns[2], Int32GetDatum(hazard->count));
			add_time(&columns[3], hazard->cleared_at);
			vg_column_add_text(&columns[4], hazard->cleared_by);
			vg_column_add_text(&columns[5], hazard->reason);
			vg_column_add(&columns[6], JsonbPGetDatum(hazard->evidence));
		}
	if (columns[0].count == 0)
		return;
	columns_arrays(columns, lengthof(columns), values);
	if (vg_spi_run(&hazard_update_plan, values, NULL, false, SPI_OK_UPDATE) !=
		(uint64) columns[0].count)
		changed_elsewhere("hazard");
}

static void
write_states(VgRiskBatch *batch)
{
	VgColumn columns[12];
	Datum values[12];

	columns_init(columns, &state_plan, 0, batch->subject_count);
	for (int i = 0; i < batch->subject_count; i++)
	{
		VgRiskSubject *subject = &batch->subjects[i];
		const VgColourState *colour = &subject->colour;
		bool recovers = colour->better_since != VG_NEVER;
		TimestampTz recover_at =
			recovers ? colour->better_since + batch->profile.rule.hold_us : VG_NEVER;

		/* a hold time that was changed moves recover_at by itself */
		if (!subject->changed && recover_at == subject->recover_at)
			continue;
		vg_column_add(&columns[0], PointerGetDatum(&subject->tid));
		vg_column_add(&columns[1], Int64GetDatum((int64) subject->own_mask));
		vg_column_add(&columns[2], Int64GetDatum((int64) subject->inherited_mask));
		vg_column_add(&columns[3], Int32GetDatum(colour->score));
		vg_column_add_text(&columns[4], colour_names[colour->colour]);
		add_time(&columns[5], colour->better_since);
		vg_column_add_text(&columns[6], recovers ? colour_names[colour->better_colour] : NULL);
		add_time(&columns[7], recover_at);
		vg_column_add(&columns[8], TimestampTzGetDatum(subject->changed_at));
		vg_column_add_float8(&columns[9], subject->lon);
		vg_column_add_float8(&columns[10], subject->lat);
		add_id(&columns[11], subject->region_code);
	}
	if (columns[0].count == 0)
		return;
	columns_arrays(columns, lengthof(columns), values);
	if (vg_spi_run(&state_plan, values, NULL, false, SPI_OK_UPDATE) != (uint64) columns[0].count)
		changed_elsewhere("risk_state");
}

static void
write_changes(VgRiskBatch *batch)
{
	VgColumn columns[10];
	Datum values[11] = {CStringGetTextDatum(batch->profile.code)};

	if (batch->change_count == 0)
		return;
	columns_init(columns, &change_plan, 1, batch->change_count);
	for (int i = 0; i < batch->change_count; i++)
	{
		const VgRiskChange *change = &batch->changes[i];

		vg_column_add(&columns[0], Int64GetDatum(change->subject));
		vg_column_add(&columns[1], TimestampTzGetDatum(change->at));
		vg_column_add_text(&columns[2], colour_names[change->from_colour]);
		vg_column_add_text(&columns[3], colour_names[change->colour]);
		vg_column_add(&columns[4], Int32GetDatum(change->from_score));
		vg_column_add(&columns[5], Int32GetDatum(change->score));
		vg_column_add(&columns[6], Int64GetDatum((int64) change->from_mask));
		vg_column_add(&columns[7], Int64GetDatum((int64) change->mask));
		vg_column_add_text(&columns[8], change->why);
		add_id(&columns[9], change->region_code);
	}
	columns_arrays(columns, lengthof(columns), values + 1);
	vg_spi_run(&change_plan, values, NULL, false, SPI_OK_INSERT);
}

/* changed_elsewhere: rows that this batch holds were changed by hand; every function of vigil takes
 * the lock first. */
static void
changed_elsewhere(const char *table)
{
	ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			errmsg("rows of vigil.%s were changed by another statement at the same time", table),
			errhint("Run the statement again. Change risks with vigil.raise_hazard() and "
					"vigil.clear_hazard(), not with UPDATE."));
}

/* subject_array: the subjects that have a row, as a parameter. */
static Datum
subject_array(const VgRiskBatch *batch)
{
	VgColumn subjects;

	vg_column_init(&subjects, INT8OID, batch->subject_count);
	for (int i = 0; i < batch->subject_count; i++)
		vg_column_add(&subjects, Int64GetDatum(batch->subjects[i].subject));
	return vg_column_array(&subjects);
}

static char *
field_text(uint64 row, int column)
{
	bool isnull;

	return TextDatumGetCString(vg_spi_field(row, column, &isnull));
}

static ItemPointerData
field_tid(uint64 row, int column)
{
	bool isnull;

	return *(ItemPointer) DatumGetPointer(vg_spi_field(row, column, &isnull));
}

/* field_colour: green where null. */
static VgColour
field_colour(uint64 row, int column)
{
	bool isnull;
	Datum value = vg_spi_field(row, column, &isnull);

	if (isnull)
		return VG_GREEN;
	switch (*VARDATA_ANY(DatumGetTextPP(value)))
	{
		case 'r':
			return VG_RED;
		case 'y':
			return VG_YELLOW;
		default:
			return VG_GREEN;
	}
}

/* columns_init: a column for each array parameter of the plan, from number first on. */
static void
columns_init(VgColumn *columns, const VgPlan *plan, int first, int capacity)
{
	for (int i = first; i < plan->parameters; i++)
		vg_column_init(&columns[i - first], get_element_type(plan->types[i]), capacity);
}

static void
columns_arrays(const VgColumn *columns, int count, Datum *values)
{
	for (int i = 0; i < count; i++)
		values[i] = vg_column_array(&columns[i]);
}

static void
add_time(VgColumn *column, TimestampTz at)
{
	if (at == VG_NEVER)
		vg_column_add_null(column);
	else
		vg_column_add(column, TimestampTzGetDatum(at));
}

static void
add_id(VgColumn *column, int64 id)
{
	if (id == 0)
		vg_column_add_null(column);
	else
		vg_column_add(column, Int64GetDatum(id));
}
