/* geo_test.c: distances against published lines, predicates at the edges. */
#include "geo.h"

#include "check.h"

#define POINT(lon, lat) ((VgPoint){(lon), (lat)})

static void
test_distances(void)
{
	VgPoint huzhou = POINT(120.086881, 30.893610), hangzhou = POINT(120.15507, 30.274085);
	VgPoint end;

	/* Vincenty's own check line (Flinders Peak to Buninyong), GDA94 on GRS80, which is WGS84 to 0.1
	 * mm */
	CHECK_REAL(vg_geodesic_m(POINT(144.42486788888, -37.95103341666),
							 POINT(143.92649552777, -37.65282113888)),
			   54972.271, 0.001);
	CHECK_REAL(vg_geodesic_m(huzhou, huzhou), 0.0, 0.0);
	CHECK_REAL(vg_geodesic_m(POINT(0, 0), POINT(0, 90)), 10001965.729,
			   0.001); /* meridian quadrant */
	CHECK_REAL(vg_geodesic_m(POINT(0, 0), POINT(90, 0)), 10018754.171,
			   0.001); /* equator quadrant */
	CHECK_REAL(vg_geodesic_m(POINT(179.9, 10), POINT(-179.9, 10)),
			   vg_geodesic_m(POINT(0, 10), POINT(0.2, 10)), 1e-6);
	/* antipodes: over a pole; Karney 2013, example of section 4: 179.5 degrees apart at -30
	 * and 29.9 */
	CHECK_REAL(vg_geodesic_m(POINT(0, 0), POINT(180, 0)), 20003931.4586, 0.001);
	CHECK_REAL(vg_geodesic_m(POINT(0, 90), POINT(77, -90)), 20003931.4586, 0.001);
	CHECK_REAL(vg_geodesic_m(POINT(0, -30), POINT(179.8, 29.9)), 19989832.827610, 0.001);
	CHECK_REAL(vg_geodesic_m(POINT(0, 0), POINT(179.5, 0.5)), 19936288.579, 0.001);
	CHECK_TRUE(isnan(vg_geodesic_m(POINT(NAN, 0), POINT(1, 1))));
	CHECK_TRUE(isnan(vg_haversine_m(POINT(NAN, 0), POINT(1, 1))));
	CHECK_TRUE(isnan(vg_local_m(POINT(NAN, 0), POINT(1, 1))));

	CHECK_REAL(vg_haversine_m(POINT(0, 0), POINT(180, 0)), 20015114.35, 0.1);
	CHECK_REAL(vg_haversine_m(huzhou, hangzhou) / vg_geodesic_m(huzhou, hangzhou), 1.0, 0.0056);
	for (int degrees = -80; degrees <= 80; degrees += 10)
		for (int bearing = 0; bearing < 360; bearing += 15)
		{
			VgPoint from = POINT(179.97, degrees);

			end = vg_geodesic_point(from, bearing, 10000.0);
			CHECK_REAL(vg_geodesic_m(from, end), 10000.0, 1e-5);
			CHECK_REAL(vg_local_m(from, end), 10000.0, 10.0);
		}
	end = vg_geodesic_point(POINT(0, 0), 90.0, 10018754.171394623);
	CHECK_REAL(end.lon, 90.0, 1e-9);
	CHECK_REAL(end.lat, 0.0, 1e-9);
}

static void
test_bearings(void)
{
	CHECK_REAL(vg_bearing_deg(POINT(120, 30), POINT(120, 31)), 0.0, 1e-12);
	CHECK_REAL(vg_bearing_deg(POINT(120, 0), POINT(121, 0)), 90.0, 1e-12);
	CHECK_REAL(vg_bearing_deg(POINT(120, 30), POINT(120, 29)), 180.0, 1e-12);
	CHECK_REAL(vg_bearing_deg(POINT(120, 0), POINT(119, 0)), 270.0, 1e-12);
	CHECK_REAL(vg_bearing_deg(POINT(179.5, 0), POINT(-179.5, 0)), 90.0, 1e-9);
	CHECK_REAL(vg_bearing_deg(POINT(120, 30), POINT(120, 30)), 0.0, 0.0);
	CHECK_TRUE(vg_bearing_deg(POINT(0, 0), POINT(-1e-18, 1)) < 360.0);
	CHECK_TRUE(isnan(vg_bearing_deg(POINT(NAN, 0), POINT(1, 1))));
}

static void
test_lines(void)
{
	VgPoint line[3] = {POINT(120.0, 30.0), POINT(120.01, 30.0), POINT(120.01, 30.01)};
	VgPoint nearest;

	CHECK_REAL(vg_segment_m(POINT(120.005, 30.001), line[0], line[1], &nearest), 110.85, 0.01);
	CHECK_REAL(nearest.lon, 120.005, 1e-12);
	CHECK_REAL(nearest.lat, 30.0, 1e-12);
	CHECK_REAL(vg_segment_m(POINT(119.99, 30.0), line[0], line[1], NULL),
			   vg_local_m(POINT(119.99, 30.0), line[0]), 1e-9);
	CHECK_REAL(vg_segment_m(line[1], line[0], line[0], &nearest), vg_local_m(line[0], line[1]),
			   1e-9); /* no length */
	CHECK_REAL(vg_polyline_m(POINT(120.011, 30.005), line, 3, &nearest), 96.49, 0.01);
	CHECK_REAL(nearest.lon, 120.01, 1e-12);
	CHECK_REAL(nearest.lat, 30.005, 1e-9);
	CHECK_REAL(vg_polyline_m(line[2], line, 3, NULL), 0.0, 1e-9);
	CHECK_REAL(vg_polyline_m(line[2], line, 1, NULL), vg_local_m(line[0], line[2]),
			   1e-9); /* a single point */
	/* over the antimeridian */
	CHECK_REAL(vg_segment_m(POINT(-179.999, 0.001), POINT(179.99, 0), POINT(-179.99, 0), NULL),
			   110.57, 0.01);
}

static void
test_predicates(void)
{
	VgPoint square[5] = {POINT(0, 0), POINT(1, 0), POINT(1, 1), POINT(0, 1), POINT(0, 0)};
	VgPoint bow[5] = {POINT(0, 0), POINT(2, 2), POINT(2, 0), POINT(0, 2), POINT(0, 0)};
	double ulp = nextafter(0.5, 1.0) - 0.5;

	CHECK_INT(vg_orientation(POINT(0, 0), POINT(1, 0), POINT(0, 1)), 1);
	CHECK_INT(vg_orientation(POINT(0, 0), POINT(1, 0), POINT(0, -1)), -1);
	CHECK_INT(vg_orientation(POINT(0, 0), POINT(3, 3), POINT(7, 7)), 0);
	/* Kettner et al. 2008, figure 2: the plain determinant gets most of these 256 x 256 points
	 * wrong */
	for (int i = 0; i < 256; i++)
		for (int j = 0; j < 256; j += 15)
		{
			VgPoint p = POINT(0.5 + i * ulp, 0.5 + j * ulp);
			int want = (i < j) - (i > j);

			if (vg_orientation(POINT(12, 12), POINT(24, 24), p) != want)
				CHECK_INT(vg_orientation(POINT(12, 12), POINT(24, 24), p), want);
		}
	CHECK_INT(vg_orientation(POINT(12, 12), POINT(24, 24), POINT(0.5, 0.5 + ulp)), 1);
	CHECK_INT(vg_orientation(POINT(24, 24), POINT(12, 12), POINT(0.5, 0.5 + ulp)), -1);

	CHECK_INT(vg_ring_place(square, 5, POINT(0.5, 0.5)), VG_INSIDE);
	CHECK_INT(vg_ring_place(square, 5, POINT(0, 0)), VG_BOUNDARY);
	CHECK_INT(vg_ring_place(square, 5, POINT(1, 0.3)), VG_BOUNDARY);
	CHECK_INT(vg_ring_place(square, 5, POINT(0.3, 1)), VG_BOUNDARY);
	CHECK_INT(vg_ring_place(square, 5, POINT(nextafter(1, 2), 0.3)), VG_OUTSIDE);
	CHECK_INT(vg_ring_place(square, 5, POINT(nextafter(1, 0), 0.3)), VG_INSIDE);
	CHECK_INT(vg_ring_place(square, 5, POINT(-1, 0)), VG_OUTSIDE); /* level with an edge */
	CHECK_INT(vg_ring_place(square, 5, POINT(-1, 1)), VG_OUTSIDE);
	CHECK_INT(vg_ring_place(square, 5, POINT(2, 1)), VG_OUTSIDE);
	CHECK_INT(vg_ring_place(bow, 5, POINT(0.5, 1)), VG_INSIDE);
	CHECK_INT(vg_ring_place(bow, 5, POINT(1, 0.5)), VG_OUTSIDE);
	CHECK_INT(vg_ring_place(bow, 5, POINT(1, 1)), VG_BOUNDARY);
}

int
main(void)
{
	test_distances();
	test_bearings();
	test_lines();
	test_predicates();
	return check_report();
}
