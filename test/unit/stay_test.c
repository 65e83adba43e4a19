/*
 * stay_test.c: staying in spite of drift: radius, strikes, silence, the fixed anchor.
 */
#include "check.h"
#include "stay.h"

#define METRE_LON (1.0 / (111319.49 * 0.848)) /* degrees at 32 N, about */

static int64_t last;

static VgStayChange
at(VgStay *stay, int64_t second, double metres, double speed_kmh)
{
	VgStayChange change = vg_stay_step(stay, second * VG_SECOND, 120.0 + metres * METRE_LON, 32.0,
									   speed_kmh, last, 150);

	last = second * VG_SECOND;
	return change;
}

static void
check_strikes(void)
{
	VgStay stay = {0};

	last = VG_NEVER;
	CHECK_INT(at(&stay, 1000, 0, 0), VG_STAY_NEW);
	CHECK_INT(at(&stay, 1030, 140, 0), VG_STAY_GOES_ON);
	CHECK_INT(at(&stay, 1060, 400, 0), VG_STAY_STRUCK); /* one is drift */
	CHECK_INT(at(&stay, 1090, 0, 0), VG_STAY_GOES_ON);
	CHECK_INT(stay.since, 1000 * VG_SECOND);
	CHECK_INT(at(&stay, 1120, 400, 0), VG_STAY_STRUCK);
	CHECK_INT(at(&stay, 1150, 400, 0), VG_STAY_NEW); /* two: since the first of them */
	CHECK_INT(stay.since, 1120 * VG_SECOND);
	CHECK_INT(at(&stay, 1180, 900, 0), VG_STAY_NEW); /* more than three radii: at once */
	CHECK_INT(at(&stay, 1210, 900, 19.9), VG_STAY_GOES_ON);
	CHECK_INT(at(&stay, 1240, 900, 20), VG_STAY_NEW);
}

static void
check_anchor(void)
{
	VgStay stay = {0};

	/* creeping 2 m a point: the anchor follows for 20 points, then the stay ends 150 m from it */
	last = VG_NEVER;
	at(&stay, 1000, 0, 0);
	for (int i = 1; i < 80; i++)
		CHECK_INT(at(&stay, 1000 + 30 * i, 2.0 * i, 1), VG_STAY_GOES_ON);
	CHECK_REAL((stay.lon - 120.0) / METRE_LON, 19.0, 0.01);
	CHECK_INT(at(&stay, 4000, 175, 1), VG_STAY_STRUCK);
	CHECK_INT(at(&stay, 4030, 176, 1), VG_STAY_NEW);
}

static void
check_silence(void)
{
	VgStay stay = {0};

	last = VG_NEVER;
	at(&stay, 1000, 0, 0);
	CHECK_INT(at(&stay, 10000, 100, 0), VG_STAY_GOES_ON); /* long, but still there */
	CHECK_INT(at(&stay, 11800, 300, 0), VG_STAY_STRUCK);  /* 30 min and elsewhere: drift? */
	CHECK_INT(at(&stay, 11830, 0, 0), VG_STAY_GOES_ON);
	CHECK_INT(at(&stay, 13631, 300, 0), VG_STAY_NEW); /* longer and elsewhere: gone */
	CHECK_INT(stay.since, 13631 * VG_SECOND);
}

int
main(void)
{
	check_strikes();
	check_anchor();
	check_silence();
	return check_report();
}
