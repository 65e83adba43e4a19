/*
 * drive.h: what drive.c (motion) and row.c (what the terminal sends) share.
 */
#ifndef VIGIL_CITY_DRIVE_H
#define VIGIL_CITY_DRIVE_H

#include "city.h"

typedef struct Driver
{
	const City *city;
	Vehicle *vehicle;
	Rows *rows;
	Path *path;
	Action *action;
	bool noisy;
	bool acc_on;
	bool odd_now; /* what is happening this second is the action's odd thing */
	int64_t now;
	int64_t since;		  /* the action's beginning */
	int64_t effect_since; /* from when the effect's times count; 0 = not yet */
	int64_t odd_next;
	int64_t gap_from, gap_until; /* nothing is received between */
	int64_t driven_s;			 /* between rows of which the earlier was moving */
	int64_t last_row;
	bool last_moving;
	int odd_done;
	int step;
	int wait_s;
	Spot spot;
	double speed_ms;
	double heading_deg;
	double mileage_m;
} Driver;

extern bool row_due(const Driver *driver); /* by the reporting interval */
extern void row_send(Driver *driver);
extern void row_elsewhere(Driver *driver); /* one row of a second feed, if one is ordered */
extern void gap_plan(Driver *driver);	   /* maybe lose some minutes of the trip that begins */

#endif
