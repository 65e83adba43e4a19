/*
 * catalogue.h: the 46 vehicle situations' weights and vetoes, for tests of score and colour.
 */
#ifndef VIGIL_TEST_CATALOGUE_H
#define VIGIL_TEST_CATALOGUE_H

#include "engine/colour.h"

#define SITUATIONS 46
#define BIT(number) (UINT64_C(1) << (number))

static const int32_t catalogue_weight[SITUATIONS] = {
	50, 30, 30, 50, 15, 45, 20, 15, 15, 10, 15, 10,			/* driver, 0 to 11 */
	30, 50, 30, 20, 10, 30, 45, 20, 50, 15, 20,				/* vehicle, 12 to 22 */
	25, 45, 45, 25, 25, 35, 45, 20, 20, 30, 15, 10, 15, 10, /* environment, 23 to 36 */
	30, 15, 15, 30, 20, 10, 20, 15, 20						/* supervision, 37 to 45 */
};
static const bool catalogue_veto[SITUATIONS] = {[0] = true, [3] = true, [13] = true, [20] = true};
static const VgColourRule catalogue_rule = {.red_below = 60,
											.yellow_below = 85,
											.recovery_margin = 5,
											.hold_us = 30 * VG_MINUTE};

#endif
