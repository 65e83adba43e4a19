/*
 * fuzz_window.c: both windows against the naive list of all that was put in: the same counts and
 * sums, whatever the order of additions, questions and silences.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../extension/engine/window.h"
#include "bytes.h"

#define LONGEST 4096

/* Everything that was ever added. */
typedef struct Naive
{
	int count;
	int64_t from_us[LONGEST];
	int64_t to_us[LONGEST]; /* of sums only */
} Naive;

/* A step forward: microseconds to years, often whole seconds or minutes, sometimes none. */
static int64_t
take_step(Bytes *bytes)
{
	static const int64_t unit[] =
		{0, 1, 1000, VG_SECOND, 30 * VG_SECOND, VG_MINUTE, 30 * VG_MINUTE, VG_DAY};
	int64_t step_us = unit[take(bytes, 1) & 7];

	return step_us * (int64_t) take(bytes, 1);
}

/* The newest of the naive list that lie in (time - span, time], to the second as the window has
 * them. */
static int32_t
naive_count(const Naive *naive, int first, int64_t time_us, int64_t span_us)
{
	int32_t count = 0;

	for (int i = first; i < naive->count; i++)
		if (naive->from_us[i] / VG_SECOND > (time_us - span_us) / VG_SECOND)
			count++;
	return count;
}

static void
fuzz_count_window(Bytes bytes)
{
	static Naive naive;
	VgCountWindow window = {0};
	int64_t now = VG_DAY * 8000, longest_us = VG_SECOND * (int64_t) take(&bytes, 2);

	naive.count = 0;
	while (bytes.left > 0 && naive.count < LONGEST)
	{
		int64_t span_us = longest_us;
		int first;

		now += take_step(&bytes);
		if (now / VG_SECOND > UINT32_MAX) /* the year 2136: as far as the window's seconds reach */
			break;
		if (take(&bytes, 1) & 3)
		{
			vg_count_window_add(&window, now);
			naive.from_us[naive.count++] = now;
			require(vg_count_window_last(&window) == now / VG_SECOND * VG_SECOND);
			continue;
		}
		/* only the newest are kept; what a question found too old may be forgotten */
		first = naive.count > VG_COUNT_WINDOW_SIZE ? naive.count - VG_COUNT_WINDOW_SIZE : 0;
		require(vg_count_window_count(&window, now, span_us) ==
				naive_count(&naive, first, now, span_us));
		require(window.count >= 0 && window.count <= VG_COUNT_WINDOW_SIZE);
	}
}

/* Floor, also of times before 2000. */
static int64_t
bucket_of(int64_t time_us, int64_t width_us)
{
	int64_t rest = time_us % width_us;

	return (time_us - (rest < 0 ? rest + width_us : rest)) / width_us;
}

/* What lies in the newest `size` buckets, the oldest of them whole. */
static int64_t
naive_sum(const Naive *naive, int64_t time_us, int64_t width_us, int32_t size)
{
	int64_t start = (bucket_of(time_us, width_us) - size + 1) * width_us, sum = 0;

	for (int i = 0; i < naive->count; i++)
	{
		int64_t from = naive->from_us[i] > start ? naive->from_us[i] : start;

		if (naive->to_us[i] > from)
			sum += naive->to_us[i] - from;
	}
	return sum;
}

/* As the step uses it: neighbouring intervals, some of them counted, in whole milliseconds. */
static void
fuzz_sum_window(Bytes bytes)
{
	static Naive naive;
	static const int64_t width[] = {VG_MINUTE, 30 * VG_MINUTE, 7 * VG_SECOND, VG_HOUR};
	VgSumWindow window = {0};
	int64_t width_us = width[take(&bytes, 1) & 3];
	int32_t size = 1 + (int32_t) (take(&bytes, 1) % VG_SUM_WINDOW_SIZE);
	int64_t now = take(&bytes, 1) & 1 ? VG_DAY * 8000 : -VG_DAY * 3;

	naive.count = 0;
	while (bytes.left > 0 && naive.count < LONGEST)
	{
		int64_t from = now, sum_us;

		now += take_step(&bytes) / 1000 * 1000;
		if (take(&bytes, 1) & 3)
		{
			vg_sum_window_add(&window, from, now, width_us, size);
			naive.from_us[naive.count] = from;
			naive.to_us[naive.count++] = now;
			if (take(&bytes, 1) & 1)
				continue;
		}
		sum_us = vg_sum_window_sum(&window, now, width_us, size);
		require(sum_us == naive_sum(&naive, now, width_us, size));
		require(sum_us == vg_sum_window_sum(&window, now, width_us, size));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Bytes bytes = {data, size};

	fuzz_count_window(bytes);
	fuzz_sum_window(bytes);
	return 0;
}
