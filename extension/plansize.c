/*
 * plansize.c: tables that will grow are planned as if they had.
 *
 * PostgreSQL keeps a statement's plan as long as a session lives, and makes a new one only when
 * statistics change.  A plan made while these tables were empty reads them from end to end, which
 * is right then and ruinous an hour later.  So the planner is told of at least GROWN_ROWS rows:
 * what has a key is found by it from the first row on.  A table that is larger is left as it is.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* PostgreSQL declares functions without their arguments here */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "nodes/pathnodes.h"
#include "optimizer/plancat.h"
#pragma GCC diagnostic pop

#include "plansize.h"

enum
{
	GROWN_ROWS = 25000,
	GROWN_PAGE_ROWS = 25,		/* in a page of a table */
	GROWN_INDEX_PAGE_ROWS = 250 /* in one of an index */
};

/* Of schema vigil. */
static const char *const growing[] = {"hazard", "incident",	  "notice", "risk_state",
									  "task",	"task_event", "unit"};

static get_relation_info_hook_type previous_relation_info = NULL;

static void plansize_relation_info(PlannerInfo *root, Oid relation, bool inherits, RelOptInfo *rel);
static bool plansize_grows(Oid relation);

void
vg_plansize_init(void)
{
	previous_relation_info = get_relation_info_hook;
	get_relation_info_hook = plansize_relation_info;
}

static void
plansize_relation_info(PlannerInfo *root, Oid relation, bool inherits, RelOptInfo *rel)
{
	ListCell *cell;

	if (previous_relation_info != NULL)
		previous_relation_info(root, relation, inherits, rel);
	if (rel->tuples >= GROWN_ROWS || !plansize_grows(relation))
		return;
	rel->tuples = GROWN_ROWS;
	rel->pages = Max(rel->pages, GROWN_ROWS / GROWN_PAGE_ROWS);
	foreach (cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, cell);

		index->tuples = GROWN_ROWS;
		index->pages = Max(index->pages, GROWN_ROWS / GROWN_INDEX_PAGE_ROWS);
	}
}

static bool
plansize_grows(Oid relation)
{
	Oid schema = get_namespace_oid("vigil", true);
	char *name;

	if (!OidIsValid(schema) || get_rel_namespace(relation) != schema)
		return false;
	name = get_rel_name(relation);
	for (size_t number = 0; name != NULL && number < lengthof(growing); number++)
		if (strcmp(name, growing[number]) == 0)
			return true;
	return false;
}
