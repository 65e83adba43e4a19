/*
 * check.h: the runner of the engine's unit tests: one line a fact, a failed one prints what it got
 * and what it wanted.
 */
#ifndef VIGIL_CHECK_H
#define VIGIL_CHECK_H

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static int check_passed = 0;
static int check_failed = 0;

#define CHECK_INT(got, want) check_int(__FILE__, __LINE__, #got, (int64_t) (got), (int64_t) (want))
#define CHECK_REAL(got, want, tolerance)                                                           \
	check_real(__FILE__, __LINE__, #got, (got), (want), (tolerance))
#define CHECK_TRUE(got) check_int(__FILE__, __LINE__, #got, (got) ? 1 : 0, 1)

static inline void
check_int(const char *file, int line, const char *what, int64_t got, int64_t want)
{
	if (got == want)
		check_passed++;
	else
	{
		check_failed++;
		printf("%s:%d: %s = %" PRId64 ", want %" PRId64 "\n", file, line, what, got, want);
	}
}

static inline void
check_real(const char *file, int line, const char *what, double got, double want, double tolerance)
{
	if (fabs(got - want) <= tolerance)
		check_passed++;
	else
	{
		check_failed++;
		printf("%s:%d: %s = %.17g, want %.17g within %g\n", file, line, what, got, want, tolerance);
	}
}

/* Prints the totals; the value is what main() returns. */
static inline int
check_report(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed == 0 ? 0 : 1;
}

#endif
