-- vigil.setup() and what it promises: idempotent, nodes never move back, jobs run once and say what happened
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai';
SELECT count(*) > 0 AS said FROM vigil.setup();

-- again: nothing to do
SELECT regexp_replace(s, '\d+ (partitions|in the cat)', 'n \1') FROM vigil.setup_jobs() AS s WHERE s LIKE 'jobs:%'
UNION ALL SELECT regexp_replace(s, '\d+ (partitions)', 'n \1') FROM vigil_vehicle.setup_streams() AS s;

-- partitions: 31 days back, 10 ahead, whatever the session's time zone
SELECT count(*) >= 42 AS days_made, bool_and(n LIKE 'position_p%') AS named
FROM (SELECT inhrelid::regclass::text AS q, split_part(inhrelid::regclass::text, '.', 2) AS n
      FROM pg_inherits WHERE inhparent = 'vigil_vehicle.position'::regclass) AS p
WHERE n <> 'position_default';
SELECT count(*) AS keys_missing FROM pg_inherits AS i
WHERE i.inhparent = 'vigil_vehicle.position'::regclass
    AND NOT EXISTS (SELECT FROM pg_index AS x WHERE x.indrelid = i.inhrelid AND x.indisprimary);
SELECT vigil.maintain_partitions();
SHOW search_path;                                                   -- as it was

-- node: forward only (setval survives a rollback, so the test puts the sequences back itself)
CREATE TEMP TABLE before_node AS
SELECT s.sequence, (xpath('/row/n/text()', query_to_xml(format('SELECT last_value AS n FROM %s', s.sequence), false, true, '')))[1]::text::bigint AS last,
    (xpath('/row/n/text()', query_to_xml(format('SELECT is_called AS n FROM %s', s.sequence), false, true, '')))[1]::text::boolean AS called
FROM vigil.identity_sequences() AS s;
BEGIN;
SELECT regexp_replace(s, '\d+ of \d+', 'all of all') FROM vigil.setup_node(7) AS s;
INSERT INTO vigil.reject (source, reason, payload) VALUES ('setup test', 'none', '{}') RETURNING id = 7 * 2::bigint ^ 40 + 0 AS at_start;
SELECT regexp_replace(s, '\d+ identity', 'n identity') FROM vigil.setup_node(7) AS s;
\set VERBOSITY sqlstate
SAVEPOINT before;
SELECT * FROM vigil.setup_node(6);                                  -- 55000
ROLLBACK TO before;
SELECT * FROM vigil.setup_node(8000001);                            -- 22003
ROLLBACK;
SELECT count(setval(sequence, last, called)) > 0 AS put_back FROM before_node;
\set VERBOSITY default

-- jobs: the DBA's schedule survives, a failure is recorded, a disabled job is skipped
BEGIN;
UPDATE vigil.job SET schedule = '5 4 * * *' WHERE name = 'rejects';
SELECT count(*) > 0 AS said FROM vigil.setup();
SELECT name, schedule, schedule_default FROM vigil.job WHERE name = 'rejects';
INSERT INTO vigil.job (name, zh, en, schedule, schedule_default, command)
VALUES ('setup_good', '', '', '0 0 1 1 *', '0 0 1 1 *', 'SELECT 6 * 7'), ('setup_bad', '', '', '0 0 1 1 *', '0 0 1 1 *', 'SELECT 1 / 0');
SELECT vigil.run_job('setup_good');
SELECT vigil.run_job('setup_bad');
SELECT name, last_result, last_error, last_ended_at >= last_started_at AS timed FROM vigil.job WHERE name LIKE 'setup%' ORDER BY name;
SELECT "check", ok FROM vigil.health() WHERE "check" LIKE 'job setup%' ORDER BY 1;
UPDATE vigil.job SET enabled = false WHERE name = 'setup_good';
SELECT vigil.run_job('setup_good');
SELECT vigil.run_job('setup_none');                                 -- P0002
ROLLBACK;

-- rejects: only old ones go
BEGIN;
INSERT INTO vigil.reject (received_at, source, reason, payload)
VALUES (now() - interval '100 days', 'setup', 'none', '{}'), (now(), 'setup', 'none', '{}');
SELECT vigil.purge_rejects();
SELECT count(*) FROM vigil.reject WHERE source = 'setup';
ROLLBACK;

-- every table and identity sequence of the extension travels with pg_dump
SELECT c.oid::regclass AS not_dumped
FROM pg_class AS c
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
    AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
WHERE c.relkind IN ('r', 'S') AND c.relname <> 'block_version' AND (c.oid = ANY (e.extconfig)) IS NOT TRUE
ORDER BY 1;
