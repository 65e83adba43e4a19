-- notices: leased to one deliverer at a time, acknowledged, retried with growing waits, dead in the end and visible
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET intervalstyle = 'postgres'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
DELETE FROM vigil.notice;
INSERT INTO vigil.notice_channel (code, zh, en, retry_base, retry_most, attempts_most) VALUES ('test', '测试', 'Test', '10 s', '25 s', 4);
CREATE FUNCTION pg_temp.put(n integer, later interval DEFAULT '0') RETURNS void LANGUAGE sql AS $$
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, kind, body, created_at, next_try_at)
    SELECT 'test', 'organisation', 1, 'incident', jsonb_build_object('n', i), now(), now() + $2 FROM generate_series(1, $1) AS i $$;
CREATE FUNCTION pg_temp.notices() RETURNS TABLE (n text, state text, attempts integer, leased interval, wait interval, error text, history text) LANGUAGE sql AS $$
    SELECT n.body ->> 'n', n.state, n.attempts, n.lease_until - (n.history -> -1 ->> 'at')::timestamptz, CASE n.state WHEN 'pending' THEN n.next_try_at - coalesce((n.history -> -1 ->> 'at')::timestamptz, n.created_at) END, n.error,
        (SELECT string_agg(h ->> 'what', ' ' ORDER BY o) FROM jsonb_array_elements(n.history) WITH ORDINALITY AS e (h, o))
    FROM vigil.notice AS n WHERE n.channel = 'test' ORDER BY n.id $$;
CREATE FUNCTION pg_temp.id(n integer) RETURNS bigint LANGUAGE sql AS $$ SELECT id FROM vigil.notice WHERE channel = 'test' AND body ->> 'n' = $1::text $$;

SELECT pg_temp.put(4), pg_temp.put(1, '1 hour');
-- a claim leases what is due, oldest first, and nobody gets it again
SELECT body, state, attempts FROM vigil.notice_claim('test', 3, '1 minute');
SELECT body FROM vigil.notice_claim('test', 3, '2 minutes');
SELECT count(*) FROM vigil.notice_claim('test', 3, '1 minute');
SELECT count(*) FROM vigil.notice_claim('sms', 3, '1 minute');
SELECT * FROM pg_temp.notices();
-- acknowledged: done; the answer may follow
SELECT vigil.notice_ack(min(id)) FROM vigil.notice WHERE channel = 'test';
SELECT vigil.notice_ack(pg_temp.id(2), '{"answer": "received"}'), vigil.notice_ack(pg_temp.id(2), '{"answer": "handled", "by": "Wang"}');
SELECT answer, acknowledged_at IS NOT NULL AS acknowledged FROM vigil.notice WHERE id = pg_temp.id(2);
-- failed: again after 10, 20, 25 (at most) seconds, dead after the fourth attempt
SELECT vigil.notice_fail(pg_temp.id(3), 'no route');
SELECT * FROM pg_temp.notices() WHERE n = '3';
CREATE FUNCTION pg_temp.again(attempt integer) RETURNS TABLE (state text, wait interval) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE vigil.notice SET next_try_at = now() WHERE id = pg_temp.id(3);
    PERFORM vigil.notice_claim('test', 1, '1 minute');
    state := vigil.notice_fail(pg_temp.id(3), 'still no route');
    wait := (SELECT p.wait FROM pg_temp.notices() AS p WHERE p.n = '3');
    RETURN NEXT;
END $$;
SELECT attempt, a.* FROM generate_series(2, 4) AS attempt, LATERAL (SELECT * FROM pg_temp.again(attempt)) AS a;
SELECT * FROM pg_temp.notices() WHERE n = '3';
SELECT ok, detail FROM vigil.health() WHERE "check" = 'notices dead';
-- a dead one that is acknowledged after all is alive
SELECT vigil.notice_ack(pg_temp.id(3));
-- a lease that runs out: pending again, whoever had it; a late acknowledgement counts all the same
UPDATE vigil.notice SET lease_until = now() - interval '1 s' WHERE id = pg_temp.id(4);
SELECT vigil.notice_expire();
SELECT * FROM pg_temp.notices() WHERE n = '4';
SELECT vigil.notice_fail(pg_temp.id(4), 'too late to say');
SELECT vigil.notice_ack(pg_temp.id(4));
-- errors
SELECT vigil.notice_ack(-1);
SELECT vigil.notice_fail(-1, 'x');
DO $$ BEGIN PERFORM vigil.notice_fail(pg_temp.id(4), 'x'); EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE WARNING 'acknowledged already'; END $$;
SELECT vigil.notice_claim('test', 0, '1 minute');
SELECT vigil.notice_claim('test', 1, '0');
SELECT * FROM vigil.notice_claim('test', NULL, '1 minute');

-- an enterprise that does not acknowledge in 30 minutes has its department told, once
UPDATE vigil.notice SET profile = 'vehicle', subject = 1, situation = 'vehicle_speeding', severity = 'yellow', escalate_at = now() WHERE body ->> 'n' = '1' AND state = 'pending';
SELECT vigil.notice_escalate(), vigil.notice_escalate();
SELECT channel, receiver_kind, receiver, kind, situation, severity, body - 'notice' AS body FROM vigil.notice WHERE kind = 'unacknowledged';
-- who stands for a department: the organisation of the county, else of the city
INSERT INTO vigil.organisation (kind, name, region_code, detail) VALUES ('department', '市交通运输局', 330500, '{"department": "transport"}') RETURNING id AS city \gset
INSERT INTO vigil.organisation (kind, name, region_code, detail) VALUES ('department', '吴兴区交通运输局', 330502, '{"department": "transport"}') RETURNING id AS county \gset
SELECT vigil.department_of('transport', 330502001) = :county AS county, vigil.department_of('transport', 330503) = :city AS city, vigil.department_of('transport', 330481) AS elsewhere, vigil.department_of('nobody', 330502) AS nobody;
SELECT s.department, s.joins FROM vigil.situation_lead AS s WHERE s.situation = 'env_water_source_stay';
SELECT vigil.lead_department('vehicle', 'sup_key_listed', '{}') AS plain, vigil.lead_department('enterprise', 'sup_key_listed', '{school_bus}') AS school_bus, vigil.lead_department('vehicle', 'none', '{}') AS none;

-- what the worker does between its rounds: nothing is lost when a part fails
SELECT wait_ms IS NULL OR wait_ms > 0 AS sleeps, error FROM vigil.upkeep();
UPDATE vigil.notice SET next_try_at = clock_timestamp() + interval '5 s' WHERE channel = 'test' AND state = 'pending';
SELECT wait_ms BETWEEN 1 AND 5000 AS until_next FROM vigil.upkeep();
LISTEN vigil_notice;
SELECT vigil.announce('{}', NULL);
ROLLBACK;
