/*
 * colour.h: score to colour, with margin and hold time on the way up.
 */
#ifndef VIGIL_ENGINE_COLOUR_H
#define VIGIL_ENGINE_COLOUR_H

#include "score.h"

typedef enum VgColour
{
	VG_GREEN,
	VG_YELLOW,
	VG_RED
} VgColour;

typedef struct VgColourRule
{
	int32_t red_below;
	int32_t yellow_below;
	int32_t recovery_margin;
	int64_t hold_us;
} VgColourRule;

typedef struct VgColourState
{
	uint64_t mask;
	int64_t better_since; /* VG_NEVER = no recovery under way */
	int32_t score;
	VgColour colour;
	VgColour better_colour; /* meaningful with better_since */
} VgColourState;

/* The colour of a mask by itself, without history. */
extern VgColour vg_colour_plain(const VgScoreTable *table, const VgColourRule *rule, uint64_t mask);
/* One step at time now with the mask as it is now; returns whether mask or colour changed. */
extern bool vg_colour_step(VgColourState *state, uint64_t mask, int64_t now,
						   const VgScoreTable *table, const VgColourRule *rule);

#endif
