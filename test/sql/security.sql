-- who may do what: the five roles, row policies, and that nothing is open to everybody
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai';
SELECT count(*) > 0 AS ready FROM vigil.setup();
CREATE ROLE sec_device IN ROLE vigil_device; CREATE ROLE sec_reader IN ROLE vigil_reader;
CREATE ROLE sec_public IN ROLE vigil_public; CREATE ROLE sec_admin IN ROLE vigil_admin;
CREATE ROLE sec_wuxing IN ROLE vigil_operator; CREATE ROLE sec_firm IN ROLE vigil_operator; CREATE ROLE sec_new IN ROLE vigil_operator;
CREATE ROLE sec_nobody;

-- PUBLIC has no right on any table, sequence or view
SELECT c.oid::regclass AS open_to_public, a.privilege_type
FROM pg_class AS c
JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension AS e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'vigil'
CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE a.grantee = 0 ORDER BY 1, 2;
-- nor has any role more than is meant: who writes what
SELECT a.grantee::regrole AS role, a.privilege_type, string_agg(c.oid::regclass::text, ' ' ORDER BY c.oid::regclass::text COLLATE "C") AS tables
FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
WHERE a.grantee IN (SELECT r.oid FROM pg_roles AS r WHERE r.rolname LIKE 'vigil\_%') AND a.privilege_type <> 'SELECT' AND c.relkind <> 'S'
GROUP BY 1, 2 ORDER BY a.grantee::regrole::text COLLATE "C", 2;
SELECT a.grantee::regrole AS role, t.attrelid::regclass AS "table", a.privilege_type, string_agg(t.attname, ' ' ORDER BY t.attnum) AS columns
FROM pg_attribute AS t CROSS JOIN LATERAL aclexplode(t.attacl) AS a
WHERE a.grantee IN (SELECT r.oid FROM pg_roles AS r WHERE r.rolname LIKE 'vigil\_%')
GROUP BY 1, 2, 3 ORDER BY a.grantee::regrole::text COLLATE "C", t.attrelid::regclass::text COLLATE "C", 3;
SELECT a.grantee::regrole AS role, p.oid::regprocedure AS may_call
FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
WHERE a.grantee IN (SELECT r.oid FROM pg_roles AS r WHERE r.rolname IN ('vigil_device', 'vigil_public', 'vigil_reader', 'vigil_operator'))
ORDER BY a.grantee::regrole::text COLLATE "C", p.oid::regprocedure::text COLLATE "C";
-- definer functions pin their search_path
SELECT p.oid::regprocedure AS unpinned FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname LIKE 'vigil%' AND p.prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'));

-- a feed inserts observations, the engine evaluates them, and that is all the feed can do
SET ROLE sec_device;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
VALUES ('浙E95001 yellow', now() - interval '1 minute', 120.1, 30.87, 40);
SELECT accepted, rejected FROM vigil_vehicle.ingest(jsonb_build_array(
    jsonb_build_object('plate', '浙E95001 yellow', 'observed_at', now(), 'lon', 120.1, 'lat', 30.88, 'speed_kmh', 40),
    jsonb_build_object('plate', '浙I95001', 'observed_at', now(), 'lon', 120.1, 'lat', 30.88)), 'wgs84', 'sec');
SELECT count(*) FROM vigil_vehicle.position;
SELECT count(*) FROM vigil_vehicle.vehicle;
SELECT count(*) FROM vigil.task;
SELECT count(*) FROM vigil.reject;
UPDATE vigil_vehicle.position SET speed_kmh = 0;
DELETE FROM vigil_vehicle.position;
INSERT INTO vigil_vehicle.vehicle (plate) VALUES ('浙E95002 yellow');
INSERT INTO vigil_vehicle.vehicle_state (plate, kind, flags, fence_exempt) VALUES ('浙E95002 yellow', 5, 0, 0);
SELECT vigil.task_accept(1, 1);
SELECT vigil.raise_hazard('vehicle', '浙E95001 yellow'::vigil.plate::bigint, 'gps_drift', '{}');
SELECT vigil.identity_hash('330501198001010013');
SELECT vigil_vehicle.import_vehicles('[]');
SELECT vigil.apply_effects('vehicle', '{}', '{}', '{}', '{}', '{}');
SELECT vigil_vehicle.first_sight('{}');
RESET ROLE;
SELECT status, kind FROM vigil_vehicle.vehicle WHERE plate = '浙E95001 yellow';

-- operators see and handle what their scope covers: a county, or an enterprise's own units
INSERT INTO vigil.organisation (code, kind, name) VALUES ('sec_firm', 'enterprise', '安全运输');
INSERT INTO vigil.unit (name, kind, region_code, organisation_id, on_duty)
SELECT u.name, u.kind, u.region_code, CASE u.kind WHEN 'enterprise_monitor' THEN o.id END, false
FROM vigil.organisation AS o, (VALUES ('sec_wuxing', 'police_patrol', 330502), ('sec_township', 'police_patrol', 330502001),
    ('sec_deqing', 'police_patrol', 330521), ('sec_monitor', 'enterprise_monitor', 330521)) AS u (name, kind, region_code) WHERE o.code = 'sec_firm';
INSERT INTO vigil.operator_scope (role, region_code) VALUES ('sec_wuxing', 330502);
INSERT INTO vigil.operator_scope (role, organisation_id) SELECT 'sec_firm', o.id FROM vigil.organisation AS o WHERE o.code = 'sec_firm';
INSERT INTO vigil.operator_scope (role) VALUES ('sec_new');
INSERT INTO vigil.incident (kind, profile, subject, severity, opened_at, region_code, organisation_id)
SELECT 'vehicle.driver', 'vehicle', '浙E95001 yellow'::vigil.plate::bigint, 'red', now(), 330502, o.id
FROM vigil.organisation AS o WHERE o.code = 'sec_firm';
INSERT INTO vigil.task (incident_id, level, ordinal, priority, unit_kind, area, accept_within, channel, unit_id, queued_at, due_at,
    region_code, state, last_hash)
SELECT i.id, 1, row_number() OVER (ORDER BY u.id), 1, u.kind, 'county', '1 day', 'police_app', u.id, now(), now() + interval '1 day',
    vigil.county_of(u.region_code), 'offered', '\x00'
FROM vigil.incident AS i, vigil.unit AS u WHERE i.subject = '浙E95001 yellow'::vigil.plate::bigint AND u.name LIKE 'sec\_%';
SELECT t.id AS wuxing_task, u.id AS wuxing_unit FROM vigil.task AS t JOIN vigil.unit AS u ON u.id = t.unit_id WHERE u.name = 'sec_wuxing' \gset
SELECT t.id AS deqing_task, u.id AS deqing_unit FROM vigil.task AS t JOIN vigil.unit AS u ON u.id = t.unit_id WHERE u.name = 'sec_deqing' \gset
CREATE FUNCTION pg_temp.sees() RETURNS TABLE (role name, units text, tasks text, incidents bigint) LANGUAGE sql AS $$
    SELECT current_user, (SELECT string_agg(u.name, ' ' ORDER BY u.name) FROM vigil.unit AS u WHERE u.name LIKE 'sec\_%'),
        (SELECT string_agg(u.name, ' ' ORDER BY u.name) FROM vigil.task AS t JOIN vigil.unit AS u ON u.id = t.unit_id WHERE u.name LIKE 'sec\_%'),
        (SELECT count(*) FROM vigil.incident AS i WHERE i.subject = '浙E95001 yellow'::vigil.plate::bigint)
$$;
SET ROLE sec_wuxing; SELECT * FROM pg_temp.sees();
SET ROLE sec_firm; SELECT * FROM pg_temp.sees();
SET ROLE sec_new; SELECT * FROM pg_temp.sees();
SET ROLE sec_reader; SELECT * FROM pg_temp.sees();
SET ROLE sec_admin; SELECT * FROM pg_temp.sees();
SET ROLE sec_nobody; SELECT * FROM pg_temp.sees();

SET ROLE sec_wuxing;
SELECT vigil.unit_report(:wuxing_unit, 120.1, 30.87) IS NOT NULL AS reported;
\set VERBOSITY sqlstate
SELECT vigil.unit_report(:deqing_unit, 120.1, 30.87);
SELECT vigil.task_accept(:deqing_task, :deqing_unit);
\set VERBOSITY terse
UPDATE vigil.task SET state = 'done';
DELETE FROM vigil.task_event;
INSERT INTO vigil.operator_scope (role, region_code) VALUES ('sec_wuxing', 330000);
SELECT count(*) FROM vigil.operator_scope;
SELECT count(*) FROM vigil.reject;
\set VERBOSITY sqlstate
SET ROLE sec_new;
SELECT vigil.unit_report(:wuxing_unit, 120.1, 30.87);
SET ROLE sec_device;
SELECT vigil.unit_report(:wuxing_unit, 120.1, 30.87);
\set VERBOSITY terse
RESET ROLE;

-- notices are handed out, acknowledged and failed within the scope only
INSERT INTO vigil.notice_channel (code, zh, en) VALUES ('sec', '测试', 'test');
INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, kind, body, created_at, next_try_at, region_code)
SELECT 'sec', n.kind, CASE n.kind WHEN 'organisation' THEN o.id END, n.word, '{}', now(), now(), n.region_code
FROM vigil.organisation AS o, (VALUES ('department', 'of wuxing', 330502), ('department', 'of deqing', 330521), ('organisation', 'to the firm', 330521),
    ('department', 'of nowhere', NULL)) AS n (kind, word, region_code) WHERE o.code = 'sec_firm';
SELECT n.id AS deqing_notice FROM vigil.notice AS n WHERE n.channel = 'sec' AND n.kind = 'of deqing' \gset
SET ROLE sec_new; SELECT n.kind FROM vigil.notice_claim('sec', 100) AS n ORDER BY n.kind;
SET ROLE sec_wuxing; SELECT n.kind FROM vigil.notice_claim('sec', 100) AS n ORDER BY n.kind;
SET ROLE sec_firm; SELECT n.kind FROM vigil.notice_claim('sec', 100) AS n ORDER BY n.kind;
SET ROLE sec_wuxing;
\set VERBOSITY sqlstate
SELECT vigil.notice_ack(:deqing_notice);
SELECT vigil.notice_fail(:deqing_notice, 'mine');
SET ROLE sec_device;
SELECT vigil.notice_claim('sec', 100);
\set VERBOSITY terse
SET ROLE sec_admin; SELECT n.kind FROM vigil.notice_claim('sec', 100) AS n ORDER BY n.kind;
SELECT vigil.notice_ack(:deqing_notice);
RESET ROLE;
DELETE FROM vigil.notice WHERE channel = 'sec';
DELETE FROM vigil.notice_channel WHERE code = 'sec';

-- readers read what names no person, administrators keep registers but not ledgers, citizens have nothing yet
SET ROLE sec_reader;
SELECT count(*) >= 0 AS reads FROM vigil_vehicle.vehicle;
SELECT count(points) >= 0 AS reads FROM vigil_vehicle.driver;
SELECT count(*) FROM vigil.person;
SELECT birth_year FROM vigil_vehicle.driver;
SELECT body FROM vigil.notice;
INSERT INTO vigil.region (code, name) VALUES (330599, '无');
SET ROLE sec_admin;
SELECT * FROM vigil_vehicle.import_vehicles('[{"plate": "浙E95001 yellow", "kind": "hazmat"}]');
SELECT vigil_vehicle.register_vehicle('{"plate": "浙E95002 yellow", "kind": "truck_heavy"}');
SELECT * FROM vigil.import_regions('[{"code": 330599, "name": "无"}]');
SELECT vigil.add_model('vehicle', 'sec_custom', 'vehicle_speeding', 'speed_kmh > 130') > 1000 AS added;
UPDATE vigil.model SET enabled = false WHERE code = 'sec_custom';
UPDATE vigil.model SET function = 'pg_temp.mine', expression = NULL WHERE code = 'sec_custom';
UPDATE vigil.job SET command = 'ALTER ROLE sec_admin SUPERUSER';
UPDATE vigil.profile SET domain = 'mine';
SELECT count(*) > 0 AS healthy FROM vigil.health();
SELECT count(*) >= 0 AS workers FROM vigil.worker_status();
SELECT count(*) >= 0 AS replayed FROM vigil.backtest('vehicle', now() - interval '1 hour', now());
SELECT vigil.raise_hazard('vehicle', '浙E95001 yellow'::vigil.plate::bigint, 'gps_drift', '{}', now()) IS NOT NULL AS raised;
SELECT count(*) AS reasons FROM vigil.explain('vehicle', '浙E95001 yellow'::vigil.plate::bigint);
SET ROLE sec_wuxing;
SELECT count(*) AS reasons FROM vigil.explain('vehicle', '浙E95001 yellow'::vigil.plate::bigint);
SELECT count(*) > 0 AS story FROM vigil.timeline('vehicle', '浙E95001 yellow'::vigil.plate::bigint, now() - interval '1 hour', now() + interval '1 hour');
SET ROLE sec_reader;
SELECT count(*) AS reasons FROM vigil.explain('vehicle', '浙E95001 yellow'::vigil.plate::bigint);
SELECT vigil.raise_hazard('vehicle', '浙E95001 yellow'::vigil.plate::bigint, 'gps_drift', '{}', now());
SET ROLE sec_admin;
UPDATE vigil.situation SET weight = weight WHERE bit = 0;
UPDATE vigil.unit SET on_duty = on_duty WHERE name = 'sec_deqing';
UPDATE vigil.task SET state = 'done';
DELETE FROM vigil.task_event;
DELETE FROM vigil.risk_change;
INSERT INTO vigil.hazard (profile, subject) VALUES ('vehicle', 1);
SELECT vigil.identity_hash('330501198001010013');
SELECT vigil.setup_security();
SET ROLE sec_public;
SELECT count(*) FROM vigil.region;
SELECT vigil.explain('vehicle', 1);
RESET ROLE;

-- a second database of the cluster finds the roles there and works alike
CREATE DATABASE sec_second;
\set main :DBNAME
\c sec_second
SET client_min_messages = warning;
CREATE EXTENSION vigil CASCADE;
SELECT count(*) AS roles FROM pg_roles WHERE rolname LIKE 'vigil\_%';
SELECT count(*) > 0 AS ready FROM vigil.setup();
SELECT vigil.setup_security();
\c :main
DROP DATABASE sec_second WITH (FORCE);

-- leave nothing behind
SET datestyle = 'ISO, YMD';
DELETE FROM vigil.task AS t USING vigil.incident AS i WHERE i.id = t.incident_id AND i.subject = '浙E95001 yellow'::vigil.plate::bigint;
DELETE FROM vigil.incident WHERE subject = '浙E95001 yellow'::vigil.plate::bigint;
DELETE FROM vigil.operator_scope WHERE role LIKE 'sec\_%';
DELETE FROM vigil.unit WHERE name LIKE 'sec\_%';
DELETE FROM vigil.organisation WHERE code = 'sec_firm';
DELETE FROM vigil.region WHERE code = 330599;
DELETE FROM vigil.model WHERE code = 'sec_custom';
DELETE FROM vigil.reject WHERE source IN ('sec', 'ingest') AND payload ->> 'plate' = '浙I95001';
DELETE FROM vigil_vehicle.position WHERE plate = '浙E95001 yellow';
DELETE FROM vigil_vehicle.vehicle_state WHERE plate BETWEEN '浙E95001' AND '浙E95010';
DELETE FROM vigil_vehicle.vehicle WHERE plate BETWEEN '浙E95001' AND '浙E95010';
DROP ROLE sec_device, sec_reader, sec_public, sec_admin, sec_wuxing, sec_firm, sec_new, sec_nobody;
