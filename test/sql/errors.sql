-- a newcomer's day: what wrong calls of the public functions say; each names what was wrong and, where there is one, the way out
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();
BEGIN;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    detail text;
    hint text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN coalesce('= ' || answer, '= no row');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(E'\n  ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, '')), '20(2[5-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+08', 'TIME', 'g');
END $$;
\pset tuples_only on
\pset format unaligned
SELECT s || E'\n  ' || pg_temp.try(s) FROM unnest(ARRAY[
-- profiles, masks, reasons
    $$SELECT vigil.risk_score('vehicel', 1)$$, $$SELECT vigil.risk_score('vehicle', -1)$$, $$SELECT vigil.risk_colour('vehicel', 1)$$,
    $$SELECT vigil.situation_mask('vehicle', ARRAY['nope'])$$, $$SELECT vigil.explain('vehicel', 1)$$, $$SELECT vigil.explain('vehicle', NULL)$$,
    $$SELECT vigil.timeline('vehicel', 1)$$, $$SELECT vigil.timeline('vehicle', 1, NULL)$$,
-- hazards and incidents by hand
    $$SELECT vigil.raise_hazard('vehicle', 5, 'gps_drift')$$, $$SELECT vigil.raise_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'nope')$$,
    $$SELECT vigil.raise_hazard('vehicle', NULL, 'gps_drift')$$, $$SELECT vigil.raise_hazard('vehicle', 1, NULL)$$,
    $$SELECT vigil.raise_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'gps_drift', '[1]')$$,
    $$SELECT vigil.raise_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'licence_revoked')$$,
    $$SELECT vigil.clear_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'nope', 'seen')$$, $$SELECT vigil.clear_hazard('vehicle', NULL, 'gps_drift', 'seen')$$,
    $$SELECT vigil.clear_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'gps_drift', ' ')$$,
    $$SELECT vigil.suppress('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'gps_drift', NULL, '2022-01-01', 'test')$$,
    $$SELECT vigil.open_incident('nope', 'red', 'vehicle', 1)$$, $$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicel', 1)$$,
    $$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', 1, 520.1, 30.8)$$, $$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', 1, 120.1)$$,
    $$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', NULL)$$,
-- tasks, units, notices
    $$SELECT vigil.task_accept(-7, 1)$$, $$SELECT vigil.task_accept(NULL, 1)$$, $$SELECT vigil.task_finish(-7, 1, 'unloaded')$$, $$SELECT vigil.unit_report(-7, 120, 30)$$,
    $$SELECT vigil.notice_claim('nope', 3)$$, $$SELECT vigil.notice_claim('zheding', 0)$$, $$SELECT vigil.notice_claim(NULL, 3)$$, $$SELECT vigil.notice_ack(-7)$$, $$SELECT vigil.notice_fail(NULL, 'x')$$,
-- plates and positions
    $$SELECT '浙E1234'::vigil.plate$$, $$SELECT '浙I12345'::vigil.plate$$, $$SELECT '浙E12345 pink'::vigil.plate$$,
    $$INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E49301 yellow', now(), 10, 30)$$,
    $$INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E49301 yellow', now() + interval '1 day', 120, 30)$$,
    $$INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E49301 yellow', now() - interval '31 days', 120, 30)$$,
    $$INSERT INTO vigil_vehicle.position (plate, observed_at, lon) VALUES ('浙E49301 yellow', now(), 120)$$,
    $$INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES ('浙E49301 yellow', now(), 120, 30, 'NaN')$$,
    $$SELECT vigil_vehicle.ingest('{}'::jsonb)$$, $$SELECT vigil_vehicle.ingest(NULL::jsonb)$$, $$SELECT vigil_vehicle.ingest('[]'::jsonb, 'wgs')$$,
-- the catalogue, its jobs, the server
    $$UPDATE vigil.model SET enabled = true WHERE code = 'licence_revoked'$$, $$UPDATE vigil.model SET parameters = '{"minuts": 3}' WHERE code = 'water_source_stay'$$,
    $$UPDATE vigil.job SET schedule = 'often' WHERE name = 'rejects'$$, $$UPDATE vigil.job SET schedule = '61 * * * *' WHERE name = 'rejects'$$,
    $$SELECT vigil.run_job('nope')$$, $$SELECT vigil.setup(node => -1)$$]) AS s;
\pset format aligned
\pset tuples_only off
-- what a schedule may be
SELECT s AS schedule, pg_temp.try(format('SELECT vigil.cron_valid(%L)', s)) FROM unnest(ARRAY['* * * * *', '20 2 * * 1-5', '*/10 0,12 1 * *', '30 seconds', '90 seconds', '@daily', '* * * *', '* 24 * * *']) AS s;
-- a job of the city's own stays where it is
INSERT INTO vigil.job (name, zh, en, schedule, command) VALUES ('errors_own', '', '', '0 3 * * *', 'SELECT 1');
SELECT count(*) > 0 AS said FROM vigil.setup();
SELECT name, schedule, schedule_default FROM vigil.job WHERE name = 'errors_own';
ROLLBACK;
