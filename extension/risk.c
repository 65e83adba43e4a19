/*
 * risk.c: risk_score and risk_colour of a mask, at the cost of a table lookup a row.
 *
 * The profile's tables are copied into fn_extra, since the catalogue may be replaced while a
 * statement runs.  A copy is checked once a statement, so that one statement uses one rule.
 * fn_extra can outlive a statement (a simple expression of PL/pgSQL keeps it for the whole
 * transaction), hence a new statement is told by its snapshot and the time at which the client's
 * statement began: each call compares them, and only a new one asks for invalidations.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "catalog.h"

PG_FUNCTION_INFO_V1(vigil_risk_score);
PG_FUNCTION_INFO_V1(vigil_risk_colour);

#define COLOURS 3

/*
 * What tells one statement from the next: a transaction that ends moves xmax or xcnt, an own
 * command moves curcid; under REPEATABLE READ only the client's statement counts.
 */
typedef struct StatementMark
{
	TransactionId xmax;
	uint32 xcnt;
	int32 subxcnt;
	CommandId curcid;
	TimestampTz began_at;
} StatementMark;

typedef struct RiskCache
{
	StatementMark mark;
	uint64 generation;
	int code_length;
	char code[NAMEDATALEN];
	Oid colours[COLOURS]; /* enum values by VgColour; set on first use */
	VgColourRule rule;
	VgScoreTable score;
} RiskCache;

static RiskCache *risk_cache(FunctionCallInfo fcinfo);
static bool mark_equal(const RiskCache *cache, Snapshot snapshot);
static RiskCache *cache_check(FunctionCallInfo fcinfo, const text *code, Snapshot snapshot);
static void colours_resolve(RiskCache *cache);
static uint64 mask_argument(FunctionCallInfo fcinfo);

Datum
vigil_risk_score(PG_FUNCTION_ARGS)
{
	uint64 mask = mask_argument(fcinfo);

	PG_RETURN_INT32(vg_score(&risk_cache(fcinfo)->score, mask));
}

Datum
vigil_risk_colour(PG_FUNCTION_ARGS)
{
	uint64 mask = mask_argument(fcinfo);
	RiskCache *cache = risk_cache(fcinfo);

	if (!OidIsValid(cache->colours[0]))
		colours_resolve(cache);
	PG_RETURN_OID(cache->colours[vg_colour_plain(&cache->score, &cache->rule, mask)]);
}

static uint64
mask_argument(FunctionCallInfo fcinfo)
{
	int64 mask = PG_GETARG_INT64(1);

	if (unlikely(mask < 0))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("situation mask %lld is out of range", (long long) mask),
				errdetail("Bit 63 is no situation."),
				errhint("Build masks with vigil.situation_mask()."));
	return (uint64) mask;
}

/* risk_cache: the tables of the profile named by the first argument, valid for this call. */
static inline RiskCache *
risk_cache(FunctionCallInfo fcinfo)
{
	text *code = PG_GETARG_TEXT_PP(0);
	RiskCache *cache = fcinfo->flinfo->fn_extra;
	Snapshot snapshot = ActiveSnapshotSet() ? GetActiveSnapshot() : NULL;

	if (likely(cache != NULL && snapshot != NULL && mark_equal(cache, snapshot) &&
			   VARSIZE_ANY_EXHDR(code) == (Size) cache->code_length &&
			   memcmp(VARDATA_ANY(code), cache->code, cache->code_length) == 0))
		return cache;
	return cache_check(fcinfo, code, snapshot);
}

static inline bool
mark_equal(const RiskCache *cache, Snapshot snapshot)
{
	return cache->mark.xmax == snapshot->xmax && cache->mark.xcnt == snapshot->xcnt &&
		   cache->mark.subxcnt == snapshot->subxcnt && cache->mark.curcid == snapshot->curcid &&
		   cache->mark.began_at == GetCurrentStatementStartTimestamp();
}

/* cache_check: a new statement or another profile: copy the profile's tables unless the copy is
 * still good. */
static pg_noinline RiskCache *
cache_check(FunctionCallInfo fcinfo, const text *code, Snapshot snapshot)
{
	RiskCache *cache = fcinfo->flinfo->fn_extra;
	const char *name = VARDATA_ANY(code);
	int length = VARSIZE_ANY_EXHDR(code);
	const VgCatalog *catalog = vg_catalog();

	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RiskCache));
	if (cache->generation != catalog->generation || cache->code_length != length ||
		memcmp(cache->code, name, length) != 0)
	{
		const VgProfile *profile = vg_catalog_profile(catalog, name, length);

		if (profile == NULL)
			vg_catalog_profile_unknown(catalog, name, length);
		cache->score = profile->score;
		cache->rule = profile->rule;
		cache->code_length = length;
		memcpy(cache->code, name, length);
		cache->generation = catalog->generation;
	}
	if (snapshot != NULL)
		cache->mark = (StatementMark){.xmax = snapshot->xmax,
									  .xcnt = snapshot->xcnt,
									  .subxcnt = snapshot->subxcnt,
									  .curcid = snapshot->curcid,
									  .began_at = GetCurrentStatementStartTimestamp()};
	return cache;
}

/* colours_resolve: the oids of vigil.colour's values, in VgColour's order. */
static void
colours_resolve(RiskCache *cache)
{
	static const char *const names[COLOURS] = {"green", "yellow", "red"};
	Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, PointerGetDatum("colour"),
							   ObjectIdGetDatum(get_namespace_oid("vigil", false)));

	for (int colour = COLOURS - 1; colour >= 0; colour--)
	{
		cache->colours[colour] =
			GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type),
							CStringGetDatum(names[colour]));
		if (!OidIsValid(cache->colours[colour]))
			elog(ERROR, "type vigil.colour has no value \"%s\"", names[colour]);
	}
}
