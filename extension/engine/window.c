/*
 * window.c: counts and sums over the recent past in fixed space.
 */
#include "window.h"

#include <string.h>

static uint32_t
window_seconds(int64_t time_us)
{
	return time_us <= 0 ? 0 : (uint32_t) (time_us / VG_SECOND);
}

void
vg_count_window_add(VgCountWindow *window, int64_t time_us)
{
	if (window->count == VG_COUNT_WINDOW_SIZE)
	{
		memmove(window->at_s, window->at_s + 1, (VG_COUNT_WINDOW_SIZE - 1) * sizeof(uint32_t));
		window->count--;
	}
	window->at_s[window->count++] = window_seconds(time_us);
}

int32_t
vg_count_window_count(VgCountWindow *window, int64_t time_us, int64_t span_us)
{
	uint32_t oldest = window_seconds(time_us - span_us);
	int32_t gone = 0;

	while (gone < window->count && window->at_s[gone] <= oldest)
		gone++;
	if (gone > 0)
	{
		window->count -= gone;
		memmove(window->at_s, window->at_s + gone, (size_t) window->count * sizeof(uint32_t));
	}
	return window->count;
}

int64_t
vg_count_window_last(const VgCountWindow *window)
{
	return window->count == 0 ? VG_NEVER : (int64_t) window->at_s[window->count - 1] * VG_SECOND;
}

static int64_t
window_bucket(int64_t time_us, int64_t width_us)
{
	int64_t bucket = time_us / width_us;

	return time_us < 0 && bucket * width_us != time_us ? bucket - 1 : bucket;
}

static uint32_t *
window_slot(VgSumWindow *window, int64_t bucket, int32_t size)
{
	int64_t slot = bucket % size;

	return &window->bucket_ms[slot < 0 ? slot + size : slot];
}

/* Make `bucket` the newest one, dropping whole what falls out of the window. */
static void
window_advance(VgSumWindow *window, int64_t bucket, int32_t size)
{
	if (window->sum_ms == 0 || bucket - window->newest >= size)
	{
		memset(window->bucket_ms, 0, (size_t) size * sizeof(uint32_t));
		window->sum_ms = 0;
		if (bucket > window->newest || window->newest == 0)
			window->newest = bucket;
		return;
	}
	while (window->newest < bucket)
	{
		uint32_t *slot = window_slot(window, ++window->newest, size);

		window->sum_ms -= *slot;
		*slot = 0;
	}
}

void
vg_sum_window_add(VgSumWindow *window, int64_t from_us, int64_t to_us, int64_t width_us,
				  int32_t size)
{
	int64_t last = window_bucket(to_us - 1, width_us);
	int64_t first = window_bucket(from_us, width_us);

	if (to_us <= from_us)
		return;
	if (last - first >= size)
		first = last - size + 1;
	for (int64_t bucket = first; bucket <= last; bucket++)
	{
		int64_t start = bucket * width_us > from_us ? bucket * width_us : from_us;
		int64_t end = (bucket + 1) * width_us < to_us ? (bucket + 1) * width_us : to_us;
		int64_t part_ms = (end - start + 500) / 1000;

		window_advance(window, bucket, size);
		if (bucket + size <= window->newest)
			continue;
		*window_slot(window, bucket, size) += (uint32_t) part_ms;
		window->sum_ms += part_ms;
	}
}

int64_t
vg_sum_window_sum(VgSumWindow *window, int64_t time_us, int64_t width_us, int32_t size)
{
	window_advance(window, window_bucket(time_us, width_us), size);
	return window->sum_ms * 1000;
}
