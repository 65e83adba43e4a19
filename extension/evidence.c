/*
 * evidence.c: what a hazard knows about its cause, and how a later sighting adds to it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "evidence.h"

static void push_pairs(JsonbParseState **state, Jsonb *object);
static void push_value(JsonbParseState **state, const char *key, JsonbValue *value);
static bool keeps_worst(const JsonbValue *key);
static JsonbValue *find(Jsonb *object, JsonbValue *key);

Jsonb *
vg_evidence_open(Jsonb *found, int32 version, Jsonb *overrides)
{
	JsonbParseState *state = NULL;
	JsonbValue number = {.type = jbvNumeric, .val.numeric = int64_to_numeric(version)};

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_pairs(&state, found);
	push_value(&state, "model_version", &number);
	if (JB_ROOT_COUNT(overrides) > 0)
	{
		JsonbValue value = {.type = jbvBinary,
							.val.binary = {.len = VARSIZE_ANY_EXHDR(overrides),
										   .data = &overrides->root}};

		push_value(&state, "parameters", &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

Jsonb *
vg_evidence_merge(Jsonb *earlier, Jsonb *later)
{
	JsonbParseState *state = NULL;
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	if (later == NULL || !JB_ROOT_IS_OBJECT(later) || JB_ROOT_COUNT(later) == 0)
		return earlier;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_pairs(&state, earlier);
	iterator = JsonbIteratorInit(&later->root);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		JsonbValue *before;

		if (token != WJB_KEY)
			continue;
		JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvNumeric && keeps_worst(&key))
		{
			before = find(earlier, &key);
			if (before != NULL && before->type == jbvNumeric &&
				DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(before->val.numeric),
												  NumericGetDatum(value.val.numeric))) >= 0)
				continue;
		}
		pushJsonbValue(&state, WJB_KEY, &key); /* of equal keys the last one stays */
		pushJsonbValue(&state, WJB_VALUE, &value);
	}
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

int64
vg_evidence_id(Jsonb *evidence, const char *name, int64 if_absent)
{
	JsonbValue key = {.type = jbvString,
					  .val.string = {.len = strlen(name), .val = unconstify(char *, name)}};
	JsonbValue *value = find(evidence, &key);

	if (value == NULL || value->type != jbvNumeric)
		return if_absent;
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, NumericGetDatum(value->val.numeric)));
}

/* push_pairs: the object's own pairs; NULL, an array and a scalar have none. */
static void
push_pairs(JsonbParseState **state, Jsonb *object)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;

	if (object == NULL || !JB_ROOT_IS_OBJECT(object))
		return;
	iterator = JsonbIteratorInit(&object->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_KEY || token == WJB_VALUE)
			pushJsonbValue(state, token, &value);
}

static void
push_value(JsonbParseState **state, const char *name, JsonbValue *value)
{
	JsonbValue key = {.type = jbvString,
					  .val.string = {.len = strlen(name), .val = unconstify(char *, name)}};

	pushJsonbValue(state, WJB_KEY, &key);
	pushJsonbValue(state, WJB_VALUE, value);
}

/* keeps_worst: whether the key names a worst value (see vg_evidence_merge). */
static bool
keeps_worst(const JsonbValue *key)
{
	static const char *const names[] = {"over_pct", "minutes", "count"};
	static const char suffix[] = "_max";
	int length = key->val.string.len;
	int suffix_length = sizeof(suffix) - 1;

	for (int i = 0; i < (int) lengthof(names); i++)
		if (length == (int) strlen(names[i]) && memcmp(key->val.string.val, names[i], length) == 0)
			return true;
	return length > suffix_length &&
		   memcmp(key->val.string.val + length - suffix_length, suffix, suffix_length) == 0;
}

static JsonbValue *
find(Jsonb *object, JsonbValue *key)
{
	if (object == NULL || !JB_ROOT_IS_OBJECT(object))
		return NULL;
	return findJsonbValueFromContainer(&object->root, JB_FOBJECT, key);
}
