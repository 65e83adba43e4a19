/*
 * riskbatch.h: subjects of one profile whose hazards, masks and colours change together.
 *
 * effects.c says what happened (events), riskwalk.c walks each subject through its
 * events in time order, riskstore.c locks, loads and writes the rows.
 */
#ifndef VIGIL_RISKBATCH_H
#define VIGIL_RISKBATCH_H

#include "postgres.h"

#include "catalog.h"
#include "effects.h"
#include "storage/itemptr.h"

typedef enum VgRiskEventKind
{
	VG_EVENT_HAZARD,   /* a model raised, touched or cleared its hazard */
	VG_EVENT_INHERIT,  /* the inherited mask is this from now on */
	VG_EVENT_RECOVER,  /* nothing but the clock: recoveries that are due happen */
	VG_EVENT_CATALOGUE /* weights, vetoes or thresholds may have changed */
} VgRiskEventKind;

/* A model as the batch needs it; the catalogue itself may be replaced while statements run. */
typedef struct VgBatchModel
{
	const char *code;
	Jsonb *overrides;
	int32 version;
	int16 bit;
	bool raises; /* known and enabled */
} VgBatchModel;

typedef struct VgRiskEvent
{
	int64 subject;
	TimestampTz at;
	const VgHazardEffect *effect; /* VG_EVENT_HAZARD */
	const VgBatchModel *model;	  /* VG_EVENT_HAZARD; set by vg_risk_walk */
	uint64 inherited_mask;		  /* VG_EVENT_INHERIT */
	int32 order;				  /* set by vg_risk_walk: keeps the order of equals */
	VgRiskEventKind kind;
} VgRiskEvent;

typedef struct VgHazardRow
{
	int64 id; /* 0 = not stored yet */
	ItemPointerData tid;
	const char *model;
	TimestampTz raised_at;
	TimestampTz last_seen_at;
	TimestampTz cleared_at; /* VG_NEVER = open */
	const char *cleared_by;
	const char *reason;
	Jsonb *evidence;
	int64 region_code; /* 0 = unknown */
	double lon;		   /* NaN = unknown */
	double lat;
	int32 count;
	int16 bit;
	bool changed;
	struct VgHazardRow *next; /* of the same subject, oldest first */
} VgHazardRow;

typedef struct VgSuppression
{
	const char *model;
	int64 fence_id; /* 0 = anywhere */
	TimestampTz since;
	TimestampTz until;
	struct VgSuppression *next; /* of the same subject */
} VgSuppression;

typedef struct VgRiskSubject
{
	int64 subject;
	ItemPointerData tid;
	VgColourState colour;
	uint64 own_mask;
	uint64 inherited_mask;
	TimestampTz changed_at;
	TimestampTz recover_at; /* as stored; VG_NEVER = null */
	TimestampTz at;			/* of its last event */
	int64 region_code;		/* 0 = unknown */
	double lon;				/* NaN = unknown */
	double lat;
	VgHazardRow *hazards;
	VgSuppression *suppressions;
	bool changed;		  /* its risk_state row is to be written */
	bool colour_changed;  /* at any moment of the batch */
	bool hazards_changed; /* one opened or closed */
	bool was_coloured;	  /* not green before the batch */
} VgRiskSubject;

typedef struct VgRiskChange
{
	int64 subject;
	int64 region_code;
	TimestampTz at;
	uint64 from_mask;
	uint64 mask;
	const char *why; /* words separated by spaces */
	int32 from_score;
	int32 score;
	VgColour from_colour;
	VgColour colour;
} VgRiskChange;

typedef struct VgRiskBatch
{
	MemoryContext context; /* everything below lives here */
	VgProfile profile;	   /* a copy */
	int event_count;
	VgRiskEvent *events; /* by subject, then time */
	int subject_count;
	VgRiskSubject *subjects; /* ascending; those that have a risk_state row */
	int change_count;
	int change_capacity;
	VgRiskChange *changes;
	int64 opened; /* hazards */
	int64 closed;
	int64 coloured; /* subjects whose mask, score or colour changed */
	bool skip_locked;
} VgRiskBatch;

typedef struct VgRiskResult
{
	int64 hazards;	/* opened or closed */
	int64 subjects; /* whose mask, score or colour changed */
} VgRiskResult;

/*
 * vg_risk_walk: lock the subjects' states in order, walk them through the events, write what
 * changed, tell the incidents.  Sorts events.  skip_locked leaves out subjects that another
 * transaction holds.  Not connected to SPI; works with the rights of the owner of vigil.risk_state.
 * Error 22023: unknown profile.
 */
extern VgRiskResult vg_risk_walk(const char *profile, VgRiskEvent *events, int count,
								 bool skip_locked);

/*
 * Work with the rights of the owner of vigil.risk_state: a device that inserts observations may not
 * write it itself. Names are looked up in pg_catalog alone meanwhile. An error gives the caller's
 * rights and search_path back by itself.
 */
typedef struct VgOwnerRights
{
	Oid user;
	int context;
	int guc_level;
} VgOwnerRights;

extern void vg_owner_rights_begin(VgOwnerRights *saved);
extern void vg_owner_rights_end(const VgOwnerRights *saved);

/* The subject's place in the batch, or NULL where it has no row (or is skipped). */
extern VgRiskSubject *vg_batch_subject(VgRiskBatch *batch, int64 subject);

/* riskstore.c; the caller is connected to SPI. */
extern void vg_store_create(VgRiskBatch *batch); /* rows for subjects that are about to need one */
extern void vg_store_lock(VgRiskBatch *batch);	 /* lock and load risk_state */
extern void vg_store_load_hazards(VgRiskBatch *batch);
extern void vg_store_load_suppressions(VgRiskBatch *batch);
extern void vg_store_write(VgRiskBatch *batch);

#endif
