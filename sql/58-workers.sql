-- The background workers.

CREATE FUNCTION vigil.worker_status(OUT database text, OUT worker text, OUT pid integer, OUT state text,
    OUT started_at timestamptz, OUT wakeups bigint, OUT rounds bigint, OUT offered bigint, OUT timed_out bigint,
    OUT errors bigint, OUT last_error text, OUT last_error_at timestamptz) RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED ROWS 5
AS 'MODULE_PATHNAME', 'vigil_worker_status';
COMMENT ON FUNCTION vigil.worker_status() IS
    'The launcher of the server and the dispatcher of each database: starting, working, idle, hub (vigil.role), paused (vigil.dispatcher is off), left (asked to, for a statement that needs the database for itself), failed (started again soon); counters since it first started. No row where vigil is not preloaded';
REVOKE ALL ON FUNCTION vigil.worker_status() FROM PUBLIC;

CREATE FUNCTION vigil.start_workers() RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'vigil_start_workers';
COMMENT ON FUNCTION vigil.start_workers() IS
    'Have the launcher look at this database when the transaction commits and start its dispatcher; says in words whether that is possible. CREATE EXTENSION calls it';
REVOKE ALL ON FUNCTION vigil.start_workers() FROM PUBLIC;

DO $$ BEGIN PERFORM vigil.start_workers(); END $$;
