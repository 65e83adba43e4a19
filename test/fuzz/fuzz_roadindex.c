/*
 * fuzz_roadindex.c: any roads are refused or indexed, and every match is that of a search of all
 * edges.
 */
#include <stdint.h>
#include <string.h>

#include "../unit/roadnaive.h"

#define SOURCES 24
#define POINTS 5
#define QUERIES 16

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Bytes
{
	const uint8_t *at;
	size_t left;
} Bytes;

static uint32_t
take(Bytes *bytes, size_t width)
{
	uint32_t value = 0;

	if (width > bytes->left)
		return 0;
	memcpy(&value, bytes->at, width);
	bytes->at += width;
	bytes->left -= width;
	return value;
}

/* Mostly a few hundred metres apart, sometimes degrees, sometimes no coordinate at all. */
static double
take_offset(Bytes *bytes)
{
	int32_t value = (int32_t) (int16_t) take(bytes, 2);

	switch (value & 15)
	{
		case 0:
			return value / 65536.0;
		case 1:
			return value == 1 ? NAN : value / 8192.0;
		default:
			return value / 6553600.0;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static double points[SOURCES][2 * POINTS];
	VgRoadSource sources[SOURCES];
	Bytes bytes = {data, size};
	int32_t count = (int32_t) (take(&bytes, 1) % (SOURCES + 1));
	double longest = 0.0;
	double lon = 120.1, lat = 30.9;
	VgRoadIndex *index;
	VgStatus status;

	memset(sources, 0, sizeof(sources));
	if (take(&bytes, 1) % 16 == 0)
		lat = (double) (int32_t) take(&bytes, 4) / 2147483648.0 * 90.0;
	for (int32_t i = 0; i < count; i++)
	{
		sources[i].segment.id = i * 2 - (take(&bytes, 1) == 255);
		sources[i].segment.flags = (uint16_t) take(&bytes, 2);
		sources[i].name = sources[i].segment.flags & 1 ? "name" : NULL;
		sources[i].points = points[i];
		sources[i].point_count = (int32_t) (take(&bytes, 1) % (POINTS + 1));
		for (int32_t k = 0; k < sources[i].point_count; k++)
		{
			points[i][2 * k] = lon + take_offset(&bytes);
			points[i][2 * k + 1] = lat + take_offset(&bytes);
			if (k > 0)
				longest =
					fmax(longest, 111320.0 * hypot(points[i][2 * k] - points[i][2 * k - 2],
												   points[i][2 * k + 1] - points[i][2 * k - 1]));
		}
	}
	index = naive_build(sources, count, &status);
	if (index == NULL)
		return 0;
	if (status != VG_OK)
		abort();
	for (int i = 0; i < QUERIES; i++)
	{
		double at_lon = lon + take_offset(&bytes);
		double at_lat = lat + take_offset(&bytes);
		int heading = (int) (take(&bytes, 2) % 361) - 1;
		int32_t current = (int32_t) (take(&bytes, 1) % SOURCES) - 1;
		int32_t match;

		current = current < count ? current : -1;
		match = vg_road_match(index, at_lon, at_lat, heading, current);
		/* single precision: a hundredth of a metre at 100 km; and a plane that touches 50 m away */
		if (fabs(at_lat) <= 84.0 && isfinite(at_lon) &&
			!naive_agrees(sources, count, at_lon, at_lat, heading, current, match,
						  0.005 + longest * 2e-7))
			abort();
		if (match >= 0 && vg_road_find(index, vg_road_get(index, match)->id, -1) != match)
			abort();
		(void) vg_road_near_toll(index, at_lon, at_lat);
	}
	free(index);
	return 0;
}
