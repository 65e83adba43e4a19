/* coord_test.c: coordinate systems against published pairs and their own inverse. */
#include "coord.h"

#include "check.h"

#define POINT(lon, lat) ((VgPoint){(lon), (lat)})

static void
check_pair(VgConversion convert, double lon, double lat, double want_lon, double want_lat,
		   double tolerance)
{
	VgPoint got = convert(POINT(lon, lat));

	CHECK_REAL(got.lon, want_lon, tolerance);
	CHECK_REAL(got.lat, want_lat, tolerance);
}

int
main(void)
{
	VgPoint huzhou = POINT(120.086881, 30.893610);

	/* pairs that several public converters give, to their printed digits */
	check_pair(vg_to_gcj02, 116.404, 39.915, 116.41024449916938, 39.91640428150164, 1e-9);
	check_pair(vg_to_bd09, 116.404, 39.915, 116.41662724378733, 39.922699552216216, 1e-9);
	check_pair(vg_from_gcj02, 116.41024449916938, 39.91640428150164, 116.404, 39.915, 1e-9);
	check_pair(vg_from_bd09, 116.41662724378733, 39.922699552216216, 116.404, 39.915, 1e-9);

	/* acceptance case 40: in Huzhou the shift is 507 to 546 m */
	CHECK_TRUE(vg_geodesic_m(huzhou, vg_to_gcj02(huzhou)) > 507.0);
	CHECK_TRUE(vg_geodesic_m(huzhou, vg_to_gcj02(huzhou)) < 546.0);
	CHECK_REAL(vg_geodesic_m(huzhou, vg_from_gcj02(vg_to_gcj02(huzhou))), 0.0, 1e-4);

	/* outside the rectangle nothing moves, also in the inverse */
	check_pair(vg_to_gcj02, -0.1278, 51.5074, -0.1278, 51.5074, 0.0);
	check_pair(vg_from_gcj02, 139.6917, 35.6895, 139.6917, 35.6895, 0.0);
	check_pair(vg_to_bd09, 71.9, 40.0, 71.9, 40.0, 0.0);
	check_pair(vg_from_bd09, 105.0, 0.5, 105.0, 0.5, 0.0);
	CHECK_TRUE(vg_coord_shifted(POINT(72.004, 0.8293)));
	CHECK_TRUE(!vg_coord_shifted(POINT(NAN, 30.0)));

	for (double lon = 72.1; lon < 137.8; lon += 1.7)
		for (double lat = 0.9; lat < 55.8; lat += 1.3)
		{
			VgPoint p = POINT(lon, lat);

			CHECK_REAL(vg_local_m(p, vg_from_gcj02(vg_to_gcj02(p))), 0.0, 1e-4);
			CHECK_REAL(vg_local_m(p, vg_from_bd09(vg_to_bd09(p))), 0.0, 1e-4);
		}
	check_pair(vg_from_gcj02, vg_to_gcj02(POINT(105.0, 35.0)).lon,
			   vg_to_gcj02(POINT(105.0, 35.0)).lat, 105.0, 35.0,
			   1e-9); /* where the formula has a kink */
	return check_report();
}
