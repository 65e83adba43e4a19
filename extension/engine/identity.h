/*
 * identity.h: check digits of the numbers by which vehicles, firms and people are registered.
 *
 * All take the canonical form: upper case, no separators; text need not end with a zero byte and is
 * never read past its length.
 */
#ifndef VIGIL_ENGINE_IDENTITY_H
#define VIGIL_ENGINE_IDENTITY_H

#include "base.h"

#define VG_VIN_LENGTH 17
#define VG_CREDIT_CODE_LENGTH 18
#define VG_IDENTITY_LENGTH 18

typedef enum VgNumberFault
{
	VG_NUMBER_GOOD,
	VG_NUMBER_LENGTH,	   /* too long or too short */
	VG_NUMBER_CHARACTER,   /* one that may not stand where it stands */
	VG_NUMBER_DATE,		   /* the birthday in it never was */
	VG_NUMBER_INNER_CHECK, /* check character of the organisation code in a credit code */
	VG_NUMBER_CHECK,	   /* check character of the whole */
	VG_NUMBER_FAULTS
} VgNumberFault;

/* Vehicle identification number (车辆识别代号), GB 16735: check in the ninth place. */
extern VgNumberFault vg_vin_fault(const char *text, size_t length);
/* Unified social credit code (统一社会信用代码), GB 32100, with the organisation code of GB 11714
 * in it. */
extern VgNumberFault vg_credit_code_fault(const char *text, size_t length);
/* Citizen's identity number (公民身份号码), GB 11643. */
extern VgNumberFault vg_identity_fault(const char *text, size_t length);
/* One word for a fault: length, character, date, inner_check, check; "" for a good number. */
extern const char *vg_number_fault_name(VgNumberFault fault);

#endif
