/*
 * identity_test.c: vectors of vehicles.md 1.5, and every single wrong character.
 */
#include "../../extension/engine/identity.h"

#include <string.h>

#include "check.h"

#define FAULT(check, text) check(text, strlen(text))

typedef VgNumberFault (*NumberCheck)(const char *text, size_t length);

static void
check_vin(void)
{
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E12345"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_vin_fault, "1M8GDM9AXKP042788"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_vin_fault, "11111111111111111"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ0M1E12345"), VG_NUMBER_CHECK);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E1234O"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E1234I"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E1234Q"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E1234-"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_vin_fault, "lfwsrxrj7m1e12345"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E1234"), VG_NUMBER_LENGTH);
	CHECK_INT(FAULT(vg_vin_fault, "LFWSRXRJ7M1E123456"), VG_NUMBER_LENGTH);
	CHECK_INT(FAULT(vg_vin_fault, ""), VG_NUMBER_LENGTH);
}

static void
check_credit_code(void)
{
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2B3C4D1Y"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2D1X7K66"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2B3C4D1X"), VG_NUMBER_CHECK);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2B3C4D2Y"), VG_NUMBER_INNER_CHECK);
	CHECK_INT(FAULT(vg_credit_code_fault, "9133O500MA2B3C4D1Y"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_credit_code_fault, "9133A500MA2B3C4D1Y"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2B3C4S1Y"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500ma2b3c4d1y"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_credit_code_fault, "91330500MA2B3C4D1"), VG_NUMBER_LENGTH);
	CHECK_INT(vg_credit_code_fault("91330500\0A2B3C4D1Y", 18), VG_NUMBER_CHARACTER);
}

static void
check_identity(void)
{
	CHECK_INT(FAULT(vg_identity_fault, "330501198001010013"), VG_NUMBER_GOOD);
	CHECK_INT(FAULT(vg_identity_fault, "11010519491231002X"), VG_NUMBER_GOOD); /* GB 11643's own */
	CHECK_INT(FAULT(vg_identity_fault, "330501198001010014"), VG_NUMBER_CHECK);
	CHECK_INT(FAULT(vg_identity_fault, "11010519491231002x"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_identity_fault, "33050119800101001A"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_identity_fault, "3305011980010100X3"), VG_NUMBER_CHARACTER);
	CHECK_INT(FAULT(vg_identity_fault, "330501198013010013"), VG_NUMBER_DATE);
	CHECK_INT(FAULT(vg_identity_fault, "330501198002300013"), VG_NUMBER_DATE);
	CHECK_INT(FAULT(vg_identity_fault, "330501190002290013"), VG_NUMBER_DATE); /* no leap year */
	CHECK_INT(FAULT(vg_identity_fault, "330501179901010013"), VG_NUMBER_DATE);
	CHECK_INT(FAULT(vg_identity_fault, "330501198000010013"), VG_NUMBER_DATE);
	CHECK_INT(FAULT(vg_identity_fault, "330501198001000013"), VG_NUMBER_DATE);
	CHECK_INT(FAULT(vg_identity_fault, "330501800101001"), VG_NUMBER_LENGTH); /* first generation */
	/* 29 February of a leap year: any fault but the date's. */
	CHECK_TRUE(FAULT(vg_identity_fault, "330501200002290013") != VG_NUMBER_DATE);
}

/* A check digit finds every single wrong character: weights are units of their modulus. */
static void
check_single_errors(NumberCheck check, const char *good)
{
	char text[32];
	int missed = 0;

	strcpy(text, good);
	for (size_t i = 0; text[i] != '\0'; i++)
	{
		for (const char *other = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *other != '\0'; other++)
		{
			text[i] = *other;
			if (*other != good[i] && check(text, strlen(text)) == VG_NUMBER_GOOD)
				missed++;
		}
		text[i] = good[i];
	}
	CHECK_INT(missed, 0);
}

static void
check_names(void)
{
	CHECK_TEXT(vg_number_fault_name(VG_NUMBER_GOOD), "");
	CHECK_TEXT(vg_number_fault_name(VG_NUMBER_INNER_CHECK), "inner_check");
	CHECK_TEXT(vg_number_fault_name(VG_NUMBER_DATE), "date");
}

int
main(void)
{
	check_vin();
	check_credit_code();
	check_identity();
	check_single_errors(vg_credit_code_fault, "91330500MA2B3C4D1Y");
	check_single_errors(vg_identity_fault, "330501198001010013");
	check_names();
	return check_report();
}
