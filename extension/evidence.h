/*
 * evidence.h: what a hazard knows about its cause, and how a later sighting adds to it.
 */
#ifndef VIGIL_EVIDENCE_H
#define VIGIL_EVIDENCE_H

#include "postgres.h"

#include "utils/jsonb.h"

/*
 * vg_evidence_open: the evidence of a new hazard: what the model found, its version, and the
 * parameters that differ from the defaults.  found may be NULL; overrides is an object, left out
 * when empty.
 */
extern Jsonb *vg_evidence_open(Jsonb *found, int32 version, Jsonb *overrides);

/*
 * vg_evidence_merge: a later sighting over an earlier one: the newer value of each key, but the
 * greater one of numbers that say how bad it was at worst: over_pct, minutes, count, and keys that
 * end in _max.
 */
extern Jsonb *vg_evidence_merge(Jsonb *earlier, Jsonb *later);

/* vg_evidence_id: the whole number under a key, or if_absent. */
extern int64 vg_evidence_id(Jsonb *evidence, const char *key, int64 if_absent);

#endif
