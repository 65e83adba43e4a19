/*
 * vehicle_evidence.c: an effect's facts as the jsonb evidence of a hazard.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "vehicle.h"

static void
push_key(JsonbParseState **state, const char *name)
{
	JsonbValue key = {.type = jbvString};

	key.val.string.val = unconstify(char *, name);
	key.val.string.len = strlen(name);
	(void) pushJsonbValue(state, WJB_KEY, &key);
}

static void
push_numeric(JsonbParseState **state, const char *name, Datum numeric)
{
	JsonbValue value = {.type = jbvNumeric};

	push_key(state, name);
	value.val.numeric = DatumGetNumeric(numeric);
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}

/* Rounded, since digits past the measuring error are noise to the reader. */
static void
push_real(JsonbParseState **state, const char *name, double real, double unit)
{
	push_numeric(state, name,
				 DirectFunctionCall1(float8_numeric, Float8GetDatum(rint(real * unit) / unit)));
}

static void
push_text(JsonbParseState **state, const char *name, const char *text)
{
	JsonbValue value = {.type = jbvString};

	push_key(state, name);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}

static void
push_time(JsonbParseState **state, const char *name, TimestampTz at)
{
	char *text = palloc(MAXDATELEN + 1);

	push_text(state, name, JsonEncodeDateTime(text, TimestampTzGetDatum(at), TIMESTAMPTZOID, NULL));
}

Jsonb *
vg_vehicle_evidence(const VgStepEffect *effect)
{
	JsonbParseState *state = NULL;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (effect->kind == VG_STEP_RAISE)
	{
		push_time(&state, "observed_at", effect->at);
		if (!isnan(effect->lon))
		{
			push_real(&state, "lon", effect->lon, 1e6);
			push_real(&state, "lat", effect->lat, 1e6);
		}
	}
	for (int i = 0; i < effect->fact_count; i++)
	{
		const VgFact *fact = &effect->facts[i];

		switch (fact->kind)
		{
			case VG_FACT_INTEGER:
				push_numeric(&state, fact->name,
							 DirectFunctionCall1(int8_numeric, Int64GetDatum(fact->value.integer)));
				break;
			case VG_FACT_REAL:
				push_real(&state, fact->name, fact->value.real, 10);
				break;
			case VG_FACT_TIME:
				push_time(&state, fact->name, fact->value.integer);
				break;
			case VG_FACT_TEXT:
				push_text(&state, fact->name, fact->value.text);
				break;
		}
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}
