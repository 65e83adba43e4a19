/*
 * customtry.c: custom models over made-up observations, so that a rule can be tried before it
 * watches a city.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "custom.h"
#include "customparse.h"

PG_FUNCTION_INFO_V1(vigil_try_models);

static void rows_add(VgCustomBatch *batch, TupleDesc variables, Jsonb *observations);
static void row_put(VgCustomBatch *batch, TupleDesc variables, JsonbContainer *observation);
static int variable_number(TupleDesc variables, const JsonbValue *name);
static char *value_text(const JsonbValue *value);
static const char *answer_text(VgCustomAnswer answer);

/* vigil.try_models(observations, domain, feed, record): what each enabled custom model says of each
 * observation. */
Datum
vigil_try_models(PG_FUNCTION_ARGS)
{
	char *domain = text_to_cstring(PG_GETARG_TEXT_PP(1));
	char *feed = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Jsonb *observations = PG_GETARG_JSONB_P(0);
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	TupleDesc variables = vg_custom_descriptor(domain, feed);
	const VgCustomSet *set;
	VgCustomBatch *batch;
	int rows;

	if (!JB_ROOT_IS_ARRAY(observations) || JB_ROOT_IS_SCALAR(observations))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("observations must be a JSON array of objects"),
				errhint("Write [{\"speed_kmh\": 50, \"kind\": \"hazmat\"}]; "
						"vigil.custom_variables() lists the names."));
	InitMaterializedSRF(fcinfo, 0);
	set = vg_custom_set(domain, feed);
	if (set == NULL)
		return (Datum) 0;
	batch = vg_custom_batch(set);
	rows_add(batch, variables, observations);
	vg_custom_evaluate(batch, PG_GETARG_BOOL(3));
	rows = JB_ROOT_COUNT(observations);
	for (int row = 0; row < rows; row++)
		for (int i = 0; i < vg_custom_count(set); i++)
		{
			Datum values[3];
			bool nulls[3] = {false, false, false};

			values[0] = Int32GetDatum(row + 1);
			values[1] = CStringGetTextDatum(vg_custom_model(set, i)->code);
			values[2] = CStringGetTextDatum(answer_text(vg_custom_answer(batch, row, i)));
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	return (Datum) 0;
}

static void
rows_add(VgCustomBatch *batch, TupleDesc variables, Jsonb *observations)
{
	for (uint32 i = 0; i < JB_ROOT_COUNT(observations); i++)
	{
		JsonbValue *observation = getIthJsonbValueFromContainer(&observations->root, i);

		if (observation->type != jbvBinary || !JsonContainerIsObject(observation->val.binary.data))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("observation %u is not a JSON object", i + 1));
		(void) vg_custom_row(batch);
		row_put(batch, variables, observation->val.binary.data);
	}
}

static void
row_put(VgCustomBatch *batch, TupleDesc variables, JsonbContainer *observation)
{
	JsonbIterator *iterator = JsonbIteratorInit(observation);
	JsonbIteratorToken token;
	JsonbValue item;
	int variable = -1;

	while ((token = JsonbIteratorNext(&iterator, &item, true)) != WJB_DONE)
	{
		Oid type;
		Oid input;
		Oid parameter;

		if (token == WJB_KEY)
			variable = variable_number(variables, &item);
		if (token != WJB_VALUE || item.type == jbvNull)
			continue;
		type = TupleDescAttr(variables, variable)->atttypid;
		getTypeInputInfo(type, &input, &parameter);
		vg_custom_put(batch, (VgCustomVariable) variable,
					  OidInputFunctionCall(input, value_text(&item), parameter, -1));
	}
}

static int
variable_number(TupleDesc variables, const JsonbValue *name)
{
	for (int i = 0; i < variables->natts; i++)
	{
		const char *variable = NameStr(TupleDescAttr(variables, i)->attname);

		if ((int) strlen(variable) == name->val.string.len &&
			memcmp(variable, name->val.string.val, name->val.string.len) == 0)
			return i;
	}
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("there is no variable \"%.*s\"", name->val.string.len, name->val.string.val),
			errhint("vigil.custom_variables() lists them."));
}

static char *
value_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return numeric_normalize(value->val.numeric);
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("a variable must be a JSON string, number, boolean or null"));
	}
}

static const char *
answer_text(VgCustomAnswer answer)
{
	switch (answer)
	{
		case VG_CUSTOM_NO:
			return "no";
		case VG_CUSTOM_YES:
			return "yes";
		case VG_CUSTOM_FAILED:
			return "failed";
	}
	return NULL; /* not reached: some compilers do not know that */
}
