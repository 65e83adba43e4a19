/* wkb_test.c: well-known binary as OGC 06-103r4, ISO 13249-3 and PostGIS (EWKB) write it. */
#include "wkb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define BYTES_MAX 1024
#define SEEN_MAX 16

/* What a walk saw: how many points in each sequence, and the sum of x + 100 y of all of them. */
typedef struct Seen
{
	int sequences;
	uint32_t count[SEEN_MAX];
	double sum;
	int stop_after; /* visits; then VG_CHECK */
} Seen;

static unsigned char bytes[BYTES_MAX];

/* from_hex: into bytes; returns how many. */
static size_t
from_hex(const char *hex)
{
	size_t size = strlen(hex) / 2;

	for (size_t i = 0; i < size; i++)
	{
		const char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (unsigned char) strtoul(pair, NULL, 16);
	}
	return size;
}

static VgStatus
see(void *context, const VgWkbPoints *points)
{
	Seen *seen = context;

	if (seen->sequences < SEEN_MAX)
		seen->count[seen->sequences] = points->count;
	seen->sequences++;
	for (uint32_t i = 0; i < points->count; i++)
		seen->sum += vg_wkb_get(points, i, 0) + 100.0 * vg_wkb_get(points, i, 1);
	return seen->sequences == seen->stop_after ? VG_CHECK : VG_OK;
}

static VgStatus
walk(const char *hex, Seen *seen)
{
	*seen = (Seen){.stop_after = 0};
	return vg_wkb_walk(bytes, from_hex(hex), see, seen);
}

static VgStatus
move(void *context, const VgWkbPoints *points)
{
	for (uint32_t i = 0; i < points->count; i++)
	{
		vg_wkb_set(points, i, 0, vg_wkb_get(points, i, 0) + 1.0);
		vg_wkb_set(points, i, 1, vg_wkb_get(points, i, 1) - 1.0);
	}
	return VG_OK;
}

/* 1.0 is 000000000000f03f, 2.0 ...0040, 3.0 ...0840, 4.0 ...1040 in little endian. */
#define ONE "000000000000f03f"
#define TWO "0000000000000040"
#define THREE "0000000000000840"
#define FOUR "0000000000001040"
#define NOT_A_NUMBER "000000000000f87f"
#define POINT_1_2 "0101000000" ONE TWO

static void
test_types(void)
{
	Seen seen;

	CHECK_INT(walk(POINT_1_2, &seen), VG_OK);
	CHECK_INT(seen.sequences, 1);
	CHECK_REAL(seen.sum, 201, 0);
	CHECK_INT(walk("0000000001"
				   "3ff0000000000000"
				   "4000000000000000",
				   &seen),
			  VG_OK); /* big endian */
	CHECK_REAL(seen.sum, 201, 0);
	CHECK_INT(walk("0101000020e6100000" ONE TWO, &seen), VG_OK); /* SRID 4326 */
	CHECK_REAL(seen.sum, 201, 0);
	CHECK_INT(walk("0101000080" ONE TWO THREE, &seen), VG_OK); /* z as EWKB has it */
	CHECK_REAL(seen.sum, 201, 0);
	CHECK_INT(walk("01010000e0e6100000" ONE TWO THREE FOUR, &seen), VG_OK); /* z, m, SRID */
	CHECK_REAL(seen.sum, 201, 0);
	CHECK_INT(walk("01e9030000" ONE TWO THREE, &seen), VG_OK);		/* 1001: z as ISO has it */
	CHECK_INT(walk("01d1070000" ONE TWO THREE, &seen), VG_OK);		/* 2001: m */
	CHECK_INT(walk("01b90b0000" ONE TWO THREE FOUR, &seen), VG_OK); /* 3001: z and m */
	CHECK_REAL(seen.sum, 201, 0);

	CHECK_INT(walk("010200000002000000" ONE TWO THREE FOUR, &seen), VG_OK);
	CHECK_INT(seen.count[0], 2);
	CHECK_REAL(seen.sum, 201 + 403, 0);
	CHECK_INT(walk("010800000000000000", &seen), VG_OK); /* an empty circular string */
	CHECK_INT(seen.sequences, 1);
	CHECK_INT(seen.count[0], 0);
	CHECK_INT(walk("010300000000000000", &seen), VG_OK); /* an empty polygon */
	CHECK_INT(seen.sequences, 0);
	CHECK_INT(walk("010300000002000000"
				   "01000000" ONE TWO "02000000" THREE FOUR ONE TWO,
				   &seen),
			  VG_OK); /* rings may have any length here */
	CHECK_INT(seen.sequences, 2);
	CHECK_INT(seen.count[1], 2);
	CHECK_INT(walk("011100000001000000"
				   "01000000" ONE TWO,
				   &seen),
			  VG_OK); /* a triangle */
	CHECK_INT(seen.sequences, 1);
}

/* Parts are whole geometries, each with a byte order of its own. */
static void
test_parts(void)
{
	static const unsigned char part_types[] = {4, 5, 6, 7, 9, 10, 11, 12, 15, 16};
	Seen seen;

	for (size_t i = 0; i < sizeof(part_types); i++)
	{
		size_t size = from_hex("0100000000"
							   "02000000" POINT_1_2 "0000000001"
							   "4008000000000000"
							   "4010000000000000");

		bytes[1] = part_types[i];
		seen = (Seen){.stop_after = 0};
		CHECK_INT(vg_wkb_walk(bytes, size, see, &seen), VG_OK);
		CHECK_INT(seen.sequences, 2);
		CHECK_REAL(seen.sum, 201 + 403, 0);
	}
	seen = (Seen){.stop_after = 1};
	CHECK_INT(vg_wkb_walk(bytes, from_hex("010400000002000000" POINT_1_2 POINT_1_2), see, &seen),
			  VG_CHECK); /* what the visit says ends the walk */
	CHECK_INT(seen.sequences, 1);
	CHECK_INT(walk("0107000000"
				   "01000000"
				   "0107000000"
				   "01000000" POINT_1_2,
				   &seen),
			  VG_OK);
	CHECK_REAL(seen.sum, 201, 0);
}

static void
test_refusals(void)
{
	Seen seen;
	size_t size;

	CHECK_INT(walk("", &seen), VG_SHORT);
	CHECK_INT(walk("01", &seen), VG_SHORT);
	CHECK_INT(walk("02" ONE, &seen), VG_SYNTAX); /* a byte order that is none */
	CHECK_INT(walk("0100000000", &seen), VG_SYNTAX);
	CHECK_INT(walk("010d000000", &seen), VG_SYNTAX);
	CHECK_INT(walk("0112000000", &seen), VG_SYNTAX);
	CHECK_INT(walk("01a10f0000" ONE TWO THREE FOUR, &seen), VG_SYNTAX); /* 4001 */
	CHECK_INT(walk(POINT_1_2 "00", &seen), VG_SYNTAX);					/* bytes left over */
	CHECK_INT(walk("0102000000ffffffff" ONE TWO, &seen), VG_SHORT);
	CHECK_INT(walk("0103000000ffffffff", &seen), VG_SHORT);
	CHECK_INT(walk("0104000000ffffffff" POINT_1_2, &seen), VG_SHORT);
	size = from_hex("01060000a0e610000001000000"
					"010300008001000000"
					"01000000" ONE TWO THREE);
	for (size_t i = 0; i < size; i++) /* wherever it ends early */
	{
		seen = (Seen){.stop_after = 0};
		CHECK_INT(vg_wkb_walk(bytes, i, see, &seen), VG_SHORT);
		CHECK_INT(seen.sequences, 0);
	}
	CHECK_INT(vg_wkb_walk(bytes, size, see, &seen), VG_OK);

	for (int depth = 32; depth <= 33; depth++) /* collections in collections, a point in the last */
	{
		size = 0;
		for (int i = 0; i < depth; i++, size += 9)
			memcpy(bytes + size, "\1\7\0\0\0\1\0\0\0", 9);
		memcpy(bytes + size, "\1\1\0\0\0", 5);
		memset(bytes + size + 5, 0, 16);
		CHECK_INT(vg_wkb_walk(bytes, size + 21, see, &seen), depth == 32 ? VG_OK : VG_RANGE);
	}
}

/* What a visit writes stays in the bytes, and touches x and y alone. */
static void
test_set(void)
{
	unsigned char before[BYTES_MAX];
	size_t size = from_hex("010200008002000000" ONE TWO THREE FOUR THREE TWO);
	Seen seen = {.stop_after = 0};

	memcpy(before, bytes, size);
	CHECK_INT(vg_wkb_walk(bytes, size, move, NULL), VG_OK);
	CHECK_INT(memcmp(bytes, before, 9), 0);
	CHECK_INT(memcmp(bytes + 25, before + 25, 8), 0); /* z of the first */
	CHECK_INT(memcmp(bytes + 49, before + 49, 8), 0); /* z of the second */
	CHECK_INT(vg_wkb_walk(bytes, size, see, &seen), VG_OK);
	CHECK_REAL(seen.sum, (2 + 100) + (5 + 200), 0);
	size = from_hex("0000000001"
					"3ff0000000000000"
					"4000000000000000");
	CHECK_INT(vg_wkb_walk(bytes, size, move, NULL), VG_OK);
	CHECK_INT(bytes[5], 0x40); /* 2.0, big endian as before */
	CHECK_INT(bytes[13], 0x3f);
}

static void
test_point(void)
{
	VgWkbPoint point;

	CHECK_INT(vg_wkb_point(bytes, from_hex("01010000a0e6100000" ONE TWO THREE), &point), VG_OK);
	CHECK_REAL(point.x, 1, 0);
	CHECK_REAL(point.y, 2, 0);
	CHECK_INT(point.srid, 4326);
	CHECK_INT(point.type, 1);
	CHECK_INT(vg_wkb_srid(bytes, from_hex("01010000a0e6100000" ONE TWO THREE)), 4326);
	CHECK_INT(vg_wkb_point(bytes, from_hex(POINT_1_2), &point), VG_OK);
	CHECK_INT(point.srid, 0);
	CHECK_INT(vg_wkb_srid(bytes, from_hex(POINT_1_2)), 0);
	CHECK_INT(vg_wkb_srid(bytes, from_hex("0101000020e610")), 0);
	CHECK_INT(vg_wkb_point(bytes, from_hex("0101000000" NOT_A_NUMBER NOT_A_NUMBER), &point), VG_OK);
	CHECK_TRUE(isnan(point.x) && isnan(point.y)); /* an empty one */
	CHECK_INT(vg_wkb_point(bytes, from_hex("0106000020e610000000000000"), &point), VG_CHECK);
	CHECK_INT(point.type, 6);
	CHECK_INT(point.srid, 4326);
	CHECK_INT(vg_wkb_point(bytes, from_hex(POINT_1_2) - 1, &point), VG_SHORT);
	CHECK_INT(vg_wkb_point(bytes, from_hex(POINT_1_2 "00"), &point), VG_SYNTAX);
	CHECK_INT(vg_wkb_point(bytes, 0, &point), VG_SHORT);
	CHECK_INT(vg_wkb_point(bytes, from_hex("03"), &point), VG_SYNTAX);
}

int
main(void)
{
	test_types();
	test_parts();
	test_refusals();
	test_set();
	test_point();
	return check_report();
}
