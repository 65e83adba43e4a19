/*
 * road.h: the road index of this database as a backend sees it.
 *
 * The segments are built into one block once per change of vigil_vehicle.road_segment and shared
 * between backends.  Road states change far more often and are kept apart, per backend and hour of
 * observation.
 */
#ifndef VIGIL_ROAD_H
#define VIGIL_ROAD_H

#include "postgres.h"

#include "datatype/timestamp.h"

#include "engine/roadindex.h"

extern void vg_road_init(void); /* called by _PG_init */

/*
 * vg_roads: the current index, never NULL, empty where there are no roads.  Accepts invalidations:
 * call it once per statement, before the first row.
 */
extern const VgRoadIndex *vg_roads(void);

/*
 * vg_road_states: the road states that can hold at this time, never NULL; for vg_road_state(states,
 * id, at).  Cheap (a comparison) while times stay within one hour; the pointer stays valid until
 * the next call.
 */
extern const VgRoadStates *vg_road_states(TimestampTz at);

#endif
