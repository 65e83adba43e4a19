/*
 * identity.c: check digits of VIN, credit code and identity number.
 */
#include "identity.h"

#include <string.h>

#define BAD (-1)
#define VIN_CHECK_PLACE 8
#define ORGANISATION_AT 8 /* the organisation code in a credit code: 8 characters and its check */
#define ORGANISATION_LENGTH 8
#define BIRTHDAY_AT 6 /* YYYYMMDD in an identity number */

static inline bool
is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* vin_value: GB 16735 table; I, O and Q are not used. */
static int32_t
vin_value(char character)
{
	/*                             ABCDEFGHIJKLMNOPQRSTUVWXYZ */
	static const char values[] = "12345678-12345-7-923456789";
	char value = character;

	if (character >= 'A' && character <= 'Z')
		value = values[character - 'A'];
	return is_digit(value) ? value - '0' : BAD;
}

VgNumberFault
vg_vin_fault(const char *text, size_t length)
{
	static const int8_t weights[VG_VIN_LENGTH] = {8, 7, 6, 5, 4, 3, 2, 10, 0,
												  9, 8, 7, 6, 5, 4, 3, 2};
	int32_t sum = 0;

	if (length != VG_VIN_LENGTH)
		return VG_NUMBER_LENGTH;
	for (int i = 0; i < VG_VIN_LENGTH; i++)
	{
		int32_t value = vin_value(text[i]);

		if (value == BAD)
			return VG_NUMBER_CHARACTER;
		sum += value * weights[i];
	}
	return text[VIN_CHECK_PLACE] == "0123456789X"[sum % 11] ? VG_NUMBER_GOOD : VG_NUMBER_CHECK;
}

/* organisation_check: the check character of the organisation code (GB 11714). */
static char
organisation_check(const char *text)
{
	static const int8_t weights[ORGANISATION_LENGTH] = {3, 7, 9, 10, 5, 8, 4, 2};
	int32_t sum = 0;

	for (int i = 0; i < ORGANISATION_LENGTH; i++)
		sum += weights[i] * (is_digit(text[i]) ? text[i] - '0' : text[i] - 'A' + 10);
	return "0X987654321"[sum % 11]; /* 11 - sum mod 11, where 10 is X and 11 is 0 */
}

VgNumberFault
vg_credit_code_fault(const char *text, size_t length)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY"; /* no I O S V Z */
	static const int8_t weights[VG_CREDIT_CODE_LENGTH - 1] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
															  29, 25, 13, 8,  24, 10, 30, 28};
	int32_t sum = 0;

	if (length != VG_CREDIT_CODE_LENGTH)
		return VG_NUMBER_LENGTH;
	for (int i = 0; i < VG_CREDIT_CODE_LENGTH; i++)
	{
		const char *found = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);

		if (found == NULL || (i >= 2 && i < 8 && !is_digit(text[i])))
			return VG_NUMBER_CHARACTER;
		if (i < VG_CREDIT_CODE_LENGTH - 1)
			sum += (int32_t) (found - alphabet) * weights[i];
	}
	if (organisation_check(text + ORGANISATION_AT) != text[ORGANISATION_AT + ORGANISATION_LENGTH])
		return VG_NUMBER_INNER_CHECK;
	return text[VG_CREDIT_CODE_LENGTH - 1] == alphabet[(31 - sum % 31) % 31] ? VG_NUMBER_GOOD
																			 : VG_NUMBER_CHECK;
}

static int32_t
decimal(const char *text, int digits)
{
	int32_t value = 0;

	for (int i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

static bool
date_exists(int32_t year, int32_t month, int32_t day)
{
	static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1800 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

VgNumberFault
vg_identity_fault(const char *text, size_t length)
{
	static const int8_t weights[VG_IDENTITY_LENGTH - 1] = {7, 9, 10, 5,	 8, 4, 2, 1, 6,
														   3, 7, 9,	 10, 5, 8, 4, 2};
	char last;
	int32_t sum = 0;

	if (length != VG_IDENTITY_LENGTH)
		return VG_NUMBER_LENGTH;
	for (int i = 0; i < VG_IDENTITY_LENGTH - 1; i++)
	{
		if (!is_digit(text[i]))
			return VG_NUMBER_CHARACTER;
		sum += (text[i] - '0') * weights[i];
	}
	last = text[VG_IDENTITY_LENGTH - 1];
	if (!is_digit(last) && last != 'X')
		return VG_NUMBER_CHARACTER;
	if (!date_exists(decimal(text + BIRTHDAY_AT, 4), decimal(text + BIRTHDAY_AT + 4, 2),
					 decimal(text + BIRTHDAY_AT + 6, 2)))
		return VG_NUMBER_DATE;
	return last == "10X98765432"[sum % 11] ? VG_NUMBER_GOOD : VG_NUMBER_CHECK;
}

const char *
vg_number_fault_name(VgNumberFault fault)
{
	static const char *const names[VG_NUMBER_FAULTS] = {
		[VG_NUMBER_GOOD] = "",
		[VG_NUMBER_LENGTH] = "length",
		[VG_NUMBER_CHARACTER] = "character",
		[VG_NUMBER_DATE] = "date",
		[VG_NUMBER_INNER_CHECK] = "inner_check",
		[VG_NUMBER_CHECK] = "check",
	};

	return names[fault];
}
