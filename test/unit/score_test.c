/*
 * score_test.c: masks to scores, vehicles.md 5.1 and the catalogue's sums.
 */
#include "catalogue.h"
#include "check.h"

/* The definition, bit by bit. */
static int32_t
score_slowly(const int32_t *weight, int count, uint64_t mask)
{
	int32_t sum = 0;

	for (int bit = 0; bit < count; bit++)
		if (mask & BIT(bit))
			sum += weight[bit];
	return sum < 100 ? 100 - sum : 0;
}

int
main(void)
{
	VgScoreTable table;
	uint64_t random = 42;
	int32_t one[VG_SITUATION_BITS] = {0};
	bool none[VG_SITUATION_BITS] = {false};
	int different = 0;

	vg_score_compile(&table, catalogue_weight, catalogue_veto, SITUATIONS);
	CHECK_INT(table.veto, 1056777);

	CHECK_INT(vg_score(&table, 0), 100);
	CHECK_INT(vg_score(&table, 131072), 70);
	CHECK_INT(vg_score(&table, 524288), 80);
	CHECK_INT(vg_score(&table, 256), 85);
	CHECK_INT(vg_score(&table, 32), 55);
	CHECK_INT(vg_score(&table, 1099512152064), 50);
	CHECK_INT(vg_score(&table, 8388736), 60);
	CHECK_INT(vg_score(&table, 1048576), 50);
	CHECK_INT(vg_score(&table, 8), 50);
	CHECK_INT(vg_score(&table, 1099545182240), 0);
	CHECK_INT(vg_score(&table, 52776558133248), 65);
	CHECK_INT(vg_score(&table, 537001984), 25);
	CHECK_INT(vg_score(&table, 70368744177663), 0);

	/* each single bit, and bits past the catalogue */
	for (int bit = 0; bit < SITUATIONS; bit++)
		CHECK_INT(vg_score(&table, BIT(bit)), 100 - catalogue_weight[bit]);
	for (int bit = SITUATIONS; bit < 64; bit++)
		CHECK_INT(vg_score(&table, BIT(bit)), 100);

	/* the tables agree with the definition on any mask */
	for (int i = 0; i < 20000; i++)
	{
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		uint64_t mask = (random ^ random >> 29) & (random >> 13 | random << 51);

		different += vg_score(&table, mask) != score_slowly(catalogue_weight, SITUATIONS, mask);
	}
	CHECK_INT(different, 0);

	/* the last bit counts, the sign bit never does, more bits than there are do no harm */
	one[62] = 7;
	none[62] = true;
	vg_score_compile(&table, one, none, VG_SITUATION_BITS + 10);
	CHECK_INT(vg_score(&table, BIT(62)), 93);
	CHECK_INT(vg_score(&table, BIT(63)), 100);
	CHECK_INT(table.veto, BIT(62));

	vg_score_compile(&table, one, none, 0);
	CHECK_INT(vg_score(&table, UINT64_MAX), 100);
	CHECK_INT(table.veto, 0);
	return check_report();
}
