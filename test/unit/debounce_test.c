/*
 * debounce_test.c: consecutive points: how many, how long, and that a silence is no bridge.
 */
#include "check.h"
#include "debounce.h"

static const VgDebounceRule rule = {3, 2, 20 * VG_SECOND, 30 * VG_SECOND};

static VgVerdict
point(VgDebounce *state, int64_t second, VgSample sample, bool raised)
{
	return vg_debounce_step(state, second * VG_SECOND, sample, (float) second, raised, &rule);
}

static void
check_raise(void)
{
	VgDebounce state = {0};

	CHECK_INT(point(&state, 100, VG_SAMPLE_BAD, false), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 110, VG_SAMPLE_BAD, false), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 119, VG_SAMPLE_BAD, false), VG_VERDICT_NONE); /* 19 s */
	CHECK_INT(point(&state, 120, VG_SAMPLE_BAD, false), VG_VERDICT_RAISE);
	CHECK_INT(state.bad_since, 100 * VG_SECOND);
	CHECK_REAL(state.worst, 120, 0);
	CHECK_INT(point(&state, 130, VG_SAMPLE_BAD, true), VG_VERDICT_STILL);
	/* one that is neither, or good, ends the run */
	state = (VgDebounce){0};
	point(&state, 100, VG_SAMPLE_BAD, false);
	point(&state, 110, VG_SAMPLE_BAD, false);
	CHECK_INT(point(&state, 115, VG_SAMPLE_BETWEEN, false), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 120, VG_SAMPLE_BAD, false), VG_VERDICT_NONE);
	CHECK_INT(state.bad_count, 1);
	CHECK_INT(point(&state, 125, VG_SAMPLE_GOOD, false), VG_VERDICT_NONE);
	CHECK_INT(state.bad_count, 0);
}

/* 300 s joins, 301 s does not. */
static void
check_gap(void)
{
	VgDebounce state = {0};

	point(&state, 1000, VG_SAMPLE_BAD, false);
	point(&state, 1300, VG_SAMPLE_BAD, false);
	CHECK_INT(point(&state, 1600, VG_SAMPLE_BAD, false), VG_VERDICT_RAISE);
	state = (VgDebounce){0};
	point(&state, 1000, VG_SAMPLE_BAD, false);
	point(&state, 1300, VG_SAMPLE_BAD, false);
	CHECK_INT(point(&state, 1601, VG_SAMPLE_BAD, false), VG_VERDICT_NONE);
	CHECK_INT(state.bad_count, 1);
	CHECK_INT(state.bad_since, 1601 * VG_SECOND);
}

/* The same for what clears: good points count anew after a silence; a time that they must last goes
 * on. */
static void
check_good_gap(void)
{
	static const VgDebounceRule counted = {2, 3, 0, 0};
	VgDebounce state = {0};

#define GOOD(second)                                                                               \
	vg_debounce_step(&state, (second) *VG_SECOND, VG_SAMPLE_GOOD, 0, true, &counted)
	GOOD(1000);
	GOOD(1300);
	CHECK_INT(GOOD(1600), VG_VERDICT_CLEAR);
	GOOD(1000);
	GOOD(1300);
	CHECK_INT(GOOD(1601), VG_VERDICT_NONE);
	CHECK_INT(state.good_count, 1);
	CHECK_INT(GOOD(1611), VG_VERDICT_NONE);
	CHECK_INT(GOOD(1621), VG_VERDICT_CLEAR);
	/* one point that must be followed by half a minute of good ones: a sparse feed clears it too */
	point(&state, 1000, VG_SAMPLE_GOOD, true);
	CHECK_INT(point(&state, 1600, VG_SAMPLE_GOOD, true), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 1610, VG_SAMPLE_GOOD, true), VG_VERDICT_CLEAR);
#undef GOOD
}

static void
check_clear(void)
{
	VgDebounce state = {0};

	CHECK_INT(point(&state, 100, VG_SAMPLE_GOOD, true), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 129, VG_SAMPLE_GOOD, true), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 130, VG_SAMPLE_GOOD, true), VG_VERDICT_CLEAR);
	CHECK_INT(state.good_count, 0);
	point(&state, 200, VG_SAMPLE_GOOD, true);
	CHECK_INT(point(&state, 210, VG_SAMPLE_BETWEEN, true), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 230, VG_SAMPLE_GOOD, true), VG_VERDICT_NONE); /* begun anew */
	CHECK_INT(point(&state, 260, VG_SAMPLE_GOOD, true), VG_VERDICT_CLEAR);
}

/* Time that does not count: a minute's pause lengthens no run; one of 301 s ends it. */
static void
check_pause(void)
{
	VgDebounce state = {0};

	point(&state, 100, VG_SAMPLE_BAD, false);
	point(&state, 110, VG_SAMPLE_BAD, false);
	vg_debounce_pause(&state, 170 * VG_SECOND);
	CHECK_INT(point(&state, 179, VG_SAMPLE_BAD, false), VG_VERDICT_NONE);
	CHECK_INT(point(&state, 180, VG_SAMPLE_BAD, false), VG_VERDICT_RAISE);
	vg_debounce_pause(&state, 481 * VG_SECOND);
	CHECK_INT(state.bad_count, 0);
}

int
main(void)
{
	check_raise();
	check_gap();
	check_good_gap();
	check_clear();
	check_pause();
	return check_report();
}
