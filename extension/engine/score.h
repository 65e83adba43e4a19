/*
 * score.h: situations to score.
 */
#ifndef VIGIL_ENGINE_SCORE_H
#define VIGIL_ENGINE_SCORE_H

#include "base.h"

#define VG_SITUATION_BITS 63

typedef struct VgScoreTable
{
	uint64_t veto;			 /* bits that are red at any score */
	int32_t partial[8][256]; /* sum of the weights of one byte of the mask */
} VgScoreTable;

extern void vg_score_compile(VgScoreTable *table, const int32_t *weight, const bool *veto,
							 int count);
extern int32_t vg_score(const VgScoreTable *table, uint64_t mask); /* greatest(0, 100 - sum) */

#endif
