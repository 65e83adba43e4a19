-- what somebody with a little right must not get from it: the owner's rights through a search_path, another region's rows, a person's hash
\set VERBOSITY terse
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS ready FROM vigil.setup();
BEGIN;
CREATE ROLE tp_feed IN ROLE vigil_device, vigil_operator, vigil_admin;
CREATE SCHEMA tp_trap AUTHORIZATION tp_feed;

-- traps: operators and functions that vigil's statements call by the same names, found before pg_catalog's; each tells whose rights it got
CREATE TABLE tp_trap.caught (rights text, trap text);
GRANT USAGE ON SCHEMA tp_trap TO PUBLIC; GRANT INSERT, SELECT ON tp_trap.caught TO PUBLIC;
SET ROLE tp_feed;
CREATE FUNCTION tp_trap.spring(trap text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF current_user::text OPERATOR(pg_catalog.<>) 'tp_feed' THEN INSERT INTO tp_trap.caught VALUES (current_user, trap); END IF; END $$;
DO $$
DECLARE
    made record;
BEGIN
    -- the operators of pg_catalog between values of the types that vigil works with
    FOR made IN
        SELECT o.oprname, format_type(o.oprleft, NULL) AS l, format_type(o.oprright, NULL) AS r, format_type(o.oprresult, NULL) AS result
        FROM pg_operator AS o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprkind = 'b'
          AND o.oprleft = ANY ('{bigint,integer,smallint,text,timestamptz,boolean,jsonb,float8,interval,real}'::regtype[]) AND o.oprright = ANY ('{bigint,integer,smallint,text,timestamptz,boolean,jsonb,float8,interval,real,text[]}'::regtype[])
          AND o.oprname IN ('=', '<>', '<', '>', '<=', '>=', '||', '->', '->>', '-', '+', '*', '&', '|', '>>', '<<')
    LOOP
        EXECUTE format('CREATE FUNCTION tp_trap.%I(a %s, b %s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN PERFORM tp_trap.spring(%L); RETURN a OPERATOR(pg_catalog.%s) b; END $f$', 'op' || md5(made::text), made.l, made.r, made.result, format('%s %s %s', made.l, made.oprname, made.r), made.oprname);
        EXECUTE format('CREATE OPERATOR tp_trap.%s (FUNCTION = tp_trap.%I, LEFTARG = %s, RIGHTARG = %s)', made.oprname, 'op' || md5(made::text), made.l, made.r);
    END LOOP;
END $$;
CREATE FUNCTION tp_trap.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN PERFORM tp_trap.spring('now()'); RETURN pg_catalog.now(); END $$;
CREATE FUNCTION tp_trap.unnest(a bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM tp_trap.spring('unnest(bigint[])'); RETURN QUERY SELECT pg_catalog.unnest(a); END $$;
CREATE FUNCTION tp_trap.format(a text, VARIADIC b text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM tp_trap.spring('format()'); RETURN pg_catalog.format(a, VARIADIC b); END $$;
RESET ROLE;
SELECT count(*) > 150 AS traps FROM pg_operator WHERE oprnamespace = 'tp_trap'::regnamespace;
-- a rule of the city's own, of an owner who did not think of a search_path
CREATE FUNCTION public.tp_fast(speed real) RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN speed::float8 > 130::float8 OR now() < '2000-01-01'; END $$;
SELECT vigil.add_model('vehicle', 'tp_fast', 'vehicle_speeding', 'public.tp_fast(speed_kmh)') > 1000 AS numbered;
INSERT INTO vigil.unit (name, kind, region_code, on_duty, geom, located_at) VALUES ('tp_patrol', 'police_patrol', 330502, true, ST_SetSRID(ST_MakePoint(120.1, 30.8), 4326), now());
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', '陷*') RETURNING id AS driver \gset

-- everything that a feed, an operator and an administrator may call, with the traps first on the path
SET ROLE tp_feed;
SET search_path = tp_trap, pg_catalog;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, driver_id)
SELECT '浙E7T001 yellow', pg_catalog.now() OPERATOR(pg_catalog.-) (n OPERATOR(pg_catalog.*) interval '-30 s' OPERATOR(pg_catalog.+) interval '1 hour'), CASE WHEN (n OPERATOR(pg_catalog.%) 2) OPERATOR(pg_catalog.=) 0 THEN 120.1 ELSE 120.2 END, 30.8, 140, :driver
FROM pg_catalog.generate_series(1, 20) AS n;
SELECT accepted, rejected FROM vigil_vehicle.ingest(pg_catalog.jsonb_build_array('{"plate": "浙I95001"}'::jsonb, pg_catalog.jsonb_build_object('plate', '浙E7T002 yellow', 'observed_at', pg_catalog.now(), 'lon', 120.1, 'lat', 30.88, 'speed_kmh', 40)));
SELECT accepted FROM vigil_vehicle.import_vehicles('[{"plate": "浙E7T002 yellow", "kind": "hazmat", "first_registered_on": "2020-01-01"}]');
SELECT vigil.raise_hazard('vehicle', '浙E7T002 yellow'::vigil.plate::bigint, 'water_source_stay', '{"fence_id": 1}') IS NOT NULL AS raised;
SELECT vigil.suppress('vehicle', '浙E7T002 yellow'::vigil.plate::bigint, 'gps_drift', NULL, pg_catalog.now() OPERATOR(pg_catalog.+) interval '1 hour', 'test') IS NOT NULL AS suppressed;
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T003 yellow'::vigil.plate::bigint, 120.1, 30.8, 330502) IS NOT NULL AS opened;
SELECT action FROM vigil.import_geofences('{"type": "Feature", "id": "tp", "geometry": "POLYGON((108 5, 108.1 5, 108.1 5.1, 108 5))"}', 'school');
SELECT accepted FROM vigil.import_regions('[{"code": 330598, "name": "无"}]');
SELECT vigil.rescore() >= 0 AS rescored;
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 0 AS healthy FROM vigil.health();
RESET search_path;
RESET ROLE;
SELECT count(cardinality(d.offered)) >= 0 AS dispatched FROM vigil.dispatch(100) AS d;
SELECT t.id AS task, t.unit_id AS unit FROM vigil.task AS t JOIN vigil.unit AS u ON u.id = t.unit_id WHERE u.name = 'tp_patrol' AND t.state = 'offered' ORDER BY t.id LIMIT 1 \gset
SET ROLE tp_feed;
SET search_path = tp_trap, pg_catalog;
SELECT vigil.task_accept(:task, :unit), vigil.task_arrive(:task, :unit), vigil.task_finish(:task, :unit, 'educated');
SELECT vigil.unit_report(:unit, 120.1, 30.8, true);
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>=) 0 AS claimed FROM vigil.notice_claim('police_app', 10);
RESET search_path;
RESET ROLE;
SELECT h.model FROM vigil.hazard AS h WHERE h.subject IN ('浙E7T001 yellow'::vigil.plate::bigint, '浙E7T002 yellow'::vigil.plate::bigint) ORDER BY h.model COLLATE "C";
SELECT rights, trap, count(*) AS caught FROM tp_trap.caught GROUP BY 1, 2 ORDER BY 2;
-- they do work: whoever walks into one is caught
SET search_path = tp_trap, pg_catalog, public;
SELECT 1::bigint = 1::bigint AS walks_in;
RESET search_path;
SELECT rights = current_user AS with_my_rights, trap, count(*) AS caught FROM tp_trap.caught GROUP BY 1, 2 ORDER BY 2;
ROLLBACK;

-- statements that are put together: each of these was read for how it quotes what it puts in; a new one makes this list differ
SELECT p.oid::regprocedure AS puts_statements_together, p.prosecdef AS definer FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil' WHERE p.prosrc ~ '\mEXECUTE\M' ORDER BY p.oid::regprocedure::text COLLATE "C";

-- an operator of one county and the work of another
BEGIN;
CREATE ROLE tp_wuxing IN ROLE vigil_operator; CREATE ROLE tp_firm IN ROLE vigil_operator;
INSERT INTO vigil.organisation (code, kind, name, region_code) VALUES ('tp_firm', 'enterprise', '越界运输', 330521) RETURNING id AS firm \gset
INSERT INTO vigil_vehicle.vehicle (plate, kind, status, enterprise_id, region_code) VALUES ('浙E7T005 yellow', 'hazmat', 'registered', :firm, 330521);
INSERT INTO vigil.operator_scope (role, region_code) VALUES ('tp_wuxing', 330502);
INSERT INTO vigil.operator_scope (role, organisation_id) VALUES ('tp_firm', :firm);
SELECT vigil.open_incident('vehicle.driver', 'yellow', 'vehicle', '浙E7T004 yellow'::vigil.plate::bigint, NULL, NULL, 330521) AS deqing, vigil.open_incident('vehicle.driver', 'yellow', 'vehicle', '浙E7T006 yellow'::vigil.plate::bigint, NULL, NULL, 330502) AS wuxing \gset
SELECT (SELECT t.id FROM vigil.task AS t WHERE t.incident_id = :deqing) AS deqing_task, (SELECT t.id FROM vigil.task AS t WHERE t.incident_id = :wuxing) AS wuxing_task \gset
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN regexp_replace(concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, nullif(detail, '')), '(task|incident|unit|notice) \d+', '\1 #', 'g');
END $$;
CREATE FUNCTION pg_temp.tries() RETURNS TABLE (what text, answer text) LANGUAGE sql AS $$
    SELECT w, pg_temp.try(s) FROM (VALUES
        (1, 'cancel a queued task of Deqing', format('SELECT vigil.task_cancel(%s, %L)', current_setting('tp.deqing_task'), 'mine')),
        (2, 'cancel one of Wuxing', format('SELECT vigil.task_cancel(%s, %L)', current_setting('tp.wuxing_task'), 'mine')),
        (3, 'worsen an incident of Deqing, from there', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T004 yellow'::vigil.plate::bigint, NULL, NULL, 330521)$s$),
        (4, 'the same, as if it were in Wuxing', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T004 yellow'::vigil.plate::bigint, NULL, NULL, 330502)$s$),
        (5, 'open one in Deqing', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T007 yellow'::vigil.plate::bigint, NULL, NULL, 330521)$s$),
        (6, 'open one nobody knows where', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T007 yellow'::vigil.plate::bigint)$s$),
        (7, 'open one on a vehicle of the firm', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T005 yellow'::vigil.plate::bigint)$s$),
        (8, 'open one in Wuxing', $s$SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E7T008 yellow'::vigil.plate::bigint, NULL, NULL, 330502)$s$)
    ) AS t (n, w, s) ORDER BY n $$;
SELECT set_config('tp.deqing_task', :'deqing_task', true) IS NOT NULL AND set_config('tp.wuxing_task', :'wuxing_task', true) IS NOT NULL AS told;
SAVEPOINT tries;
SET ROLE tp_wuxing; SELECT * FROM pg_temp.tries();
RESET ROLE; ROLLBACK TO tries;
SET ROLE tp_firm; SELECT * FROM pg_temp.tries();
RESET ROLE; ROLLBACK TO tries;
SET ROLE vigil_admin; SELECT * FROM pg_temp.tries();
RESET ROLE; ROLLBACK TO tries;
SELECT i.severity, t.state FROM vigil.incident AS i JOIN vigil.task AS t ON t.incident_id = i.id WHERE i.id = :deqing;

-- the keyed hash of an identity number: no role reads it, bare or through a row; a refused row does not show it
SELECT r.rolname FROM pg_roles AS r WHERE r.rolname LIKE 'vigil\_%' AND (has_column_privilege(r.oid, 'vigil.person', 'identity_hash', 'SELECT') OR has_table_privilege(r.oid, 'vigil.person', 'SELECT'));
INSERT INTO vigil.person (id, kind, identity_hash, identity_masked, name_masked) VALUES (47902, 'driver', sha256('x'), '330***********0013', '张**') RETURNING id AS person \gset
SET ROLE vigil_operator;
SELECT p.identity_masked, p.name_masked FROM vigil.person AS p WHERE p.id = :person;
SELECT p.identity_hash FROM vigil.person AS p WHERE p.id = :person;
SELECT p FROM vigil.person AS p WHERE p.id = :person;
SELECT to_jsonb(p) FROM vigil.person AS p WHERE p.id = :person;
SET ROLE vigil_admin;
\set VERBOSITY default
UPDATE vigil.person SET name_masked = 'Zhang' WHERE id = :person;
\set VERBOSITY terse
UPDATE vigil.person SET name_masked = '李*' WHERE id = :person RETURNING name_masked;
UPDATE vigil.person SET name_masked = '李*' WHERE id = :person RETURNING identity_hash;
RESET ROLE;
-- a reader is told why a vehicle is red also where the reason is its driver's
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, driver_id) VALUES ('浙E7T005 yellow', now(), 120.1, 30.8, :person);
UPDATE vigil.model SET implemented = true, enabled = true WHERE code = 'points_full';
SELECT vigil.raise_hazard('driver', :person, 'points_full', '{"points": 12}') IS NOT NULL AS raised, vigil_vehicle.inherit_masks() > 0 AS inherited;
SET ROLE vigil_reader;
SELECT e.situation, e.source_profile FROM vigil.explain('vehicle', '浙E7T005 yellow'::vigil.plate::bigint) AS e;
RESET ROLE;
-- nor is the key, or what uses it, anybody's
SELECT r.rolname FROM pg_roles AS r WHERE r.rolname LIKE 'vigil\_%' AND has_function_privilege(r.oid, 'vigil.identity_hash(text)', 'EXECUTE');
ROLLBACK;
