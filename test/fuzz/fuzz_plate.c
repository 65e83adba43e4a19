/*
 * fuzz_plate.c: any text is read or refused; what is read comes back the same; any number is
 * refused or is a plate.
 */
#include <stdlib.h>
#include <string.h>

#include "../../extension/engine/plate.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_round_trip(VgPlate plate)
{
	char text[VG_PLATE_TEXT_MAX];
	size_t bytes = vg_plate_format(plate, text);
	char *exact = malloc(bytes); /* so that a read past the end is seen */
	VgPlate again = 0;
	const char *reason;

	memcpy(exact, text, bytes);
	if (plate <= 0 || bytes >= VG_PLATE_TEXT_MAX ||
		vg_plate_parse(exact, bytes, &again, &reason) != VG_OK || again != plate)
		abort();
	free(exact);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	VgPlate plate = 0;
	const char *reason = NULL;
	int64_t number;

	if (vg_plate_parse((const char *) data, size, &plate, &reason) == VG_OK)
	{
		if (vg_plate_kind(plate) == VG_PLATE_INVALID)
			abort();
		check_round_trip(plate);
	}
	else if (reason == NULL || plate != 0)
		abort();

	if (size < sizeof(number))
		return 0;
	memcpy(&number, data, sizeof(number));
	if (vg_plate_kind(number) != VG_PLATE_INVALID)
		check_round_trip(number);
	return 0;
}
