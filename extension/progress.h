/*
 * progress.h: long work tells how far it is (view vigil.progress).
 */
#ifndef VIGIL_PROGRESS_H
#define VIGIL_PROGRESS_H

#include "postgres.h"

extern void vg_progress_init(void); /* called by _PG_init */

/* Begin to tell: what is done ("backtest vehicle") and how many steps it has (0 = not known).  Ends
 * by itself with the transaction; without shared memory, or when too many tell at once, nothing is
 * shown. */
extern void vg_progress_begin(const char *what, int64 total);
extern void vg_progress_set(int64 done);
extern void vg_progress_end(void);

#endif
