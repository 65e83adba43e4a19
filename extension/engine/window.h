/*
 * window.h: counts and sums over the recent past in fixed space.
 *
 * Both structs are plain values; all zero bytes is the empty window.
 */
#ifndef VIGIL_ENGINE_WINDOW_H
#define VIGIL_ENGINE_WINDOW_H

#include "base.h"

#define VG_COUNT_WINDOW_SIZE 64
#define VG_SUM_WINDOW_SIZE 48

/* The times of the newest events, oldest first; a 65th event pushes the oldest out. */
typedef struct VgCountWindow
{
	int32_t count;
	uint32_t at_s[VG_COUNT_WINDOW_SIZE]; /* seconds since 2000-01-01 UTC */
} VgCountWindow;

/* Add an event; events must not go back in time. */
extern void vg_count_window_add(VgCountWindow *window, int64_t time_us);
/* Events in (time - span, time]; forgets the older ones. */
extern int32_t vg_count_window_count(VgCountWindow *window, int64_t time_us, int64_t span_us);
/* Time of the newest event, or VG_NEVER. */
extern int64_t vg_count_window_last(const VgCountWindow *window);

/*
 * Durations per bucket of absolute time; the window is the newest `size` buckets, the oldest is
 * dropped whole.  Bucket width and size are parameters of every call and must be the same over the
 * life of a window.
 */
typedef struct VgSumWindow
{
	int64_t newest; /* number of the newest bucket: floor(time / width) */
	int64_t sum_ms;
	uint32_t bucket_ms[VG_SUM_WINDOW_SIZE];
} VgSumWindow;

/* Add the time from from_us to to_us, split over the buckets that it touches. */
extern void vg_sum_window_add(VgSumWindow *window, int64_t from_us, int64_t to_us, int64_t width_us,
							  int32_t size);
/* The sum, in us, after moving the window to time_us. */
extern int64_t vg_sum_window_sum(VgSumWindow *window, int64_t time_us, int64_t width_us,
								 int32_t size);

#endif
