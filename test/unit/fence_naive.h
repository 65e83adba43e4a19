/*
 * fence_naive.h: whether an area covers a point, edge by edge, as ST_Covers computes it; what the
 * fence index must equal.
 */
#ifndef VIGIL_TEST_FENCE_NAIVE_H
#define VIGIL_TEST_FENCE_NAIVE_H

#include "fenceindex.h"

static inline bool
naive_covers(const VgFenceSource *source, uint32_t number, VgPoint p)
{
	bool inside = false;

	for (uint32_t ring = 0; ring < source->ring_count; ring++)
	{
		if (source->ring_fence[ring] != number)
			continue;
		for (uint32_t i = source->ring_first[ring]; i + 1 < source->ring_first[ring + 1]; i++)
		{
			VgPoint a = source->vertex[i], b = source->vertex[i + 1];
			double side = (b.lon - a.lon) * (p.lat - a.lat) - (p.lon - a.lon) * (b.lat - a.lat);

			if (side == 0.0 && p.lon >= (a.lon < b.lon ? a.lon : b.lon) &&
				p.lon <= (a.lon > b.lon ? a.lon : b.lon) &&
				p.lat >= (a.lat < b.lat ? a.lat : b.lat) &&
				p.lat <= (a.lat > b.lat ? a.lat : b.lat))
				return true;
			if (a.lat <= p.lat && p.lat < b.lat && side > 0.0)
				inside = !inside;
			else if (b.lat <= p.lat && p.lat < a.lat && side < 0.0)
				inside = !inside;
		}
	}
	return inside;
}

#endif
