/*
 * plansize.h: tables that will grow are planned as if they had.
 */
#ifndef VIGIL_PLANSIZE_H
#define VIGIL_PLANSIZE_H

extern void vg_plansize_init(void); /* called by _PG_init: the planner's hook */

#endif
