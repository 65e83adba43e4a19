/*
 * effects.c: from raised and cleared models to hazards, masks, colours, incidents.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "parser/parse_func.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "riskbatch.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(vigil_apply_effects);
PG_FUNCTION_INFO_V1(vigil_step_states);

/* One array argument taken apart. */
typedef struct ArrayArgument
{
	Datum *values;
	bool *nulls;
	int count;
} ArrayArgument;

/* Arguments of vigil.apply_effects, by number. */
enum
{
	ARG_PROFILE,
	ARG_EFFECT,
	ARG_SUBJECT,
	ARG_MODEL,
	ARG_AT,
	ARG_EVIDENCE,
	ARG_REASON,
	ARG_REGION_CODE,
	ARG_LON,
	ARG_LAT,
	ARG_CLEARED_BY,
	ARGUMENTS
};

static VgPlan open_plan =
	{"SELECT DISTINCT h.subject, h.model FROM unnest($2, $3) AS u (subject, model)"
	 " JOIN vigil.hazard AS h ON h.profile = $1 AND h.subject = u.subject AND h.model = u.model"
	 " AND h.cleared_at IS NULL ORDER BY h.subject, h.model",
	 3,
	 {TEXTOID, INT8ARRAYOID, TEXTARRAYOID},
	 NULL};

static void tell_engine(const char *profile, const VgHazardEffect *effects, int count);
static Oid engine_hook(const char *profile);
static bool cleared_by_rule(const VgHazardEffect *effect);
static VgHazardEffect effect_argument(const ArrayArgument *arguments, int i,
									  const char *cleared_by);
static ArrayArgument array_argument(FunctionCallInfo fcinfo, int number);
static bool absent(const ArrayArgument *argument, int i);
static VgEffectKind effect_kind(const char *name);
static void time_check(TimestampTz at);
static VgRiskEventKind step_kind(const char *name);

int64
vg_effects_apply(const char *profile, VgHazardEffect *effects, int count)
{
	VgRiskEvent *events;
	int64 changed;

	if (count == 0)
		return 0;
	tell_engine(profile, effects, count);
	events = palloc_extended(mul_size(count, sizeof(VgRiskEvent)), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
		events[i] = (VgRiskEvent){.kind = VG_EVENT_HAZARD,
								  .subject = effects[i].subject,
								  .at = effects[i].at,
								  .effect = &effects[i]};
	changed = vg_risk_walk(profile, events, count, false).hazards;
	pfree(events);
	return changed;
}

/* tell_engine: hazards that another than their rule clears: the domain's engine forgets them too.
 */
static void
tell_engine(const char *profile, const VgHazardEffect *effects, int count)
{
	VgColumn subjects, models, fences, untils;
	Datum values[3];
	VgOwnerRights saved;
	Oid hook;
	int open;

	vg_column_init(&subjects, INT8OID, 8);
	vg_column_init(&models, TEXTOID, 8);
	for (int i = 0; i < count; i++)
	{
		if (effects[i].kind != VG_HAZARD_CLEAR || cleared_by_rule(&effects[i]))
			continue;
		vg_column_add(&subjects, Int64GetDatum(effects[i].subject));
		vg_column_add_text(&models, effects[i].model);
	}
	if (subjects.count == 0 || !OidIsValid(hook = engine_hook(profile)))
		return;

	vg_owner_rights_begin(&saved);
	SPI_connect();
	values[0] = CStringGetTextDatum(profile);
	values[1] = vg_column_array(&subjects);
	values[2] = vg_column_array(&models);
	open = vg_spi_run(&open_plan, values, NULL, false, SPI_OK_SELECT);
	vg_column_init(&subjects, INT8OID, open);
	vg_column_init(&models, TEXTOID, open);
	vg_column_init(&fences, INT8OID, open);
	vg_column_init(&untils, TIMESTAMPTZOID, open);
	for (int row = 0; row < open; row++)
	{
		bool isnull;

		vg_column_add(&subjects, vg_spi_field(row, 1, &isnull));
		vg_column_add(&models, vg_spi_field(row, 2, &isnull));
		vg_column_add_null(&fences);
		vg_column_add_null(&untils);
	}
	if (open > 0)
		OidFunctionCall4(hook, vg_column_array(&subjects), vg_column_array(&models),
						 vg_column_array(&fences), vg_column_array(&untils));
	SPI_finish();
	vg_owner_rights_end(&saved);
}

/* engine_hook: vigil_DOMAIN.hazard_closed of the profile that is named as its domain, where there
 * is one. */
static Oid
engine_hook(const char *profile)
{
	Oid types[] = {INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID};
	const VgCatalog *catalog = vg_catalog();
	const VgProfile *found = vg_catalog_profile(catalog, profile, strlen(profile));
	char *schema;

	if (found == NULL || strcmp(found->domain, found->code) != 0)
		return InvalidOid;
	schema = psprintf("vigil_%s", found->domain);
	if (!OidIsValid(get_namespace_oid(schema, true)))
		return InvalidOid;
	return LookupFuncName(list_make2(makeString(schema), makeString(pstrdup("hazard_closed"))),
						  lengthof(types), types, true);
}

static bool
cleared_by_rule(const VgHazardEffect *effect)
{
	return effect->clear_by == NULL || strcmp(effect->clear_by, "rule") == 0;
}

/* vigil_apply_effects: the SQL face of vg_effects_apply, effects as parallel arrays. */
Datum
vigil_apply_effects(PG_FUNCTION_ARGS)
{
	ArrayArgument arguments[ARGUMENTS] = {0};
	VgHazardEffect *effects;
	char *cleared_by = NULL;
	int count;

	for (int number = ARG_PROFILE; number <= ARG_AT; number++)
		if (PG_ARGISNULL(number))
			PG_RETURN_INT32(0);
	for (int number = ARG_EFFECT; number <= ARG_LAT; number++)
		arguments[number] = array_argument(fcinfo, number);
	if (!PG_ARGISNULL(ARG_CLEARED_BY))
		cleared_by = text_to_cstring(PG_GETARG_TEXT_PP(ARG_CLEARED_BY));
	count = arguments[ARG_EFFECT].count;
	for (int number = ARG_SUBJECT; number <= ARG_LAT; number++)
		if (arguments[number].count != count && (number <= ARG_AT || arguments[number].count != 0))
			ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					errmsg("effects are arrays of one length"),
					errdetail("Argument %d has %d elements, the effects are %d.", number + 1,
							  arguments[number].count, count));

	effects = palloc_extended(mul_size(Max(count, 1), sizeof(VgHazardEffect)), MCXT_ALLOC_HUGE);
	for (int i = 0; i < count; i++)
		effects[i] = effect_argument(arguments, i, cleared_by);
	PG_RETURN_INT32(
		(int32) vg_effects_apply(text_to_cstring(PG_GETARG_TEXT_PP(ARG_PROFILE)), effects, count));
}

static VgHazardEffect
effect_argument(const ArrayArgument *arguments, int i, const char *cleared_by)
{
	VgHazardEffect effect = {.count = 1, .lon = NAN, .lat = NAN};

	for (int number = ARG_EFFECT; number <= ARG_AT; number++)
		if (arguments[number].nulls[i])
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("effect %d is null in argument %d", i + 1, number + 1));
	effect.kind = effect_kind(TextDatumGetCString(arguments[ARG_EFFECT].values[i]));
	effect.subject = DatumGetInt64(arguments[ARG_SUBJECT].values[i]);
	effect.model = TextDatumGetCString(arguments[ARG_MODEL].values[i]);
	effect.at = DatumGetTimestampTz(arguments[ARG_AT].values[i]);
	time_check(effect.at);
	if (!absent(&arguments[ARG_EVIDENCE], i))
	{
		effect.evidence = DatumGetJsonbP(arguments[ARG_EVIDENCE].values[i]);
		if (!JB_ROOT_IS_OBJECT(effect.evidence))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("evidence of model \"%s\" must be a JSON object", effect.model));
	}
	if (!absent(&arguments[ARG_REASON], i))
		effect.reason = TextDatumGetCString(arguments[ARG_REASON].values[i]);
	if (!absent(&arguments[ARG_REGION_CODE], i))
		effect.region_code = DatumGetInt64(arguments[ARG_REGION_CODE].values[i]);
	if (!absent(&arguments[ARG_LON], i))
		effect.lon = DatumGetFloat8(arguments[ARG_LON].values[i]);
	if (!absent(&arguments[ARG_LAT], i))
		effect.lat = DatumGetFloat8(arguments[ARG_LAT].values[i]);
	effect.clear_by = cleared_by != NULL ? cleared_by : effect.reason != NULL ? "job" : "rule";
	return effect;
}

/* vigil_step_states: the states of these subjects at one time: recoveries, a changed catalogue,
 * inherited masks. */
Datum
vigil_step_states(PG_FUNCTION_ARGS)
{
	char *profile = text_to_cstring(PG_GETARG_TEXT_PP(0));
	VgRiskEventKind kind = step_kind(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	ArrayArgument subjects = array_argument(fcinfo, 2);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(3);
	ArrayArgument masks = array_argument(fcinfo, 4);
	VgRiskEvent *events =
		palloc_extended(mul_size(Max(subjects.count, 1), sizeof(VgRiskEvent)), MCXT_ALLOC_HUGE);

	time_check(at);
	if (masks.count != (kind == VG_EVENT_INHERIT ? subjects.count : 0))
		ereport(ERROR, errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				errmsg("%d masks do not fit %d subjects", masks.count, subjects.count));
	for (int i = 0; i < subjects.count; i++)
	{
		if (subjects.nulls[i] || (masks.count > 0 && masks.nulls[i]))
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("subject or mask %d is null", i + 1));
		events[i] =
			(VgRiskEvent){.kind = kind,
						  .subject = DatumGetInt64(subjects.values[i]),
						  .at = at,
						  .inherited_mask = masks.count > 0 ? DatumGetUInt64(masks.values[i]) : 0};
		if (events[i].inherited_mask >> VG_SITUATION_BITS != 0)
			ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("situation mask %lld is out of range",
						   (long long) events[i].inherited_mask),
					errdetail("Bit 63 is no situation."),
					errhint("Build masks with vigil.situation_mask()."));
	}
	PG_RETURN_INT32(
		(int32) vg_risk_walk(profile, events, subjects.count, kind == VG_EVENT_RECOVER).subjects);
}

/* array_argument: an array taken apart; null is an empty one. */
static ArrayArgument
array_argument(FunctionCallInfo fcinfo, int number)
{
	ArrayArgument argument = {0};
	ArrayType *array;
	int16 length;
	bool by_value;
	char align;

	if (PG_ARGISNULL(number))
		return argument;
	array = PG_GETARG_ARRAYTYPE_P(number);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, align, &argument.values,
					  &argument.nulls, &argument.count);
	return argument;
}

static bool
absent(const ArrayArgument *argument, int i)
{
	return argument->count == 0 || argument->nulls[i];
}

static VgEffectKind
effect_kind(const char *name)
{
	if (strcmp(name, "raise") == 0)
		return VG_HAZARD_RAISE;
	if (strcmp(name, "touch") == 0)
		return VG_HAZARD_TOUCH;
	if (strcmp(name, "clear") == 0)
		return VG_HAZARD_CLEAR;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("effect \"%s\" does not exist", name),
			errdetail("Effects are \"raise\", \"touch\" and \"clear\"."));
}

static VgRiskEventKind
step_kind(const char *name)
{
	if (strcmp(name, "recover") == 0)
		return VG_EVENT_RECOVER;
	if (strcmp(name, "catalogue") == 0)
		return VG_EVENT_CATALOGUE;
	if (strcmp(name, "inherit") == 0)
		return VG_EVENT_INHERIT;
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("step \"%s\" does not exist", name),
			errdetail("Steps are \"recover\", \"catalogue\" and \"inherit\"."));
}

/* A colour recovers some time after: infinity has no after. */
static void
time_check(TimestampTz at)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("time of an effect must be finite"));
}
