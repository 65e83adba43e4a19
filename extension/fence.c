/*
 * fence.c: the fence index of this database, built from vigil.geofence.
 *
 * The shared block holds the kinds of fences and behind them the engine's index.  Rows are read as
 * the owner, areas as PostGIS casts them to bytea.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "engine/vehicle.h"
#include "engine/wkb.h"
#include "fence.h"
#include "sharedblock.h"
#include "spi.h"

#define KIND_CODE_LENGTH 64
#define INDEX_ALIGNMENT 64

/* Columns of the two statements below. */
enum
{
	KIND_CODE = 1,
	KIND_BIT
};
enum
{
	FENCE_ID = 1,
	FENCE_BIT,
	FENCE_COVERED,
	FENCE_STAY_COVERED,
	FENCE_HOURS,
	FENCE_SUBJECT_KINDS,
	FENCE_VALID_FROM,
	FENCE_VALID_UNTIL
};

typedef struct FenceKind
{
	char code[KIND_CODE_LENGTH];
	int32 bit;
} FenceKind;

typedef struct FenceBlock
{
	uint64 index_at;
	int32 kind_count;
	FenceKind kind[FLEXIBLE_ARRAY_MEMBER];
} FenceBlock;

/* What grows while rows are read; all in one context. */
typedef struct FenceRows
{
	VgFence *fence;
	VgFenceHours *hours;
	VgPoint *vertex;
	uint32 *ring_first;
	uint32 *ring_fence;
	uint32 fence_count;
	uint64 fence_room;
	uint32 hours_count;
	uint64 hours_room;
	uint64 vertex_count;
	uint64 vertex_room;
	uint32 ring_count;
	uint64 ring_room;
} FenceRows;

static void *fences_build(Size *size);
static FenceBlock *block_header(void);
static void rows_read(FenceRows *rows);
static void row_read(FenceRows *rows, uint64 row);
static void hours_read(FenceRows *rows, VgFence *fence, ArrayType *packed);
static uint16 subject_kinds_read(ArrayType *names);
static void area_read(FenceRows *rows, const VgFence *fence, bytea *ewkb);

static VgSharedBlock fence_block = {.kind = "fence",
									.schema = "vigil",
									.table = "geofence",
									.build = fences_build};

static const FenceBlock *
fence_block_get(void)
{
	return vg_sharedblock_get(&fence_block, NULL);
}

const VgFenceIndex *
vg_fences(void)
{
	const FenceBlock *block = fence_block_get();

	return (const VgFenceIndex *) ((const char *) block + block->index_at);
}

uint64
vg_fence_generation(void)
{
	return fence_block.generation;
}

int
vg_fence_kind_bit(const char *code)
{
	(void) fence_block_get();
	return vg_fence_kind_bit_held(code);
}

int
vg_fence_kind_bit_held(const char *code)
{
	const FenceBlock *block = fence_block.data;

	for (int i = 0; i < block->kind_count; i++)
		if (strcmp(block->kind[i].code, code) == 0)
			return block->kind[i].bit;
	return -1;
}

/* fences_build: the shared block's content: kinds, then the index in memory of its own that is cut
 * to size. */
static void *
fences_build(Size *size)
{
	MemoryContext context = CurrentMemoryContext;
	FenceBlock *header;
	FenceRows rows = {0};
	VgFenceSource source;
	Size room;
	char *block;
	VgStatus status;

	SPI_connect();
	header = block_header();
	rows_read(&rows);
	source = (VgFenceSource){rows.fence,	   rows.hours,
							 rows.vertex,	   rows.ring_first,
							 rows.ring_fence,  rows.fence_count,
							 rows.hours_count, (uint32) rows.vertex_count,
							 rows.ring_count};
	for (room = vg_fence_room(&source);; room = mul_size(room, 2))
	{
		void *index = MemoryContextAllocHuge(CurrentMemoryContext, room);

		CHECK_FOR_INTERRUPTS();
		status = vg_fence_build(&source, index, room);
		if (status != VG_FULL)
		{
			*size = header->index_at + (status == VG_OK ? vg_fence_size(index) : 0);
			block = MemoryContextAllocHuge(context, *size);
			memcpy(block, header, header->index_at);
			memcpy(block + header->index_at, index, *size - header->index_at);
			break;
		}
		pfree(index);
	}
	if (status != VG_OK)
		elog(ERROR, "could not build the fence index: status %d", (int) status);
	SPI_finish();
	return block;
}

static FenceBlock *
block_header(void)
{
	static VgPlan plan = {"SELECT code, bit FROM vigil.fence_kind ORDER BY bit", .parameters = 0};
	uint64 rows = vg_spi_run(&plan, NULL, NULL, true, SPI_OK_SELECT);
	Size size = offsetof(FenceBlock, kind) + rows * sizeof(FenceKind);
	FenceBlock *header;

	size = TYPEALIGN(INDEX_ALIGNMENT, size);
	header = palloc0(size);
	header->index_at = size;
	header->kind_count = (int32) rows;
	for (uint64 row = 0; row < rows; row++)
	{
		bool isnull;

		strlcpy(header->kind[row].code, TextDatumGetCString(vg_spi_field(row, KIND_CODE, &isnull)),
				KIND_CODE_LENGTH);
		header->kind[row].bit = DatumGetInt16(vg_spi_field(row, KIND_BIT, &isnull));
	}
	return header;
}

/* room_for: an array with room for this many elements, twice as large where it has to move. */
static void *
room_for(void *array, uint64 count, uint64 *room, Size element)
{
	uint64 wanted = Max(*room, 1024);

	if (count <= *room)
		return array;
	while (wanted < count)
		wanted *= 2;
	*room = wanted;
	if (array == NULL)
		return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(wanted, element));
	return repalloc_huge(array, mul_size(wanted, element));
}

static void
rows_read(FenceRows *rows)
{
	static VgPlan plan =
		{"SELECT g.id, k.bit, g.covered::bytea, g.stay_covered::bytea,"
		 " vigil.hours_packed(g.active_hours), g.subject_kinds, g.valid_from, g.valid_until"
		 " FROM vigil.geofence AS g JOIN vigil.fence_kind AS k ON k.code = g.kind ORDER BY g.id",
		 .parameters = 0};
	uint64 count = vg_spi_run(&plan, NULL, NULL, true, SPI_OK_SELECT);

	rows->fence_room = 2 * count; /* the fence itself and where a stay counts */
	rows->fence = MemoryContextAllocHuge(CurrentMemoryContext,
										 mul_size(Max(rows->fence_room, 1), sizeof(VgFence)));
	for (uint64 row = 0; row < count; row++)
	{
		if (row % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		row_read(rows, row);
	}
	rows->ring_first =
		room_for(rows->ring_first, (uint64) rows->ring_count + 1, &rows->ring_room, sizeof(uint32));
	rows->ring_first[rows->ring_count] = (uint32) rows->vertex_count;
}

static void
row_read(FenceRows *rows, uint64 row)
{
	VgFence *fence = &rows->fence[rows->fence_count];
	bool isnull;
	Datum value;

	memset(fence, 0, sizeof(*fence));
	fence->id = vg_spi_int8(row, FENCE_ID, 0);
	fence->kind = (uint8) DatumGetInt16(vg_spi_field(row, FENCE_BIT, &isnull));
	fence->role = VG_FENCE_COVERED;
	fence->valid_from = DatumGetTimestampTz(vg_spi_field(row, FENCE_VALID_FROM, &isnull));
	fence->valid_until = DatumGetTimestampTz(vg_spi_field(row, FENCE_VALID_UNTIL, &isnull));
	value = vg_spi_field(row, FENCE_HOURS, &isnull);
	if (!isnull)
		hours_read(rows, fence, DatumGetArrayTypeP(value));
	value = vg_spi_field(row, FENCE_SUBJECT_KINDS, &isnull);
	fence->subject_kinds = isnull ? PG_UINT16_MAX : subject_kinds_read(DatumGetArrayTypeP(value));
	area_read(rows, fence, DatumGetByteaPP(vg_spi_field(row, FENCE_COVERED, &isnull)));
	rows->fence_count++;

	value = vg_spi_field(row, FENCE_STAY_COVERED, &isnull);
	if (isnull)
		return;
	fence[1] = fence[0];
	fence[1].role = VG_FENCE_STAY;
	area_read(rows, &fence[1], DatumGetByteaPP(value));
	rows->fence_count++;
}

/* hours_read: three numbers a window: days as bits, from and to in minutes (vigil.hours_packed). */
static void
hours_read(FenceRows *rows, VgFence *fence, ArrayType *packed)
{
	Datum *number;
	int count;

	deconstruct_array(packed, INT4OID, sizeof(int32), true, TYPALIGN_INT, &number, NULL, &count);
	rows->hours = room_for(rows->hours, (uint64) rows->hours_count + count / 3, &rows->hours_room,
						   sizeof(VgFenceHours));
	fence->hours_first = (int32) rows->hours_count;
	fence->hours_count = (uint16) (count / 3);
	for (int i = 0; i + 2 < count; i += 3)
		rows->hours[rows->hours_count++] =
			(VgFenceHours){.days = (uint8) DatumGetInt32(number[i]),
						   .from_minute = (uint16) DatumGetInt32(number[i + 1]),
						   .to_minute = (uint16) DatumGetInt32(number[i + 2])};
}

static uint16
subject_kinds_read(ArrayType *names)
{
	uint16 bits = 0;
	Datum *elements;
	bool *nulls;
	int count;

	deconstruct_array(names, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	for (int i = 0; i < count; i++)
		for (int kind = 0; kind < VG_VEHICLE_KINDS && !nulls[i]; kind++)
			if (strcmp(TextDatumGetCString(elements[i]), vg_vehicle_kind_code[kind]) == 0)
				bits |= (uint16) (1 << kind);
	return bits;
}

/* ring_visit: append a ring to the fence that is being read. */
static VgStatus
ring_visit(void *context, const VgWkbPoints *points)
{
	FenceRows *rows = context;

	if (rows->vertex_count + points->count > PG_UINT32_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("the fences have more than %u corners", PG_UINT32_MAX),
				errhint("Delete fences that are not in force, or simplify their areas with "
						"ST_Simplify."));
	rows->vertex = room_for(rows->vertex, rows->vertex_count + points->count, &rows->vertex_room,
							sizeof(VgPoint));
	if (rows->ring_count + 1 > rows->ring_room)
	{
		uint64 room = rows->ring_room;

		rows->ring_fence =
			room_for(rows->ring_fence, (uint64) rows->ring_count + 2, &room, sizeof(uint32));
		rows->ring_first = room_for(rows->ring_first, (uint64) rows->ring_count + 2,
									&rows->ring_room, sizeof(uint32));
	}
	rows->ring_first[rows->ring_count] = (uint32) rows->vertex_count;
	rows->ring_fence[rows->ring_count++] = rows->fence_count;
	for (uint32 i = 0; i < points->count; i++)
		rows->vertex[rows->vertex_count++] =
			(VgPoint){vg_wkb_get(points, i, 0), vg_wkb_get(points, i, 1)};
	return VG_OK;
}

static void
area_read(FenceRows *rows, const VgFence *fence, bytea *ewkb)
{
	VgStatus status =
		vg_wkb_walk((unsigned char *) VARDATA_ANY(ewkb), VARSIZE_ANY_EXHDR(ewkb), ring_visit, rows);

	if (status != VG_OK)
		elog(ERROR, "could not read the area of fence %lld: status %d", (long long) fence->id,
			 (int) status);
}
