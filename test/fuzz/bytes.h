/* bytes.h: what the fuzz targets share: an input that is read value by value, and a check. */
#ifndef VIGIL_TEST_FUZZ_BYTES_H
#define VIGIL_TEST_FUZZ_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Bytes
{
	const uint8_t *at;
	size_t left;
} Bytes;

static inline void
require(bool holds)
{
	if (!holds)
		abort();
}

/* take: the next bytes, at most 8, as a number; what the input lacks is zero. */
static inline uint64_t
take(Bytes *bytes, size_t width)
{
	uint64_t value = 0;

	if (width > bytes->left)
		width = bytes->left;
	memcpy(&value, bytes->at, width);
	bytes->at += width;
	bytes->left -= width;
	return value;
}

#endif
