/*
 * sharedblock.h: a block of memory computed from tables, built once per change and shared by all
 *backends of a database.
 *
 * For indexes that take too long to build for each connection (fences, roads).  A kind of block has
 *a build function; its tables carry a statement trigger that writes a new version:
 *
 *	CREATE TRIGGER geofence_block AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.geofence
 *		FOR EACH STATEMENT EXECUTE FUNCTION vigil.block_changed('fence');
 *	ALTER TABLE vigil.geofence ENABLE ALWAYS TRIGGER geofence_block;	-- also for logical
 *replication
 *
 *	static VgSharedBlock fence_block = {.kind = "fence", .schema = "vigil", .table = "geofence",
 *.build = fence_build}; index = vg_sharedblock_get(&fence_block, NULL);
 *
 * Where the block cannot be shared each backend builds its own: the library is not preloaded, the
 *transaction has changed the tables itself, a parallel query runs, the server is out of shared
 *memory.  It works on a standby.  A rollback brings the block of before back.
 */
#ifndef VIGIL_SHAREDBLOCK_H
#define VIGIL_SHAREDBLOCK_H

#include "postgres.h"

struct dsm_segment;

typedef struct VgSharedBlock
{
	const char *kind;	/* name of the kind, at most 15 characters, the trigger's argument */
	const char *schema; /* of the main table, which is locked while its block is built */
	const char *table;

	/*
	 * Compute the block: position independent, allocated in CurrentMemoryContext (palloc, or
	 * MemoryContextAllocHuge), its size in *size.  Runs as the owner of the tables with search_path
	 * pg_catalog under a snapshot that sees the newest rows; may use SPI, read-only.  What else it
	 * leaves in that context lives as long as a private block: keep scratch in the context of
	 * SPI_connect.
	 */
	void *(*build)(Size *size);

	/* Kept by vg_sharedblock_get; zero at first. */
	uint64 generation;
	uint64 version;
	const void *data;
	Size size;
	struct dsm_segment *segment; /* NULL: private */
	MemoryContext context;		 /* of a private block */
} VgSharedBlock;

extern void vg_sharedblock_init(void); /* called by _PG_init */

/*
 * vg_sharedblock_get: the current block, its size in *size when size is not NULL.
 *
 * Accepts invalidations, so that a statement sees what was committed before it; costs some 20 ns
 * when nothing changed. The pointer stays valid to the end of the transaction, but no longer than
 * four more changes.
 */
extern const void *vg_sharedblock_get(VgSharedBlock *block, Size *size);

#endif
