/*
 * task.c: the task state machine as SQL sees it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"
#include "engine/taskflow.h"

/* What a unit or person wanted to do, for the message. */
static const char *
event_participle(VgTaskEvent event)
{
	switch (event)
	{
		case VG_TASK_OFFER:
			return "offered";
		case VG_TASK_ACCEPT:
			return "accepted";
		case VG_TASK_ARRIVE:
			return "reported as arrived";
		case VG_TASK_FINISH:
			return "finished";
		case VG_TASK_REFUSE:
			return "refused";
		case VG_TASK_TIME_OUT:
			return "timed out";
		case VG_TASK_CANCEL:
			return "cancelled";
		case VG_TASK_ESCALATE:
			return "escalated";
		case VG_TASK_PARK:
			return "parked";
		case VG_TASK_RETRY:
			return "tried again";
	}
	return "moved";
}

/* What to do instead, of a task in this state. */
static const char *
state_remedy(VgTaskState state)
{
	switch (state)
	{
		case VG_TASK_QUEUED:
		case VG_TASK_PARKED:
			return "It is with nobody yet: the dispatcher offers it to a unit.";
		case VG_TASK_OFFERED:
			return "Its unit accepts it first, with vigil.task_accept().";
		case VG_TASK_ACCEPTED:
			return "Its unit reports with vigil.task_arrive() or vigil.task_finish(), or hands it "
				   "back "
				   "with vigil.task_refuse().";
		case VG_TASK_ARRIVED:
			return "Its unit reports with vigil.task_finish(); feedback not_found hands it on to "
				   "the "
				   "next one.";
		case VG_TASK_DONE:
		case VG_TASK_REFUSED:
		case VG_TASK_TIMED_OUT:
		case VG_TASK_CANCELLED:
		case VG_TASK_ESCALATED:
			return "It has ended; what carries it on is the task of its incident whose \"follows\" "
				   "names it, where there is one.";
	}
	return "";
}

PG_FUNCTION_INFO_V1(vigil_task_next);
Datum
vigil_task_next(PG_FUNCTION_ARGS)
{
	text *state_text = PG_GETARG_TEXT_PP(1);
	text *event_text = PG_GETARG_TEXT_PP(2);
	VgTaskState state;
	VgTaskState next;
	VgTaskEvent event;

	if (!vg_task_state_find(VARDATA_ANY(state_text), VARSIZE_ANY_EXHDR(state_text), &state))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("task state \"%s\" does not exist", text_to_cstring(state_text)));
	if (!vg_task_event_find(VARDATA_ANY(event_text), VARSIZE_ANY_EXHDR(event_text), &event))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("task event \"%s\" does not exist", text_to_cstring(event_text)));

	switch (vg_task_step(state, event, &next))
	{
		case VG_TASK_MOVES:
			PG_RETURN_TEXT_P(cstring_to_text(vg_task_state_name(next)));
		case VG_TASK_REPEATS:
			break;
		case VG_TASK_REFUSES:
			ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("task %lld cannot be %s: task_%s", (long long) PG_GETARG_INT64(0),
						   event_participle(event), vg_task_state_name(state)),
					errdetail("Its state is \"%s\".", vg_task_state_name(state)),
					errhint("%s", state_remedy(state)));
	}
	PG_RETURN_NULL();
}
