/*
 * catalog.h: the catalogue as a backend sees it: situations, models, colour rules.
 *
 * Loaded once per backend, replaced when a row of vigil.profile, situation, model or colour_rule changes (relcache
 * invalidation).  A pointer stays valid until the next call of vg_catalog(); keep none past one statement.
 */
#ifndef VIGIL_CATALOG_H
#define VIGIL_CATALOG_H

#include "postgres.h"

#include "engine/colour.h"
#include "engine/score.h"
#include "utils/jsonb.h"

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
	char *expression;	/* custom expression, or NULL */
	Jsonb *parameters;	/* effective: defaults overlaid with the DBA's */
	Jsonb *overrides;	/* what differs from the defaults, for evidence */
} VgModel;

typedef struct VgProfile
{
	char code[NAMEDATALEN];
	char domain[NAMEDATALEN];
	uint64 situation_mask;
	VgScoreTable score; /* six tables of 256, veto mask */
	VgColourRule rule;
} VgProfile;

typedef struct VgCatalog
{
	MemoryContext context;
	uint64 generation; /* differs whenever the content may differ */
	int profile_count;
	VgProfile *profiles;
	int model_count; /* sorted by domain, then number */
	VgModel *models;
} VgCatalog;

extern void vg_catalog_init(void); /* called by _PG_init */
extern const VgCatalog *vg_catalog(void);
extern const VgProfile *vg_catalog_profile(const VgCatalog *catalog, const char *code, int length); /* or NULL */
extern const VgModel *vg_catalog_model(const VgCatalog *catalog, const char *domain, const char *code); /* or NULL */

#endif
