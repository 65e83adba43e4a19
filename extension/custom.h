/*
 * custom.h: custom models, the rules that a DBA writes as boolean SQL expressions.
 *
 * An expression of vigil.model.expression is checked when it is written, compiled once per backend
 * and change of the catalogue, and evaluated over a batch of observations.  A null result is false.
 * An error inside an expression (division by zero) never reaches the statement that brought the
 * observations: it goes to vigil.model_error, and after some the model is off for the rest of the
 * batch.
 *
 * How the evaluation of a stream uses it:
 *
 *	set = vg_custom_set("vehicle", "position");
 *		once per frame; NULL: no such models, skip the rest
 *	batch = vg_custom_batch(set);
 *		in the frame's memory context
 *	for each row, in the loop of steps, after the step:
 *		vg_custom_row(batch);
 *			all variables of the row are null
 *		vg_custom_put(batch, VG_CUSTOM_SPEED_KMH, Float4GetDatum(speed));
 *			ignored where no expression uses it; vg_custom_uses() is worth asking before work only;
 *			a reference must stay valid until vg_custom_evaluate
 *	vg_custom_evaluate(batch, true);
 *		once, after the loop; opens a subtransaction of its own
 *	for each row, for each model number i < vg_custom_count(set):
 *		vg_custom_answer(batch, row, i)
 *			YES counts towards vg_custom_model(set, i)->min_points, NO towards clearing, FAILED
 *			changes nothing
 */
#ifndef VIGIL_CUSTOM_H
#define VIGIL_CUSTOM_H

#include "postgres.h"

#include "utils/jsonb.h"

/*
 * The variables of feed 'position' of domain 'vehicle', with their SQL types;
 * vigil.custom_variables() tells them to people.  Beside them expressions may use geom, a point
 * made of lon and lat where it is needed.
 */
typedef enum VgCustomVariable
{
	VG_CUSTOM_PLATE, /* vigil.plate; from here: columns of vigil_vehicle.position */
	VG_CUSTOM_OBSERVED_AT,
	VG_CUSTOM_LON,
	VG_CUSTOM_LAT,
	VG_CUSTOM_SPEED_KMH,			/* real */
	VG_CUSTOM_HEADING_DEG,			/* smallint */
	VG_CUSTOM_ALTITUDE_M,			/* real */
	VG_CUSTOM_MILEAGE_KM,			/* real */
	VG_CUSTOM_RECORDER_SPEED_KMH,	/* real */
	VG_CUSTOM_ALARM_BITS,			/* bigint */
	VG_CUSTOM_STATUS_BITS,			/* bigint */
	VG_CUSTOM_SOURCE,				/* text */
	VG_CUSTOM_VIDEO_BITS,			/* bigint */
	VG_CUSTOM_SATELLITES,			/* smallint */
	VG_CUSTOM_SIGNAL,				/* smallint */
	VG_CUSTOM_DRIVER_ID,			/* bigint */
	VG_CUSTOM_BACKFILL,				/* boolean */
	VG_CUSTOM_RECEIVED_AT,			/* timestamptz */
	VG_CUSTOM_PREVIOUS_SPEED_KMH,	/* real; from here: the state before this observation */
	VG_CUSTOM_PREVIOUS_OBSERVED_AT, /* timestamptz */
	VG_CUSTOM_STAY_MINUTES,			/* double precision */
	VG_CUSTOM_DRIVING_MINUTES,		/* double precision */
	VG_CUSTOM_LOCAL_TIME,			/* time */
	VG_CUSTOM_LOCAL_HOUR,			/* integer */
	VG_CUSTOM_KIND,					/* text; from here: the vehicle */
	VG_CUSTOM_SUBKIND,				/* text */
	VG_CUSTOM_STATUS,				/* text */
	VG_CUSTOM_REGION_CODE,			/* bigint */
	VG_CUSTOM_ENTERPRISE_ID,		/* bigint */
	VG_CUSTOM_ROAD_CLASS,			/* text; from here: the matched segment, null off road */
	VG_CUSTOM_LIMIT_KMH,			/* integer */
	VG_CUSTOM_SEGMENT_ID,			/* bigint */
	VG_CUSTOM_VARIABLES
} VgCustomVariable;

typedef enum VgCustomAnswer
{
	VG_CUSTOM_NO, /* false or null */
	VG_CUSTOM_YES,
	VG_CUSTOM_FAILED /* not known: the expression threw, here or earlier in the batch */
} VgCustomAnswer;

typedef struct VgCustomModel
{
	char code[NAMEDATALEN];
	int32 number;	  /* vigil.model.number, 1001 and up */
	int32 version;	  /* for evidence */
	int32 min_points; /* parameter: so many observations in a row raise it, and so many clear it */
} VgCustomModel;

typedef struct VgCustomSet VgCustomSet;
typedef struct VgCustomBatch VgCustomBatch;

extern void vg_custom_init(void); /* called by _PG_init */

/*
 * vg_custom_set: the enabled custom models with an expression over this feed, sorted by number;
 * NULL when there are none. Valid until the next call.  Looks at the catalogue only when it has
 * changed.
 */
extern const VgCustomSet *vg_custom_set(const char *domain, const char *feed);
/*
 * vg_custom_set_with: the same with a backtest's overrides (override.h), a set of the caller's in
 * CurrentMemoryContext; NULL when no model is enabled.
 */
extern const VgCustomSet *vg_custom_set_with(const char *domain, const char *feed,
											 const Jsonb *overrides);
extern int vg_custom_count(const VgCustomSet *set);
extern const VgCustomModel *vg_custom_model(const VgCustomSet *set, int i);
extern bool vg_custom_uses(const VgCustomSet *set, VgCustomVariable variable);

extern VgCustomBatch *vg_custom_batch(const VgCustomSet *set); /* in CurrentMemoryContext */
extern int vg_custom_row(VgCustomBatch *batch);				   /* 0, 1, 2, ... */
extern void vg_custom_put(VgCustomBatch *batch, VgCustomVariable variable, Datum value);

/*
 * vg_custom_evaluate: compute the answers of all rows added.
 *
 * record	write errors to vigil.model_error (false in a backtest, which writes nothing); a WARNING
 *			comes in both cases, once per model and set
 *
 * Calls SPI itself when there is an error to record.  Throws only what is not an expression's fault
 * (cancel, out of memory).
 */
extern void vg_custom_evaluate(VgCustomBatch *batch, bool record);
extern VgCustomAnswer vg_custom_answer(const VgCustomBatch *batch, int row, int i);

#endif
