-- The stream's triggers: which rows are evaluated, when, and by whom.
\set VERBOSITY terse
\pset null '(null)'
SET client_min_messages = warning;
BEGIN;
SELECT count(*) > 0 AS set_up FROM vigil.setup();
SELECT date_trunc('hour', now()) - interval '3 h' AS start \gset
CREATE VIEW pg_temp.seen AS SELECT s.plate, s.observed_at - :'start'::timestamptz AS newest, s.late_count, s.duplicate_count
    FROM vigil_vehicle.vehicle_state AS s WHERE s.plate::text LIKE '浙E3S%' ORDER BY s.plate;

-- rows of several days by turns in one statement
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E3S001 yellow', :'start'::timestamptz - (2 - n % 3) * interval '1 day' + n * interval '1 s', 120, 30.8, 0 FROM generate_series(0, 299) AS n ORDER BY n % 3, n;
SELECT * FROM vigil_vehicle.newest_statement();
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT ('浙E3S00' || 2 + n % 2 || ' yellow')::vigil.plate, :'start'::timestamptz - (1 - n % 2) * interval '1 day' + n * interval '1 s', 120, 30.8, 0 FROM generate_series(0, 299) AS n;
SELECT * FROM vigil_vehicle.newest_statement();
SELECT * FROM pg_temp.seen;

-- a statement longer than vigil.batch_rows is evaluated piece by piece, each on the states of the one before
SAVEPOINT pieces;
SET LOCAL vigil.batch_rows = 1000;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E3S004 yellow', :'start'::timestamptz + n * interval '1 s', 120 + n * 1e-4, 30.8, 40 FROM generate_series(0, 2499) AS n;
SELECT * FROM vigil_vehicle.newest_statement();
SELECT * FROM pg_temp.seen WHERE plate = '浙E3S004 yellow';
-- what is rolled back was not seen
ROLLBACK TO pieces;
SELECT * FROM pg_temp.seen WHERE plate = '浙E3S004 yellow';

-- a duplicate that the key refuses is not evaluated
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E3S003 yellow', :'start'::timestamptz + n * interval '1 s', 120, 30.8, 0 FROM generate_series(295, 300) AS n ON CONFLICT DO NOTHING;
SELECT * FROM vigil_vehicle.newest_statement();

-- a statement that inserts inside another, and one that fails inside another
CREATE FUNCTION pg_temp.other(second integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
    VALUES ('浙E3S005 yellow', date_trunc('hour', now()) - interval '3 h' + other.second * interval '1 s', 120, CASE other.second WHEN 2 THEN 99 ELSE 30.8 END, 0);
    RETURN other.second;
EXCEPTION WHEN numeric_value_out_of_range THEN
    RETURN 1000 + other.second;
END $$;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E3S006 yellow', :'start'::timestamptz + pg_temp.other(n) * interval '1 s', 120, 30.8, 0 FROM generate_series(1, 3) AS n;
SELECT * FROM vigil_vehicle.newest_statement();
SELECT * FROM pg_temp.seen WHERE plate IN ('浙E3S005 yellow', '浙E3S006 yellow');

-- a partition loaded by name, as a restore does, is not evaluated
SELECT p.tableoid::regclass AS leaf, p.ctid AS place FROM vigil_vehicle.position AS p WHERE p.plate = '浙E3S006 yellow' ORDER BY p.observed_at LIMIT 1 \gset
INSERT INTO :leaf (plate, observed_at, lon, lat, speed_kmh) VALUES ('浙E3S007 yellow', :'start', 120, 30.8, 0);
SELECT count(*) AS states FROM pg_temp.seen WHERE plate = '浙E3S007 yellow';

-- the row trigger's condition takes nothing but rows that this transaction stored in the stream
SELECT vigil_vehicle.position_stored(:'leaf'::regclass, :'place');
CREATE TEMP TABLE position (LIKE vigil_vehicle.position);
INSERT INTO position SELECT * FROM vigil_vehicle.position WHERE plate = '浙E3S006 yellow';
UPDATE position SET plate = '浙E3S008 yellow';
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E3S006 yellow', :'start'::timestamptz + interval '2 h', 120, 30.8, 0
WHERE NOT vigil_vehicle.position_stored('position'::regclass, '(0,1)') AND NOT vigil_vehicle.position_stored('pg_class'::regclass, '(0,1)')
    AND NOT vigil_vehicle.position_stored(0, '(0,1)') AND NOT vigil_vehicle.position_stored(:'leaf'::regclass, '(0,9999)');
SELECT * FROM vigil_vehicle.newest_statement();
SELECT count(*) AS states FROM pg_temp.seen WHERE plate = '浙E3S008 yellow';
ROLLBACK;
