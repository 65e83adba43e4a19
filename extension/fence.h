/*
 * fence.h: the fence index of this database as a backend sees it.
 *
 * Built from vigil.geofence once per change and shared between backends.  A pointer stays valid
 * until the next call of vg_fences(); keep none past one statement.
 */
#ifndef VIGIL_FENCE_H
#define VIGIL_FENCE_H

#include "postgres.h"

#include "engine/fenceindex.h"

extern const VgFenceIndex *vg_fences(void);		/* never NULL; empty where there are no fences */
extern int vg_fence_kind_bit(const char *code); /* bit of vigil.fence_kind, or -1 */
/* The same in the fences that vg_fences() gave last, without looking whether they have changed. */
extern int vg_fence_kind_bit_held(const char *code);
/* Differs from before whenever the fences or their kinds may, as of the last vg_fences(); never 0.
 */
extern uint64 vg_fence_generation(void);

#endif
