/*
 * base.h: what every file of the engine shares: units, limits, results.
 *
 * The engine is C11 without any PostgreSQL header.  Times are microseconds since 2000-01-01
 * 00:00:00 UTC (PostgreSQL's TimestampTz), coordinates are WGS84 degrees, distances metres, speeds
 * km/h, headings degrees clockwise from true north.
 */
#ifndef VIGIL_ENGINE_BASE_H
#define VIGIL_ENGINE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VG_SECOND INT64_C(1000000)
#define VG_MINUTE (60 * VG_SECOND)
#define VG_HOUR (60 * VG_MINUTE)
#define VG_DAY (24 * VG_HOUR)

/* A time that never was: "not yet seen", "no limit". */
#define VG_NEVER INT64_MIN

typedef enum VgStatus
{
	VG_OK = 0,
	VG_SHORT,  /* the input ended early */
	VG_RANGE,  /* a field holds an impossible value */
	VG_SYNTAX, /* the text has no known form */
	VG_CHECK,  /* the check digit differs */
	VG_FULL	   /* the caller's memory is too small */
} VgStatus;

#endif
