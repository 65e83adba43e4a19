/*
 * wkb.c: the points of a geometry in well-known binary.
 */
#include "wkb.h"

#include <string.h>

#define DEPTH_MAX 32

/* Flags of EWKB in the type word. */
#define FLAG_Z UINT32_C(0x80000000)
#define FLAG_M UINT32_C(0x40000000)
#define FLAG_SRID UINT32_C(0x20000000)

/* Type numbers of OGC 06-103r4, table 7; ISO adds 1000 for Z, 2000 for M, 3000 for both. */
enum
{
	WKB_POINT = 1,
	WKB_LINE = 2,
	WKB_POLYGON = 3,
	WKB_COLLECTION_FIRST = 4, /* multi point, line, polygon, collection */
	WKB_COLLECTION_LAST = 7,
	WKB_CIRCULAR = 8,
	WKB_COMPOUND =
		9, /* compound curve, curve polygon, multi curve, multi surface: parts are geometries */
	WKB_MULTI_SURFACE = 12,
	WKB_POLYHEDRON = 15,
	WKB_TIN = 16,
	WKB_TRIANGLE = 17
};

typedef struct Walk
{
	unsigned char *at;
	size_t left;
	VgWkbVisit visit;
	void *context;
} Walk;

/* What a geometry begins with. */
typedef struct Header
{
	uint32_t type;
	uint32_t srid;
	uint32_t width;
	bool swapped;
} Header;

static VgStatus walk_geometry(Walk *walk, int depth);

static bool
machine_is_little(void)
{
	const uint16_t one = 1;

	return *(const unsigned char *) &one == 1;
}

/* take_word: the next four bytes as a number. */
static bool
take_word(Walk *walk, bool swapped, uint32_t *word)
{
	unsigned char bytes[4];

	if (walk->left < sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = walk->at[swapped ? sizeof(bytes) - 1 - i : i];
	memcpy(word, bytes, sizeof(bytes));
	walk->at += sizeof(bytes);
	walk->left -= sizeof(bytes);
	return true;
}

static VgStatus
walk_points(Walk *walk, uint32_t count, uint32_t width, bool swapped)
{
	VgWkbPoints points = {walk->at, count, width, swapped};
	size_t point_size = width * sizeof(double);

	if (walk->left / point_size < count)
		return VG_SHORT;
	walk->at += count * point_size;
	walk->left -= count * point_size;
	return walk->visit(walk->context, &points);
}

/* walk_sequences: a line is one counted sequence, a polygon a counted number of them. */
static VgStatus
walk_sequences(Walk *walk, uint32_t sequences, uint32_t width, bool swapped)
{
	VgStatus status = VG_OK;

	for (uint32_t i = 0; i < sequences && status == VG_OK; i++)
	{
		uint32_t count;

		if (!take_word(walk, swapped, &count))
			return VG_SHORT;
		status = walk_points(walk, count, width, swapped);
	}
	return status;
}

static VgStatus
walk_parts(Walk *walk, bool swapped, int depth)
{
	VgStatus status = VG_OK;
	uint32_t parts;

	if (!take_word(walk, swapped, &parts))
		return VG_SHORT;
	for (uint32_t i = 0; i < parts && status == VG_OK; i++)
		status = walk_geometry(walk, depth + 1);
	return status;
}

/* take_header: byte order, type and SRID of a geometry; width 2 to 4 by its z and m. */
static VgStatus
take_header(Walk *walk, Header *header)
{
	uint32_t type;

	if (walk->left < 1)
		return VG_SHORT;
	if (*walk->at > 1)
		return VG_SYNTAX;
	header->swapped = (*walk->at == 1) != machine_is_little();
	header->srid = 0;
	walk->at++;
	walk->left--;
	if (!take_word(walk, header->swapped, &type) ||
		((type & FLAG_SRID) && !take_word(walk, header->swapped, &header->srid)))
		return VG_SHORT;
	header->width = 2u + ((type & FLAG_Z) != 0) + ((type & FLAG_M) != 0);
	type &= ~(FLAG_Z | FLAG_M | FLAG_SRID);
	if (type >= 1000 && type < 4000 && header->width == 2)
	{
		header->width = type >= 3000 ? 4 : 3;
		type %= 1000;
	}
	header->type = type;
	return VG_OK;
}

static VgStatus
walk_geometry(Walk *walk, int depth)
{
	Header header;
	uint32_t type, width, sequences;
	bool swapped;
	VgStatus status;

	if (depth > DEPTH_MAX)
		return VG_RANGE;
	status = take_header(walk, &header);
	if (status != VG_OK)
		return status;
	type = header.type;
	width = header.width;
	swapped = header.swapped;

	if (type == WKB_POINT)
		return walk_points(walk, 1, width, swapped);
	if (type == WKB_LINE || type == WKB_CIRCULAR)
		return walk_sequences(walk, 1, width, swapped);
	if (type == WKB_POLYGON || type == WKB_TRIANGLE)
	{
		if (!take_word(walk, swapped, &sequences))
			return VG_SHORT;
		return walk_sequences(walk, sequences, width, swapped);
	}
	if ((type >= WKB_COLLECTION_FIRST && type <= WKB_COLLECTION_LAST) ||
		(type >= WKB_COMPOUND && type <= WKB_MULTI_SURFACE) || type == WKB_POLYHEDRON ||
		type == WKB_TIN)
		return walk_parts(walk, swapped, depth);
	return VG_SYNTAX;
}

VgStatus
vg_wkb_walk(unsigned char *bytes, size_t size, VgWkbVisit visit, void *context)
{
	Walk walk = {bytes, size, visit, context};
	VgStatus status = walk_geometry(&walk, 0);

	if (status == VG_OK && walk.left > 0)
		return VG_SYNTAX;
	return status;
}

uint32_t
vg_wkb_srid(unsigned char *bytes, size_t size)
{
	Walk walk = {.at = bytes, .left = size};
	Header header;

	return take_header(&walk, &header) == VG_OK ? header.srid : 0;
}

VgStatus
vg_wkb_point(unsigned char *bytes, size_t size, VgWkbPoint *point)
{
	Walk walk = {.at = bytes, .left = size};
	VgWkbPoints points;
	Header header;
	VgStatus status = take_header(&walk, &header);

	if (status != VG_OK)
		return status;
	point->type = header.type;
	point->srid = header.srid;
	if (header.type != WKB_POINT)
		return VG_CHECK;
	if (walk.left != header.width * sizeof(double))
		return walk.left < header.width * sizeof(double) ? VG_SHORT : VG_SYNTAX;
	points = (VgWkbPoints){walk.at, 1, header.width, header.swapped};
	point->x = vg_wkb_get(&points, 0, 0);
	point->y = vg_wkb_get(&points, 0, 1);
	return VG_OK;
}

/* copy_double: eight bytes, turned round where the orders differ. */
static void
copy_double(unsigned char *to, const unsigned char *from, bool swapped)
{
	for (size_t i = 0; i < sizeof(double); i++)
		to[i] = from[swapped ? sizeof(double) - 1 - i : i];
}

double
vg_wkb_get(const VgWkbPoints *points, uint32_t point, uint32_t axis)
{
	double value;
	unsigned char bytes[sizeof(double)];

	copy_double(bytes, points->first + ((size_t) point * points->width + axis) * sizeof(double),
				points->swapped);
	memcpy(&value, bytes, sizeof(value));
	return value;
}

void
vg_wkb_set(const VgWkbPoints *points, uint32_t point, uint32_t axis, double value)
{
	unsigned char bytes[sizeof(double)];

	memcpy(bytes, &value, sizeof(value));
	copy_double(points->first + ((size_t) point * points->width + axis) * sizeof(double), bytes,
				points->swapped);
}
