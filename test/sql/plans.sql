-- statements on tables that grow find their rows by key from the first row on, whatever the statistics say: a session keeps its plans
SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
CREATE FUNCTION pg_temp.plan(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
        IF line ~ 'Scan (on|using)' AND line !~ ' o$' THEN     -- o: the tasks that a unit has
            RETURN NEXT btrim(line, ' ->');
        END IF;
    END LOOP;
END $$;
-- as a session would have it that began before the first task
TRUNCATE vigil.task_event, vigil.task, vigil.incident, vigil.notice, vigil.unit, vigil.hazard CASCADE;
ANALYZE vigil.task, vigil.incident, vigil.notice, vigil.unit, vigil.task_event;
SELECT pg_temp.plan('SELECT FROM vigil.task AS t WHERE t.id = 1');
SELECT pg_temp.plan('SELECT FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE t.id = ANY (''{1,2,3}'')');
SELECT pg_temp.plan('SELECT FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE t.state = ''queued'' ORDER BY t.priority, t.id LIMIT 100');
SELECT pg_temp.plan('SELECT FROM vigil.task AS t WHERE t.incident_id = 1');
SELECT pg_temp.plan('SELECT FROM vigil.hazard AS h WHERE h.id = 1');
SELECT pg_temp.plan('SELECT FROM vigil.notice AS n WHERE n.state = ''pending'' AND n.channel = ''sms'' AND n.next_try_at <= now() LIMIT 1');
SELECT pg_temp.plan($$ SELECT * FROM vigil.unit_candidates(ST_SetSRID(ST_Point(120.1, 30.8), 4326), 'police_patrol', NULL, 'county', 330502,
    NULL, NULL, now(), '{}', '{}', 1) $$);
ROLLBACK;
