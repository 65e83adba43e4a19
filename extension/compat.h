/*
 * compat.h: what differs between PostgreSQL's major versions, and nothing else.
 */
#ifndef VIGIL_COMPAT_H
#define VIGIL_COMPAT_H

#include "postgres.h"

#include "access/tableam.h"
#include "executor/executor.h"

/* Variable-length values have a header of their own since 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* The number of a relation's file has another name since 16. */
#if PG_VERSION_NUM >= 160000
#define VG_RELATION_FILE(relation) ((relation)->rd_locator.relNumber)
#else
#define VG_RELATION_FILE(relation) ((relation)->rd_node.relNode)
#endif

/* table_tuple_update tells since 16 which indexes need a new entry. */
#if PG_VERSION_NUM >= 160000
#define VgIndexUpdate TU_UpdateIndexes
#define VG_INDEX_UPDATE_NEEDED(which) ((which) != TU_None)
#define vg_exec_insert_index_tuples(relation_info, slot, estate, which)                            \
	ExecInsertIndexTuples(relation_info, slot, estate, true, false, NULL, NIL,                     \
						  (which) == TU_Summarizing)
#else
#define VgIndexUpdate bool
#define VG_INDEX_UPDATE_NEEDED(which) (which)
#define vg_exec_insert_index_tuples(relation_info, slot, estate, which)                            \
	ExecInsertIndexTuples(relation_info, slot, estate, true, false, NULL, NIL)
#endif

/* Decoding a time without raising an error took one more argument in 16. */
#if PG_VERSION_NUM >= 160000
#define vg_decode_datetime(field, type, count, kind, tm, fraction, zone, extra)                    \
	DecodeDateTime(field, type, count, kind, tm, fraction, zone, extra)
#else
typedef struct DateTimeErrorExtra
{
	int unused;
} DateTimeErrorExtra;
#define vg_decode_datetime(field, type, count, kind, tm, fraction, zone, extra)                    \
	((void) (extra), DecodeDateTime(field, type, count, kind, tm, fraction, zone))
#endif

/* A process is a number of its own since 17. */
#if PG_VERSION_NUM >= 170000
#define VG_MY_PROC_NUMBER MyProcNumber
#else
#define VG_MY_PROC_NUMBER MyProc->pgprocno
#endif

/* One function checks the owner of any object since 16. */
#if PG_VERSION_NUM >= 160000
#define VG_OWNS_DATABASE(database) object_ownercheck(DatabaseRelationId, database, GetUserId())
#define VG_OWNS_EXTENSION(extension) object_ownercheck(ExtensionRelationId, extension, GetUserId())
#else
#define VG_OWNS_DATABASE(database) pg_database_ownercheck(database, GetUserId())
#define VG_OWNS_EXTENSION(extension) pg_extension_ownercheck(extension, GetUserId())
#endif

#endif
