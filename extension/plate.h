/*
 * plate.h: the plate type for the other bindings.
 */
#ifndef VIGIL_PLATE_H
#define VIGIL_PLATE_H

#include "engine/plate.h"

/* A plate is an int8 by value; its positive value is the subject's id in the kernel. */
#define DatumGetPlate(datum) ((VgPlate) DatumGetInt64(datum))
#define PlateGetDatum(plate) Int64GetDatum(plate)
#define PG_GETARG_PLATE(n) DatumGetPlate(PG_GETARG_DATUM(n))
#define PG_RETURN_PLATE(plate) return PlateGetDatum(plate)

#endif
