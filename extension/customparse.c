/*
 * customparse.c: check the expressions of custom models and prepare them for evaluation.
 *
 * PostgreSQL's own parser does the work; variables come in through a column reference hook.  Since
 * whoever brings observations evaluates what somebody else wrote, an expression may only call
 * functions of people who could do anything anyway: superusers and the owner of vigil.model.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Up to PostgreSQL 15 these declare walkers without their parameters. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#pragma GCC diagnostic pop

#include "custom.h"
#include "customparse.h"

PG_FUNCTION_INFO_V1(vigil_check_custom_expression);
PG_FUNCTION_INFO_V1(vigil_custom_variables);

#define EXPRESSION_BYTES_MAX 8192
#define WGS84_SRID 4326

typedef struct CustomVariable
{
	const char *name;
	Oid type; /* InvalidOid: vigil.plate */
	const char *meaning;
} CustomVariable;

typedef struct CustomFeed
{
	const char *domain;
	const char *feed;
	const CustomVariable *variables;
	int count;
} CustomFeed;

/* In the order of VgCustomVariable. */
static const CustomVariable position_variables[VG_CUSTOM_VARIABLES] =
	{{"plate", InvalidOid, "the vehicle"},
	 {"observed_at", TIMESTAMPTZOID, "time of the observation"},
	 {"lon", FLOAT8OID, "degrees east, WGS84; null where not located"},
	 {"lat", FLOAT8OID, "degrees north, WGS84; null where not located"},
	 {"speed_kmh", FLOAT4OID, "speed by satellite"},
	 {"heading_deg", INT2OID, "direction, degrees clockwise from north"},
	 {"altitude_m", FLOAT4OID, "metres above sea"},
	 {"mileage_km", FLOAT4OID, "odometer"},
	 {"recorder_speed_kmh", FLOAT4OID, "speed by the driving recorder"},
	 {"alarm_bits", INT8OID, "alarm bits of JT/T 808"},
	 {"status_bits", INT8OID, "status bits of JT/T 808"},
	 {"source", TEXTOID, "feed that brought it"},
	 {"video_bits", INT8OID, "video alarms, item 0x14 of JT/T 808"},
	 {"satellites", INT2OID, "satellites in sight"},
	 {"signal", INT2OID, "strength of the radio signal"},
	 {"driver_id", INT8OID, "driver by IC card"},
	 {"backfill", BOOLOID, "whether it was sent late from the terminal's memory"},
	 {"received_at", TIMESTAMPTZOID, "when it came in"},
	 {"previous_speed_kmh", FLOAT4OID, "speed of the observation before; null at the first"},
	 {"previous_observed_at", TIMESTAMPTZOID, "time of the observation before; null at the first"},
	 {"stay_minutes", FLOAT8OID, "how long it has stayed here; 0 while it moves"},
	 {"driving_minutes", FLOAT8OID, "driving time since the last rest"},
	 {"local_time", TIMEOID, "time of day in the city"},
	 {"local_hour", INT4OID, "hour of the day in the city, 0 to 23"},
	 {"kind", TEXTOID,
	  "kind of vehicle: coach_tour, coach_line, hazmat, school_bus, truck_heavy, other"},
	 {"subkind", TEXTOID, "subkind by the register"},
	 {"status", TEXTOID, "transit, registered, suspended, retired, scrapped"},
	 {"region_code", INT8OID, "home county by the register"},
	 {"enterprise_id", INT8OID, "enterprise by the register"},
	 {"road_class", TEXTOID, "class of the road segment; null off road"},
	 {"limit_kmh", INT4OID, "speed limit of the road segment; null off road"},
	 {"segment_id", INT8OID, "road segment; null off road"}};

static const CustomFeed feeds[] = {
	{"vehicle", "position", position_variables, VG_CUSTOM_VARIABLES}};

/* For the hook and the error callback. */
typedef struct CustomParse
{
	const CustomFeed *feed;
	const char *expression;
	char *postgis; /* schema of its functions */
} CustomParse;

static const CustomFeed *feed_find(const char *domain, const char *feed);
static Oid variable_type(const CustomVariable *variable);
static char *variable_list(const CustomFeed *feed);
static char *postgis_schema(void);
static Node *expression_raw(const char *expression);
static bool select_is_bare(const SelectStmt *statement);
static Node *variable_ref(ParseState *pstate, ColumnRef *reference);
static Node *geom_ref(ParseState *pstate, const CustomParse *parse, int location);
static void parse_error_context(void *arg);

static const CustomFeed *
feed_find(const char *domain, const char *feed)
{
	for (size_t i = 0; i < lengthof(feeds); i++)
		if (strcmp(feeds[i].domain, domain) == 0 && strcmp(feeds[i].feed, feed) == 0)
			return &feeds[i];
	ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("feed \"%s\" of domain \"%s\" has no custom expressions", feed, domain),
			errhint("Custom expressions run over feed \"position\" of domain \"vehicle\"."));
}

static Oid
variable_type(const CustomVariable *variable)
{
	if (OidIsValid(variable->type))
		return variable->type;
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("plate"),
						   ObjectIdGetDatum(get_namespace_oid("vigil", false)));
}

TupleDesc
vg_custom_descriptor(const char *domain, const char *feed)
{
	const CustomFeed *found = feed_find(domain, feed);
	TupleDesc descriptor = CreateTemplateTupleDesc(found->count);

	for (int i = 0; i < found->count; i++)
		TupleDescInitEntry(descriptor, (AttrNumber) (i + 1), found->variables[i].name,
						   variable_type(&found->variables[i]), -1, 0);
	return descriptor;
}

/* vg_custom_path: names are looked up in vigil, the domain and PostGIS, whatever the caller's
 * search_path. */
int
vg_custom_path(const char *domain)
{
	int level = NewGUCNestLevel();
	char *path = psprintf("pg_catalog, vigil, %s, %s, pg_temp",
						  quote_identifier(psprintf("vigil_%s", domain)),
						  quote_identifier(postgis_schema()));

	(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	return level;
}

VgCustomSecurity
vg_custom_enter(const char *domain)
{
	VgCustomSecurity before;
	Oid model = get_relname_relid("model", get_namespace_oid("vigil", false));
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(model));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "table vigil.model does not exist");
	GetUserIdAndSecContext(&before.user, &before.context);
	before.guc_level = vg_custom_path(domain);
	SetUserIdAndSecContext(((Form_pg_class) GETSTRUCT(tuple))->relowner,
						   before.context | SECURITY_LOCAL_USERID_CHANGE);
	ReleaseSysCache(tuple);
	return before;
}

void
vg_custom_leave(const VgCustomSecurity *before)
{
	AtEOXact_GUC(false, before->guc_level);
	SetUserIdAndSecContext(before->user, before->context);
}

/* postgis_schema: where the DBA has put it; that of the type of a column of ours. */
static char *
postgis_schema(void)
{
	Oid geofence = get_relname_relid("geofence", get_namespace_oid("vigil", false));
	Oid type = get_atttype(geofence, get_attnum(geofence, "area"));
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = get_namespace_name(((Form_pg_type) GETSTRUCT(tuple))->typnamespace);
	ReleaseSysCache(tuple);
	return name;
}

Expr *
vg_custom_compile(const char *domain, const char *feed, const char *expression, Bitmapset **used)
{
	CustomParse parse = {feed_find(domain, feed), expression, NULL};
	VgCustomSecurity before;
	ErrorContextCallback callback;
	ParseState *pstate = make_parsestate(NULL);
	Bitmapset *columns = NULL;
	Node *raw, *node;
	Expr *result;
	int column = -1;

	if (strlen(expression) > EXPRESSION_BYTES_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("custom expression is longer than %d bytes", EXPRESSION_BYTES_MAX),
				errhint("Put the rule into an immutable or stable function and call that."));
	callback.callback = parse_error_context;
	callback.arg = &parse;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	before = vg_custom_enter(domain);

	parse.postgis = postgis_schema();
	pstate->p_sourcetext = expression;
	pstate->p_pre_columnref_hook = variable_ref;
	pstate->p_ref_hook_state = &parse;
	raw = expression_raw(expression);
	vg_custom_check_names(raw);
	node = transformExpr(pstate, raw, EXPR_KIND_OTHER);
	node = coerce_to_boolean(pstate, node, "custom expression");
	assign_expr_collations(pstate, node);
	vg_custom_check(node);
	result = expression_planner((Expr *) node);
	free_parsestate(pstate);

	vg_custom_leave(&before);
	error_context_stack = callback.previous;
	pull_varattnos((Node *) result, 1, &columns);
	*used = NULL;
	while ((column = bms_next_member(columns, column)) >= 0)
		*used = bms_add_member(*used, column + FirstLowInvalidHeapAttributeNumber - 1);
	return result;
}

/* expression_raw: the one value that the text consists of. */
static Node *
expression_raw(const char *expression)
{
	List *statements = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
	SelectStmt *statement = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	ResTarget *target;

	if (!IsA(statement, SelectStmt) || !select_is_bare(statement) ||
		list_length(statement->targetList) != 1)
		vg_custom_refuse("custom expression must be one value, with no clause of SELECT");
	target = linitial_node(ResTarget, statement->targetList);
	if (target->name != NULL)
		vg_custom_refuse("custom expression must have no alias");
	return target->val;
}

static bool
select_is_bare(const SelectStmt *statement)
{
	return statement->op == SETOP_NONE && statement->distinctClause == NIL &&
		   statement->intoClause == NULL && statement->fromClause == NIL &&
		   statement->whereClause == NULL && statement->groupClause == NIL &&
		   statement->havingClause == NULL && statement->windowClause == NIL &&
		   statement->valuesLists == NIL && statement->sortClause == NIL &&
		   statement->limitOffset == NULL && statement->limitCount == NULL &&
		   statement->lockingClause == NIL && statement->withClause == NULL;
}

/* variable_ref: hook of the parser: a name is a variable of the feed, or geom. */
static Node *
variable_ref(ParseState *pstate, ColumnRef *reference)
{
	const CustomParse *parse = pstate->p_ref_hook_state;
	const char *name;

	if (list_length(reference->fields) != 1)
		return NULL;							   /* the parser says what is wrong with it */
	if (!IsA(linitial(reference->fields), String)) /* that, it does not expect here */
		vg_custom_refuse("custom expression cannot use *");
	name = strVal(linitial(reference->fields));
	for (int i = 0; i < parse->feed->count; i++)
	{
		Oid type;

		if (strcmp(parse->feed->variables[i].name, name) != 0)
			continue;
		type = variable_type(&parse->feed->variables[i]);
		return (Node *) makeVar(1, (AttrNumber) (i + 1), type, -1, get_typcollation(type), 0);
	}
	if (strcmp(name, "geom") == 0)
		return geom_ref(pstate, parse, reference->location);
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("there is no variable \"%s\"", name),
			errhint("Variables of feed \"%s\": %s, geom.", parse->feed->feed,
					variable_list(parse->feed)),
			parser_errposition(pstate, reference->location));
}

/* geom_ref: a point of lon and lat, made only where an expression asks for it; null where not
 * located. */
static Node *
geom_ref(ParseState *pstate, const CustomParse *parse, int location)
{
	Node *coordinates[2];
	Node *point;
	A_Const *srid = makeNode(A_Const);

	for (int i = 0; i < 2; i++)
	{
		ColumnRef *reference = makeNode(ColumnRef);

		reference->fields = list_make1(makeString(pstrdup(i == 0 ? "lon" : "lat")));
		reference->location = location;
		coordinates[i] = (Node *) reference;
	}
	srid->val.ival = *makeInteger(WGS84_SRID);
	srid->location = location;
	point = (Node *) makeFuncCall(list_make2(makeString(parse->postgis),
											 makeString(pstrdup("st_makepoint"))),
								  list_make2(coordinates[0], coordinates[1]), COERCE_EXPLICIT_CALL,
								  location);
	point = (Node *) makeFuncCall(list_make2(makeString(parse->postgis),
											 makeString(pstrdup("st_setsrid"))),
								  list_make2(point, srid), COERCE_EXPLICIT_CALL, location);
	return transformExpr(pstate, point, pstate->p_expr_kind);
}

static char *
variable_list(const CustomFeed *feed)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < feed->count; i++)
		appendStringInfo(&list, "%s%s", i == 0 ? "" : ", ", feed->variables[i].name);
	return list.data;
}

/* parse_error_context: positions are in the expression, not in the statement that the client sent.
 */
static void
parse_error_context(void *arg)
{
	const CustomParse *parse = arg;
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(parse->expression);
	}
	errcontext("custom expression over feed \"%s\"", parse->feed->feed);
}

/* vigil.check_custom_expression(domain, feed, expression) */
Datum
vigil_check_custom_expression(PG_FUNCTION_ARGS)
{
	Bitmapset *used;

	(void) vg_custom_compile(text_to_cstring(PG_GETARG_TEXT_PP(0)),
							 text_to_cstring(PG_GETARG_TEXT_PP(1)),
							 text_to_cstring(PG_GETARG_TEXT_PP(2)), &used);
	PG_RETURN_VOID();
}

/* vigil.custom_variables(domain, feed) */
Datum
vigil_custom_variables(PG_FUNCTION_ARGS)
{
	const CustomFeed *feed =
		feed_find(text_to_cstring(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	bool nulls[3] = {false, false, false};

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < feed->count; i++)
	{
		Datum values[3];

		values[0] = CStringGetTextDatum(feed->variables[i].name);
		values[1] = CStringGetTextDatum(format_type_be(variable_type(&feed->variables[i])));
		values[2] = CStringGetTextDatum(feed->variables[i].meaning);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
