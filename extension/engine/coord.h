/*
 * coord.h: WGS84, GCJ-02 (the shifted system of Chinese maps, 火星坐标) and BD-09 (Baidu's, a
 * further shift).
 *
 * The shift applies inside the rectangle 72.004..137.8347 E, 0.8293..55.8271 N, looked up with the
 * point that is given; outside it every system is WGS84 and a point is returned as it is.  The
 * functions from_ invert the functions to_ to below a millimetre, except within two kilometres of
 * the rectangle's border.  No official description is public: the formulas are the well-known ones
 * that map providers' points agree with.
 */
#ifndef VIGIL_ENGINE_COORD_H
#define VIGIL_ENGINE_COORD_H

#include "geo.h"

typedef VgPoint (*VgConversion)(VgPoint);

extern bool vg_coord_shifted(VgPoint p); /* inside the rectangle */
extern VgPoint vg_to_gcj02(VgPoint wgs84);
extern VgPoint vg_from_gcj02(VgPoint gcj02);
extern VgPoint vg_to_bd09(VgPoint wgs84);
extern VgPoint vg_from_bd09(VgPoint bd09);

#endif
