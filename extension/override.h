/*
 * override.h: the catalogue as a backtest wants it: other parameters, weights, thresholds.
 *
 * {"speeding_segment": {"ratio": 1.2}, "night_rule": {"enabled": true},
 *  "situations": {"vehicle_speeding": {"weight": 25}}, "colour_rule": {"red_below": 50}}
 *
 * vigil.check_overrides() refuses what is not of this form; here all of it is right.
 */
#ifndef VIGIL_OVERRIDE_H
#define VIGIL_OVERRIDE_H

#include "catalog.h"

/* The model with its parameters and switch as overrides (may be NULL) have them. */
extern VgModel vg_override_model(const VgModel *model, const Jsonb *overrides);
/* The profile with weights, vetoes and colour rule as overrides (may be NULL) have them. */
extern VgProfile vg_override_profile(const VgCatalog *catalog, const VgProfile *profile,
									 const Jsonb *overrides);

#endif
