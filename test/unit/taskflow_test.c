/*
 * taskflow_test.c: every state against every event, written out.
 */
#include "../../extension/engine/taskflow.h"
#include "check.h"

/* One row a state, one letter an event (in the order of VgTaskEvent): '.' refused, '=' a repeat,
 * else the state it leads to. */
static const char *const wanted[VG_TASK_STATES] = {
	/* offer accept arrive finish refuse time_out cancel escalate park retry */
	[VG_TASK_QUEUED] = "O.....CEP.",	[VG_TASK_PARKED] = "......C..Q",
	[VG_TASK_OFFERED] = ".A..RTC...",	[VG_TASK_ACCEPTED] = ".=VDRTC...",
	[VG_TASK_ARRIVED] = ".==D......",	[VG_TASK_DONE] = ".===......",
	[VG_TASK_REFUSED] = "....=.....",	[VG_TASK_TIMED_OUT] = "..........",
	[VG_TASK_CANCELLED] = "......=...", [VG_TASK_ESCALATED] = "..........",
};

static const char letters[VG_TASK_STATES + 1] = "QPOAVDRTCE";

int
main(void)
{
	VgTaskState found_state;
	VgTaskEvent found_event;

	for (int state = 0; state < VG_TASK_STATES; state++)
		for (int event = 0; event < VG_TASK_EVENTS; event++)
		{
			VgTaskState next = (VgTaskState) state;
			VgTaskVerdict verdict = vg_task_step((VgTaskState) state, (VgTaskEvent) event, &next);
			char got = verdict == VG_TASK_REFUSES	? '.'
					   : verdict == VG_TASK_REPEATS ? '='
													: letters[next];

			CHECK_INT(got, wanted[state][event]);
			if (verdict != VG_TASK_MOVES)
				CHECK_INT(next, state); /* a repeat leaves the task where it is */
		}

	for (int state = 0; state < VG_TASK_STATES; state++)
	{
		const char *name = vg_task_state_name((VgTaskState) state);

		CHECK_TRUE(vg_task_state_find(name, strlen(name), &found_state));
		CHECK_INT(found_state, state);
	}
	for (int event = 0; event < VG_TASK_EVENTS; event++)
	{
		const char *name = vg_task_event_name((VgTaskEvent) event);

		CHECK_TRUE(vg_task_event_find(name, strlen(name), &found_event));
		CHECK_INT(found_event, event);
	}
	CHECK_TRUE(!vg_task_state_find("queue", 5, &found_state));
	CHECK_TRUE(!vg_task_state_find("queued!", 7, &found_state));
	CHECK_TRUE(vg_task_state_find("queued!", 6, &found_state)); /* the length counts */
	CHECK_TRUE(!vg_task_event_find("", 0, &found_event));
	return check_report();
}
