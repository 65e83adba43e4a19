/*
 * catalog.h: the catalogue as a backend sees it: profiles, situations, models, colour rules.
 *
 * Loaded once per backend, replaced when a row of vigil.profile, situation, model or colour_rule
 * changes (relcache invalidation).  A pointer stays valid until the next call of vg_catalog(); keep
 * none past one statement.
 */
#ifndef VIGIL_CATALOG_H
#define VIGIL_CATALOG_H

#include "postgres.h"

#include "engine/colour.h"
#include "engine/score.h"
#include "utils/jsonb.h"

typedef struct VgSituation
{
	char domain[NAMEDATALEN];
	char code[NAMEDATALEN];
	int32 weight;
	int16 bit;
	bool veto;
} VgSituation;

typedef struct VgModel
{
	char domain[NAMEDATALEN];
	char code[NAMEDATALEN];
	char profile[NAMEDATALEN];
	char feed[NAMEDATALEN]; /* "" where null */
	char kind;				/* 'r' row, 'w' window, 's' scheduled, 'c' custom */
	int32 number;
	int32 version;
	int16 bit; /* of its situation */
	bool enabled;
	char *expression;  /* custom expression, or NULL */
	Jsonb *parameters; /* effective: defaults overlaid with the DBA's */
	Jsonb *overrides; /* what differs from the defaults, for evidence; an empty object if nothing */
} VgModel;

typedef struct VgProfile
{
	char code[NAMEDATALEN];
	char domain[NAMEDATALEN];
	uint64 situation_mask;
	VgScoreTable score; /* only situations of situation_mask weigh or veto */
	VgColourRule rule;
} VgProfile;

typedef struct VgCatalog
{
	MemoryContext context;
	uint64 generation; /* differs whenever the content may differ */
	int profile_count;
	VgProfile *profiles;
	int situation_count;
	VgSituation *situations;
	int model_count; /* sorted by domain, then number */
	VgModel *models;
	VgModel **models_by_code; /* the same, sorted by domain, then code */
} VgCatalog;

extern void vg_catalog_init(void); /* called by _PG_init */
extern const VgCatalog *vg_catalog(void);
/* The generation as it is now; a copy made of a catalogue of another generation is stale.  Reads no
 * table. */
extern uint64 vg_catalog_generation(void);
extern const VgProfile *vg_catalog_profile(const VgCatalog *catalog, const char *code,
										   int length); /* or NULL */
extern const VgModel *vg_catalog_model(const VgCatalog *catalog, const char *domain,
									   const char *code); /* or NULL */
/* A whole number among the model's parameters; otherwise where there is none, or no 32-bit one. */
extern int32 vg_model_int(const VgModel *model, const char *name, int32 otherwise);
/* Compile the profile's score from the catalogue's situations. */
extern void vg_catalog_score(const VgCatalog *catalog, VgProfile *profile);
/* Raises 22023, naming the known profiles. */
extern void vg_catalog_profile_unknown(const VgCatalog *catalog, const char *code, int length)
	pg_attribute_noreturn();

#endif
