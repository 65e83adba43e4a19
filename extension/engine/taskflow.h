/*
 * taskflow.h: the life of a task, as one table: which event takes which state where.
 *
 *     queued -> offered -> accepted -> arrived -> done
 *                  |           |
 *                  +- refused -+- timed_out: another task follows for the next unit, then the next
 * level queued, parked, offered, accepted -> cancelled          queued, parked -> escalated (nobody
 * left at this level) queued <-> parked (an error, nobody there, or a follow-up that is not due
 * yet)
 */
#ifndef VIGIL_ENGINE_TASKFLOW_H
#define VIGIL_ENGINE_TASKFLOW_H

#include "base.h"

typedef enum VgTaskState
{
	VG_TASK_QUEUED,
	VG_TASK_PARKED,
	VG_TASK_OFFERED,
	VG_TASK_ACCEPTED,
	VG_TASK_ARRIVED,
	VG_TASK_DONE,
	VG_TASK_REFUSED,
	VG_TASK_TIMED_OUT,
	VG_TASK_CANCELLED,
	VG_TASK_ESCALATED
} VgTaskState;

typedef enum VgTaskEvent
{
	VG_TASK_OFFER,	  /* to a unit */
	VG_TASK_ACCEPT,	  /* by its unit */
	VG_TASK_ARRIVE,	  /* by its unit */
	VG_TASK_FINISH,	  /* by its unit, with a feedback code */
	VG_TASK_REFUSE,	  /* by its unit */
	VG_TASK_TIME_OUT, /* accept_by or arrive_by has passed */
	VG_TASK_CANCEL,	  /* the hazard is gone, the plan changed, or a person says so */
	VG_TASK_ESCALATE, /* nobody left at this level */
	VG_TASK_PARK,	  /* not now */
	VG_TASK_RETRY	  /* a parked task's time has come */
} VgTaskEvent;

enum
{
	VG_TASK_STATES = VG_TASK_ESCALATED + 1,
	VG_TASK_EVENTS = VG_TASK_RETRY + 1
};

typedef enum VgTaskVerdict
{
	VG_TASK_REFUSES, /* not allowed in this state */
	VG_TASK_MOVES,	 /* to *next */
	VG_TASK_REPEATS	 /* the event has had its effect before: nothing to do */
} VgTaskVerdict;

extern VgTaskVerdict vg_task_step(VgTaskState state, VgTaskEvent event, VgTaskState *next);
extern const char *vg_task_state_name(VgTaskState state);
extern const char *vg_task_event_name(VgTaskEvent event);
/* By name; false where there is none.  The name need not end with a zero byte. */
extern bool vg_task_state_find(const char *name, size_t length, VgTaskState *state);
extern bool vg_task_event_find(const char *name, size_t length, VgTaskEvent *event);

#endif
