/*
 * check.h: the unit tests' runner.  A test file is one main() of CHECK_… lines that ends with
 * "return check_report();".
 *
 * A check that fails prints its expression, what it got and what it wanted, and the run goes on.
 */
#ifndef VIGIL_TEST_CHECK_H
#define VIGIL_TEST_CHECK_H

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

static inline bool
check_count(bool pass, const char *expression, const char *file, int line)
{
	if (pass)
		check_passed++;
	else
	{
		check_failed++;
		printf("%s:%d: %s: ", file, line, expression);
	}
	return pass;
}

static inline void
check_int(int64_t got, int64_t want, const char *expression, const char *file, int line)
{
	if (!check_count(got == want, expression, file, line))
		printf("got %" PRId64 ", want %" PRId64 "\n", got, want);
}

/* A NaN equals nothing but NaN, an infinity itself only. */
static inline void
check_real(double got, double want, double tolerance, const char *expression, const char *file,
		   int line)
{
	bool pass = got == want || fabs(got - want) <= tolerance || (isnan(got) && isnan(want));

	if (!check_count(pass, expression, file, line))
		printf("got %.17g, want %.17g, tolerance %g\n", got, want, tolerance);
}

static inline void
check_text(const char *got, const char *want, const char *expression, const char *file, int line)
{
	if (!check_count(got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want, expression,
					 file, line))
		printf("got \"%s\", want \"%s\"\n", got ? got : "(null)", want ? want : "(null)");
}

static inline void
check_true(bool got, const char *expression, const char *file, int line)
{
	if (!check_count(got, expression, file, line))
		printf("is false\n");
}

/* check_report: print the counts; the exit status of main. */
static inline int
check_report(void)
{
	printf("%d passed, %d failed\n", check_passed, check_failed);
	return check_failed == 0 ? 0 : 1;
}

#define CHECK_INT(got, want) check_int((int64_t) (got), (int64_t) (want), #got, __FILE__, __LINE__)
#define CHECK_REAL(got, want, tolerance)                                                           \
	check_real((got), (want), (tolerance), #got, __FILE__, __LINE__)
#define CHECK_TEXT(got, want) check_text((got), (want), #got, __FILE__, __LINE__)
#define CHECK_TRUE(got) check_true((got), #got, __FILE__, __LINE__)

#endif
