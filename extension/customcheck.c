/*
 * customcheck.c: what a custom model may name and call.
 *
 * Expressions are parsed and run with the owner's rights, written by somebody who has less.  Names
 * are judged first, on the raw parse tree: parse analysis itself runs code where a literal becomes
 * a domain, also inside an array or a row type.  Functions are judged again in the analysed tree.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

/* Up to PostgreSQL 15 these declare walkers without their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#pragma GCC diagnostic pop

#include "customparse.h"

static bool names_check(Node *node, void *context);
static void type_check(const TypeName *name);
static void functions_check(List *names);
static void operators_check(List *names);
static void fields_check(List *indirection);
static bool trusted(Oid role);
static bool node_check(Node *node, void *context);
static void owner_check(Oid function);
static bool function_check(Oid function, void *context);
static bool function_tells(Oid function, Form_pg_proc form);
static bool function_formats(const char *name);
static bool function_is_of_time(Form_pg_proc form);

void
vg_custom_check_names(Node *raw)
{
	(void) names_check(raw, NULL);
}

static bool
names_check(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubLink:
			vg_custom_refuse("custom expression cannot use a subquery");
			break;
		case T_TypeName:
			type_check((TypeName *) node);
			break;
		case T_FuncCall:
			functions_check(((FuncCall *) node)->funcname);
			break;
		case T_A_Expr:
			operators_check(((A_Expr *) node)->name);
			break;
		case T_A_Indirection:
			fields_check(((A_Indirection *) node)->indirection);
			break;
		default:
			break;
	}
	return raw_expression_tree_walker(node, names_check, context);
}

/* A type whose input runs nothing but PostgreSQL's or a trusted extension's own code. */
static void
type_check(const TypeName *name)
{
	Type tuple = LookupTypeName(NULL, name, NULL, true);
	Form_pg_type form;
	Oid element;

	if (tuple == NULL)
		return; /* the parser says so */
	form = (Form_pg_type) GETSTRUCT(tuple);
	element = get_element_type(form->oid);
	if (get_typtype(OidIsValid(element) ? element : form->oid) == TYPTYPE_DOMAIN)
		vg_custom_refuse("custom expression cannot cast to a domain");
	if ((form->typtype != TYPTYPE_BASE && form->typtype != TYPTYPE_ENUM &&
		 form->typnamespace != PG_CATALOG_NAMESPACE) ||
		(OidIsValid(element) && get_typtype(element) == TYPTYPE_COMPOSITE) ||
		!trusted(form->typowner))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("custom expression cannot use type %s", format_type_be(form->oid)),
				errhint("Use base types and enums of PostgreSQL, vigil or PostGIS."));
	ReleaseSysCache(tuple);
}

/* Every function that the name may mean: which one it is shows only when literals have got types.
 */
static void
functions_check(List *names)
{
	FuncCandidateList candidate = FuncnameGetCandidates(names, -1, NIL, false, false, false, true);

	for (; candidate != NULL; candidate = candidate->next)
		owner_check(candidate->oid);
}

static void
operators_check(List *names)
{
	static const char kinds[] = {'b', 'l'};

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		FuncCandidateList candidate = OpernameGetCandidates(names, kinds[i], true);

		for (; candidate != NULL; candidate = candidate->next)
		{
			HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(candidate->oid));

			if (!HeapTupleIsValid(tuple))
				elog(ERROR, "cache lookup failed for operator %u", candidate->oid);
			if (!trusted(((Form_pg_operator) GETSTRUCT(tuple))->oprowner))
				ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("custom expression cannot use operator %s",
							   format_operator(candidate->oid)),
						errdetail("Whoever brings observations would run it."),
						errhint("Let a superuser or the owner of vigil.model own the operator."));
			ReleaseSysCache(tuple);
		}
	}
}

/* (value).name may mean the function of that name. */
static void
fields_check(List *indirection)
{
	ListCell *cell;

	foreach (cell, indirection)
		if (IsA(lfirst(cell), String))
			functions_check(list_make1(lfirst(cell)));
}

/* vg_custom_enter has made the current user the owner of vigil.model. */
static bool
trusted(Oid role)
{
	return role == GetUserId() || superuser_arg(role);
}

void
vg_custom_check(Node *expression)
{
	if (contain_agg_clause(expression))
		vg_custom_refuse("custom expression cannot use aggregate functions");
	if (contain_window_function(expression))
		vg_custom_refuse("custom expression cannot use window functions");
	if (contain_subplans(expression))
		vg_custom_refuse("custom expression cannot use a subquery");
	if (expression_returns_set(expression))
		vg_custom_refuse("custom expression cannot use set-returning functions");
	(void) node_check(expression, NULL);
}

static bool
node_check(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain))
		vg_custom_refuse("custom expression cannot cast to a domain");
	(void) check_functions_in_node(node, function_check, context);
	return expression_tree_walker(node, node_check, context);
}

static void
owner_check(Oid function)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	if (!trusted(form->proowner))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("custom expression cannot call function %s of role \"%s\"",
					   format_procedure(function), GetUserNameFromId(form->proowner, false)),
				errdetail("Whoever brings observations would run it."),
				errhint("Let a superuser or the owner of vigil.model own the function."));
	ReleaseSysCache(tuple);
}

static bool
function_check(Oid function, void *context)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	form = (Form_pg_proc) GETSTRUCT(tuple);
	if (form->provolatile == PROVOLATILE_VOLATILE)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("custom expression cannot call volatile function %s",
					   format_procedure(function)),
				errhint("Call immutable and stable functions only."));
	owner_check(function);
	if (function_tells(function, form))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("custom expression cannot call function %s", format_procedure(function)),
				errdetail("It would read with the owner's rights what whoever writes models may "
						  "not see."),
				errhint("Call functions of the clock and of formats; a function that a superuser "
						"or the owner of vigil.model wrote for it may read more."));
	ReleaseSysCache(tuple);
	return false;
}

/*
 * function_tells: whether a function that is not volatile may tell what its caller must not know.
 * Expressions run with the owner's rights, and an error's text or a hazard is an answer.  Of
 * PostgreSQL's own stable functions those are harmless that are about time or the form of values;
 * settings, catalogues and tables are not; of other extensions' none is.  Of vigil's those are that
 * anybody may call.
 */
static bool
function_tells(Oid function, Form_pg_proc form)
{
	char *schema = get_namespace_name(form->pronamespace);

	if (strcmp(schema, "vigil") == 0 || strncmp(schema, "vigil_", strlen("vigil_")) == 0)
		return !DatumGetBool(
			DirectFunctionCall3(has_function_privilege_name_id,
								DirectFunctionCall1(namein, CStringGetDatum("public")),
								ObjectIdGetDatum(function), CStringGetTextDatum("EXECUTE")));
	if (form->provolatile == PROVOLATILE_IMMUTABLE)
		return false;
	if (form->pronamespace != PG_CATALOG_NAMESPACE)
		return OidIsValid(getExtensionOfObject(ProcedureRelationId, function));
	return !function_formats(NameStr(form->proname)) && !function_is_of_time(form);
}

/* Stable only because a setting such as datestyle decides how a value is written. */
static bool
function_formats(const char *name)
{
	static const char *const formats[] = {"array_in",			"array_out",
										  "array_to_string",	"concat",
										  "concat_ws",			"enum_in",
										  "enum_out",			"format",
										  "jsonb_build_array",	"to_char",
										  "jsonb_build_object", "to_json",
										  "to_jsonb",			"to_number"};

	for (int i = 0; i < (int) lengthof(formats); i++)
		if (strcmp(name, formats[i]) == 0)
			return true;
	return false;
}

/* A time or an interval goes in or comes out, and nothing but plain values beside it. */
static bool
function_is_of_time(Form_pg_proc form)
{
	bool time = false;

	for (int i = -1; i < form->pronargs; i++)
	{
		Oid type = i < 0 ? form->prorettype : form->proargtypes.values[i];

		switch (type)
		{
			case DATEOID:
			case TIMEOID:
			case TIMETZOID:
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
			case INTERVALOID:
				time = true;
				break;
			case BOOLOID:
			case CSTRINGOID:
			case FLOAT8OID:
			case INT4OID:
			case INT8OID:
			case NUMERICOID:
			case OIDOID: /* of an input function: the element of an array */
			case TEXTOID:
				break;
			default:
				return false;
		}
	}
	return time;
}

void
vg_custom_refuse(const char *message)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", message),
			errhint("Write a boolean expression over the variables that vigil.custom_variables() "
					"lists, such as speed_kmh > 40 and inside(geom, 'bridge', observed_at)."));
}
