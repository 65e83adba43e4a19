/*
 * wakeup.h: wake a database's worker when this transaction commits.
 */
#ifndef VIGIL_WAKEUP_H
#define VIGIL_WAKEUP_H

extern void vg_wakeup_init(void); /* called by _PG_init: shared memory hooks, launcher */
extern void vg_wakeup_dispatcher_at_commit(void); /* cheap, any number of times a transaction */
extern void
vg_wakeup_units_at_commit(void); /* the same, and tasks that wait for a unit may find one */

#endif
