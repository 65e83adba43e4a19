/*
 * taskflow.c: the life of a task, as one table.
 */
#include "taskflow.h"

#include <string.h>

typedef struct VgTaskMove
{
	VgTaskState from;
	VgTaskEvent event;
	VgTaskVerdict verdict;
	VgTaskState to;
} VgTaskMove;

#define MOVES VG_TASK_MOVES
#define REPEATS VG_TASK_REPEATS

/* What is not in this table is refused. */
static const VgTaskMove moves[] = {
	/* looking for a unit */
	{VG_TASK_QUEUED, VG_TASK_OFFER, MOVES, VG_TASK_OFFERED},
	{VG_TASK_QUEUED, VG_TASK_ESCALATE, MOVES, VG_TASK_ESCALATED},
	{VG_TASK_QUEUED, VG_TASK_PARK, MOVES, VG_TASK_PARKED},
	{VG_TASK_PARKED, VG_TASK_RETRY, MOVES, VG_TASK_QUEUED},

	/* the unit's answers */
	{VG_TASK_OFFERED, VG_TASK_ACCEPT, MOVES, VG_TASK_ACCEPTED},
	{VG_TASK_OFFERED, VG_TASK_REFUSE, MOVES, VG_TASK_REFUSED},
	{VG_TASK_ACCEPTED, VG_TASK_REFUSE, MOVES, VG_TASK_REFUSED}, /* accepted, then hindered */
	{VG_TASK_ACCEPTED, VG_TASK_ARRIVE, MOVES, VG_TASK_ARRIVED},
	{VG_TASK_ACCEPTED, VG_TASK_FINISH, MOVES,
	 VG_TASK_DONE}, /* a desk handles without going there */
	{VG_TASK_ARRIVED, VG_TASK_FINISH, MOVES, VG_TASK_DONE},

	/* the clock; who has arrived is no longer timed */
	{VG_TASK_OFFERED, VG_TASK_TIME_OUT, MOVES, VG_TASK_TIMED_OUT},
	{VG_TASK_ACCEPTED, VG_TASK_TIME_OUT, MOVES, VG_TASK_TIMED_OUT},

	/* nothing left to do; who has arrived reports what was found */
	{VG_TASK_QUEUED, VG_TASK_CANCEL, MOVES, VG_TASK_CANCELLED},
	{VG_TASK_PARKED, VG_TASK_CANCEL, MOVES, VG_TASK_CANCELLED},
	{VG_TASK_OFFERED, VG_TASK_CANCEL, MOVES, VG_TASK_CANCELLED},
	{VG_TASK_ACCEPTED, VG_TASK_CANCEL, MOVES, VG_TASK_CANCELLED},

	/* an answer that was lost on its way is given again; the task may have gone on since */
	{VG_TASK_ACCEPTED, VG_TASK_ACCEPT, REPEATS, VG_TASK_ACCEPTED},
	{VG_TASK_ARRIVED, VG_TASK_ACCEPT, REPEATS, VG_TASK_ARRIVED},
	{VG_TASK_DONE, VG_TASK_ACCEPT, REPEATS, VG_TASK_DONE},
	{VG_TASK_ARRIVED, VG_TASK_ARRIVE, REPEATS, VG_TASK_ARRIVED},
	{VG_TASK_DONE, VG_TASK_ARRIVE, REPEATS, VG_TASK_DONE},
	{VG_TASK_DONE, VG_TASK_FINISH, REPEATS, VG_TASK_DONE},
	{VG_TASK_REFUSED, VG_TASK_REFUSE, REPEATS, VG_TASK_REFUSED},
	{VG_TASK_CANCELLED, VG_TASK_CANCEL, REPEATS, VG_TASK_CANCELLED},
};

#undef MOVES
#undef REPEATS

static const char *const state_names[VG_TASK_STATES] = {
	[VG_TASK_QUEUED] = "queued",	   [VG_TASK_PARKED] = "parked",
	[VG_TASK_OFFERED] = "offered",	   [VG_TASK_ACCEPTED] = "accepted",
	[VG_TASK_ARRIVED] = "arrived",	   [VG_TASK_DONE] = "done",
	[VG_TASK_REFUSED] = "refused",	   [VG_TASK_TIMED_OUT] = "timed_out",
	[VG_TASK_CANCELLED] = "cancelled", [VG_TASK_ESCALATED] = "escalated",
};

static const char *const event_names[VG_TASK_EVENTS] = {
	[VG_TASK_OFFER] = "offer",	 [VG_TASK_ACCEPT] = "accept",	  [VG_TASK_ARRIVE] = "arrive",
	[VG_TASK_FINISH] = "finish", [VG_TASK_REFUSE] = "refuse",	  [VG_TASK_TIME_OUT] = "time_out",
	[VG_TASK_CANCEL] = "cancel", [VG_TASK_ESCALATE] = "escalate", [VG_TASK_PARK] = "park",
	[VG_TASK_RETRY] = "retry",
};

VgTaskVerdict
vg_task_step(VgTaskState state, VgTaskEvent event, VgTaskState *next)
{
	for (size_t number = 0; number < sizeof moves / sizeof moves[0]; number++)
	{
		const VgTaskMove *move = &moves[number];

		if (move->from == state && move->event == event)
		{
			*next = move->to;
			return move->verdict;
		}
	}
	return VG_TASK_REFUSES;
}

const char *
vg_task_state_name(VgTaskState state)
{
	return state_names[state];
}

const char *
vg_task_event_name(VgTaskEvent event)
{
	return event_names[event];
}

static bool
name_find(const char *const *names, int count, const char *name, size_t length, int *found)
{
	for (int number = 0; number < count; number++)
	{
		if (strlen(names[number]) == length && memcmp(names[number], name, length) == 0)
		{
			*found = number;
			return true;
		}
	}
	return false;
}

bool
vg_task_state_find(const char *name, size_t length, VgTaskState *state)
{
	int found;

	if (!name_find(state_names, VG_TASK_STATES, name, length, &found))
		return false;
	*state = (VgTaskState) found;
	return true;
}

bool
vg_task_event_find(const char *name, size_t length, VgTaskEvent *event)
{
	int found;

	if (!name_find(event_names, VG_TASK_EVENTS, name, length, &found))
		return false;
	*event = (VgTaskEvent) found;
	return true;
}
