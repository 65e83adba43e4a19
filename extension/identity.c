/*
 * identity.c: numbers of vehicles, firms and people: validity, and the keyed hash under which a
 * person's is stored.
 *
 * An identity number never appears in a message, and a statement that may hold one is kept out of
 * the log.
 */
#include "postgres.h"

#include "common/hmac.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "compat.h"
#include "engine/identity.h"
#include "vigil.h"

typedef VgNumberFault (*NumberCheck)(const char *text, size_t length);

static VgNumberFault number_fault(NumberCheck check, const text *number);
static Datum number_fault_name(FunctionCallInfo fcinfo, NumberCheck check);
static VgNumberFault identity_fault_any_case(const char *text, size_t length);
static bool identity_upper(const char *text, size_t length, char *upper);
static void identity_hmac(const char *number, uint8 *hash);

PG_FUNCTION_INFO_V1(vigil_vin_valid);
Datum
vigil_vin_valid(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(number_fault(vg_vin_fault, PG_GETARG_TEXT_PP(0)) == VG_NUMBER_GOOD);
}

PG_FUNCTION_INFO_V1(vigil_credit_code_valid);
Datum
vigil_credit_code_valid(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(number_fault(vg_credit_code_fault, PG_GETARG_TEXT_PP(0)) == VG_NUMBER_GOOD);
}

PG_FUNCTION_INFO_V1(vigil_identity_valid);
Datum
vigil_identity_valid(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(number_fault(identity_fault_any_case, PG_GETARG_TEXT_PP(0)) == VG_NUMBER_GOOD);
}

PG_FUNCTION_INFO_V1(vigil_vin_fault);
Datum
vigil_vin_fault(PG_FUNCTION_ARGS)
{
	return number_fault_name(fcinfo, vg_vin_fault);
}

PG_FUNCTION_INFO_V1(vigil_credit_code_fault);
Datum
vigil_credit_code_fault(PG_FUNCTION_ARGS)
{
	return number_fault_name(fcinfo, vg_credit_code_fault);
}

PG_FUNCTION_INFO_V1(vigil_identity_fault);
Datum
vigil_identity_fault(PG_FUNCTION_ARGS)
{
	return number_fault_name(fcinfo, identity_fault_any_case);
}

PG_FUNCTION_INFO_V1(vigil_identity_hash);
Datum
vigil_identity_hash(PG_FUNCTION_ARGS)
{
	text *argument = PG_GETARG_TEXT_PP(0);
	char number[VG_IDENTITY_LENGTH];
	bytea *hash;

	if (vigil_identity_key == NULL || vigil_identity_key[0] == '\0')
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("identity numbers cannot be stored without a key (no_identity_key)"),
				errhint("Set vigil.identity_key in postgresql.conf, where only superusers read it, "
						"and keep a copy: hashes under another key do not match."),
				errhidestmt(true));
	if (!identity_upper(VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument), number) ||
		vg_identity_fault(number, VG_IDENTITY_LENGTH) != VG_NUMBER_GOOD)
		ereport(ERROR, errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("invalid identity number (bad_identity)"),
				errhint("It has 18 characters with a real birthday and a check digit (GB 11643); "
						"vigil.identity_fault() names what is wrong."),
				errhidestmt(true));

	hash = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	identity_hmac(number, (uint8 *) VARDATA(hash));
	PG_RETURN_BYTEA_P(hash);
}

static VgNumberFault
number_fault(NumberCheck check, const text *number)
{
	return check(VARDATA_ANY(number), VARSIZE_ANY_EXHDR(number));
}

static Datum
number_fault_name(FunctionCallInfo fcinfo, NumberCheck check)
{
	VgNumberFault fault = number_fault(check, PG_GETARG_TEXT_PP(0));

	if (fault == VG_NUMBER_GOOD)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(vg_number_fault_name(fault)));
}

/* identity_fault_any_case: people write the check character as x too; its hash is that of X. */
static VgNumberFault
identity_fault_any_case(const char *text, size_t length)
{
	char number[VG_IDENTITY_LENGTH];

	if (!identity_upper(text, length, number))
		return VG_NUMBER_LENGTH;
	return vg_identity_fault(number, VG_IDENTITY_LENGTH);
}

static bool
identity_upper(const char *text, size_t length, char *upper)
{
	if (length != VG_IDENTITY_LENGTH)
		return false;
	for (int i = 0; i < VG_IDENTITY_LENGTH; i++)
		upper[i] = text[i] == 'x' ? 'X' : text[i];
	return true;
}

/* identity_hmac: HMAC-SHA-256 of the number under vigil.identity_key. */
static void
identity_hmac(const char *number, uint8 *hash)
{
	pg_hmac_ctx *context = pg_hmac_create(PG_SHA256);

	if (context == NULL ||
		pg_hmac_init(context, (const uint8 *) vigil_identity_key, strlen(vigil_identity_key)) < 0 ||
		pg_hmac_update(context, (const uint8 *) number, VG_IDENTITY_LENGTH) < 0 ||
		pg_hmac_final(context, hash, PG_SHA256_DIGEST_LENGTH) < 0)
		ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not compute the hash of an identity number: %s",
					   context == NULL ? "out of memory" : pg_hmac_error(context)),
				errhidestmt(true));
	pg_hmac_free(context);
}
