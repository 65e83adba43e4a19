/*
 * fuzz_identity.c: the checks take any bytes, never read past them, and a good number has no other
 * good check character.
 */
#include <stdlib.h>
#include <string.h>

#include "../../extension/engine/identity.h"

#define LONGEST 64

typedef VgNumberFault (*NumberCheck)(const char *text, size_t length);

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_check(NumberCheck check, size_t check_place, const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1); /* of that size, so that a read past it is seen */
	VgNumberFault fault;

	if (size > 0)
		memcpy(text, data, size);
	fault = check(text, size);
	if (fault >= VG_NUMBER_FAULTS ||
		(vg_number_fault_name(fault)[0] == '\0') != (fault == VG_NUMBER_GOOD))
		abort();
	if (fault == VG_NUMBER_GOOD)
	{
		text[check_place] = text[check_place] == '0' ? '1' : '0';
		if (check(text, size) == VG_NUMBER_GOOD)
			abort();
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > LONGEST)
		size = LONGEST;
	try_check(vg_vin_fault, 8, data, size);
	try_check(vg_credit_code_fault, VG_CREDIT_CODE_LENGTH - 1, data, size);
	try_check(vg_identity_fault, VG_IDENTITY_LENGTH - 1, data, size);
	return 0;
}
