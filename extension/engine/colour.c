/*
 * colour.c: score to colour (赋码): worse at once, better only after the score stayed above the
 * threshold by the margin for the hold time (升分调色).
 */
#include "colour.h"

static VgColour colour_of(const VgColourRule *rule, int32_t score, bool veto);
static bool colour_best(const VgColourRule *rule, int32_t score, bool veto, VgColour present,
						VgColour *best);

VgColour
vg_colour_plain(const VgScoreTable *table, const VgColourRule *rule, uint64_t mask)
{
	return colour_of(rule, vg_score(table, mask), (mask & table->veto) != 0);
}

/*
 * vg_colour_step: one step of a subject's colour at time now with the mask as it is now.
 *
 * A recovery that fell due before now must be stepped first, at its own time (better_since + hold),
 * with the mask as it was then; otherwise it happens at now.  Returns whether mask or colour
 * changed; the score may change alone when the weights did.
 */
bool
vg_colour_step(VgColourState *state, uint64_t mask, int64_t now, const VgScoreTable *table,
			   const VgColourRule *rule)
{
	VgColour before = state->colour;
	bool changed = state->mask != mask;
	bool veto = (mask & table->veto) != 0;
	VgColour target;
	VgColour best;

	state->mask = mask;
	state->score = vg_score(table, mask);
	target = colour_of(rule, state->score, veto);

	if (target > state->colour)
	{
		state->colour = target;
		state->better_since = VG_NEVER;
		return true;
	}
	if (!colour_best(rule, state->score, veto, state->colour, &best))
	{
		state->better_since = VG_NEVER;
		return changed;
	}
	if (state->better_since == VG_NEVER)
	{
		state->better_since = now;
		state->better_colour = best;
	}
	else if (best > state->better_colour)
		state->better_colour = best; /* the worst in the window is what the hold has proven */

	if (now - state->better_since >= rule->hold_us)
	{
		state->colour = state->better_colour;
		state->better_since = VG_NEVER;
		if (colour_best(rule, state->score, veto, state->colour, &best))
		{
			state->better_since = now;
			state->better_colour = best;
		}
	}
	return changed || state->colour != before;
}

static VgColour
colour_of(const VgColourRule *rule, int32_t score, bool veto)
{
	if (veto || score < rule->red_below)
		return VG_RED;
	return score < rule->yellow_below ? VG_YELLOW : VG_GREEN;
}

/* colour_best: the best colour, better than the present one, that the score clears by the margin;
 * false = none. */
static bool
colour_best(const VgColourRule *rule, int32_t score, bool veto, VgColour present, VgColour *best)
{
	if (veto)
		return false;
	if (score >= rule->yellow_below + rule->recovery_margin)
		*best = VG_GREEN;
	else if (score >= rule->red_below + rule->recovery_margin)
		*best = VG_YELLOW;
	else
		return false;
	return *best < present;
}
