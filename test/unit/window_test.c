/*
 * window_test.c: counts and sums over the recent past: edges of the window, its fixed space.
 */
#include "check.h"
#include "window.h"

static void
check_count_window(void)
{
	VgCountWindow window = {0};

	CHECK_INT(vg_count_window_last(&window), VG_NEVER);
	vg_count_window_add(&window, 1000 * VG_SECOND);
	vg_count_window_add(&window, 1600 * VG_SECOND);
	CHECK_INT(vg_count_window_count(&window, 1600 * VG_SECOND, 601 * VG_SECOND), 2);
	/* open at its start: exactly a span ago is out */
	CHECK_INT(vg_count_window_count(&window, 1600 * VG_SECOND, 600 * VG_SECOND), 1);
	CHECK_INT(vg_count_window_last(&window), 1600 * VG_SECOND);
	/* the oldest makes room */
	for (int i = 1; i <= VG_COUNT_WINDOW_SIZE + 6; i++)
		vg_count_window_add(&window, (2000 + i) * VG_SECOND);
	CHECK_INT(vg_count_window_count(&window, 2100 * VG_SECOND, VG_DAY), VG_COUNT_WINDOW_SIZE);
	CHECK_INT(window.at_s[0], 2007);
}

static void
check_sum_window(void)
{
	VgSumWindow window = {0};
	int64_t width = 30 * VG_MINUTE;

	/* 08:20 to 09:10 lies in three buckets; a window of two drops the first whole at 09:30 */
	vg_sum_window_add(&window, 500 * VG_MINUTE, 550 * VG_MINUTE, width, 3);
	CHECK_INT(vg_sum_window_sum(&window, 550 * VG_MINUTE, width, 3), 50 * VG_MINUTE);
	CHECK_INT(vg_sum_window_sum(&window, 570 * VG_MINUTE - 1, width, 3), 50 * VG_MINUTE);
	CHECK_INT(vg_sum_window_sum(&window, 570 * VG_MINUTE, width, 3), 40 * VG_MINUTE);
	CHECK_INT(vg_sum_window_sum(&window, 600 * VG_MINUTE, width, 3), 10 * VG_MINUTE);
	CHECK_INT(vg_sum_window_sum(&window, 630 * VG_MINUTE, width, 3), 0);
	/* longer than the window: only its end counts */
	vg_sum_window_add(&window, 630 * VG_MINUTE, 1000 * VG_MINUTE, width, 3);
	CHECK_INT(vg_sum_window_sum(&window, 1000 * VG_MINUTE, width, 3), 70 * VG_MINUTE);
	/* over the first moment of 2000, where the numbers of the buckets change sign */
	window = (VgSumWindow){0};
	vg_sum_window_add(&window, -120 * VG_MINUTE, 60 * VG_MINUTE, width, 7);
	CHECK_INT(vg_sum_window_sum(&window, 60 * VG_MINUTE, width, 7), 180 * VG_MINUTE);
	CHECK_INT(vg_sum_window_sum(&window, 120 * VG_MINUTE, width, 7), 120 * VG_MINUTE);
	window = (VgSumWindow){0};
	vg_sum_window_add(&window, 630 * VG_MINUTE, 1000 * VG_MINUTE, width, 3);
	/* an empty stretch adds nothing */
	vg_sum_window_add(&window, 1000 * VG_MINUTE, 1000 * VG_MINUTE, width, 3);
	CHECK_INT(vg_sum_window_sum(&window, 1000 * VG_MINUTE, width, 3), 70 * VG_MINUTE);
}

int
main(void)
{
	check_count_window();
	check_sum_window();
	return check_report();
}
