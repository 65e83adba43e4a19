/*
 * riskwalk.c: each subject of a batch through its events in time order: hazards open and close, the
 * mask follows them, the colour follows the mask.
 *
 * Times: hazards keep the time of their observation.  The colour's own clock never runs backwards:
 * an event older than the subject's last change counts at that change, so that risk_change reads as
 * one chain.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "evidence.h"
#include "riskbatch.h"
#include "spi.h"

static VgRiskBatch *batch_create(const char *profile, VgRiskEvent *events, int count);
static void models_resolve(VgRiskBatch *batch, const VgCatalog *catalog);
static VgBatchModel *model_resolve(const VgRiskBatch *batch, const VgCatalog *catalog,
								   const char *code);
static int event_order(const void *a, const void *b);
static bool has_kind(const VgRiskBatch *batch, VgRiskEventKind kind);
static void walk_events(VgRiskBatch *batch);
static int walk_moment(VgRiskBatch *batch, VgRiskSubject *subject, int first);
static void recover_until(VgRiskBatch *batch, VgRiskSubject *subject, TimestampTz now);
static void event_apply(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event,
						StringInfo why);
static void hazard_raise(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event,
						 StringInfo why);
static void hazard_open(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event);
static void hazard_touch(VgHazardRow *hazard, const VgHazardEffect *effect);
static void hazard_clear(VgRiskBatch *batch, VgRiskSubject *subject, const VgHazardEffect *effect,
						 StringInfo why);
static VgHazardRow *hazard_find(VgRiskSubject *subject, const char *model);
static bool suppressed(const VgRiskSubject *subject, const VgHazardEffect *effect);
static void place_keep(VgRiskSubject *subject, const VgHazardEffect *effect);
static void why_add(StringInfo why, const char *sign, const char *word);
static bool colour_step(VgRiskBatch *batch, VgRiskSubject *subject, TimestampTz now,
						const char *why);
static void change_add(VgRiskBatch *batch, VgRiskSubject *subject, const VgColourState *before,
					   TimestampTz at, const char *why);
static void follow_risk(const VgRiskBatch *batch);
static int plan_for_keys(void);

VgRiskResult
vg_risk_walk(const char *profile, VgRiskEvent *events, int count, bool skip_locked)
{
	VgRiskResult result = {0};
	VgRiskBatch *batch;
	MemoryContext caller;
	VgOwnerRights saved;
	int nest;

	if (count == 0)
		return result;
	batch = batch_create(profile, events, count);
	batch->skip_locked = skip_locked;
	vg_owner_rights_begin(&saved);
	SPI_connect();
	nest = plan_for_keys();
	caller = MemoryContextSwitchTo(batch->context);

	vg_store_create(batch);
	vg_store_lock(batch);
	if (has_kind(batch, VG_EVENT_HAZARD))
	{
		vg_store_load_hazards(batch);
		vg_store_load_suppressions(batch);
	}
	walk_events(batch);
	vg_store_write(batch);

	AtEOXact_GUC(true, nest);
	follow_risk(batch);
	MemoryContextSwitchTo(caller);
	SPI_finish();
	vg_owner_rights_end(&saved);
	result.hazards = batch->opened + batch->closed;
	result.subjects = batch->coloured;
	MemoryContextDelete(batch->context);
	return result;
}

static VgRiskBatch *
batch_create(const char *profile, VgRiskEvent *events, int count)
{
	const VgCatalog *catalog = vg_catalog();
	const VgProfile *found = vg_catalog_profile(catalog, profile, strlen(profile));
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "vigil risk batch", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	VgRiskBatch *batch = palloc0(sizeof(VgRiskBatch));

	if (found == NULL)
		vg_catalog_profile_unknown(catalog, profile, strlen(profile));
	batch->context = context;
	batch->profile = *found;
	batch->events = events;
	batch->event_count = count;
	models_resolve(batch, catalog);
	for (int i = 0; i < count; i++)
		events[i].order = i;
	qsort(events, count, sizeof(VgRiskEvent), event_order);
	MemoryContextSwitchTo(caller);
	return batch;
}

/* models_resolve: a copy of each model that the events name; there are few, whatever the number of
 * events. */
static void
models_resolve(VgRiskBatch *batch, const VgCatalog *catalog)
{
	List *seen = NIL;
	VgBatchModel *last = NULL;
	const char *last_code = NULL;

	for (int i = 0; i < batch->event_count; i++)
	{
		VgRiskEvent *event = &batch->events[i];
		ListCell *cell;

		if (event->kind != VG_EVENT_HAZARD)
			continue;
		if (event->effect->model != last_code)
		{
			last = NULL;
			last_code = event->effect->model;
			foreach (cell, seen)
				if (strcmp(((VgBatchModel *) lfirst(cell))->code, last_code) == 0)
					last = lfirst(cell);
			if (last == NULL)
				seen = lappend(seen, last = model_resolve(batch, catalog, last_code));
		}
		event->model = last;
	}
}

static VgBatchModel *
model_resolve(const VgRiskBatch *batch, const VgCatalog *catalog, const char *code)
{
	const VgModel *found = vg_catalog_model(catalog, batch->profile.domain, code);
	VgBatchModel *model = palloc0(sizeof(VgBatchModel));

	model->code = pstrdup(code);
	if (found == NULL)
		return model;
	model->bit = found->bit;
	model->version = found->version;
	model->raises = found->enabled;
	model->overrides = (Jsonb *) pg_detoast_datum_copy((struct varlena *) found->overrides);
	return model;
}

static int
event_order(const void *a, const void *b)
{
	const VgRiskEvent *left = a;
	const VgRiskEvent *right = b;

	if (left->subject != right->subject)
		return left->subject < right->subject ? -1 : 1;
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static bool
has_kind(const VgRiskBatch *batch, VgRiskEventKind kind)
{
	for (int i = 0; i < batch->event_count; i++)
		if (batch->events[i].kind == kind)
			return true;
	return false;
}

VgRiskSubject *
vg_batch_subject(VgRiskBatch *batch, int64 subject)
{
	int low = 0;
	int high = batch->subject_count - 1;

	while (low <= high)
	{
		int middle = low + (high - low) / 2;
		VgRiskSubject *found = &batch->subjects[middle];

		if (found->subject == subject)
			return found;
		if (found->subject < subject)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

static void
walk_events(VgRiskBatch *batch)
{
	VgRiskSubject *subject = NULL;
	int changes_before = 0;
	int i = 0;

	while (i < batch->event_count)
	{
		int64 id = batch->events[i].subject;

		CHECK_FOR_INTERRUPTS();
		subject = vg_batch_subject(batch, id);
		changes_before = batch->change_count;
		while (i < batch->event_count && batch->events[i].subject == id)
			i = subject != NULL ? walk_moment(batch, subject, i) : i + 1;
		if (batch->change_count > changes_before)
			batch->coloured++;
	}
}

/* walk_moment: all events of one subject at one time, then one step of its colour; returns the next
 * event's number. */
static int
walk_moment(VgRiskBatch *batch, VgRiskSubject *subject, int first)
{
	TimestampTz at = batch->events[first].at;
	TimestampTz now = Max(at, subject->changed_at);
	bool steps = false;
	StringInfoData why = {0};
	int i = first;

	recover_until(batch, subject, now);
	subject->at = at;
	for (; i < batch->event_count && batch->events[i].subject == subject->subject &&
		   batch->events[i].at == at;
		 i++)
	{
		event_apply(batch, subject, &batch->events[i], &why);
		steps |= batch->events[i].kind != VG_EVENT_RECOVER;
	}
	if (steps)
		colour_step(batch, subject, now, why.len > 0 ? why.data : "");
	return i;
}

/* recover_until: recoveries that fell due up to now, each at its own time. */
static void
recover_until(VgRiskBatch *batch, VgRiskSubject *subject, TimestampTz now)
{
	while (subject->colour.better_since != VG_NEVER &&
		   now - subject->colour.better_since >= batch->profile.rule.hold_us)
	{
		TimestampTz due = subject->colour.better_since + batch->profile.rule.hold_us;
		VgColour before = subject->colour.colour;

		if (!colour_step(batch, subject, Max(due, subject->changed_at), "recover") ||
			subject->colour.colour >= before)
			break; /* the rules changed meanwhile: this was no recovery */
	}
}

static void
event_apply(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event, StringInfo why)
{
	switch (event->kind)
	{
		case VG_EVENT_HAZARD:
			place_keep(subject, event->effect);
			switch (event->effect->kind)
			{
				case VG_HAZARD_RAISE:
					hazard_raise(batch, subject, event, why);
					break;
				case VG_HAZARD_TOUCH:
					if (event->model->raises)
						hazard_touch(hazard_find(subject, event->model->code), event->effect);
					break;
				case VG_HAZARD_CLEAR:
					hazard_clear(batch, subject, event->effect, why);
					break;
			}
			break;
		case VG_EVENT_INHERIT:
			if (subject->inherited_mask == event->inherited_mask)
				break;
			subject->inherited_mask = event->inherited_mask;
			subject->changed = true;
			why_add(why, "", "inherit");
			break;
		case VG_EVENT_CATALOGUE:
			why_add(why, "", "catalogue");
			break;
		case VG_EVENT_RECOVER:
			break;
	}
}

static void
hazard_raise(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event, StringInfo why)
{
	VgHazardRow *open = hazard_find(subject, event->model->code);

	if (!event->model->raises)
		return;
	if (open != NULL)
		hazard_touch(open, event->effect);
	else if (!suppressed(subject, event->effect))
	{
		hazard_open(batch, subject, event);
		why_add(why, "+", event->model->code);
	}
}

static void
hazard_open(VgRiskBatch *batch, VgRiskSubject *subject, const VgRiskEvent *event)
{
	const VgHazardEffect *effect = event->effect;
	VgHazardRow *hazard = palloc0(sizeof(VgHazardRow));
	VgHazardRow **end = &subject->hazards;

	hazard->model = event->model->code;
	hazard->bit = event->model->bit;
	hazard->raised_at = hazard->last_seen_at = effect->at;
	hazard->cleared_at = VG_NEVER;
	hazard->count = Max(effect->count, 1);
	hazard->evidence =
		vg_evidence_open(effect->evidence, event->model->version, event->model->overrides);
	hazard->region_code = effect->region_code;
	hazard->lon = effect->lon;
	hazard->lat = effect->lat;
	while (*end != NULL)
		end = &(*end)->next;
	*end = hazard;
	subject->own_mask |= UINT64_C(1) << hazard->bit;
	subject->changed = subject->hazards_changed = true;
	batch->opened++;
}

/* hazard_touch: seen again; nothing if it is not open. */
static void
hazard_touch(VgHazardRow *hazard, const VgHazardEffect *effect)
{
	if (hazard == NULL)
		return;
	hazard->last_seen_at = Max(hazard->last_seen_at, effect->at);
	hazard->count += Max(effect->count, 1);
	hazard->evidence = vg_evidence_merge(hazard->evidence, effect->evidence);
	hazard->changed = true;
}

static void
hazard_clear(VgRiskBatch *batch, VgRiskSubject *subject, const VgHazardEffect *effect,
			 StringInfo why)
{
	VgHazardRow *hazard = hazard_find(subject, effect->model);

	if (hazard == NULL)
		return;
	hazard->cleared_at = Max(effect->at, hazard->raised_at);
	hazard->cleared_by = effect->clear_by;
	hazard->reason = effect->reason;
	hazard->evidence = vg_evidence_merge(hazard->evidence, effect->evidence);
	hazard->changed = true;
	why_add(why, "-", effect->model);

	subject->own_mask = 0;
	for (const VgHazardRow *other = subject->hazards; other != NULL; other = other->next)
		if (other->cleared_at == VG_NEVER)
			subject->own_mask |= UINT64_C(1) << other->bit;
	subject->changed = subject->hazards_changed = true;
	batch->closed++;
}

/* hazard_find: the subject's open hazard of this model, or NULL. */
static VgHazardRow *
hazard_find(VgRiskSubject *subject, const char *model)
{
	for (VgHazardRow *hazard = subject->hazards; hazard != NULL; hazard = hazard->next)
		if (hazard->cleared_at == VG_NEVER && strcmp(hazard->model, model) == 0)
			return hazard;
	return NULL;
}

/* suppressed: whether the model is to stay silent on the subject now, everywhere or at the fence of
 * the evidence. */
static bool
suppressed(const VgRiskSubject *subject, const VgHazardEffect *effect)
{
	for (const VgSuppression *one = subject->suppressions; one != NULL; one = one->next)
		if (effect->at >= one->since && effect->at < one->until &&
			strcmp(one->model, effect->model) == 0 &&
			(one->fence_id == 0 ||
			 one->fence_id == vg_evidence_id(effect->evidence, "fence_id", 0)))
			return true;
	return false;
}

static void
place_keep(VgRiskSubject *subject, const VgHazardEffect *effect)
{
	if (effect->region_code != 0)
		subject->region_code = effect->region_code;
	if (isnan(effect->lon) || isnan(effect->lat))
		return;
	subject->lon = effect->lon;
	subject->lat = effect->lat;
}

static void
why_add(StringInfo why, const char *sign, const char *word)
{
	if (why->data == NULL) /* most moments change nothing worth a word */
		initStringInfo(why);
	appendStringInfo(why, "%s%s%s", why->len > 0 ? " " : "", sign, word);
}

/* colour_step: the colour after the mask as it is now; records a change of mask, score or colour
 * and says whether. */
static bool
colour_step(VgRiskBatch *batch, VgRiskSubject *subject, TimestampTz now, const char *why)
{
	VgColourState before = subject->colour;
	bool changed = vg_colour_step(&subject->colour, subject->own_mask | subject->inherited_mask,
								  now, &batch->profile.score, &batch->profile.rule);

	if (changed || before.score != subject->colour.score)
	{
		/* a recovery, or a model that changed no mask, does not lower or move a score: the rules
		 * did */
		if (why[0] == '\0' ||
			(strcmp(why, "recover") == 0 && before.score != subject->colour.score))
			why = "catalogue";
		change_add(batch, subject, &before, now, why);
		return true;
	}
	if (before.better_since != subject->colour.better_since ||
		before.better_colour != subject->colour.better_colour)
		subject->changed = true;
	return false;
}

static void
change_add(VgRiskBatch *batch, VgRiskSubject *subject, const VgColourState *before, TimestampTz at,
		   const char *why)
{
	VgRiskChange *change;

	if (batch->change_count == batch->change_capacity)
	{
		batch->change_capacity = Max(64, 2 * batch->change_capacity);
		batch->changes = batch->changes == NULL
							 ? palloc(batch->change_capacity * sizeof(VgRiskChange))
							 : repalloc_huge(batch->changes, mul_size(batch->change_capacity,
																	  sizeof(VgRiskChange)));
	}
	change = &batch->changes[batch->change_count++];
	change->subject = subject->subject;
	change->region_code = subject->region_code;
	change->at = at;
	change->from_mask = before->mask;
	change->mask = subject->colour.mask;
	change->why = why;
	change->from_score = before->score;
	change->score = subject->colour.score;
	change->from_colour = before->colour;
	change->colour = subject->colour.colour;
	subject->changed_at = at;
	subject->changed = true;
	subject->colour_changed |= before->colour != subject->colour.colour;
}

/* follow_risk: let incidents follow colours and, where a subject is not green, its open hazards. */
static void
follow_risk(const VgRiskBatch *batch)
{
	Oid types[] = {TEXTOID,		   INT8ARRAYOID,   TIMESTAMPTZARRAYOID,
				   FLOAT8ARRAYOID, FLOAT8ARRAYOID, INT8ARRAYOID};
	Oid function =
		LookupFuncName(list_make2(makeString(pstrdup("vigil")), makeString(pstrdup("follow_risk"))),
					   lengthof(types), types, true);
	VgColumn subjects, ats, lons, lats, regions;

	vg_column_init(&subjects, INT8OID, 64);
	vg_column_init(&ats, TIMESTAMPTZOID, 64);
	vg_column_init(&lons, FLOAT8OID, 64);
	vg_column_init(&lats, FLOAT8OID, 64);
	vg_column_init(&regions, INT8OID, 64);
	for (int i = 0; i < batch->subject_count; i++)
	{
		const VgRiskSubject *subject = &batch->subjects[i];
		bool coloured = subject->was_coloured || subject->colour.colour != VG_GREEN;

		if (!subject->colour_changed && !(subject->hazards_changed && coloured))
			continue;
		vg_column_add(&subjects, Int64GetDatum(subject->subject));
		vg_column_add(&ats, TimestampTzGetDatum(Max(subject->at, subject->changed_at)));
		vg_column_add_float8(&lons, subject->lon);
		vg_column_add_float8(&lats, subject->lat);
		if (subject->region_code != 0)
			vg_column_add(&regions, Int64GetDatum(subject->region_code));
		else
			vg_column_add_null(&regions);
	}
	if (subjects.count > 0 && OidIsValid(function))
		OidFunctionCall6(function, CStringGetTextDatum(batch->profile.code),
						 vg_column_array(&subjects), vg_column_array(&ats), vg_column_array(&lons),
						 vg_column_array(&lats), vg_column_array(&regions));
}

void
vg_owner_rights_begin(VgOwnerRights *saved)
{
	Oid relid = get_relname_relid("risk_state", get_namespace_oid("vigil", false));
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "relation vigil.risk_state does not exist");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	GetUserIdAndSecContext(&saved->user, &saved->context);
	SetUserIdAndSecContext(owner,
						   saved->context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	saved->guc_level = vg_search_path_pin();
}

void
vg_owner_rights_end(const VgOwnerRights *saved)
{
	AtEOXact_GUC(true, saved->guc_level);
	SetUserIdAndSecContext(saved->user, saved->context);
}

/*
 * plan_for_keys: plan the batch's statements as index lookups by key, until AtEOXact_GUC.  They are
 * planned when the tables are still empty and unanalysed; a scan of the whole table would stay
 * right for a day and then be ruinous.
 */
static int
plan_for_keys(void)
{
	static const char *const names[] = {"enable_seqscan", "enable_hashjoin", "enable_mergejoin"};
	int nest = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(names); i++)
		(void) set_config_option(names[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
	return nest;
}
