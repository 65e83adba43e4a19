-- backtests: what was raised and coloured live comes out again; other parameters, weights and rules of the city's own are tried
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();
BEGIN;
-- ten vehicles for two hours of the day before yesterday; 1 to 5 carry dangerous goods and rest near a water source, 6 has a
-- company of its own, and speeds come and go
SELECT date_trunc('day', now()) - interval '2 days' + interval '8 h' AS since, date_trunc('day', now()) - interval '2 days' + interval '13 h' AS until \gset
INSERT INTO vigil.geofence (kind, code, area, buffer_m)
VALUES ('water_source', 'bt', 'SRID=4326;MULTIPOLYGON(((125 30,125.02 30,125.02 30.02,125 30.02,125 30)))', 100);
INSERT INTO vigil.organisation (kind, name) VALUES ('enterprise', 'bt') RETURNING id AS firm \gset
INSERT INTO vigil_vehicle.vehicle (plate, kind, subkind, status, enterprise_id)
SELECT format('浙E490%s yellow', lpad(n::text, 2, '0'))::vigil.plate, CASE WHEN n <= 5 THEN 'hazmat' ELSE 'truck_heavy' END,
    CASE n WHEN 7 THEN 'dump' END, 'registered', CASE n WHEN 6 THEN :firm END FROM generate_series(1, 10) AS n;
INSERT INTO vigil.model (code, situation, expression, parameters_default) VALUES
    ('bt_fast', 'vehicle_speeding', $$speed_kmh > 70 and kind = 'hazmat' and previous_speed_kmh > 50$$, '{"min_points": 2}'),
    ('bt_firm', 'vehicle_operation_illegal', format('enterprise_id = %s or subkind = ''dump'' and speed_kmh > 40', :firm), '{"min_points": 3}'),
    ('bt_feed', 'vehicle_equipment_fault', $$source = 'bt east' and received_at - observed_at > interval '1 day' and not backfill$$, '{"min_points": 1}');
INSERT INTO vigil.model (code, situation, expression, enabled) VALUES ('bt_later', 'driver_distracted', 'speed_kmh > 75', false);
CREATE TEMP TABLE feed AS
SELECT format('浙E490%s yellow', lpad(n::text, 2, '0'))::vigil.plate AS plate, :'since'::timestamptz + tick * interval '30 s' + n * interval '1 s' AS observed_at,
    CASE WHEN n <= 5 AND tick BETWEEN 60 AND 100 THEN 125.01 ELSE 125.0 + tick * 0.003 END AS lon, 30.0 + n * 0.001 AS lat,
    (CASE WHEN n <= 5 AND tick BETWEEN 60 AND 100 THEN 0 ELSE 40 + (tick * (n + 3) / 7) % 45 END)::real AS speed_kmh,
    CASE WHEN n = 8 AND tick % 50 < 20 THEN 'bt east' ELSE 'bt' END AS source
FROM generate_series(1, 10) AS n, generate_series(0, 240) AS tick;
-- eight statements, each out of order, and some rows late; those a backtest leaves out, as the live evaluation did
CREATE PROCEDURE pg_temp.feed_all() LANGUAGE plpgsql AS $$
BEGIN
    FOR part IN 0..7 LOOP
        INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, source, received_at)
        SELECT f.plate, f.observed_at, f.lon, f.lat, f.speed_kmh, f.source, now() - interval '1 h' + part * interval '1 min' FROM pg_temp.feed AS f
        WHERE (EXTRACT(EPOCH FROM f.observed_at)::bigint - (SELECT min(EXTRACT(EPOCH FROM x.observed_at))::bigint FROM pg_temp.feed AS x)) / 910 = part
        ORDER BY hashtext(f.observed_at::text || f.plate::text);
    END LOOP;
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, received_at)
    SELECT f.plate, f.observed_at + interval '11 s', f.lon, f.lat, 119, now() FROM pg_temp.feed AS f WHERE EXTRACT(SECOND FROM f.observed_at) = 3;
END $$;
CALL pg_temp.feed_all();
CREATE FUNCTION pg_temp.tested(overrides jsonb DEFAULT NULL) RETURNS TABLE (what text, subject bigint, model text, situation_bit smallint, raised_at timestamptz,
    cleared_at timestamptz, colour vigil.colour, score integer, evidence jsonb) LANGUAGE sql AS $$
    SELECT b.* FROM vigil.backtest('vehicle', date_trunc('day', now()) - interval '2 days' + interval '8 h', date_trunc('day', now()) - interval '2 days' + interval '13 h', $1) AS b
    JOIN (SELECT DISTINCT f.plate::bigint AS subject FROM pg_temp.feed AS f) AS mine USING (subject) $$;

-- the same parameters: the same hazards, to the moment, of step models and of custom ones, and the same colours
SELECT model, count(*) AS hazards, count(cleared_at) AS cleared FROM pg_temp.tested() WHERE what = 'hazard' GROUP BY model ORDER BY model COLLATE "C";
CREATE TEMP TABLE live_hazard AS SELECT h.subject, h.model, h.situation_bit, h.raised_at, h.cleared_at FROM vigil.hazard AS h
    WHERE h.profile = 'vehicle' AND h.subject IN (SELECT plate::bigint FROM feed);
SELECT count(*) AS differ FROM ((SELECT * FROM live_hazard EXCEPT ALL SELECT subject, model, situation_bit, raised_at, cleared_at FROM pg_temp.tested() WHERE what = 'hazard')
    UNION ALL (SELECT subject, model, situation_bit, raised_at, cleared_at FROM pg_temp.tested() WHERE what = 'hazard' EXCEPT ALL SELECT * FROM live_hazard)) AS d;
SELECT vigil.recover_colours(:'until') >= 0 AS recovered;
CREATE TEMP TABLE live_colour AS SELECT c.subject, c.at, c.colour, c.score FROM vigil.risk_change AS c
    WHERE c.profile = 'vehicle' AND c.subject IN (SELECT plate::bigint FROM feed) AND c.from_colour <> c.colour;
SELECT count(*) > 10 AS many, (SELECT count(*) FROM (
        (SELECT * FROM live_colour EXCEPT ALL SELECT subject, raised_at, colour, score FROM pg_temp.tested() WHERE what = 'colour')
        UNION ALL (SELECT subject, raised_at, colour, score FROM pg_temp.tested() WHERE what = 'colour' EXCEPT ALL SELECT * FROM live_colour)) AS d) AS differ
FROM live_colour;
-- hazards that end before they begin, or overlap with one of their own, there are none
SELECT count(*) FILTER (WHERE cleared_at < raised_at) AS backwards, count(*) FILTER (WHERE raised_at < before) AS overlapping
FROM (SELECT raised_at, cleared_at, lag(coalesce(cleared_at, 'infinity')) OVER (PARTITION BY subject, model ORDER BY raised_at) AS before
      FROM pg_temp.tested() WHERE what = 'hazard') AS t;

-- other parameters, other switches, a rule that is not on yet
SELECT count(*) FILTER (WHERE model = 'bt_fast') AS fast FROM pg_temp.tested('{"bt_fast": {"min_points": 12}}');
SELECT count(*) AS off FROM pg_temp.tested('{"bt_fast": {"enabled": false}, "water_source_stay": {"enabled": false}}') WHERE model IN ('bt_fast', 'water_source_stay');
SELECT count(*) > 0 AS tried, count(*) FILTER (WHERE model = 'bt_later' AND situation_bit <> 7) AS elsewhere FROM pg_temp.tested('{"bt_later": {"enabled": true}}') WHERE model = 'bt_later';
SELECT count(*) AS not_live FROM vigil.hazard WHERE model = 'bt_later';
SELECT count(*) FILTER (WHERE model = 'water_source_stay') AS stays FROM pg_temp.tested('{"water_source_stay": {"minutes": 25}}');
-- weights, vetoes and thresholds
SELECT o AS overrides, array_agg(DISTINCT t.colour::text ORDER BY t.colour::text) AS colours, min(t.score) AS lowest
FROM unnest(ARRAY[NULL, '{"situations": {"vehicle_speeding": {"weight": 5}, "env_water_source_stay": {"weight": 15}, "vehicle_operation_illegal": {"weight": 20}}}',
    '{"situations": {"vehicle_speeding": {"veto": true}}}', '{"colour_rule": {"red_below": 10, "yellow_below": 20}}']::jsonb[]) WITH ORDINALITY AS v (o, n)
CROSS JOIN LATERAL pg_temp.tested(o) AS t WHERE t.what = 'colour' GROUP BY n, o ORDER BY n;
SELECT weight, veto FROM vigil.situation WHERE code = 'vehicle_speeding';
SELECT red_below, yellow_below, recovery_margin, hold_minutes FROM vigil.colour_rule WHERE profile = 'vehicle';

-- an expression that fails in a backtest leaves no trace, and says so
UPDATE vigil.model SET expression = '1 / (speed_kmh::int - 40) > 0' WHERE code = 'bt_later';
SELECT count(*) AS errors_before FROM vigil.model_error WHERE model = 'bt_later';
SELECT count(*) > 0 AS others_go_on FROM pg_temp.tested('{"bt_later": {"enabled": true}}') WHERE model = 'bt_fast';
SELECT count(*) AS errors_after FROM vigil.model_error WHERE model = 'bt_later';

-- it touches nothing: every table and sequence is as before
CREATE FUNCTION pg_temp.digest() RETURNS TABLE (relation text, digest text) LANGUAGE plpgsql AS $$
BEGIN
    FOR relation IN SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname LIKE 'vigil%' AND c.relkind IN ('r', 'S') ORDER BY 1
    LOOP
        EXECUTE format('SELECT md5(coalesce(string_agg(md5(t::text), '''' ORDER BY t::text COLLATE "C"), '''')) FROM (SELECT * FROM %s) AS t', relation) INTO digest;
        RETURN NEXT;
    END LOOP;
END $$;
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.digest();
SELECT count(*) > 50 AS answered FROM pg_temp.tested('{"bt_fast": {"min_points": 1}, "bt_later": {"enabled": true}, "situations": {"vehicle_speeding": {"weight": 90}}}');
SELECT count(*) > 60 AS tables, (SELECT string_agg(relation, ', ') FROM (SELECT * FROM pg_temp.digest() EXCEPT SELECT * FROM before) AS d) AS changed FROM before;

-- progress while it runs: what a function sees from inside the same statement
CREATE FUNCTION public.bt_watch(speed real) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM set_config('bt.seen', (SELECT format('%s of %s', p.what, CASE WHEN p.total >= 2410 THEN 'all' ELSE p.total::text END) FROM vigil.progress AS p WHERE p.pid = pg_backend_pid()), false);
    RETURN false;
END $$;
UPDATE vigil.model SET expression = 'public.bt_watch(speed_kmh)' WHERE code = 'bt_later';
SELECT count(*) AS raised FROM pg_temp.tested('{"bt_later": {"enabled": true}}') WHERE model = 'bt_later';
SELECT current_setting('bt.seen') AS seen, (SELECT count(*) FROM vigil.progress) AS left_over;
-- a cancelled one leaves none either
CREATE OR REPLACE FUNCTION public.bt_watch(speed real) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_cancel_backend(pg_backend_pid()); RETURN false; END $$;
SELECT count(*) FROM pg_temp.tested('{"bt_later": {"enabled": true}}');
SELECT count(*) AS left_over FROM vigil.progress;

-- one statement in pieces: in order of time it is the same live and tested; what a later piece brings too late is late live, while
-- the backtest, which knows the statement but not its pieces, takes the statement in order
CREATE FUNCTION pg_temp.pieces(plate vigil.plate, shift integer) RETURNS TABLE (late integer, live bigint, tested bigint) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := date_trunc('day', now()) - interval '3 days';
BEGIN
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
    SELECT pieces.plate, began + (n + shift) % 600 * interval '30 s', 125.0 + (n + shift) % 600 * 0.001, 31, CASE WHEN (n + shift) % 600 / 20 % 2 = 1 THEN 130 ELSE 40 END FROM generate_series(0, 599) AS n ORDER BY n;
    RETURN QUERY SELECT (SELECT s.late_count FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = pieces.plate),
        (SELECT count(*) FROM vigil.hazard AS h WHERE h.subject = pieces.plate::bigint AND h.model = 'bt_spurt'),
        (SELECT count(*) FROM vigil.backtest('vehicle', began, began + interval '1 day') AS b WHERE b.subject = pieces.plate::bigint AND b.model = 'bt_spurt' AND b.what = 'hazard');
END $$;
INSERT INTO vigil.model (code, situation, expression, parameters_default) VALUES ('bt_spurt', 'vehicle_speeding', 'speed_kmh > 100', '{"min_points": 2}');
SELECT current_setting('vigil.batch_rows')::integer > 600 AS one_piece, * FROM pg_temp.pieces('浙E49071 yellow', 300);
SET LOCAL vigil.batch_rows = 256;
SELECT 'in order' AS what, * FROM pg_temp.pieces('浙E49072 yellow', 0) UNION ALL SELECT 'second half first', * FROM pg_temp.pieces('浙E49073 yellow', 300);
RESET vigil.batch_rows;
-- the same history loaded in order of time
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E49074 yellow', observed_at, lon, lat, speed_kmh FROM vigil_vehicle.position WHERE plate = '浙E49073 yellow' ORDER BY observed_at;
SELECT count(*) AS live FROM vigil.hazard AS h WHERE h.subject = '浙E49074 yellow'::vigil.plate::bigint AND h.model = 'bt_spurt';

-- what cannot be overridden, or tested
CREATE FUNCTION pg_temp.refusal(overrides jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    PERFORM vigil.backtest('vehicle', now() - interval '1 s', now(), overrides);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN sqlstate || ' ' || sqlerrm || ' / ' || hint;
END $$;
SELECT o AS overrides, pg_temp.refusal(o) FROM unnest(ARRAY['[]', '1', '{"no_such": {}}', '{"bt_fast": 3}', '{"bt_fast": {"points": 3}}', '{"bt_fast": {"min_points": "3"}}',
    '{"bt_fast": {"enabled": 1}}', '{"night_ban_coach": {"from": "2am"}}', '{"inspection_overdue": {"enabled": true}}', '{"situations": {"no_such": {}}}', '{"situations": {"vehicle_speeding": {"weight": 101}}}',
    '{"situations": {"vehicle_speeding": {"weight": 2.5}}}', '{"situations": {"vehicle_speeding": {"veto": 1}}}', '{"situations": {"vehicle_speeding": {"zh": "x"}}}', '{"situations": 3}',
    '{"situations": {"vehicle_speeding": 3}}', '{"situations": {"vehicle_speeding": {}}}', '{"colour_rule": {"red": 3}}', '{"colour_rule": {"red_below": 90}}', '{"colour_rule": {"hold_minutes": -1}}',
    '{"colour_rule": []}', '{}']::jsonb[]) AS o;
SELECT vigil.backtest('vehicle', NULL, '2026-02-01');
SELECT vigil.backtest('vehicle', '2026-02-01', '2026-02-01');
SELECT vigil.backtest('enterprise', now() - interval '1 day', now());
SELECT vigil.backtest(NULL, now() - interval '1 day', now());
SET LOCAL ROLE vigil_reader;
SELECT vigil.backtest('vehicle', now() - interval '1 day', now());
RESET ROLE;
SET LOCAL ROLE vigil_admin;
SELECT count(*) > 50 AS admins_may FROM vigil.backtest('vehicle', :'since', :'until');
RESET ROLE;
ROLLBACK;
