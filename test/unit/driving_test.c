/*
 * driving_test.c: what counts as driving, stop, rest and unknown; hours of the local day.
 */
#include "check.h"
#include "driving.h"

static const VgDrivingRule rule = {240 * VG_MINUTE, 20 * VG_MINUTE, 30 * VG_MINUTE, 5};

static VgInterval
seconds(int64_t from, int64_t to, double speed_from, double average)
{
	return (VgInterval){from * VG_SECOND, to * VG_SECOND, speed_from, 60, average};
}

static VgMotion
motion(int64_t length_s, double speed_from, double average)
{
	VgInterval interval = seconds(1000, 1000 + length_s, speed_from, average);

	return vg_motion(&interval, 5, 30 * VG_MINUTE);
}

static void
check_motion(void)
{
	CHECK_INT(motion(300, 5, 0), VG_MOTION_DRIVE); /* the speed at its start decides */
	CHECK_INT(motion(300, 4.9, 60), VG_MOTION_STOP);
	CHECK_INT(motion(300, -1, 60), VG_MOTION_UNKNOWN);
	CHECK_INT(motion(301, 60, 4.9), VG_MOTION_STOP); /* now the way does */
	CHECK_INT(motion(301, 0, 5), VG_MOTION_DRIVE);
	CHECK_INT(motion(301, 60, -1), VG_MOTION_UNKNOWN);
	CHECK_INT(motion(1800, 0, 5), VG_MOTION_DRIVE);
	CHECK_INT(motion(1801, 0, 5), VG_MOTION_UNKNOWN);
	CHECK_INT(motion(1801, 60, 4.9), VG_MOTION_REST);
}

static bool
drive(VgDriving *driving, int64_t from_s, int64_t to_s, double from_kmh, double to_kmh)
{
	VgInterval interval = {from_s * VG_SECOND, to_s * VG_SECOND, from_kmh, to_kmh, from_kmh};

	return vg_driving_step(driving, &interval, interval.to_us - interval.from_us, &rule);
}

static void
check_rest(void)
{
	VgDriving driving = {0};

	CHECK_TRUE(!drive(&driving, 600, 900, 60, 0));
	for (int64_t at = 900; at < 900 + 1170; at += 30) /* 19.5 min */
		CHECK_TRUE(!drive(&driving, at, at + 30, 0, at + 30 == 2070 ? 60 : 0));
	CHECK_INT(driving.driving_us, 1470 * VG_SECOND); /* a short stop counts when it ends */
	CHECK_INT(driving.since, 600 * VG_SECOND);
	driving = (VgDriving){0};
	drive(&driving, 600, 900, 60, 0);
	CHECK_INT(driving.since, 600 * VG_SECOND);
	for (int64_t at = 900; at < 900 + 1200; at += 30)
		CHECK_INT(drive(&driving, at, at + 30, 0, at + 30 == 2100 ? 60 : 0), at + 30 == 2100);
	CHECK_INT(driving.driving_us, 0);
	CHECK_INT(driving.last_rest, 2100 * VG_SECOND);
}

static void
check_day(void)
{
	/* 22:00 to 06:00 in China is 14:00 to 22:00 UTC */
	CHECK_TRUE(!vg_daily_inside(14 * VG_HOUR - 1, 1320, 360, 480));
	CHECK_TRUE(vg_daily_inside(14 * VG_HOUR, 1320, 360, 480));
	CHECK_TRUE(vg_daily_inside(22 * VG_HOUR - 1, 1320, 360, 480));
	CHECK_TRUE(!vg_daily_inside(22 * VG_HOUR, 1320, 360, 480));
	CHECK_TRUE(vg_daily_inside(-1 - 2 * VG_HOUR, 1320, 360, 480)); /* before 2000 */
	CHECK_INT(vg_daily_overlap(13 * VG_HOUR, 15 * VG_HOUR, 1320, 360, 480), VG_HOUR);
	CHECK_INT(vg_daily_overlap(21 * VG_HOUR, 23 * VG_HOUR, 1320, 360, 480), VG_HOUR);
	CHECK_INT(vg_daily_overlap(0, 2 * VG_DAY, 1320, 360, 480), 16 * VG_HOUR);
	CHECK_INT(vg_daily_overlap(5 * VG_HOUR, 5 * VG_HOUR, 1320, 360, 480), 0);
}

int
main(void)
{
	check_motion();
	check_rest();
	check_day();
	return check_report();
}
