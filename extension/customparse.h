/*
 * customparse.h: the text of a custom model to an expression over a row of variables.
 */
#ifndef VIGIL_CUSTOMPARSE_H
#define VIGIL_CUSTOMPARSE_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "nodes/bitmapset.h"
#include "nodes/primnodes.h"

/* The row of variables of a feed: column i + 1 is variable i of VgCustomVariable.  Error 22023: no
 * such feed. */
extern TupleDesc vg_custom_descriptor(const char *domain, const char *feed);

/*
 * vg_custom_compile: check an expression and prepare it for ExecInitExpr, in CurrentMemoryContext.
 *
 * used		the variables that it reads
 *
 * Throws what is wrong with it: 42601 syntax, 42703 unknown variable, 42883 unknown function, 42804
 * not boolean, 22023 what a custom model may not do, 42501 a function of somebody who is not
 * trusted or that tells what an author must not know, 54000 too long.
 */
extern Expr *vg_custom_compile(const char *domain, const char *feed, const char *expression,
							   Bitmapset **used);

/* customcheck.c: refuse what an expression may not name, before its analysis, and not call, after.
 */
extern void vg_custom_check_names(Node *raw);
extern void vg_custom_check(Node *expression);
/* Error 22023 with the hint how to write an expression. */
extern void vg_custom_refuse(const char *message) pg_attribute_noreturn();

/* The search_path of expressions and what they call, until AtEOXact_GUC(true, the level returned).
 */
extern int vg_custom_path(const char *domain);

/* Switch to the owner of the tables and that search_path; keep what it returns for
 * vg_custom_leave. */
typedef struct VgCustomSecurity
{
	Oid user;
	int context;
	int guc_level;
} VgCustomSecurity;

extern VgCustomSecurity vg_custom_enter(const char *domain);
extern void vg_custom_leave(const VgCustomSecurity *before);

#endif
