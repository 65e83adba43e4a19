/*
 * vigil.h: what bindings and workers share: settings and entry points.
 */
#ifndef VIGIL_H
#define VIGIL_H

#include "datatype/timestamp.h"

/* Settings, defined in guc.c. */
extern int vigil_max_clock_skew;	 /* s: how far in the future an observation may lie */
extern int vigil_batch_rows;		 /* rows: a frame is evaluated in pieces of this size */
extern int vigil_utc_offset_minutes; /* local time of the city; 480 = Asia/Shanghai, no DST */
extern char *vigil_identity_key; /* secret of the keyed hash of identity numbers; "" = not set */
extern int vigil_naptime;		 /* s: the longest sleep of a worker */
extern bool vigil_dispatcher;	 /* whether the dispatcher works; off = it waits */
extern char *vigil_role;		 /* "cell" evaluates and dispatches, "hub" only reads */

extern void vg_guc_init(void);

#endif
