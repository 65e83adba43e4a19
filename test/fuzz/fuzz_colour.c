/*
 * fuzz_colour.c: any weights, any rule, any masks in any order of time: the colour follows the
 * algorithm as it is written, and what it promises holds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "engine/colour.h"

/* The state as the definition keeps it. */
typedef struct Plain
{
	int64_t better_since;
	int colour;
	int better_colour;
} Plain;

static int32_t
score_slowly(const int32_t *weight, int count, uint64_t mask)
{
	int32_t sum = 0;

	for (int bit = 0; bit < count; bit++)
		if (mask >> bit & 1)
			sum += weight[bit];
	return sum < 100 ? 100 - sum : 0;
}

static bool
good(int colour, int32_t score, bool veto, const VgColourRule *rule)
{
	int32_t lower = colour == VG_GREEN ? rule->yellow_below : rule->red_below;

	return !veto && score >= lower + rule->recovery_margin;
}

/* The best colour better than this one, or -1. */
static int
best_better(int colour, int32_t score, bool veto, const VgColourRule *rule)
{
	for (int better = VG_GREEN; better < colour; better++)
		if (good(better, score, veto, rule))
			return better;
	return -1;
}

/* vehicles.md 5, line by line. */
static void
step_slowly(Plain *state, int32_t score, bool veto, int64_t now, const VgColourRule *rule)
{
	int target = veto || score < rule->red_below ? VG_RED
				 : score < rule->yellow_below	 ? VG_YELLOW
												 : VG_GREEN;
	int best;

	if (target > state->colour)
	{
		state->colour = target;
		state->better_since = VG_NEVER;
		return;
	}
	best = best_better(state->colour, score, veto, rule);
	if (best < 0)
	{
		state->better_since = VG_NEVER;
		return;
	}
	if (state->better_since == VG_NEVER)
	{
		state->better_since = now;
		state->better_colour = best;
	}
	else if (best > state->better_colour)
		state->better_colour = best;
	if (now - state->better_since >= rule->hold_us)
	{
		state->colour = state->better_colour;
		state->better_since = VG_NEVER;
		best = best_better(state->colour, score, veto, rule);
		if (best >= 0)
		{
			state->better_since = now;
			state->better_colour = best;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes bytes = {data, size};
	VgScoreTable table;
	int32_t weight[VG_SITUATION_BITS];
	bool veto[VG_SITUATION_BITS];
	int count = (int) (take(&bytes, 1) % (VG_SITUATION_BITS + 1));
	uint64_t vetoes = take(&bytes, 8) & take(&bytes, 8);
	VgColourRule rule = {.red_below = (int32_t) (take(&bytes, 1) % 101)};
	VgColourState state = {.score = 100, .colour = VG_GREEN, .better_since = VG_NEVER};
	Plain plain = {.colour = VG_GREEN, .better_since = VG_NEVER};
	int64_t now = 0;

	rule.yellow_below = rule.red_below + (int32_t) take(&bytes, 1) % (101 - rule.red_below);
	rule.recovery_margin = (int32_t) take(&bytes, 1) % (101 - rule.yellow_below);
	rule.hold_us = (int64_t) (take(&bytes, 1) % 90) * VG_MINUTE;
	for (int bit = 0; bit < count; bit++)
	{
		weight[bit] = (int32_t) (take(&bytes, 1) % 101);
		veto[bit] = vetoes >> bit & 1;
	}
	vg_score_compile(&table, weight, veto, count);

	while (bytes.left > 0)
	{
		VgColourState before = state;
		uint64_t mask = take(&bytes, 8) & (take(&bytes, 1) & 1 ? 0xFFFF : UINT64_MAX);
		int32_t score = score_slowly(weight, count, mask);
		bool vetoed = count > 0 && (mask & vetoes & (UINT64_MAX >> (64 - count))) != 0;
		bool changed;

		now += (int64_t) (int8_t) take(&bytes, 1) * VG_MINUTE;
		changed = vg_colour_step(&state, mask, now, &table, &rule);
		step_slowly(&plain, score, vetoed, now, &rule);

		require(state.score == score && state.score == vg_score(&table, mask));
		require((int) state.colour == plain.colour && state.better_since == plain.better_since);
		require(state.better_since == VG_NEVER || (int) state.better_colour == plain.better_colour);
		require(changed == (before.mask != mask || before.colour != state.colour));
		/* a colour is never better than the mask's own, and a promise is always of a better one */
		require(state.colour >= vg_colour_plain(&table, &rule, mask));
		require(state.better_since == VG_NEVER || state.better_colour < state.colour);
	}
	return 0;
}
