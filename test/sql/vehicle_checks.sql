-- what a bare INSERT or UPDATE of the register of vehicles says to each value it refuses: which vehicle, field and value, and why
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
-- no CHECK of the register is left that says nothing
SELECT c.conname FROM pg_constraint AS c WHERE c.conrelid = 'vigil_vehicle.vehicle'::regclass AND c.contype = 'c' AND (pg_get_constraintdef(c.oid) !~ 'refuse\(' OR obj_description(c.oid, 'pg_constraint') IS NULL);
SELECT count(*) AS not_tried FROM pg_constraint AS c WHERE c.conrelid = 'vigil_vehicle.vehicle'::regclass AND c.contype = 'c'
    AND NOT EXISTS (SELECT FROM bad AS b WHERE pg_temp.insert(b.fields) LIKE '%constraint ' || c.conname || ' of vehicle');
ROLLBACK;
