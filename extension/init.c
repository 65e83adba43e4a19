/*
 * init.c: the library's entry: settings, shared memory, launcher.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "catalog.h"
#include "custom.h"
#include "plansize.h"
#include "progress.h"
#include "road.h"
#include "sharedblock.h"
#include "stream.h"
#include "vigil.h"
#include "wakeup.h"

PG_MODULE_MAGIC;

extern void _PG_init(void);

void
_PG_init(void)
{
	vg_guc_init();
	vg_catalog_init();
	vg_stream_init();
	vg_custom_init();
	vg_sharedblock_init();
	vg_road_init();
	vg_progress_init();
	vg_plansize_init();
	vg_wakeup_init();
}
