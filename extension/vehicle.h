/*
 * vehicle.h: what the files of the vehicle binding share.
 */
#ifndef VIGIL_VEHICLE_BINDING_H
#define VIGIL_VEHICLE_BINDING_H

#include "postgres.h"

#include "access/htup.h"
#include "common/hashfn.h"
#include "datatype/timestamp.h"
#include "utils/jsonb.h"

#include "custom.h"
#include "engine/vehicle.h"
#include "spi.h"

/* The catalogue's parameters as the engine takes them; valid until the next call. */
extern const VgVehicleRules *vg_vehicle_rules(void);
/* The same with other parameters or switches, for a backtest: {"model": {"parameter": value,
 * "enabled": false}}. */
extern void vg_vehicle_rules_with(const Jsonb *overrides, VgVehicleRules *changed);

static inline uint32
vg_vehicle_hash(int64 vehicle)
{
	return murmurhash32((uint32) vehicle ^ murmurhash32((uint32) (vehicle >> 32)));
}

/* --- vehicle_state.c: rows of vigil_vehicle.vehicle_state
 * ------------------------------------------------------- */

#define VG_ORDERS_MAX 64
/* VgOrder.model of a custom model's order; its fence_id is the model's number. */
#define VG_ORDER_CUSTOM 255

/* How often in a row a custom model has said the same of a vehicle. */
typedef struct VgCustomRun
{
	int32 number; /* vigil.model.number */
	uint16 run;
	bool bad; /* what it said */
	bool raised;
} VgCustomRun;

#define VG_CUSTOM_RUNS_MAX 256

/* One vehicle's row, unpacked. */
typedef struct VgVehicleRow
{
	int64 vehicle;
	VgVehicleTraits traits;
	VgVehicleState state;
	int32 late_count;
	int32 duplicate_count;
	int32 order_count;
	VgOrder orders[VG_ORDERS_MAX];
	int32 run_count;
	VgCustomRun runs[VG_CUSTOM_RUNS_MAX];
} VgVehicleRow;

typedef struct VgStateStore VgStateStore;

extern VgStateStore *vg_state_open(void);
extern Oid vg_state_owner(void);
extern bool vg_state_has(VgStateStore *store, int64 vehicle);
/* This vehicle will be asked for soon. */
extern void vg_state_prefetch(int64 vehicle);
/* False: there is no such row (yet). */
extern bool vg_state_load(VgStateStore *store, int64 vehicle, VgVehicleRow *row);
/*
 * Write the row that was loaded last.  False: another transaction changed it meanwhile and has
 * committed: load it again and do the step again.
 */
extern bool vg_state_save(VgStateStore *store, const VgVehicleRow *row);
/* See what this transaction and others have written since. */
extern void vg_state_refresh(VgStateStore *store);
extern void vg_state_close(VgStateStore *store);

/* --- vehicle_custom.c: models of the user's over positions
 * -------------------------------------------------------- */

typedef struct VgVehicleCustom VgVehicleCustom;

/*
 * NULL when set is.  vehicles ascending; the rows that follow name one by its number.  live: write
 * errors of expressions down; a backtest writes nothing.
 */
extern VgVehicleCustom *vg_vehicle_custom(const VgCustomSet *set, const int64 *vehicles, int count,
										  bool live);

/* What the models may ask of a row beside the position itself. */
typedef struct VgCustomRow
{
	TimestampTz received_at;
	int64 seen_before; /* when the vehicle was seen before this position; VG_NEVER */
	int64 fed_before;  /* the newest observation before that fed the models; VG_NEVER */
	float speed_before;
	bool backfill;
} VgCustomRow;

/* One position that fed the models; row after its step. */
extern void vg_vehicle_custom_row(VgVehicleCustom *custom, int vehicle_number,
								  const VgPosition *position, const VgVehicleRow *row,
								  const VgCustomRow *beside);
/* After a vehicle's rows, or some of them: evaluate, move row->runs, hand each effect and its
 * model's code to add. */
extern void vg_vehicle_custom_finish(VgVehicleCustom *custom, VgVehicleRow *row,
									 void (*add)(void *context, const VgStepEffect *effect,
												 const char *model),
									 void *context);

/* --- vehicle_driver.c
 * --------------------------------------------------------------------------------------------
 */

/* Vehicles whose driver's card changed, and when; empty is all zero bytes. */
typedef struct VgDriverChanges
{
	VgColumn vehicles;
	VgColumn at;
} VgDriverChanges;

extern void vg_driver_changed(VgDriverChanges *changes, int64 vehicle, TimestampTz at);
/* The vehicles inherit from their new drivers at once.  Sees what this command wrote before a
 * CommandCounterIncrement. */
extern void vg_driver_inherit(const VgDriverChanges *changes);

/* --- vehicle_evidence.c
 * ------------------------------------------------------------------------------------------ */

extern Jsonb *vg_vehicle_evidence(const VgStepEffect *effect);

/* --- vehicle_position.c
 * ------------------------------------------------------------------------------------------ */

#define VG_POSITION_COLUMNS 17 /* those that are read: all but received_at */
extern const char *const vg_position_columns[VG_POSITION_COLUMNS];
/* One row of the columns above as the engine's struct; an error that names key, field, value and
 * range if it is bad. */
extern void vg_position_read(void *row, const Datum *values, const bool *nulls);
/* The name of a feed by the hash that a position keeps, or NULL. */
extern const text *vg_position_source(uint32 hash);
/* The same without the check. */
extern void vg_position_take(VgPosition *position, const Datum *values, const bool *nulls);
/*
 * The same without an error, for a row that is not stored yet: the reason code why it cannot be
 * used, *detail in words, else NULL and the row as it is to be stored: 360 degrees are 0, evidence
 * out of its range and the 0, 0 of a terminal without a fix are null.
 */
extern const char *vg_position_clean(Datum *values, bool *nulls, char **detail);

/* --- vehicle.c
 * ---------------------------------------------------------------------------------------------------
 */

/* What the step may ask of this database; hits are allocated in the current context. */
extern void vg_vehicle_world(VgVehicleWorld *world);

#endif
