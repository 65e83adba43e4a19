/*
 * worker.h: what launcher, dispatcher and the backends that deal with them share.
 *
 * Shared memory holds wake-ups, counters and who runs where: losing it loses nothing.
 */
#ifndef VIGIL_WORKER_H
#define VIGIL_WORKER_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/lwlock.h"

enum
{
	VG_WORKER_SLOTS = 64,		/* databases with a dispatcher at once */
	VG_WORKER_HOLDS = 16,		/* statements at once that need a database for themselves */
	VG_WORKER_WANTS = 16,		/* databases that asked for workers since the launcher looked */
	VG_WORKER_ERROR_BYTES = 256 /* of a last error's text */
};

#define VG_WORKER_NOBODY PG_UINT32_MAX /* instead of a process number */

typedef enum VgWorkerState
{
	VG_WORKER_FREE,		/* the slot belongs to no database */
	VG_WORKER_STARTING, /* registered with the postmaster */
	VG_WORKER_WORKING,
	VG_WORKER_IDLE,
	VG_WORKER_HUB,	  /* vigil.role is hub: nothing to do */
	VG_WORKER_PAUSED, /* vigil.dispatcher is off */
	VG_WORKER_ABSENT, /* ended: the database has no vigil */
	VG_WORKER_LEFT,	  /* ended: a statement needs the database for itself, or the server asked */
	VG_WORKER_FAILED  /* ended by an error */
} VgWorkerState;

typedef struct VgWorkerSlot
{
	pg_atomic_uint32 database;		/* its oid; InvalidOid in a free slot */
	pg_atomic_uint32 procno;		/* of the running dispatcher, or VG_WORKER_NOBODY */
	pg_atomic_uint64 wakeups;		/* commits that woke it */
	pg_atomic_uint32 units_changed; /* since it last looked at tasks that wait for a unit */

	/* under the lock */
	VgWorkerState state;
	int pid; /* 0 = not running */
	TimestampTz started_at;
	TimestampTz ended_at;
	uint64 rounds;
	uint64 offered;
	uint64 timed_out;
	uint64 errors;
	TimestampTz last_error_at; /* 0 = never */
	char last_error[VG_WORKER_ERROR_BYTES];
} VgWorkerSlot;

/* A backend that runs a statement for which nobody else may be in the database. */
typedef struct VgWorkerHold
{
	Oid database;
	int pid; /* 0 = free */
} VgWorkerHold;

typedef struct VgWorkerShared
{
	LWLock *lock;
	pg_atomic_uint32 launcher_procno;
	int launcher_pid; /* under the lock, as what follows but the atomics */
	TimestampTz launcher_started_at;
	VgWorkerHold holds[VG_WORKER_HOLDS];
	pg_atomic_uint32 wants[VG_WORKER_WANTS]; /* database oids */
	pg_atomic_uint32 wants_overflow;		 /* look at every database */
	VgWorkerSlot slots[VG_WORKER_SLOTS];
} VgWorkerShared;

extern VgWorkerShared *vg_worker_shared; /* NULL where the library is not preloaded */

/* Whether a worker in this state is there, or about to be. */
static inline bool
vg_worker_runs(VgWorkerState state)
{
	return state >= VG_WORKER_STARTING && state <= VG_WORKER_PAUSED;
}

/* wakeup.c */
extern void vg_wakeup_process(pg_atomic_uint32 *procno);
extern void vg_wakeup_launcher_at_commit(void);	   /* a database is new, gone or renamed */
extern void vg_wakeup_workers_at_commit(void);	   /* this database wants workers */
extern VgWorkerSlot *vg_wakeup_slot(Oid database); /* or NULL */

/* launcher.c */
extern void vg_launcher_register(void);

/* leave.c */
extern void vg_leave_init(void);
extern bool vg_leave_asked(Oid database); /* must nobody of ours be in it now? */

/* worker.c */
extern void vg_worker_signals(void);
extern void vg_worker_attach(VgWorkerSlot *slot);
extern void vg_worker_state(VgWorkerState state);
extern void vg_worker_exit(VgWorkerState reason) pg_attribute_noreturn();
extern void vg_worker_error(const char *message);
extern void vg_worker_begin(const char *activity); /* opens a round's transaction, SPI included */
extern void vg_worker_end(void);
extern bool vg_worker_sleep(long wait_ms); /* whether somebody woke it */
extern bool
vg_worker_extension_present(void); /* in a round; keeps DROP EXTENSION out until its end */

#endif
