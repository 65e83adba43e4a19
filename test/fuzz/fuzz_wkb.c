/*
 * fuzz_wkb.c: any bytes are walked inside their bounds or refused; a geometry that was written is
 * read back point by point, and no prefix of it passes.
 */
#include "../../extension/engine/wkb.h"
#include "bytes.h"

#define POINTS_MAX 4096
#define WRITTEN_MAX 65536
#define DEPTH_MAX 8

/* Coordinates in the order of a walk, as bits: NaN equals itself. */
typedef struct Points
{
	uint32_t count;
	uint64_t x[POINTS_MAX];
	uint64_t y[POINTS_MAX];
} Points;

/* A geometry being written, and what a walk of it must see. */
typedef struct Writer
{
	uint8_t *at;
	size_t left;
	Points *points;
} Writer;

/* Flags of EWKB. */
#define FLAG_Z UINT32_C(0x80000000)
#define FLAG_M UINT32_C(0x40000000)
#define FLAG_SRID UINT32_C(0x20000000)

static VgStatus
collect(void *context, const VgWkbPoints *points)
{
	Points *seen = context;

	require(points->width >= 2 && points->width <= 4);
	for (uint32_t i = 0; i < points->count; i++)
	{
		double x = vg_wkb_get(points, i, 0), y = vg_wkb_get(points, i, 1);

		(void) vg_wkb_get(points, i, points->width - 1);
		vg_wkb_set(points, i, 0, x); /* what is written back changes nothing */
		vg_wkb_set(points, i, 1, y);
		if (seen->count >= POINTS_MAX)
			continue;
		memcpy(&seen->x[seen->count], &x, sizeof(x));
		memcpy(&seen->y[seen->count++], &y, sizeof(y));
	}
	return VG_OK;
}

static void
put(Writer *writer, const void *value, size_t width, bool swapped)
{
	if (writer->left < width)
		return;
	for (size_t i = 0; i < width; i++)
		writer->at[i] = ((const uint8_t *) value)[swapped ? width - 1 - i : i];
	writer->at += width;
	writer->left -= width;
}

static void
put_word(Writer *writer, uint32_t word, bool swapped)
{
	put(writer, &word, sizeof(word), swapped);
}

static void
put_points(Writer *writer, Bytes *bytes, uint32_t count, uint32_t width, bool swapped)
{
	Points *points = writer->points;

	for (uint32_t i = 0; i < count; i++)
	{
		points->x[points->count] = take(bytes, 8);
		points->y[points->count] = take(bytes, 8);
		put(writer, &points->x[points->count], 8, swapped);
		put(writer, &points->y[points->count++], 8, swapped);
		for (uint32_t axis = 2; axis < width; axis++)
			put(writer, &(uint64_t){take(bytes, 1)}, 8, swapped);
	}
}

/* put_geometry: a point, a line, a polygon or a collection of more of them. */
static void
put_geometry(Writer *writer, Bytes *bytes, int depth)
{
	static const uint8_t types[] = {1, 2, 8, 3, 17, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16};
	uint32_t type = types[take(bytes, 1) % (depth < DEPTH_MAX ? 15 : 5)], flags = 0, parts;
	uint8_t form = (uint8_t) take(bytes, 1);
	uint32_t width = 2u + (form & 1) + (form >> 1 & 1);
	uint16_t one = 1;
	bool swapped = form & 4, little = (*(uint8_t *) &one == 1) != swapped;

	put(writer, &(uint8_t){little}, 1, false);
	if (form & 8) /* ISO's numbers */
		flags = 1000 * (uint32_t) (form & 3);
	else
		flags = ((form & 1) != 0 ? FLAG_Z : 0) | ((form & 2) != 0 ? FLAG_M : 0);
	put_word(writer,
			 (type + (form & 8 ? flags : 0)) | (form & 8 ? 0 : flags) |
				 ((form & 16) != 0 ? FLAG_SRID : 0),
			 swapped);
	if (form & 16)
		put_word(writer, 4326, swapped);
	if (type == 1)
	{
		put_points(writer, bytes, 1, width, swapped);
		return;
	}
	parts = (uint32_t) (take(bytes, 1) % 4);
	put_word(writer, parts, swapped);
	if (type == 2 || type == 8)
		put_points(writer, bytes, parts, width, swapped);
	else
		for (uint32_t i = 0; i < parts && bytes->left > 0; i++)
		{
			uint32_t count = type == 3 || type == 17 ? (uint32_t) (take(bytes, 1) % 4) : 0;

			if (type != 3 && type != 17)
			{
				put_geometry(writer, bytes, depth + 1);
				continue;
			}
			put_word(writer, count, swapped);
			put_points(writer, bytes, count, width, swapped);
		}
}

/* copy_of: the bytes in memory of just their size, so that a read beyond them is found. */
static uint8_t *
copy_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	require(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

/* walk_bytes: as they are; a point read alone is the point of the walk. */
static VgStatus
walk_bytes(const uint8_t *data, size_t size, Points *seen)
{
	uint8_t *copy = copy_of(data, size);
	VgWkbPoint point;
	VgStatus status, alone;

	seen->count = 0;
	status = vg_wkb_walk(copy, size, collect, seen);
	require(size == 0 || memcmp(copy, data, size) == 0);
	alone = vg_wkb_point(copy, size, &point);
	if (alone == VG_OK)
	{
		require(status == VG_OK && seen->count == 1 && point.type == 1);
		require(memcmp(&point.x, &seen->x[0], 8) == 0 && memcmp(&point.y, &seen->y[0], 8) == 0);
		require(point.srid == vg_wkb_srid(copy, size));
	}
	else if (alone != VG_CHECK)
		require(status != VG_OK);
	free(copy);
	return status;
}

/* walk_written: a geometry made of the input; what was put in comes out. */
static void
walk_written(Bytes *bytes)
{
	static uint8_t buffer[WRITTEN_MAX];
	static Points put, seen;
	Writer writer = {buffer, sizeof(buffer), &put};
	size_t size;

	put.count = 0;
	put_geometry(&writer, bytes, 0);
	size = (size_t) (writer.at - buffer);
	if (bytes->left == 0 && walk_bytes(buffer, size, &seen) == VG_SHORT)
		return; /* the input ended before its parts were written */
	require(walk_bytes(buffer, size, &seen) == VG_OK);
	require(seen.count == put.count && memcmp(seen.x, put.x, put.count * 8) == 0 &&
			memcmp(seen.y, put.y, put.count * 8) == 0);
	require(walk_bytes(buffer, size - 1, &seen) == VG_SHORT);
	require(walk_bytes(buffer, size / 2, &seen) == VG_SHORT);
	buffer[size] = 0;
	require(walk_bytes(buffer, size + 1, &seen) == VG_SYNTAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Points seen;
	Bytes bytes = {data, size < 2048 ? size : 2048};

	if (size > 0 && data[0] == 255)
	{
		(void) take(&bytes, 1);
		walk_written(&bytes);
	}
	else
		(void) walk_bytes(data, size, &seen);
	return 0;
}
