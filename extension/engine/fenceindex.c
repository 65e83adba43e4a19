/*
 * fenceindex.c: asking the fence index.  The layout and how a leaf answers: fenceblock.h.
 */
#include "fenceindex.h"

#include "fenceblock.h"

/* Microseconds in a week of local days; 2000-01-01 was a Saturday, day 5 counted from Monday. */
#define DAYS_OF_WEEK 7
#define FIRST_WEEKDAY 5
#define MINUTES_OF_DAY 1440

static bool runs_cover(const VgFenceIndex *index, const uint32_t *entry, VgPoint p, double right);

size_t
vg_fence_size(const VgFenceIndex *index)
{
	return index->size;
}

int
vg_fence_count(const VgFenceIndex *index)
{
	return (int) index->fence_count;
}

void
vg_fence_open(VgFenceCursor *cursor, const VgFenceIndex *index, VgFenceRole role, double lon,
			  double lat)
{
	const double cells = (double) (UINT32_C(1) << FENCE_LEVEL_BITS);
	double x = (lon - index->min_lon) * index->per_lon;
	double y = (lat - index->min_lat) * index->per_lat;
	const uint32_t *word = fence_part(index, index->word_at);
	uint32_t cell = index->root[role], shift = FENCE_LEVEL_BITS;
	uint32_t column, row;

	cursor->left = 0;
	if (!(x >= 0.0 && x < cells && y >= 0.0 && y < cells)) /* NaN too */
		return;
	column = (uint32_t) x;
	row = (uint32_t) y;
	while (CELL_TYPE(cell) == CELL_NODE)
	{
		const uint32_t *node = word + CELL_VALUE(cell);
		uint32_t bits = node[0], mask = (UINT32_C(1) << bits) - 1, part;

		shift -= bits;
		part = (((row >> shift) & mask) << bits) | ((column >> shift) & mask);
		if ((node[1 + part / 32] >> part % 32 & 1) == 0)
			return;
		cell = node[1 + NODE_MARKS(bits) + part];
	}
	if (cell == CELL_EMPTY)
		return;
	cursor->index = index;
	cursor->p = (VgPoint){lon, lat};
	if (CELL_TYPE(cell) == CELL_SINGLE)
	{
		cursor->left = 1;
		cursor->entry = NULL;
		cursor->single = CELL_VALUE(cell);
		return;
	}
	cursor->entry = word + CELL_VALUE(cell) + 1;
	cursor->left = cursor->entry[-1];
	cursor->right = fence_right(index, ((column >> shift) + 1) << shift);
}

int64_t
vg_fence_next(VgFenceCursor *cursor)
{
	while (cursor->left > 0)
	{
		const uint32_t *entry = cursor->entry;

		cursor->left--;
		if (entry == NULL)
			return cursor->single;
		cursor->entry = entry + 2 + 2 * (entry[1] >> 1);
		if (runs_cover(cursor->index, entry, cursor->p, cursor->right))
			return entry[0];
	}
	return -1;
}

int64_t
vg_fence_next_of(VgFenceCursor *cursor, const VgFenceFilter *filter)
{
	while (cursor->left > 0)
	{
		const uint32_t *entry = cursor->entry;
		uint32_t number = entry == NULL ? cursor->single : entry[0];

		cursor->left--;
		if (entry != NULL)
			cursor->entry = entry + 2 + 2 * (entry[1] >> 1);
		if (fence_means(cursor->index, filter, number) &&
			(entry == NULL || runs_cover(cursor->index, entry, cursor->p, cursor->right)))
			return number;
	}
	return -1;
}

/*
 * runs_cover: whether the area of this entry covers p.  The side of p is ST_Covers's own
 * expression, from the edge's first vertex in the stored direction, so that both round alike.
 */
static bool
runs_cover(const VgFenceIndex *index, const uint32_t *entry, VgPoint p, double right)
{
	const uint32_t *run = entry + 2, *end = run + 2 * (entry[1] >> 1);
	bool inside = entry[1] & 1;

	for (; run < end; run += 2)
	{
		const VgPoint *a = fence_vertices(index) + run[0], *last = a + run[1];

		for (; a < last; a++)
		{
			const VgPoint *b = a + 1;
			bool above_a = a->lat <= p.lat, above_b = b->lat <= p.lat;
			bool east_a = a->lon > right, east_b = b->lon > right;

			if (east_a && east_b)
				continue;
			if (above_a != above_b || (above_a && (a->lat == p.lat || b->lat == p.lat)))
			{
				double side =
					(b->lon - a->lon) * (p.lat - a->lat) - (p.lon - a->lon) * (b->lat - a->lat);

				if (side == 0.0 && (a->lon <= p.lon || b->lon <= p.lon) &&
					(a->lon >= p.lon || b->lon >= p.lon))
					return true;
				if (above_a != above_b)
					inside ^= above_a ? side > 0.0 : side < 0.0;
			}
			if (east_a != east_b)
				inside ^= east_a ? above_a : above_b;
		}
	}
	return inside;
}

int
vg_fence_query(const VgFenceIndex *index, VgFenceRole role, double lon, double lat, uint32_t *hits,
			   int capacity)
{
	VgFenceCursor cursor;
	int64_t number;
	int count = 0;

	vg_fence_open(&cursor, index, role, lon, lat);
	while ((number = vg_fence_next(&cursor)) >= 0)
	{
		if (count < capacity)
			hits[count] = (uint32_t) number;
		count++;
	}
	return count;
}

bool
vg_fence_covers(const VgFenceIndex *index, uint32_t number, double lon, double lat)
{
	VgFenceCursor cursor;

	vg_fence_open(&cursor, index, (VgFenceRole) vg_fence_get(index, number)->role, lon, lat);
	for (; cursor.left > 0; cursor.left--)
	{
		const uint32_t *entry = cursor.entry;

		if (entry == NULL)
			return cursor.single == number;
		if (entry[0] == number)
			return runs_cover(index, entry, cursor.p, cursor.right);
		cursor.entry = entry + 2 + 2 * (entry[1] >> 1);
	}
	return false;
}

const VgFence *
vg_fence_get(const VgFenceIndex *index, uint32_t number)
{
	return (const VgFence *) fence_part(index, index->fence_at) + number;
}

int64_t
vg_fence_find(const VgFenceIndex *index, int64_t id, VgFenceRole role)
{
	uint32_t low = 0, high = index->fence_count;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;
		const VgFence *fence = vg_fence_get(index, middle);

		if (fence->id < id || (fence->id == id && fence->role < (uint8_t) role))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < index->fence_count && vg_fence_get(index, low)->id == id &&
		vg_fence_get(index, low)->role == (uint8_t) role)
		return low;
	return -1;
}

/* hours_hold: whether this minute of this weekday (0 = Monday) lies in the hours; past midnight
 * they began the day before. */
static bool
hours_hold(const VgFenceHours *hours, int weekday, int minute)
{
	bool today = hours->days >> weekday & 1;
	bool yesterday = hours->days >> ((weekday + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK) & 1;

	if (hours->from_minute < hours->to_minute)
		return today && minute >= hours->from_minute && minute < hours->to_minute;
	return (today && minute >= hours->from_minute) || (yesterday && minute < hours->to_minute);
}

static bool
fence_valid(const VgFence *fence, int64_t time_us)
{
	return time_us >= fence->valid_from && time_us < fence->valid_until;
}

/* hours_now: whether this time lies in the fence's active hours. */
static bool
hours_now(const VgFenceIndex *index, const VgFence *fence, int64_t time_us,
		  int32_t utc_offset_minutes)
{
	const VgFenceHours *hours = fence_part(index, index->hours_at);
	int64_t minutes, days;
	int weekday, minute;

	if (fence->hours_count == 0)
		return true;
	minutes = time_us / VG_MINUTE - (time_us % VG_MINUTE < 0) + utc_offset_minutes;
	days = minutes / MINUTES_OF_DAY - (minutes % MINUTES_OF_DAY < 0);
	minute = (int) (minutes - days * MINUTES_OF_DAY);
	weekday = (int) (((days + FIRST_WEEKDAY) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK);
	for (int i = 0; i < fence->hours_count; i++)
		if (hours_hold(&hours[fence->hours_first + i], weekday, minute))
			return true;
	return false;
}

bool
vg_fence_active(const VgFenceIndex *index, uint32_t number, int64_t time_us,
				int32_t utc_offset_minutes)
{
	const VgFence *fence = vg_fence_get(index, number);

	return fence_valid(fence, time_us) && hours_now(index, fence, time_us, utc_offset_minutes);
}

bool
vg_fence_timely(const VgFenceIndex *index, const VgFenceFilter *filter, uint32_t number)
{
	const VgFence *fence = vg_fence_get(index, number);

	return fence_valid(fence, filter->time_us) &&
		   (!filter->hours || hours_now(index, fence, filter->time_us, filter->utc_offset_minutes));
}
