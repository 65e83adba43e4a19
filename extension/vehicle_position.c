/*
 * vehicle_position.c: a row of vigil_vehicle.position as the engine's struct, checked.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "plate.h"
#include "vehicle.h"
#include "vigil.h"

const char *const vg_position_columns[VG_POSITION_COLUMNS] = {
	"plate",	  "observed_at", "lon",
	"lat",		  "speed_kmh",	 "heading_deg",
	"altitude_m", "mileage_km",	 "recorder_speed_kmh",
	"alarm_bits", "status_bits", "source",
	"video_bits", "satellites",	 "signal",
	"driver_id",  "backfill",
};

enum
{
	FIELD_PLATE,
	FIELD_OBSERVED_AT,
	FIELD_LON,
	FIELD_LAT,
	FIELD_SPEED_KMH,
	FIELD_HEADING_DEG,
	FIELD_ALTITUDE_M,
	FIELD_MILEAGE_KM,
	FIELD_RECORDER_SPEED_KMH,
	FIELD_ALARM_BITS,
	FIELD_STATUS_BITS,
	FIELD_SOURCE,
	FIELD_VIDEO_BITS,
	FIELD_SATELLITES,
	FIELD_SIGNAL,
	FIELD_DRIVER_ID,
	FIELD_BACKFILL
};

/* A feed's name by its hash: rows keep the hash, models of the user's may ask for the name. */
typedef struct SourceName
{
	uint32 hash;
	text *name;
} SourceName;

#define SOURCE_NAMES_MAX 4096

static HTAB *source_names = NULL;

static void
source_remember(uint32 hash, const text *name)
{
	bool found;
	SourceName *entry;

	if (source_names != NULL && hash_get_num_entries(source_names) >= SOURCE_NAMES_MAX)
		return; /* more feeds than a city has: names past these read as null */
	if (source_names == NULL)
	{
		HASHCTL control = {.keysize = sizeof(uint32),
						   .entrysize = sizeof(SourceName),
						   .hcxt = TopMemoryContext};

		source_names =
			hash_create("vigil feeds", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	entry = hash_search(source_names, &hash, HASH_ENTER, &found);
	if (found)
		return;
	entry->name = MemoryContextAlloc(TopMemoryContext, VARSIZE_ANY_EXHDR(name) + VARHDRSZ);
	SET_VARSIZE(entry->name, VARSIZE_ANY_EXHDR(name) + VARHDRSZ);
	memcpy(VARDATA(entry->name), VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

/* 0 means that no feed is named. */
static uint32
source_hash(const text *name)
{
	static uint32 newest = 0;
	uint32 hash =
		Max(hash_bytes((const unsigned char *) VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)), 1);

	if (hash != newest)
		source_remember(hash, name);
	newest = hash;
	return hash;
}

const text *
vg_position_source(uint32 hash)
{
	SourceName *entry =
		source_names == NULL ? NULL : hash_search(source_names, &hash, HASH_FIND, NULL);

	return entry == NULL ? NULL : entry->name;
}

/* The fields that a check looks at; the others only need their place among the columns. */
void
vg_position_take(VgPosition *position, const Datum *values, const bool *nulls)
{
	unsigned has = 0;

	memset(position, 0, sizeof(*position));
	position->vehicle = DatumGetInt64(values[FIELD_PLATE]);
	position->observed_at = DatumGetTimestampTz(values[FIELD_OBSERVED_AT]);
	if (!nulls[FIELD_LON] && !nulls[FIELD_LAT])
	{
		position->lon = DatumGetFloat8(values[FIELD_LON]);
		position->lat = DatumGetFloat8(values[FIELD_LAT]);
		has |= VG_HAS_POINT;
	}
	if (!nulls[FIELD_SPEED_KMH])
	{
		position->speed_kmh = DatumGetFloat4(values[FIELD_SPEED_KMH]);
		has |= VG_HAS_SPEED;
	}
	if (!nulls[FIELD_HEADING_DEG])
	{
		position->heading_deg = DatumGetInt16(values[FIELD_HEADING_DEG]);
		has |= VG_HAS_HEADING;
	}
	if (!nulls[FIELD_MILEAGE_KM])
	{
		position->mileage_km = DatumGetFloat4(values[FIELD_MILEAGE_KM]);
		has |= VG_HAS_MILEAGE;
	}
	if (!nulls[FIELD_RECORDER_SPEED_KMH])
	{
		position->recorder_speed_kmh = DatumGetFloat4(values[FIELD_RECORDER_SPEED_KMH]);
		has |= VG_HAS_RECORDER;
	}
	if (!nulls[FIELD_ALARM_BITS])
	{
		position->alarm_bits = (uint32) DatumGetInt64(values[FIELD_ALARM_BITS]);
		has |= VG_HAS_ALARM;
	}
	if (!nulls[FIELD_STATUS_BITS])
	{
		position->status_bits = (uint32) DatumGetInt64(values[FIELD_STATUS_BITS]);
		has |= VG_HAS_STATUS;
	}
	if (!nulls[FIELD_VIDEO_BITS])
	{
		position->video_bits = (uint32) DatumGetInt64(values[FIELD_VIDEO_BITS]);
		has |= VG_HAS_VIDEO;
	}
	position->altitude_m = nulls[FIELD_ALTITUDE_M] ? NAN : DatumGetFloat4(values[FIELD_ALTITUDE_M]);
	position->satellites =
		nulls[FIELD_SATELLITES] ? -1 : Max(DatumGetInt16(values[FIELD_SATELLITES]), -1);
	position->signal = nulls[FIELD_SIGNAL] ? -1 : Max(DatumGetInt16(values[FIELD_SIGNAL]), -1);
	if (!nulls[FIELD_SOURCE])
		position->source = source_hash(DatumGetTextPP(values[FIELD_SOURCE]));
	if (!nulls[FIELD_DRIVER_ID])
		position->driver_id = DatumGetInt64(values[FIELD_DRIVER_ID]);
	if (!nulls[FIELD_BACKFILL] && DatumGetBool(values[FIELD_BACKFILL]))
		has |= VG_IS_BACKFILL;
	position->has = (uint16) has;
}

static VgPositionLimits
position_limits(void)
{
	TimestampTz now = GetCurrentStatementStartTimestamp();

	return (VgPositionLimits){
		.oldest = now - 30 * USECS_PER_DAY,
		.newest = now + vigil_max_clock_skew * USECS_PER_SEC,
	};
}

static const char *const not_null = "not null";
static const char *const other_coordinate = "not null when the other coordinate is not";

/* Bits that 32 do not hold, a card without a number. */
static bool
integers_fault(const Datum *values, const bool *nulls, VgFault *fault)
{
	static const struct
	{
		int field;
		const char *reason;
		int64 lowest, highest;
		const char *range;
	} ranges[] = {
		{FIELD_ALARM_BITS, "bad_alarm_bits", 0, PG_UINT32_MAX, "0 to 4294967295"},
		{FIELD_STATUS_BITS, "bad_status_bits", 0, PG_UINT32_MAX, "0 to 4294967295"},
		{FIELD_VIDEO_BITS, "bad_video_bits", 0, PG_UINT32_MAX, "0 to 4294967295"},
		{FIELD_DRIVER_ID, "bad_driver_id", 1, PG_INT64_MAX, "1 and up"},
	};

	for (int i = 0; i < (int) lengthof(ranges); i++)
	{
		int64 value = nulls[ranges[i].field] ? 1 : DatumGetInt64(values[ranges[i].field]);

		if (value >= ranges[i].lowest && value <= ranges[i].highest)
			continue;
		*fault = (VgFault){ranges[i].reason, vg_position_columns[ranges[i].field], (double) value,
						   ranges[i].range};
		return true;
	}
	return false;
}

/* Half a point is no point, and not to be mistaken for "not located". */
static bool
position_fault(VgPosition *position, const Datum *values, const bool *nulls, VgFault *fault)
{
	VgPositionLimits limits = position_limits();

	if (nulls[FIELD_LON] != nulls[FIELD_LAT])
	{
		*fault = (VgFault){"out_of_range", nulls[FIELD_LON] ? "lon" : "lat", NAN, other_coordinate};
		return true;
	}
	return !vg_position_check(position, &limits, fault) || integers_fault(values, nulls, fault);
}

/* The bad value as people write it: exact enough that it is seen to be out of the range. */
static char *
fault_value(const VgPosition *position, const VgFault *fault)
{
	if (fault->range == not_null || fault->range == other_coordinate)
		return pstrdup("null");
	if (strcmp(fault->field, "observed_at") == 0)
		return pstrdup(timestamptz_to_str(position->observed_at));
	if (isnan(fault->value))
		return pstrdup("NaN");
	if (strcmp(fault->field, "lon") == 0 || strcmp(fault->field, "lat") == 0)
		return psprintf("%.15g", fault->value);
	return fault->value == rint(fault->value) ? psprintf("%.0f", fault->value)
											  : psprintf("%.7g", fault->value);
}

static void
position_refuse(const VgPosition *position, const VgFault *fault)
{
	char plate[VG_PLATE_TEXT_MAX + 1];

	plate[vg_plate_format(position->vehicle, plate)] = '\0';
	ereport(ERROR,
			errcode(strcmp(fault->field, "observed_at") == 0 ? ERRCODE_DATETIME_FIELD_OVERFLOW
															 : ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("position of vehicle \"%s\" at %s cannot be used: %s %s", plate,
				   timestamptz_to_str(position->observed_at), fault->field,
				   fault_value(position, fault)),
			errdetail("Reason %s: the valid range of %s is %s.", fault->reason, fault->field,
					  fault->range),
			errhint("Load through vigil_vehicle.ingest(): it stores the good rows and keeps this "
					"one in vigil.reject."));
}

void
vg_position_read(void *row, const Datum *values, const bool *nulls)
{
	VgPosition *position = row;
	VgFault fault;

	vg_position_take(position, values, nulls);
	if (position_fault(position, values, nulls, &fault))
		position_refuse(position, &fault);
}

/* A terminal without a fix sends 0, 0: with its status bit "located" off that is no point, and no
 * fault. */
static void
drop_no_fix(Datum *values, bool *nulls)
{
	if (!nulls[FIELD_LON] && !nulls[FIELD_LAT] && !nulls[FIELD_STATUS_BITS] &&
		(DatumGetInt64(values[FIELD_STATUS_BITS]) & VG_STATUS_LOCATED) == 0 &&
		DatumGetFloat8(values[FIELD_LON]) == 0 && DatumGetFloat8(values[FIELD_LAT]) == 0)
		nulls[FIELD_LON] = nulls[FIELD_LAT] = true;
}

const char *
vg_position_clean(Datum *values, bool *nulls, char **detail)
{
	VgPosition position;
	VgFault fault;

	if (nulls[FIELD_PLATE] || nulls[FIELD_OBSERVED_AT])
		fault = nulls[FIELD_PLATE] ? (VgFault){"bad_plate", "plate", NAN, not_null}
								   : (VgFault){"bad_time", "observed_at", NAN, not_null};
	else
	{
		drop_no_fix(values, nulls);
		vg_position_take(&position, values, nulls);
		if (!position_fault(&position, values, nulls, &fault))
		{
			if (!nulls[FIELD_HEADING_DEG])
				values[FIELD_HEADING_DEG] = Int16GetDatum(position.heading_deg);
			nulls[FIELD_RECORDER_SPEED_KMH] = !(position.has & VG_HAS_RECORDER);
			nulls[FIELD_MILEAGE_KM] = !(position.has & VG_HAS_MILEAGE);
			nulls[FIELD_ALTITUDE_M] = isnan(position.altitude_m);
			nulls[FIELD_SATELLITES] = position.satellites < 0;
			nulls[FIELD_SIGNAL] = position.signal < 0;
			return NULL;
		}
	}
	*detail =
		psprintf("%s is %s, valid is %s", fault.field, fault_value(&position, &fault), fault.range);
	return fault.reason;
}
