/*
 * vehicle_driver.c: who is at the wheel by the IC card in the positions: for the register of
 * bindings, and what a vehicle inherits when the card changes.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "riskbatch.h"
#include "spi.h"
#include "vehicle.h"

PG_FUNCTION_INFO_V1(vigil_vehicle_card_of);

void
vg_driver_changed(VgDriverChanges *changes, int64 vehicle, TimestampTz at)
{
	if (changes->vehicles.count == 0) /* most statements bring no change: nothing is made before */
	{
		vg_column_init(&changes->vehicles, INT8OID, 16);
		vg_column_init(&changes->at, TIMESTAMPTZOID, 16);
	}
	vg_column_add(&changes->vehicles, Int64GetDatum(vehicle));
	vg_column_add(&changes->at, TimestampTzGetDatum(at));
}

void
vg_driver_inherit(const VgDriverChanges *changes)
{
	static VgPlan plan = {
		.text = "SELECT i.vehicle, i.at, i.mask FROM vigil_vehicle.inherited_anew($1, $2) AS i",
		.parameters = 2,
		.types = {INT8ARRAYOID, TIMESTAMPTZARRAYOID},
	};
	Datum values[2] = {vg_column_array(&changes->vehicles), vg_column_array(&changes->at)};
	VgRiskEvent *events;
	MemoryContext caller = CurrentMemoryContext;
	int count;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	count = (int) vg_spi_run(&plan, values, NULL, false, SPI_OK_SELECT);
	events = MemoryContextAllocHuge(caller, Max(count, 1) * sizeof(VgRiskEvent));
	for (int i = 0; i < count; i++)
		events[i] = (VgRiskEvent){.kind = VG_EVENT_INHERIT,
								  .subject = vg_spi_int8(i, 1, 0),
								  .at = vg_spi_int8(i, 2, 0),
								  .inherited_mask = (uint64) vg_spi_int8(i, 3, 0)};
	SPI_finish();
	vg_risk_walk("vehicle", events, count, false);
	pfree(events);
}

/* card_of(engine) -> driver_id, since, shown_at of the card that a vehicle's state remembers; nulls
 * where it knows none. */
Datum
vigil_vehicle_card_of(PG_FUNCTION_ARGS)
{
	bytea *packed = PG_GETARG_BYTEA_PP(0);
	VgVehicleState state;
	Datum values[3] = {0};
	bool nulls[3] = {true, true, true};
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (vg_vehicle_unpack(&state, (const uint8_t *) VARDATA_ANY(packed),
						  VARSIZE_ANY_EXHDR(packed)) == VG_OK &&
		state.driver_id != 0)
	{
		values[0] = Int64GetDatum(state.driver_id);
		values[1] = TimestampTzGetDatum(state.card_since);
		values[2] = TimestampTzGetDatum(state.card_us);
		memset(nulls, false, sizeof(nulls));
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
