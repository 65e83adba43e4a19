-- custom models: what may be written, what is said of an observation, and errors that stop nothing
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();

SELECT vigil.add_model('vehicle', 'cm_fast', 'vehicle_speeding', $$speed_kmh > 40 and kind = 'coach_tour'$$,
    '快速', 'Fast coach', min_points => 3) > 1000 AS numbered;
SELECT kind, profile, feed, expression, zh, en, rule, parameters_default, implemented, enabled, version
FROM vigil.model WHERE code = 'cm_fast';
INSERT INTO vigil.model (code, situation, expression) VALUES ('cm_where', 'env_forbidden_area', 'ST_X(geom) > 120');
INSERT INTO vigil.model (code, situation, expression) VALUES ('cm_night', 'env_night_ban',
    $$local_hour < 5 and road_class = 'expressway' and speed_kmh > limit_kmh and observed_at - previous_observed_at < interval '5 min'$$);
SELECT name, type FROM vigil.custom_variables() WHERE name IN ('plate', 'speed_kmh', 'local_time', 'segment_id') ORDER BY name;

-- what may not be written; the model's row is refused, not only the expression
INSERT INTO vigil.model (code, situation, expression) VALUES ('cm_bad', 'vehicle_speeding', 'spede_kmh > 3');
UPDATE vigil.model SET expression = 'speed_kmh' WHERE code = 'cm_fast';
SELECT vigil.add_model('vehicle', 'cm_bad', 'no_such', 'true');
SELECT vigil.add_model('vehicle', 'cm_bad', 'vehicle_speeding', 'true', min_points => 0);
SELECT vigil.add_model('vehicle', 'cm_fast', 'vehicle_speeding', 'true');
CREATE FUNCTION pg_temp.refusal(expression text, feed text DEFAULT 'position') RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vigil.check_custom_expression('vehicle', feed, expression);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate || ' ' || sqlerrm;
END $$;
SELECT e AS expression, pg_temp.refusal(e) FROM unnest(ARRAY['', 'true', 'null', 'speed_kmh >', 'speed_kmh > 3; DROP TABLE x',
    'speed_kmh > 3 FROM vigil.model', 'speed_kmh > 3 LIMIT 1', 'true UNION SELECT false', '(SELECT true)', 'true AS x', 'true, false',
    'speed_kmh > (SELECT 1)', 'EXISTS (SELECT FROM vigil.model)', 'max(speed_kmh) > 3', 'rank() OVER () > 3',
    'generate_series(1, 2) = 1', 'random() > 0.5', 'pg_sleep(1) IS NULL', 'position.speed_kmh > 3', '$1 > 3', 'no_such(lon)',
    '"Speed" > 3', 'plate = ''浙E12345 yellow''', 'plate = ''nonsense''', '1 / 0 = 1', 'ctid IS NULL', '*', 'geom IS NULL',
    'ST_DWithin(geom, ST_SetSRID(ST_MakePoint(120, 30), 4326), 0.1)', 'now() - observed_at > interval ''1 min''',
    'kind IN (''hazmat'', ''truck_heavy'') AND local_time BETWEEN ''22:00'' AND ''23:00''',
    '1::information_schema.cardinal_number > 0']) AS e;
SELECT pg_temp.refusal('true', 'camera_pass'), left(pg_temp.refusal('lon > 0' || repeat(' and lon > 0', 800)), 40);
-- expressions run with the owner's rights: what would tell its secrets, by an error or by a hazard, is not called; the clock and formats are
SELECT e AS expression, pg_temp.refusal(e) FROM unnest(ARRAY['current_setting(''vigil.identity_key'') LIKE ''a%''', 'current_setting(''vigil.identity_key'', true)::int > 0', 'table_to_xml(''pg_authid''::regclass, true, true, '''')::text LIKE ''%md5%''',
    'schema_to_xml(''vigil'', true, true, '''') IS NULL', 'vigil.identity_hash(''330501198001010013'') IS NULL', 'identity_hash(source) = ''\x00''', 'obj_description(1259, ''pg_class'') IS NULL', 'pg_get_viewdef(''vigil.progress'') IS NULL',
    'has_table_privilege(''vigil.person'', ''SELECT'')', 'to_regclass(''vigil.person'') IS NULL', '''pg_class''::text::regclass IS NULL', 'vigil.caller() = ''x''', 'scope_units() IS NULL', 'ST_FindExtent(''vigil'', ''unit'', ''geom'') IS NULL',
    'pg_read_file(''/etc/passwd'') IS NULL']) AS e;
SELECT e AS expression, pg_temp.refusal(e) FROM unnest(ARRAY['inside(geom, ''school'')', 'fence_distance_m(lon, lat, ''school'') < 100', 'now() - observed_at < interval ''5 min''', 'extract(hour FROM observed_at) > 5', 'date_trunc(''day'', observed_at) = observed_at',
    'to_char(observed_at, ''HH24'') > ''05''', 'observed_at::date > date ''2026-01-01''', 'observed_at > ''2026-01-01 05:00''', 'observed_at::text LIKE ''%05%''', 'concat(source, kind) = ''x''', 'format(''%s'', speed_kmh) = ''40''', 'speed_kmh::text = ''40''', 'source ~ ''^east''',
    'kind = ANY (''{hazmat,coach_tour}''::text[])', 'kind = ANY (string_to_array(source, '',''))', 'source::timestamptz < now()', 'to_timestamp(mileage_km) < now()', 'local_time(observed_at)::time BETWEEN ''22:00'' AND ''23:00''', 'plate_kind(plate) = ''ordinary''',
    'current_date > date ''2026-01-01''', 'abs(speed_kmh - 40) < 1 AND alarm_bits & 4 = 4']) AS e;
-- nor does the analysis of an expression run anybody's code: literals of domains, alone or inside, functions and operators of other roles
BEGIN;
CREATE ROLE cm_trap IN ROLE vigil_admin;
CREATE SCHEMA cm_trap AUTHORIZATION cm_trap;
SET ROLE cm_trap;
CREATE TABLE cm_trap.ran (rights text);
GRANT INSERT ON cm_trap.ran TO PUBLIC; GRANT USAGE ON SCHEMA cm_trap TO PUBLIC;
CREATE FUNCTION cm_trap.ran(a integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO cm_trap.ran VALUES (current_user); RETURN true; END $$;
CREATE DOMAIN cm_trap.dom AS integer CHECK (cm_trap.ran(VALUE));
CREATE TYPE cm_trap.comp AS (a cm_trap.dom);
CREATE TYPE cm_trap.span AS RANGE (SUBTYPE = cm_trap.dom);
CREATE TABLE cm_trap.tab (a cm_trap.dom[]);
CREATE FUNCTION cm_trap.eat(cm_trap.dom[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
CREATE FUNCTION cm_trap.eat2(real, cm_trap.dom[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT true $$;
CREATE OPERATOR cm_trap.+ (FUNCTION = cm_trap.eat2, LEFTARG = real, RIGHTARG = cm_trap.dom[]);
SELECT e AS expression, pg_temp.refusal(e) FROM unnest(ARRAY['''1''::cm_trap.dom IS NULL', '''{1}''::cm_trap.dom[] IS NULL', '''(1)''::cm_trap.comp IS NULL', '''{"(1)"}''::cm_trap.comp[] IS NULL', '''[1,2]''::cm_trap.span IS NULL', '''{"[1,2]"}''::cm_trap.span[] IS NULL',
    'source::cm_trap.comp IS NULL', 'CAST(''{1}'' AS cm_trap.dom[]) IS NULL', 'cm_trap.eat(''{1}'')', 'speed_kmh OPERATOR(cm_trap.+) ''{1}''', '(SELECT true FROM cm_trap.tab AS t WHERE t.a = ''{1}'')', 'speed_kmh = ANY (SELECT 1 FROM cm_trap.tab AS t WHERE t.a = ''{1}'')', '''{1}''::cm_trap.tab.a%TYPE IS NULL',
    'kind IN (''{1}''::cm_trap.dom[]::text)', 'CASE WHEN speed_kmh > 3 THEN ''{1}''::cm_trap.dom[] END IS NULL', 'NULLIF(''{1}'', ''{1}''::cm_trap.dom[]) IS NULL', 'xmlserialize(CONTENT ''<a/>'' AS cm_trap.dom) IS NULL']) AS e;
SELECT count(*) AS ran FROM cm_trap.ran;
RESET ROLE;
-- the trap works: who walks into it runs it
SELECT '{1}'::cm_trap.dom[] AS walks_in;
SELECT count(*) AS ran FROM cm_trap.ran;
ROLLBACK;
-- a function of somebody whom feeds have no reason to trust, or that turns volatile
CREATE ROLE cm_somebody;
CREATE FUNCTION public.cm_rule(speed real) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT speed > 40 $$;
SELECT pg_temp.refusal('public.cm_rule(speed_kmh)');
ALTER FUNCTION public.cm_rule OWNER TO cm_somebody;
SELECT pg_temp.refusal('public.cm_rule(speed_kmh)');
ALTER FUNCTION public.cm_rule OWNER TO CURRENT_USER;
ALTER FUNCTION public.cm_rule VOLATILE;
SELECT pg_temp.refusal('public.cm_rule(speed_kmh)');
ALTER FUNCTION public.cm_rule STABLE;

-- answers: null is no; models see changes at the next statement
SELECT * FROM vigil.try_models('[{"speed_kmh": 50, "kind": "coach_tour", "lon": 121, "lat": 30}, {"speed_kmh": 50, "kind": "hazmat"},
    {"speed_kmh": null}, {"speed_kmh": 120, "local_hour": 3, "road_class": "expressway", "limit_kmh": 100,
     "observed_at": "2022-01-20 03:00", "previous_observed_at": "2022-01-20 02:59:30"}]') WHERE model LIKE 'cm%' ORDER BY ordinal, model;
UPDATE vigil.model SET expression = 'speed_kmh > 60' WHERE code = 'cm_fast';
UPDATE vigil.model SET enabled = false WHERE code = 'cm_night';
SELECT model, answer FROM vigil.try_models('[{"speed_kmh": 50}]') WHERE model LIKE 'cm%' ORDER BY model;
BEGIN;
UPDATE vigil.model SET expression = 'speed_kmh > 40' WHERE code = 'cm_fast';
SELECT answer AS inside FROM vigil.try_models('[{"speed_kmh": 50}]') WHERE model = 'cm_fast';
ROLLBACK;
SELECT answer AS after_rollback FROM vigil.try_models('[{"speed_kmh": 50}]') WHERE model = 'cm_fast';
SELECT vigil.try_models('[{"spede_kmh": 50}]');
SELECT vigil.try_models('{"speed_kmh": 50}');
SELECT vigil.try_models('[{"speed_kmh": [50]}]');
SELECT vigil.try_models('[7]');

-- an error is the model's own: others answer on, later rows are answered, the eighth error in a batch ends it
SELECT vigil.add_model('vehicle', 'cm_ratio', 'vehicle_speeding', 'speed_kmh / previous_speed_kmh > 2') > 1000 AS numbered;
SELECT * FROM vigil.try_models('[{"speed_kmh": 50, "previous_speed_kmh": 20}, {"speed_kmh": 70, "previous_speed_kmh": 0},
    {"speed_kmh": 50, "previous_speed_kmh": 20}]', record => true) WHERE model IN ('cm_ratio', 'cm_fast') ORDER BY ordinal, model;
SELECT model, sqlstate, error, observation, count FROM vigil.model_error WHERE model LIKE 'cm%';
SELECT min(ordinal) FILTER (WHERE answer = 'yes') AS first_yes, max(ordinal) FILTER (WHERE answer = 'yes') AS last_yes,
    count(*) FILTER (WHERE answer = 'failed') AS failed
FROM vigil.try_models((SELECT jsonb_agg(jsonb_build_object('speed_kmh', 50, 'previous_speed_kmh', CASE WHEN i % 10 = 0 THEN 0 ELSE 20 END)
                                        ORDER BY i) FROM generate_series(1, 200) AS i)) WHERE model = 'cm_ratio';
BEGIN; SAVEPOINT s; SELECT answer FROM vigil.try_models('[{"speed_kmh": 50, "previous_speed_kmh": 0}]') WHERE model = 'cm_ratio';
RELEASE s; SELECT 1 AS transaction_lives; COMMIT;
-- a cancel is nobody's fault but the statement's
CREATE FUNCTION public.cm_slow() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM pg_sleep(10); RETURN true; END $$;
SELECT vigil.add_model('vehicle', 'cm_slow', 'vehicle_speeding', 'public.cm_slow()') > 1000 AS numbered;
SET statement_timeout = '200ms';
SELECT * FROM vigil.try_models('[{}]');
RESET statement_timeout;
-- a function that goes away or changes is noticed
CREATE OR REPLACE FUNCTION public.cm_slow() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN true; END $$;
SELECT answer FROM vigil.try_models('[{}]') WHERE model = 'cm_slow';
DROP FUNCTION public.cm_slow();
SELECT answer FROM vigil.try_models('[{}]') WHERE model = 'cm_slow';
SELECT model, answer FROM vigil.try_models('[{}]') WHERE model = 'cm_fast';
-- who brings observations needs no right on what an expression calls, and writes errors all the same
SELECT vigil.add_model('vehicle', 'cm_plain', 'vehicle_speeding', 'public.cm_rule(speed_kmh)') > 1000 AS numbered;
REVOKE ALL ON FUNCTION public.cm_rule FROM PUBLIC;
GRANT USAGE ON SCHEMA vigil TO cm_somebody; GRANT EXECUTE ON FUNCTION vigil.try_models TO cm_somebody;
SET ROLE cm_somebody;
SELECT answer FROM vigil.try_models('[{"speed_kmh": 50}]', record => true) WHERE model = 'cm_plain';
SELECT count(*) FROM vigil.model_error;
RESET ROLE;
SELECT DISTINCT sqlstate, error, observation FROM vigil.model_error WHERE model = 'cm_slow';

-- observations in a row: 300 s between two of them join, 301 s do not, for raising and for clearing, within one statement and across
BEGIN;
UPDATE vigil.model SET enabled = false WHERE expression IS NOT NULL;
SELECT vigil.add_model('vehicle', 'cm_row', 'vehicle_speeding', 'speed_kmh > 40', min_points => 3) > 1000 AS numbered;
CREATE FUNCTION pg_temp.cm_go(plate vigil.plate, speed real, VARIADIC seconds integer[]) RETURNS text LANGUAGE sql AS $$
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
    SELECT plate, now() - interval '2 hours' + make_interval(secs => s), 110, 30, speed FROM unnest(seconds) AS s;
    SELECT CASE WHEN h.raised_at IS NULL THEN 'never raised' ELSE format('raised %s, cleared %s', extract(epoch FROM h.raised_at - now() + interval '2 hours')::integer,
        coalesce(extract(epoch FROM h.cleared_at - now() + interval '2 hours')::integer::text, 'not')) END
    FROM (VALUES (1)) AS one LEFT JOIN vigil.hazard AS h ON h.model = 'cm_row' AND h.subject = plate::bigint $$;
SELECT pg_temp.cm_go('浙E7C001 yellow', 50, 0, 300, 601) AS one_statement, pg_temp.cm_go('浙E7C002 yellow', 50, 0, 300, 600) AS joined;
SELECT pg_temp.cm_go('浙E7C003 yellow', 50, 0, 300) AS two_so_far, pg_temp.cm_go('浙E7C004 yellow', 50, 0, 300) AS two_so_far;
SELECT pg_temp.cm_go('浙E7C003 yellow', 50, 601) AS across, pg_temp.cm_go('浙E7C004 yellow', 50, 600) AS joined;
SELECT pg_temp.cm_go('浙E7C003 yellow', 50, 611, 621) AS three_close;
SELECT pg_temp.cm_go('浙E7C002 yellow', 10, 700, 1000, 1301) AS one_statement, pg_temp.cm_go('浙E7C004 yellow', 10, 700, 1000) AS two_so_far;
SELECT pg_temp.cm_go('浙E7C002 yellow', 10, 1311, 1321) AS three_close, pg_temp.cm_go('浙E7C004 yellow', 10, 1300) AS joined;
-- a backtest counts alike
SELECT b.subject::vigil.plate AS plate, extract(epoch FROM b.raised_at - now() + interval '2 hours')::integer AS raised, extract(epoch FROM b.cleared_at - now() + interval '2 hours')::integer AS cleared
FROM vigil.backtest('vehicle', now() - interval '3 hours', now()) AS b WHERE b.model = 'cm_row' AND b.what = 'hazard' ORDER BY 1;
ROLLBACK;

DELETE FROM vigil.model WHERE code LIKE 'cm%';
DELETE FROM vigil.model_error WHERE model LIKE 'cm%';
SELECT count(*) FROM vigil.try_models('[{}]') WHERE model LIKE 'cm%';
DROP OWNED BY cm_somebody;
DROP FUNCTION public.cm_rule;
DROP ROLE cm_somebody;
