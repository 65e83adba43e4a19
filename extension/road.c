/*
 * road.c: the road index of this database, built from vigil_vehicle.road_segment, and the road
 * states of an hour.
 *
 * Segments change seldom and are many: one block, shared.  States come every few seconds, but only
 * those of the last hour say anything, some hundred or thousand rows: each backend reads the ones
 * that its observations ask for.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "road.h"
#include "sharedblock.h"
#include "spi.h"

PG_FUNCTION_INFO_V1(vigil_road_line_valid);
PG_FUNCTION_INFO_V1(vigil_road_segment_at);
PG_FUNCTION_INFO_V1(vigil_road_state_at);

#define EDGE_MAX_DEGREES 0.5 /* the index stores an edge with each cell that it reaches */
#define STATE_HOURS 32		 /* hours whose states a backend keeps */

/* EWKB as PostGIS casts a geometry to bytea: byte order, type with flags, SRID, count, points. */
#define EWKB_LINESTRING_SRID 0x20000002u
#define EWKB_HEADER_BYTES 13

/* The states that can hold within one hour: its own and those of the hour before. */
typedef struct StateHour
{
	int64 hour; /* hours since 2000-01-01 */
	uint64 generation;
	uint64 used; /* of state_clock */
	MemoryContext context;
	VgRoadStates states;
} StateHour;

static const char *const class_names[VG_ROAD_CLASSES] = {"expressway", "national",
														 "provincial", "county",
														 "township",   "urban_expressway",
														 "urban",	   "service_area"};

typedef struct FlagName
{
	const char *name;
	uint16_t flag;
} FlagName;

static const FlagName flag_names[] = {{"tunnel", VG_ROAD_TUNNEL},
									  {"bridge", VG_ROAD_BRIDGE},
									  {"sharp_bend", VG_ROAD_SHARP_BEND},
									  {"steep", VG_ROAD_STEEP},
									  {"cliff", VG_ROAD_CLIFF},
									  {"waterside", VG_ROAD_WATERSIDE},
									  {"school_front", VG_ROAD_SCHOOL_FRONT},
									  {"black_spot", VG_ROAD_BLACK_SPOT},
									  {"toll_gate", VG_ROAD_TOLL_GATE}};

static const char *const surface_names[] = {"dry", "wet", "snow", "ice"};

/* Columns of vigil_vehicle.road_state. */
enum
{
	STATE_SEGMENT_ID = 1,
	STATE_OBSERVED_AT,
	STATE_VISIBILITY_M,
	STATE_SURFACE,
	STATE_COLUMNS = STATE_SURFACE
};

static void *roads_build(Size *size);
static VgRoadSource *roads_read(MemoryContext context, int32 *count);
static void source_read(VgRoadSource *source, uint64 row);
static const double *line_points(bytea *ewkb, int32 *point_count);
static uint8 class_of(const char *name);
static uint16 flags_of(ArrayType *names);
static void states_load(StateHour *slot, int64 hour);
static VgRoadState *states_read(int64 hour, int32 *count);
static uint8 surface_of(const text *name);

static VgSharedBlock road_block = {.kind = "road",
								   .schema = "vigil_vehicle",
								   .table = "road_segment",
								   .build = roads_build};
static StateHour state_hours[STATE_HOURS];
static StateHour *state_last = NULL;
static uint64 state_generation = 1;
static uint64 state_clock = 0;
static Oid state_relid = InvalidOid;

static void
states_invalidate(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || relid == state_relid)
		state_generation++;
}

void
vg_road_init(void)
{
	CacheRegisterRelcacheCallback(states_invalidate, (Datum) 0);
}

const VgRoadIndex *
vg_roads(void)
{
	return vg_sharedblock_get(&road_block, NULL);
}

/* roads_build: the block's content; the sources are scratch in the context of SPI. */
static void *
roads_build(Size *size)
{
	MemoryContext context = CurrentMemoryContext;
	int32 count;
	VgRoadSource *sources;
	size_t bytes;
	void *scratch;
	void *index;
	VgStatus status;

	SPI_connect();
	sources = roads_read(CurrentMemoryContext, &count);
	status = vg_road_scratch(sources, count, &bytes);
	if (status == VG_OK)
	{
		scratch = MemoryContextAllocHuge(CurrentMemoryContext, bytes);
		status = vg_road_size(sources, count, scratch, &bytes);
	}
	if (status == VG_OK)
	{
		index = MemoryContextAllocHuge(context, bytes);
		status = vg_road_build(index, bytes, sources, count);
	}
	if (status != VG_OK)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("%d road segments are too many to index", count),
				errhint("Delete segments of vigil_vehicle.road_segment outside the city, or join "
						"short ones."));
	SPI_finish();
	*size = bytes;
	return index;
}

static VgRoadSource *
roads_read(MemoryContext context, int32 *count)
{
	static VgPlan plan = {"SELECT id, name, class, geom::bytea, one_way, limit_kmh, "
						  "truck_limit_kmh, hazmat_forbidden,"
						  " flags, mountain_grade FROM vigil_vehicle.road_segment ORDER BY id",
						  .parameters = 0};
	uint64 rows = vg_spi_run(&plan, NULL, NULL, true, SPI_OK_SELECT);
	VgRoadSource *sources;

	if (rows > INT32_MAX / 2)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("%llu road segments are too many to index", (unsigned long long) rows));
	sources = MemoryContextAllocHuge(context, (Size) rows * sizeof(VgRoadSource));
	*count = 0;
	for (uint64 row = 0; row < rows; row++)
	{
		if (row % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		source_read(&sources[*count], row);
		/* The table's checks allow no other; one that came around them must not stop the city. */
		if (sources[*count].points != NULL)
			++*count;
	}
	return sources;
}

static void
source_read(VgRoadSource *source, uint64 row)
{
	bool isnull;
	Datum value;

	memset(source, 0, sizeof(VgRoadSource));
	source->segment.id = vg_spi_int8(row, 1, 0);
	value = vg_spi_field(row, 2, &isnull);
	source->name = isnull ? NULL : TextDatumGetCString(value);
	source->segment.road_class = class_of(TextDatumGetCString(vg_spi_field(row, 3, &isnull)));
	source->points =
		line_points(DatumGetByteaPP(vg_spi_field(row, 4, &isnull)), &source->point_count);
	if (DatumGetBool(vg_spi_field(row, 5, &isnull)))
		source->segment.flags |= VG_ROAD_ONE_WAY;
	source->segment.limit_kmh = DatumGetInt16(vg_spi_field(row, 6, &isnull));
	value = vg_spi_field(row, 7, &isnull);
	source->segment.truck_limit_kmh = isnull ? 0 : DatumGetInt16(value);
	if (DatumGetBool(vg_spi_field(row, 8, &isnull)))
		source->segment.flags |= VG_ROAD_HAZMAT_FORBIDDEN;
	source->segment.flags |= flags_of(DatumGetArrayTypeP(vg_spi_field(row, 9, &isnull)));
	value = vg_spi_field(row, 10, &isnull);
	source->segment.mountain_grade = isnull ? 0 : (uint8) DatumGetInt16(value);
}

/*
 * line_points: the points of a line that can be indexed, aligned, or NULL: two or more, finite, in
 * range, neighbours no farther apart than EDGE_MAX_DEGREES.
 */
static const double *
line_points(bytea *ewkb, int32 *point_count)
{
	const char *bytes = VARDATA_ANY(ewkb);
	Size length = VARSIZE_ANY_EXHDR(ewkb);
	uint32 type;
	uint32 count;
	double *points;

	if (length < EWKB_HEADER_BYTES)
		return NULL;
	memcpy(&type, bytes + 1, sizeof(type));
	memcpy(&count, bytes + 9, sizeof(count));
	/* The cast writes the machine's own byte order. */
	if (type != EWKB_LINESTRING_SRID || count < 2 ||
		(length - EWKB_HEADER_BYTES) / (2 * sizeof(double)) != count)
		return NULL;
	points = palloc(length - EWKB_HEADER_BYTES);
	memcpy(points, bytes + EWKB_HEADER_BYTES, length - EWKB_HEADER_BYTES);
	for (uint32 i = 0; i < count; i++)
	{
		const double *point = points + 2 * (Size) i;

		if (!(fabs(point[0]) <= 180.0) || !(fabs(point[1]) <= VG_ROAD_LAT_MAX))
			return NULL;
		if (i > 0 && (fabs(point[0] - point[-2]) > EDGE_MAX_DEGREES ||
					  fabs(point[1] - point[-1]) > EDGE_MAX_DEGREES))
			return NULL;
	}
	*point_count = (int32) count;
	return points;
}

static uint8
class_of(const char *name)
{
	for (int i = 0; i < VG_ROAD_CLASSES; i++)
		if (strcmp(name, class_names[i]) == 0)
			return (uint8) i;
	elog(ERROR, "unknown road class \"%s\"", name);
}

static uint16
flags_of(ArrayType *names)
{
	uint16 flags = 0;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < lengthof(flag_names) && !nulls[i]; k++)
			if (strcmp(TextDatumGetCString(elements[i]), flag_names[k].name) == 0)
				flags |= flag_names[k].flag;
	return flags;
}

const VgRoadStates *
vg_road_states(TimestampTz at)
{
	static const VgRoadStates none = {NULL, 0};
	StateHour *oldest = &state_hours[0];
	int64 hour;

	if (TIMESTAMP_NOT_FINITE(at))
		return &none;
	hour = at / USECS_PER_HOUR - (at % USECS_PER_HOUR < 0);
	if (state_last != NULL && state_last->hour == hour &&
		state_last->generation == state_generation)
		return &state_last->states;
	state_clock++;
	for (int i = 0; i < STATE_HOURS; i++)
	{
		StateHour *slot = &state_hours[i];

		if (slot->hour == hour && slot->generation == state_generation)
		{
			slot->used = state_clock;
			state_last = slot;
			return &slot->states;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}
	while (oldest->generation != state_generation || oldest->hour != hour)
		states_load(oldest, hour);
	oldest->used = state_clock;
	state_last = oldest;
	return &oldest->states;
}

static void
states_load(StateHour *slot, int64 hour)
{
	uint64 generation = state_generation; /* an invalidation may arrive while loading */
	MemoryContext fresh =
		AllocSetContextCreate(CurrentMemoryContext, "vigil road states", ALLOCSET_SMALL_SIZES);
	MemoryContext before = MemoryContextSwitchTo(fresh);
	int32 count;
	VgRoadState *entries = states_read(hour, &count);

	MemoryContextSwitchTo(before);
	vg_road_state_sort(entries, count);
	MemoryContextSetParent(fresh, CacheMemoryContext);
	if (slot->context != NULL)
		MemoryContextDelete(slot->context);
	slot->context = fresh;
	slot->states = (VgRoadStates){entries, count};
	slot->hour = hour;
	slot->generation = generation;
}

/* states_read: by the index on observed_at and under a snapshot of now, whatever the transaction's
 * isolation. */
static VgRoadState *
states_read(int64 hour, int32 *count)
{
	Oid schema = get_namespace_oid("vigil_vehicle", false);
	Oid relid = get_relname_relid("road_state", schema);
	Oid index = get_relname_relid("road_state_observed_at_idx", schema);
	int32 capacity = 64;
	VgRoadState *entries = palloc(capacity * sizeof(VgRoadState));
	Relation relation = table_open(relid, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetCatalogSnapshot(relid));
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple tuple;

	state_relid = relid;
	ScanKeyInit(&keys[0], STATE_OBSERVED_AT, BTGreaterEqualStrategyNumber, F_TIMESTAMPTZ_GE,
				TimestampTzGetDatum((hour - 1) * USECS_PER_HOUR));
	ScanKeyInit(&keys[1], STATE_OBSERVED_AT, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
				TimestampTzGetDatum((hour + 1) * USECS_PER_HOUR));
	scan = systable_beginscan(relation, index, OidIsValid(index), snapshot, 2, keys);
	for (*count = 0; HeapTupleIsValid(tuple = systable_getnext(scan)); ++*count)
	{
		Datum values[STATE_COLUMNS];
		bool nulls[STATE_COLUMNS];
		VgRoadState *entry;

		if (*count == capacity)
		{
			capacity *= 2;
			entries = repalloc_huge(entries, (Size) capacity * sizeof(VgRoadState));
		}
		entry = &entries[*count];
		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		entry->segment_id = DatumGetInt64(values[STATE_SEGMENT_ID - 1]);
		entry->observed_at = DatumGetTimestampTz(values[STATE_OBSERVED_AT - 1]);
		entry->visibility_m =
			nulls[STATE_VISIBILITY_M - 1] ? -1.0f : DatumGetFloat4(values[STATE_VISIBILITY_M - 1]);
		entry->surface = surface_of(DatumGetTextPP(values[STATE_SURFACE - 1]));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	return entries;
}

static uint8
surface_of(const text *name)
{
	for (uint8 i = 0; i < lengthof(surface_names); i++)
		if (VARSIZE_ANY_EXHDR(name) == strlen(surface_names[i]) &&
			memcmp(VARDATA_ANY(name), surface_names[i], VARSIZE_ANY_EXHDR(name)) == 0)
			return i;
	return VG_SURFACE_DRY;
}

/* vigil_vehicle.road_line_valid(ewkb): whether the index can take this line; for the table's check.
 */
Datum
vigil_road_line_valid(PG_FUNCTION_ARGS)
{
	int32 count;

	PG_RETURN_BOOL(line_points(PG_GETARG_BYTEA_PP(0), &count) != NULL);
}

/* vigil_vehicle.road_segment_at(lon, lat, heading): id of the segment, null off road. */
Datum
vigil_road_segment_at(PG_FUNCTION_ARGS)
{
	const VgRoadIndex *index = vg_roads();
	int32 heading = PG_ARGISNULL(2) ? -1 : PG_GETARG_INT32(2);
	int32 number;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (heading < -1 || heading > 360)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("heading %d is out of range", heading),
				errhint(
					"Headings are degrees clockwise from north, 0 to 360; null when not known."));
	number = vg_road_match(index, PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1), heading, VG_ROAD_NONE);
	if (number < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(vg_road_get(index, number)->id);
}

/* vigil_vehicle.road_state_at(segment, at): the row of vigil_vehicle.road_state that holds then, or
 * null. */
Datum
vigil_road_state_at(PG_FUNCTION_ARGS)
{
	const VgRoadState *state;
	TupleDesc descriptor;
	Datum values[STATE_COLUMNS];
	bool nulls[STATE_COLUMNS] = {false};

	AcceptInvalidationMessages();
	state = vg_road_state(vg_road_states(PG_GETARG_TIMESTAMPTZ(1)), PG_GETARG_INT64(0),
						  PG_GETARG_TIMESTAMPTZ(1));
	if (state == NULL)
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE ||
		descriptor->natts != STATE_COLUMNS)
		elog(ERROR, "vigil_vehicle.road_state has other columns than expected");
	values[STATE_SEGMENT_ID - 1] = Int64GetDatum(state->segment_id);
	values[STATE_OBSERVED_AT - 1] = TimestampTzGetDatum(state->observed_at);
	values[STATE_VISIBILITY_M - 1] = Float4GetDatum(state->visibility_m);
	nulls[STATE_VISIBILITY_M - 1] = state->visibility_m < 0.0f;
	values[STATE_SURFACE - 1] = CStringGetTextDatum(surface_names[state->surface]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
