-- Versions of what backends compute from tables and share: the fence index, the road index.

CREATE TABLE vigil.block_version (
    kind text NOT NULL,
    version bigint NOT NULL,            -- random; the rows of a kind that a snapshot sees name the content of its tables
    CONSTRAINT block_version_pkey PRIMARY KEY (kind, version)
);
COMMENT ON TABLE vigil.block_version
    IS 'Versions of the blocks that backends share, one row or few a kind, written by triggers. Not data: never dumped, empty is fine.';
COMMENT ON COLUMN vigil.block_version.kind IS 'Kind of block: fence, road';
COMMENT ON COLUMN vigil.block_version.version IS 'Random number of a change';

CREATE FUNCTION vigil.block_changed() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'vigil_block_changed';
COMMENT ON FUNCTION vigil.block_changed()
    IS 'Statement trigger of a table that a shared block is computed from; its argument is the kind of block. Every backend sees the new block at its next statement.';
REVOKE ALL ON FUNCTION vigil.block_changed() FROM PUBLIC;

CREATE FUNCTION vigil.shared_blocks(OUT kind text, OUT bytes bigint, OUT built_at timestamptz) RETURNS SETOF record
LANGUAGE c VOLATILE STRICT PARALLEL SAFE ROWS 2
AS 'MODULE_PATHNAME', 'vigil_shared_blocks';
COMMENT ON FUNCTION vigil.shared_blocks()
    IS 'The blocks that backends of this database share now: kind, size in bytes, when built. Empty where vigil is not preloaded: each connection then has its own.';
REVOKE ALL ON FUNCTION vigil.shared_blocks() FROM PUBLIC;
