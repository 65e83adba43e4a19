/*
 * guc.c: every vigil.* setting in one place.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "vigil.h"

int vigil_max_clock_skew = 300;
int vigil_batch_rows = 262144;
int vigil_utc_offset_minutes = 480;
char *vigil_identity_key = NULL;
int vigil_naptime = 60;
bool vigil_dispatcher = true;
char *vigil_role = NULL;

static bool
guc_check_role(char **value, void **extra, GucSource source)
{
	if (strcmp(*value, "cell") == 0 || strcmp(*value, "hub") == 0)
		return true;
	GUC_check_errdetail("\"vigil.role\" is \"cell\" or \"hub\".");
	return false;
}

void
vg_guc_init(void)
{
	DefineCustomIntVariable("vigil.max_clock_skew", "How far in the future an observation may lie.",
							NULL, &vigil_max_clock_skew, 300, 0, 86400, PGC_SUSET, GUC_UNIT_S, NULL,
							NULL, NULL);
	DefineCustomIntVariable("vigil.batch_rows",
							"A statement's observations are evaluated in pieces of this many rows.",
							"Within a piece their order does not matter; a row older than an "
							"earlier piece's of its vehicle counts as late.",
							&vigil_batch_rows, 262144, 256, 4194304, PGC_USERSET, 0, NULL, NULL,
							NULL);
	DefineCustomIntVariable("vigil.utc_offset_minutes",
							"Local time of the city, in minutes east of UTC.",
							"480 is Asia/Shanghai, which has no daylight saving time.",
							&vigil_utc_offset_minutes, 480, -720, 840, PGC_SUSET, 0, NULL, NULL,
							NULL);
	DefineCustomStringVariable("vigil.identity_key",
							   "Secret key of the keyed hash under which identity numbers are "
							   "stored.",
							   NULL, &vigil_identity_key, "", PGC_SUSET,
							   GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE, NULL, NULL,
							   NULL);
	DefineCustomIntVariable("vigil.naptime", "The longest sleep of a worker.",
							"Work wakes the workers at once; this bounds the cost of a lost "
							"wake-up.",
							&vigil_naptime, 60, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomBoolVariable("vigil.dispatcher", "Whether the dispatcher worker works.",
							 "Off: tasks stay queued and nothing times out until it is on again.",
							 &vigil_dispatcher, true, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("vigil.role",
							   "Whether this database evaluates and dispatches (cell) or only "
							   "reads (hub).",
							   NULL, &vigil_role, "cell", PGC_SIGHUP, 0, guc_check_role, NULL,
							   NULL);
	MarkGUCPrefixReserved("vigil");
}
