/*
 * stay.c: where a subject has been staying, in spite of drift.
 */
#include "stay.h"

#include <math.h>

#include "geo.h"

static void
stay_begin(VgStay *stay, int64_t since, double lon, double lat)
{
	stay->lon = lon;
	stay->lat = lat;
	stay->since = since;
	stay->strike_since = 0;
	stay->count = 1;
	stay->strikes = 0;
}

/* The anchor is the mean of the first points and then fixed, so that slow creeping cannot drag it.
 */
static void
stay_inside(VgStay *stay, double lon, double lat)
{
	stay->strikes = 0;
	if (stay->count >= VG_STAY_ANCHOR_POINTS)
		return;
	stay->count++;
	stay->lon += (lon - stay->lon) / stay->count;
	stay->lat += (lat - stay->lat) / stay->count;
}

VgStayChange
vg_stay_step(VgStay *stay, int64_t time_us, double lon, double lat, double speed_kmh,
			 int64_t last_us, double radius_m)
{
	double distance_m = INFINITY; /* who drives has left, wherever it is */
	int64_t ended_at;

	if (stay->count == 0)
	{
		stay_begin(stay, time_us, lon, lat);
		return VG_STAY_NEW;
	}
	if (speed_kmh < VG_STAY_END_KMH)
		distance_m = vg_local_m((VgPoint){stay->lon, stay->lat}, (VgPoint){lon, lat});
	if (distance_m <= radius_m)
	{
		stay_inside(stay, lon, lat);
		return VG_STAY_GOES_ON;
	}
	ended_at = stay->strikes > 0 ? stay->strike_since : time_us;
	if (stay->strikes == 0 && distance_m <= 3 * radius_m && time_us - last_us <= VG_STAY_SILENCE_US)
	{
		stay->strikes = 1;
		stay->strike_since = time_us;
		return VG_STAY_STRUCK;
	}
	stay_begin(stay, ended_at, lon, lat);
	return VG_STAY_NEW;
}
