/*
 * score.c: situations to score: one table lookup a byte of the mask.
 */
#include "score.h"

#define BYTE_VALUES 256
#define BYTES 8
#define BITS_PER_BYTE 8
#define FULL_SCORE 100

/*
 * vg_score_compile: precompute the sum of weights of every value of every byte of a mask.
 *
 * weight, veto   by bit, count of them; bits from count on weigh nothing
 * count          at most VG_SITUATION_BITS, more are ignored
 */
void
vg_score_compile(VgScoreTable *table, const int32_t *weight, const bool *veto, int count)
{
	if (count > VG_SITUATION_BITS)
		count = VG_SITUATION_BITS;

	table->veto = 0;
	for (int bit = 0; bit < count; bit++)
		if (veto[bit])
			table->veto |= UINT64_C(1) << bit;

	for (int byte = 0; byte < BYTES; byte++)
	{
		table->partial[byte][0] = 0;
		for (int value = 1; value < BYTE_VALUES; value++)
		{
			int lowest = 0;

			while (((value >> lowest) & 1) == 0)
				lowest++;
			int bit = byte * BITS_PER_BYTE + lowest;

			table->partial[byte][value] =
				table->partial[byte][value & (value - 1)] + (bit < count ? weight[bit] : 0);
		}
	}
}

/* vg_score: greatest(0, 100 - sum of the weights of the mask's bits). */
int32_t
vg_score(const VgScoreTable *table, uint64_t mask)
{
	int32_t sum = table->partial[0][mask & 0xFF] + table->partial[1][(mask >> 8) & 0xFF] +
				  table->partial[2][(mask >> 16) & 0xFF] + table->partial[3][(mask >> 24) & 0xFF] +
				  table->partial[4][(mask >> 32) & 0xFF] + table->partial[5][(mask >> 40) & 0xFF] +
				  table->partial[6][(mask >> 48) & 0xFF] + table->partial[7][mask >> 56];

	return sum < FULL_SCORE ? FULL_SCORE - sum : 0;
}
