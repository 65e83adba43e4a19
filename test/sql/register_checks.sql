-- what a bare INSERT or UPDATE of the registers says to each value it refuses: which row, field and value, and why
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai';
BEGIN;
CREATE FUNCTION pg_temp.insert(fields jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    d text; r text; f text;
BEGIN
    EXECUTE (SELECT format('INSERT INTO vigil_vehicle.vehicle (%1$s) SELECT %1$s FROM jsonb_populate_record(NULL::vigil_vehicle.vehicle, $1)', string_agg(quote_ident(k), ', '))
             FROM jsonb_object_keys('{"plate": 1, "status": 1}' || fields) AS k) USING '{"plate": "浙E7K001 yellow", "status": "registered"}' || fields;
    DELETE FROM vigil_vehicle.vehicle WHERE plate = '浙E7K001 yellow';
    RETURN 'accepted';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, r = CONSTRAINT_NAME, f = TABLE_NAME;
    RETURN concat_ws(E'\n  ', SQLSTATE || ' ' || SQLERRM, d, format('constraint %s of %s', r, f));
END $$;
CREATE TEMP TABLE bad (n serial, fields jsonb);
INSERT INTO bad (fields) VALUES ('{"plate_class": "1"}'), ('{"vin": "LFWSRXRJ0M1E12345"}'), ('{"kind": "bus"}'), ('{"subkind": "Dump"}'), ('{"status": "new"}'), ('{"seats": 0}'), ('{"seats": 81}'), ('{"gross_mass_kg": 499}'), ('{"gross_mass_kg": 100001}'),
    ('{"curb_mass_kg": 18001, "gross_mass_kg": 18000}'), ('{"load_kg": -1}'), ('{"axles": 1}'), ('{"axles": 13}'), ('{"drive_axles": 4}'), ('{"length_mm": 0, "width_mm": 2550}'), ('{"region_code": 99}'), ('{"inspection_until": "1979-12-31"}'),
    ('{"first_registered_on": "2020-01-01", "scrap_on": "2019-12-31"}'), ('{"permit_scope": ["hazmat:10"]}'), ('{"tank_media": ["UN1203"]}'), ('{"terminal_phone": "1380000"}'), ('{"terminal_id": ""}'), ('{"crs": "wgs"}'), ('{"fence_exempt": [null]}');
\pset tuples_only on
\pset format unaligned
SELECT b.n || ' ' || b.fields || E'\n  ' || pg_temp.insert(b.fields) FROM bad AS b ORDER BY b.n;
\pset format aligned
\pset tuples_only off
-- the edges are good, and so is a VIN that only a feed has told
SELECT f AS fields, pg_temp.insert(f) FROM unnest(ARRAY['{"seats": 1, "gross_mass_kg": 500, "curb_mass_kg": 500, "axles": 2, "drive_axles": 1}', '{"seats": 80, "gross_mass_kg": 100000, "curb_mass_kg": 100000, "axles": 12, "drive_axles": 3}',
    '{"vin": "LFWSRXRJ7M1E12345"}', '{"vin": "LFWSRXRJ0M1E12345", "status": "transit"}', '{}']::jsonb[]) AS f;
SELECT pg_temp.insert(jsonb_build_object('scrap_on', current_date + interval '30 years')) AS in_30_years, left(pg_temp.insert(jsonb_build_object('scrap_on', (current_date + interval '30 years 1 day')::date)), 55) AS a_day_more;
-- an UPDATE says the same, with the hint; nothing was stored
INSERT INTO vigil_vehicle.vehicle (plate, seats) VALUES ('浙E7K002 yellow', 40);
SAVEPOINT before;
UPDATE vigil_vehicle.vehicle SET seats = seats * 3 WHERE plate = '浙E7K002 yellow';
ROLLBACK TO before;
SELECT plate, seats FROM vigil_vehicle.vehicle WHERE plate::text LIKE '浙E7K%';
-- an import judges by the same rules and goes on
SELECT * FROM vigil_vehicle.import_vehicles((SELECT jsonb_agg('{"plate": "浙E7K003 yellow"}' || b.fields ORDER BY b.n) FROM bad AS b WHERE b.fields ->> 'status' IS NULL AND b.fields ->> 'fence_exempt' IS NULL) || '[{"plate": "浙E7K004 yellow", "seats": 50}]', 'checks');
SELECT r.reason, r.detail, count(*) FROM vigil.reject AS r WHERE r.source = 'checks' GROUP BY 1, 2 ORDER BY 1;
-- the other registers say it likewise; what would name a person is not shown
INSERT INTO vigil.person (id, kind) VALUES (47801, 'driver');
INSERT INTO vigil.organisation (id, kind, name) VALUES (47801, 'enterprise', '检查');
CREATE FUNCTION pg_temp.into(relation regclass, fields jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    d text; r text;
BEGIN
    EXECUTE (SELECT format('INSERT INTO %1$s (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)', relation, string_agg(quote_ident(k), ', ')) FROM jsonb_object_keys(fields) AS k) USING fields;
    RETURN 'accepted';
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, r = CONSTRAINT_NAME;
    RETURN SQLERRM || ' / ' || d || ' / ' || r;
END $$;
CREATE TEMP TABLE others (n serial, relation regclass, good jsonb, fields jsonb);
INSERT INTO others (relation, good, fields)
SELECT r::regclass, g::jsonb, b FROM (VALUES
    ('vigil.organisation', '{"id": 47802, "kind": "enterprise", "name": "某"}', ARRAY['{"kind": "Firm"}', '{"credit_code": "91330500MA2B3C4D1X"}', '{"name": "", "code": "x"}', '{"region_code": 5}']::jsonb[]),
    ('vigil.person', '{"id": 47802, "kind": "driver"}', ARRAY['{"kind": "Driver"}', '{"identity_hash": "\\x00"}', '{"identity_masked": "330501198001010013"}', '{"name_masked": "Zhang San"}']::jsonb[]),
    ('vigil.unit', '{"id": 47802, "kind": "police_patrol", "name": "巡逻", "region_code": 330502, "capabilities": [], "on_duty": false, "task_limit": 2}', ARRAY['{"kind": "P"}', '{"region_code": 5}', '{"capabilities": [null]}', '{"task_limit": -1}']::jsonb[]),
    ('vigil_vehicle.driver', '{"person_id": 47801, "licence_class": [], "licence_status": "normal", "points": 0, "qualification": []}', ARRAY['{"licence_class": ["Z9"]}', '{"licence_status": "lost"}', '{"points": 100}', '{"qualification": ["pilot"]}', '{"birth_year": 80}', '{"licence_first_on": "2020-01-01", "licence_until": "2019-12-31"}']::jsonb[]),
    ('vigil_vehicle.enterprise', '{"organisation_id": 47801, "business_kinds": [], "supervision_level": 0}', ARRAY['{"business_kinds": ["bus"]}', '{"permit_until": "1979-01-01"}', '{"permit_scope": ["all"]}', '{"monitor_staff_count": -1}', '{"grade": "E"}', '{"supervision_level": 4}', '{"township_region_code": 5}']::jsonb[])
) AS v (r, g, list) CROSS JOIN LATERAL unnest(v.list) WITH ORDINALITY AS u (b, k);
SELECT pg_temp.into(o.relation, o.good || o.fields) FROM others AS o ORDER BY o.n;
SAVEPOINT before_good;
SELECT o.relation, pg_temp.into(o.relation, o.good) AS good FROM (SELECT min(n) AS n, relation, good FROM others GROUP BY relation, good OFFSET 0) AS o ORDER BY o.n;
ROLLBACK TO before_good;
SELECT count(*) AS not_tried FROM pg_constraint AS c WHERE c.conrelid IN (SELECT o.relation FROM others AS o) AND c.contype = 'c' AND NOT EXISTS (SELECT FROM others AS o WHERE pg_temp.into(o.relation, o.good || o.fields) LIKE '% / ' || c.conname);
-- no CHECK of the registers is left that says nothing
SELECT c.conname FROM pg_constraint AS c WHERE c.conrelid IN (SELECT 'vigil_vehicle.vehicle'::regclass UNION SELECT o.relation FROM others AS o) AND c.contype = 'c' AND (pg_get_constraintdef(c.oid) !~ 'refuse\(' OR obj_description(c.oid, 'pg_constraint') IS NULL);
SELECT count(*) AS not_tried FROM pg_constraint AS c WHERE c.conrelid = 'vigil_vehicle.vehicle'::regclass AND c.contype = 'c'
    AND NOT EXISTS (SELECT FROM bad AS b WHERE pg_temp.insert(b.fields) LIKE '%constraint ' || c.conname || ' of vehicle');
ROLLBACK;
