/*
 * debounce.c: raise when a condition has held long enough, clear when it has been gone long enough.
 */
#include "debounce.h"

static void
debounce_count(uint16_t *count)
{
	if (*count < UINT16_MAX)
		(*count)++;
}

static VgVerdict
debounce_bad(VgDebounce *state, int64_t time_us, float measure, bool raised,
			 const VgDebounceRule *rule)
{
	state->good_count = 0;
	if (state->bad_count == 0 || (!raised && time_us - state->last > VG_GAP_US))
	{
		state->bad_count = 0;
		state->bad_since = time_us;
		state->worst = measure;
	}
	debounce_count(&state->bad_count);
	if (measure > state->worst)
		state->worst = measure;
	state->last = time_us;
	if (raised)
		return VG_VERDICT_STILL;
	return state->bad_count >= rule->raise_count &&
				   time_us - state->bad_since >= rule->raise_span_us
			   ? VG_VERDICT_RAISE
			   : VG_VERDICT_NONE;
}

static VgVerdict
debounce_good(VgDebounce *state, int64_t time_us, bool raised, const VgDebounceRule *rule)
{
	if (!raised)
	{
		*state = (VgDebounce){0};
		return VG_VERDICT_NONE;
	}
	if (state->good_count == 0)
		state->good_since = time_us;
	else if (time_us - state->last > VG_GAP_US)
		state->good_count = 0; /* counted anew; the time since it is good goes on */
	debounce_count(&state->good_count);
	state->last = time_us;
	return state->good_count >= rule->clear_count &&
				   time_us - state->good_since >= rule->clear_span_us
			   ? VG_VERDICT_CLEAR
			   : VG_VERDICT_NONE;
}

VgVerdict
vg_debounce_step(VgDebounce *state, int64_t time_us, VgSample point, float measure, bool raised,
				 const VgDebounceRule *rule)
{
	VgVerdict verdict = VG_VERDICT_NONE;

	switch (point)
	{
		case VG_SAMPLE_BAD:
			verdict = debounce_bad(state, time_us, measure, raised, rule);
			break;
		case VG_SAMPLE_GOOD:
			verdict = debounce_good(state, time_us, raised, rule);
			break;
		case VG_SAMPLE_BETWEEN:
			if (!raised)
				*state = (VgDebounce){0};
			state->good_count = 0;
			break;
	}
	if (verdict == VG_VERDICT_CLEAR)
		*state = (VgDebounce){0};
	return verdict;
}

void
vg_debounce_pause(VgDebounce *state, int64_t time_us)
{
	if (state->bad_count == 0 && state->good_count == 0)
		return;
	if (time_us - state->last > VG_GAP_US)
	{
		state->bad_count = 0;
		state->good_count = 0;
		return;
	}
	state->bad_since += time_us - state->last;
	state->good_since += time_us - state->last;
	state->last = time_us;
}
