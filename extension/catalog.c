/*
 * catalog.c: the per-backend cache of profile, situation, model and colour_rule, and its
 * invalidation.
 *
 * Changing a row sends no relcache message by itself; the statement trigger
 * vigil.catalogue_changed() does.  The callback only counts; the next vg_catalog() reads the tables
 * again, with a catalogue snapshot: the transaction's own would bring stale rows back under
 * REPEATABLE READ, and a latest snapshot is refused in a parallel worker.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "catalog.h"

PG_FUNCTION_INFO_V1(vigil_catalogue_changed);

typedef enum CatalogTable
{
	TABLE_PROFILE,
	TABLE_SITUATION,
	TABLE_MODEL,
	TABLE_COLOUR_RULE,
	TABLES
} CatalogTable;

static const char *const table_names[TABLES] = {"profile", "situation", "model", "colour_rule"};

/* One row of a table under way: values by column number, found by name. */
typedef struct CatalogRow
{
	Relation table;
	TupleTableSlot *slot;
} CatalogRow;

typedef void (*RowReader)(VgCatalog *catalog, CatalogRow *row, int number);

#define FIRST_SIZE 8 /* elements of a growing array, a power of two */

static Oid table_relids[TABLES]; /* as of the last load */
static uint64 current_generation = 1;
static VgCatalog *loaded_catalog = NULL;

static void catalog_invalidate(Datum arg, Oid relid);
static VgCatalog *catalog_load(void);
static void catalog_resolve(void);
static int table_read(VgCatalog *catalog, Relation table, Snapshot snapshot, RowReader reader);
static void read_profile(VgCatalog *catalog, CatalogRow *row, int number);
static void read_situation(VgCatalog *catalog, CatalogRow *row, int number);
static void read_model(VgCatalog *catalog, CatalogRow *row, int number);
static void read_colour_rule(VgCatalog *catalog, CatalogRow *row, int number);
static void models_finish(VgCatalog *catalog);
static void profiles_finish(VgCatalog *catalog);
static void *grown(void *array, int count, Size element);
static Datum column(CatalogRow *row, const char *name, bool *isnull);
static int32 column_int(CatalogRow *row, const char *name);
static bool column_bool(CatalogRow *row, const char *name);
static void column_name(CatalogRow *row, const char *name, char *out);
static Jsonb *column_jsonb(CatalogRow *row, const char *name);
static Jsonb *overrides_of(Jsonb *defaults, Jsonb *parameters);
static bool value_equal(JsonbValue *a, JsonbValue *b);
static const VgSituation *situation_find(const VgCatalog *catalog, const char *domain,
										 const char *code);
static int profile_by_code(const void *a, const void *b);
static int model_by_number(const void *a, const void *b);
static int model_by_code(const void *a, const void *b);

void
vg_catalog_init(void)
{
	CacheRegisterRelcacheCallback(catalog_invalidate, (Datum) 0);
}

static void
catalog_invalidate(Datum arg, Oid relid)
{
	bool ours = !OidIsValid(relid);

	for (int which = 0; which < TABLES && !ours; which++)
		ours = relid == table_relids[which];
	if (ours)
		current_generation++;
}

uint64
vg_catalog_generation(void)
{
	return current_generation;
}

/* vg_catalog: the catalogue as committed (and as changed by this transaction), read again if it may
 * have changed. */
const VgCatalog *
vg_catalog(void)
{
	AcceptInvalidationMessages();
	while (loaded_catalog == NULL || loaded_catalog->generation != current_generation)
	{
		uint64 generation;
		VgCatalog *fresh;

		catalog_resolve();
		generation = current_generation; /* an invalidation may arrive while loading */
		fresh = catalog_load();
		fresh->generation = generation;
		MemoryContextSetParent(fresh->context, CacheMemoryContext);
		if (loaded_catalog != NULL)
			MemoryContextDelete(loaded_catalog->context);
		loaded_catalog = fresh;
	}
	return loaded_catalog;
}

const VgProfile *
vg_catalog_profile(const VgCatalog *catalog, const char *code, int length)
{
	for (int i = 0; i < catalog->profile_count; i++)
	{
		const VgProfile *profile = &catalog->profiles[i];

		if (strncmp(profile->code, code, length) == 0 && profile->code[length] == '\0')
			return profile;
	}
	return NULL;
}

int32
vg_model_int(const VgModel *model, const char *name, int32 otherwise)
{
	JsonbValue value;
	bool overflow = false;
	int32 number;

	if (model->parameters == NULL ||
		getKeyJsonValueFromContainer(&model->parameters->root, name, strlen(name), &value) ==
			NULL ||
		value.type != jbvNumeric)
		return otherwise;
	number = numeric_int4_opt_error(value.val.numeric, &overflow);
	return overflow ? otherwise : number;
}

const VgModel *
vg_catalog_model(const VgCatalog *catalog, const char *domain, const char *code)
{
	int low = 0;
	int high = catalog->model_count - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		const VgModel *model = catalog->models_by_code[middle];
		int order = strcmp(model->domain, domain);

		if (order == 0)
			order = strcmp(model->code, code);
		if (order == 0)
			return model;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

void
vg_catalog_profile_unknown(const VgCatalog *catalog, const char *code, int length)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < catalog->profile_count; i++)
		appendStringInfo(&known, "%s\"%s\"", i > 0 ? ", " : "", catalog->profiles[i].code);
	if (catalog->profile_count == 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("profile \"%.*s\" does not exist", length, code),
				errdetail("The catalogue is empty."),
				errhint("Load it with SELECT vigil.setup()."));
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("profile \"%.*s\" does not exist", length, code),
			errdetail("Known profiles: %s.", known.data));
}

/* vigil_catalogue_changed: statement trigger of the catalogue's tables. */
Datum
vigil_catalogue_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) ||
		!TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("vigil.catalogue_changed() must be an AFTER STATEMENT trigger"));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

/* catalog_resolve: the tables' oids now; CREATE EXTENSION after DROP EXTENSION makes new ones. */
static void
catalog_resolve(void)
{
	Oid schema = get_namespace_oid("vigil", false);

	for (int which = 0; which < TABLES; which++)
	{
		table_relids[which] = get_relname_relid(table_names[which], schema);
		if (!OidIsValid(table_relids[which]))
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
					errmsg("relation \"vigil.%s\" does not exist", table_names[which]),
					errhint(
						"Create the extension in this database: CREATE EXTENSION vigil CASCADE."));
	}
}

/* catalog_load: read the four tables, all as of one snapshot, into a context of their own, under
 * the caller's until it is complete. */
static VgCatalog *
catalog_load(void)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "vigil catalogue", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	VgCatalog *catalog = palloc0(sizeof(VgCatalog));
	Relation tables[TABLES];
	Snapshot snapshot;

	catalog->context = context;
	for (int which = 0; which < TABLES; which++)
		tables[which] = table_open(table_relids[which], AccessShareLock);
	snapshot = RegisterSnapshot(GetCatalogSnapshot(table_relids[TABLE_MODEL]));
	catalog->profile_count = table_read(catalog, tables[TABLE_PROFILE], snapshot, read_profile);
	table_read(catalog, tables[TABLE_COLOUR_RULE], snapshot, read_colour_rule);
	catalog->situation_count =
		table_read(catalog, tables[TABLE_SITUATION], snapshot, read_situation);
	catalog->model_count = table_read(catalog, tables[TABLE_MODEL], snapshot, read_model);
	UnregisterSnapshot(snapshot);
	for (int which = 0; which < TABLES; which++)
		table_close(tables[which], AccessShareLock);
	profiles_finish(catalog);
	models_finish(catalog);
	MemoryContextSwitchTo(caller);
	return catalog;
}

/* table_read: hand each row to the reader, which makes room for it; returns their number. */
static int
table_read(VgCatalog *catalog, Relation table, Snapshot snapshot, RowReader reader)
{
	CatalogRow row = {.table = table, .slot = table_slot_create(table, NULL)};
	TableScanDesc scan = table_beginscan(table, snapshot, 0, NULL);
	int count = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, row.slot))
	{
		CHECK_FOR_INTERRUPTS();
		reader(catalog, &row, count++);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(row.slot);
	return count;
}

/* grown: room for one more element of an array that doubles; NULL starts it. */
static void *
grown(void *array, int count, Size element)
{
	if (array == NULL)
		return palloc(FIRST_SIZE * element);
	if (count >= FIRST_SIZE && (count & (count - 1)) == 0)
		return repalloc(array, mul_size(mul_size(2, count), element));
	return array;
}

static void
read_profile(VgCatalog *catalog, CatalogRow *row, int number)
{
	VgProfile *profile;
	bool isnull;

	catalog->profiles = grown(catalog->profiles, number, sizeof(*profile));
	profile = &catalog->profiles[number];
	memset(profile, 0, sizeof(*profile));
	column_name(row, "code", profile->code);
	column_name(row, "domain", profile->domain);
	profile->situation_mask = (uint64) DatumGetInt64(column(row, "situation_mask", &isnull));
}

/* A profile without a colour rule never turns from green by score; setup gives each one. */
static void
read_colour_rule(VgCatalog *catalog, CatalogRow *row, int number)
{
	char code[NAMEDATALEN];

	column_name(row, "profile", code);
	for (int i = 0; i < catalog->profile_count; i++)
	{
		VgColourRule *rule = &catalog->profiles[i].rule;

		if (strcmp(catalog->profiles[i].code, code) != 0)
			continue;
		rule->red_below = column_int(row, "red_below");
		rule->yellow_below = column_int(row, "yellow_below");
		rule->recovery_margin = column_int(row, "recovery_margin");
		rule->hold_us = column_int(row, "hold_minutes") * VG_MINUTE;
	}
}

static void
read_situation(VgCatalog *catalog, CatalogRow *row, int number)
{
	VgSituation *situation;
	bool isnull;

	catalog->situations = grown(catalog->situations, number, sizeof(*situation));
	situation = &catalog->situations[number];
	memset(situation, 0, sizeof(*situation));
	column_name(row, "domain", situation->domain);
	column_name(row, "code", situation->code);
	situation->bit = DatumGetInt16(column(row, "bit", &isnull));
	situation->weight = column_int(row, "weight");
	situation->veto = column_bool(row, "veto");
}

static void
read_model(VgCatalog *catalog, CatalogRow *row, int number)
{
	VgModel *model;
	char name[NAMEDATALEN];
	Jsonb *defaults = column_jsonb(row, "parameters_default");
	Jsonb *parameters = column_jsonb(row, "parameters");
	const VgSituation *situation;
	Datum expression;
	bool isnull;

	catalog->models = grown(catalog->models, number, sizeof(*model));
	model = &catalog->models[number];
	memset(model, 0, sizeof(*model));
	column_name(row, "domain", model->domain);
	column_name(row, "code", model->code);
	column_name(row, "profile", model->profile);
	column_name(row, "feed", model->feed);
	column_name(row, "kind", name);
	model->kind = name[0];
	column_name(row, "situation", name);
	situation = situation_find(catalog, model->domain, name);
	if (situation == NULL) /* the foreign key was switched off */
		elog(ERROR, "model \"%s\" raises situation \"%s\", which does not exist", model->code,
			 name);
	model->bit = situation->bit;
	model->number = column_int(row, "number");
	model->version = column_int(row, "version");
	model->enabled = column_bool(row, "enabled");
	expression = column(row, "expression", &isnull);
	if (!isnull)
		model->expression = TextDatumGetCString(expression);
	model->parameters = DatumGetJsonbP(
		DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(defaults), JsonbPGetDatum(parameters)));
	model->overrides = overrides_of(defaults, parameters);
}

/* vg_catalog_score: the weights of the profile: those of its domain's situations that count for it.
 */
void
vg_catalog_score(const VgCatalog *catalog, VgProfile *profile)
{
	int32 weight[VG_SITUATION_BITS] = {0};
	bool veto[VG_SITUATION_BITS] = {false};

	for (int s = 0; s < catalog->situation_count; s++)
	{
		const VgSituation *situation = &catalog->situations[s];

		if (strcmp(situation->domain, profile->domain) != 0 ||
			(profile->situation_mask >> situation->bit & 1) == 0)
			continue;
		weight[situation->bit] = situation->weight;
		veto[situation->bit] = situation->veto;
	}
	vg_score_compile(&profile->score, weight, veto, VG_SITUATION_BITS);
}

static void
profiles_finish(VgCatalog *catalog)
{
	if (catalog->profile_count > 0)
		qsort(catalog->profiles, catalog->profile_count, sizeof(VgProfile), profile_by_code);
	for (int i = 0; i < catalog->profile_count; i++)
		vg_catalog_score(catalog, &catalog->profiles[i]);
}

static void
models_finish(VgCatalog *catalog)
{
	catalog->models_by_code = palloc(sizeof(VgModel *) * Max(catalog->model_count, 1));
	if (catalog->model_count == 0)
		return;
	qsort(catalog->models, catalog->model_count, sizeof(VgModel), model_by_number);
	for (int i = 0; i < catalog->model_count; i++)
		catalog->models_by_code[i] = &catalog->models[i];
	qsort(catalog->models_by_code, catalog->model_count, sizeof(VgModel *), model_by_code);
}

static Datum
column(CatalogRow *row, const char *name, bool *isnull)
{
	TupleDesc descriptor = RelationGetDescr(row->table);

	for (int i = 0; i < descriptor->natts; i++)
		if (!TupleDescAttr(descriptor, i)->attisdropped &&
			strcmp(NameStr(TupleDescAttr(descriptor, i)->attname), name) == 0)
			return slot_getattr(row->slot, i + 1, isnull);
	elog(ERROR, "column \"%s\" of relation \"vigil.%s\" does not exist", name,
		 RelationGetRelationName(row->table));
}

static int32
column_int(CatalogRow *row, const char *name)
{
	bool isnull;

	return DatumGetInt32(column(row, name, &isnull));
}

static bool
column_bool(CatalogRow *row, const char *name)
{
	bool isnull;

	return DatumGetBool(column(row, name, &isnull));
}

/* column_name: a text of up to 63 bytes, "" where null. */
static void
column_name(CatalogRow *row, const char *name, char *out)
{
	bool isnull;
	Datum value = column(row, name, &isnull);

	if (isnull)
		out[0] = '\0';
	else
		text_to_cstring_buffer(DatumGetTextPP(value), out, NAMEDATALEN);
}

static Jsonb *
column_jsonb(CatalogRow *row, const char *name)
{
	bool isnull;

	return DatumGetJsonbPCopy(column(row, name, &isnull));
}

/* overrides_of: the keys of parameters whose value is not the default's. */
static Jsonb *
overrides_of(Jsonb *defaults, Jsonb *parameters)
{
	JsonbParseState *state = NULL;
	JsonbIterator *iterator = JsonbIteratorInit(&parameters->root);
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		JsonbValue *standard;

		if (token != WJB_KEY)
			continue;
		JsonbIteratorNext(&iterator, &value, true);
		standard = findJsonbValueFromContainer(&defaults->root, JB_FOBJECT, &key);
		if (standard != NULL && value_equal(standard, &value))
			continue;
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

static bool
value_equal(JsonbValue *a, JsonbValue *b)
{
	return compareJsonbContainers(&JsonbValueToJsonb(a)->root, &JsonbValueToJsonb(b)->root) == 0;
}

static const VgSituation *
situation_find(const VgCatalog *catalog, const char *domain, const char *code)
{
	for (int i = 0; i < catalog->situation_count; i++)
		if (strcmp(catalog->situations[i].domain, domain) == 0 &&
			strcmp(catalog->situations[i].code, code) == 0)
			return &catalog->situations[i];
	return NULL;
}

static int
profile_by_code(const void *a, const void *b)
{
	return strcmp(((const VgProfile *) a)->code, ((const VgProfile *) b)->code);
}

static int
model_by_number(const void *a, const void *b)
{
	const VgModel *left = a;
	const VgModel *right = b;
	int order = strcmp(left->domain, right->domain);

	if (order != 0)
		return order;
	return left->number < right->number ? -1 : left->number > right->number;
}

static int
model_by_code(const void *a, const void *b)
{
	const VgModel *left = *(const VgModel *const *) a;
	const VgModel *right = *(const VgModel *const *) b;
	int order = strcmp(left->domain, right->domain);

	return order != 0 ? order : strcmp(left->code, right->code);
}
