/*
 * override.c: a backtest's overrides over the catalogue; the catalogue itself stays as it is.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "override.h"

/* The value of a key; NULL = not overridden. */
static JsonbValue *
override_find(const Jsonb *overrides, const char *key, JsonbValue *value)
{
	if (overrides == NULL)
		return NULL;
	return getKeyJsonValueFromContainer(unconstify(JsonbContainer *, &overrides->root), key,
										strlen(key), value);
}

/* The object of a key, or NULL. */
static Jsonb *
override_object(const Jsonb *overrides, const char *key)
{
	JsonbValue value;

	if (override_find(overrides, key, &value) == NULL || value.type != jbvBinary)
		return NULL;
	return JsonbValueToJsonb(&value);
}

static void
override_bool(const Jsonb *object, const char *key, bool *target)
{
	JsonbValue value;

	if (override_find(object, key, &value) != NULL && value.type == jbvBool)
		*target = value.val.boolean;
}

static void
override_int(const Jsonb *object, const char *key, int32 *target)
{
	JsonbValue value;

	if (override_find(object, key, &value) != NULL && value.type == jbvNumeric)
		*target =
			DatumGetInt32(DirectFunctionCall1(numeric_int4, NumericGetDatum(value.val.numeric)));
}

VgModel
vg_override_model(const VgModel *model, const Jsonb *overrides)
{
	VgModel changed = *model;
	Jsonb *own = override_object(overrides, model->code);

	if (own == NULL)
		return changed;
	override_bool(own, "enabled", &changed.enabled);
	changed.parameters = DatumGetJsonbP(
		DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(model->parameters), JsonbPGetDatum(own)));
	return changed;
}

static void
override_rule(VgColourRule *rule, const Jsonb *own)
{
	int32 hold_minutes = (int32) (rule->hold_us / VG_MINUTE);

	override_int(own, "red_below", &rule->red_below);
	override_int(own, "yellow_below", &rule->yellow_below);
	override_int(own, "recovery_margin", &rule->recovery_margin);
	override_int(own, "hold_minutes", &hold_minutes);
	rule->hold_us = hold_minutes * VG_MINUTE;
}

VgProfile
vg_override_profile(const VgCatalog *catalog, const VgProfile *profile, const Jsonb *overrides)
{
	VgProfile changed = *profile;
	Jsonb *rule = override_object(overrides, "colour_rule");
	Jsonb *situations = override_object(overrides, "situations");
	VgCatalog weighed = *catalog;

	if (rule != NULL)
		override_rule(&changed.rule, rule);
	if (situations == NULL)
		return changed;
	weighed.situations = palloc(catalog->situation_count * sizeof(VgSituation));
	memcpy(weighed.situations, catalog->situations, catalog->situation_count * sizeof(VgSituation));
	for (int i = 0; i < weighed.situation_count; i++)
	{
		VgSituation *situation = &weighed.situations[i];
		Jsonb *own = strcmp(situation->domain, profile->domain) == 0
						 ? override_object(situations, situation->code)
						 : NULL;

		override_int(own, "weight", &situation->weight);
		override_bool(own, "veto", &situation->veto);
	}
	vg_catalog_score(&weighed, &changed);
	pfree(weighed.situations);
	return changed;
}
