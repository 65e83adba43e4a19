/*
 * colour_test.c: scores to colours and the way back, vehicles.md 5.1 to 5.5.
 */
#include "catalogue.h"
#include "check.h"

#define AT(hour, minute) (((hour) *60 + (minute)) * VG_MINUTE)
#define SPEEDING BIT(17)
#define FATIGUE BIT(5)
#define AGGRESSIVE BIT(8)
#define TERMINAL BIT(19)
#define CLONED BIT(20)

static VgScoreTable table;

static VgColourState
fresh(void)
{
	VgColourState state = {.score = 100, .colour = VG_GREEN, .better_since = VG_NEVER};

	return state;
}

static bool
step(VgColourState *state, int64_t now, uint64_t mask)
{
	return vg_colour_step(state, mask, now, &table, &catalogue_rule);
}

/* One line of a timeline: after the step, these are the score, the colour and the recovery under
 * way. */
#define LINE(state, now, mask, want_score, want_colour, want_since, want_better)                   \
	do                                                                                             \
	{                                                                                              \
		step(&(state), (now), (mask));                                                             \
		CHECK_INT((state).score, (want_score));                                                    \
		CHECK_INT((state).colour, (want_colour));                                                  \
		CHECK_INT((state).better_since, (want_since));                                             \
		if ((want_since) != VG_NEVER)                                                              \
			CHECK_INT((state).better_colour, (want_better));                                       \
	} while (0)

static void
check_plain(void)
{
	static const struct
	{
		uint64_t mask;
		VgColour colour;
	} line[] = {
		{0, VG_GREEN},
		{131072, VG_YELLOW},
		{524288, VG_YELLOW},
		{256, VG_GREEN},
		{32, VG_RED},
		{1099512152064, VG_RED},
		{8388736, VG_YELLOW},
		{1048576, VG_RED},
		{8, VG_RED},
		{1099545182240, VG_RED},
		{52776558133248, VG_YELLOW},
		{537001984, VG_RED},
		{70368744177663, VG_RED},
	};

	for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++)
	{
		VgColourState state = fresh();

		CHECK_INT(vg_colour_plain(&table, &catalogue_rule, line[i].mask), line[i].colour);
		CHECK_INT(step(&state, 0, line[i].mask), line[i].mask != 0);
		CHECK_INT(state.colour, line[i].colour);
	}
}

static void
check_recovery(void)
{
	VgColourState state = fresh();

	LINE(state, AT(9, 0), SPEEDING, 70, VG_YELLOW, VG_NEVER, 0);
	LINE(state, AT(9, 4), 0, 100, VG_YELLOW, AT(9, 4), VG_GREEN);
	CHECK_TRUE(!step(&state, AT(9, 20), 0));
	LINE(state, AT(9, 33), 0, 100, VG_YELLOW, AT(9, 4), VG_GREEN);
	LINE(state, AT(9, 34), 0, 100, VG_GREEN, VG_NEVER, 0);

	LINE(state, AT(10, 0), FATIGUE | AGGRESSIVE, 40, VG_RED, VG_NEVER, 0);
	LINE(state, AT(10, 25), AGGRESSIVE, 85, VG_RED, AT(10, 25), VG_YELLOW);
	LINE(state, AT(10, 55), AGGRESSIVE, 85, VG_YELLOW, VG_NEVER, 0);
	LINE(state, AT(12, 10), 0, 100, VG_YELLOW, AT(12, 10), VG_GREEN);
	LINE(state, AT(12, 40), 0, 100, VG_GREEN, VG_NEVER, 0);
}

static void
check_flapping(void)
{
	VgColourState state = fresh();
	int changes = 0;

	changes += step(&state, AT(14, 0), TERMINAL);
	changes += step(&state, AT(14, 10), 0);
	CHECK_INT(state.better_since, AT(14, 10));
	changes += step(&state, AT(14, 25), TERMINAL);
	CHECK_INT(state.better_since, VG_NEVER);
	changes += step(&state, AT(14, 30), 0);
	CHECK_INT(state.better_since, AT(14, 30));
	changes += step(&state, AT(14, 45), 0);
	CHECK_INT(state.colour, VG_YELLOW);
	changes += step(&state, AT(15, 0), 0);
	CHECK_INT(state.colour, VG_GREEN);
	CHECK_INT(changes, 5);
}

static void
check_dip(void)
{
	VgColourState state = fresh();

	LINE(state, AT(16, 0), CLONED, 50, VG_RED, VG_NEVER, 0);
	LINE(state, AT(16, 20), 0, 100, VG_RED, AT(16, 20), VG_GREEN);
	LINE(state, AT(16, 35), SPEEDING, 70, VG_RED, AT(16, 20), VG_YELLOW);
	LINE(state, AT(16, 40), 0, 100, VG_RED, AT(16, 20), VG_YELLOW);
	LINE(state, AT(16, 50), 0, 100, VG_YELLOW, AT(16, 50), VG_GREEN);
	LINE(state, AT(17, 20), 0, 100, VG_GREEN, VG_NEVER, 0);
}

/* 5.5: a weight of 0 leaves a veto red; without the veto the hold applies. */
static void
check_catalogue_change(void)
{
	VgScoreTable changed;
	int32_t weight[SITUATIONS];
	bool veto[SITUATIONS];
	VgColourState state = fresh();

	for (int bit = 0; bit < SITUATIONS; bit++)
	{
		weight[bit] = catalogue_weight[bit];
		veto[bit] = catalogue_veto[bit];
	}
	step(&state, AT(8, 0), CLONED);
	weight[20] = 0;
	vg_score_compile(&changed, weight, veto, SITUATIONS);
	CHECK_TRUE(!vg_colour_step(&state, CLONED, AT(8, 1), &changed, &catalogue_rule));
	CHECK_INT(state.score, 100);
	CHECK_INT(state.colour, VG_RED);
	veto[20] = false;
	vg_score_compile(&changed, weight, veto, SITUATIONS);
	CHECK_INT(vg_colour_plain(&changed, &catalogue_rule, CLONED), VG_GREEN);
	CHECK_TRUE(!vg_colour_step(&state, CLONED, AT(8, 2), &changed, &catalogue_rule));
	CHECK_INT(state.better_since, AT(8, 2));
	CHECK_TRUE(vg_colour_step(&state, CLONED, AT(8, 32), &changed, &catalogue_rule));
	CHECK_INT(state.colour, VG_GREEN);
}

/* No hold: better at once; a time before the recovery began proves nothing. */
static void
check_edges(void)
{
	VgColourRule at_once = catalogue_rule;
	VgColourState state = fresh();

	at_once.hold_us = 0;
	vg_colour_step(&state, CLONED, AT(1, 0), &table, &at_once);
	CHECK_TRUE(vg_colour_step(&state, 0, AT(1, 0), &table, &at_once));
	CHECK_INT(state.colour, VG_GREEN);
	CHECK_INT(state.better_since, VG_NEVER);

	state = fresh();
	step(&state, AT(2, 0), SPEEDING);
	step(&state, AT(2, 10), 0);
	CHECK_TRUE(!step(&state, AT(1, 0), 0));
	CHECK_INT(state.colour, VG_YELLOW);
	CHECK_INT(state.better_since, AT(2, 10));
}

int
main(void)
{
	vg_score_compile(&table, catalogue_weight, catalogue_veto, SITUATIONS);
	check_plain();
	check_recovery();
	check_flapping();
	check_dip();
	check_catalogue_change();
	check_edges();
	return check_report();
}
