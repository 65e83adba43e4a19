-- acceptance cases 38 to 43: feed and engine.  Each says what is expected; hours are those of the case's day (case.psql).
-- Cases 35 to 37 are the frames of JT/T 808, which are not there yet; 42 compares 500 vehicles fed in one random statement with the same fed row by row
\set ON_ERROR_ROLLBACK on
\set ECHO none
\getenv abs_srcdir PG_ABS_SRCDIR
\set helpers :abs_srcdir '/sql/case.psql'
\i :helpers
\set ECHO all

-- case 38: the same COPY of 1,000 rows twice.  Expected: the second time 0 new rows, 0 changes of a state, 0 hazards
SELECT pg_temp.register('浙EC0038 yellow', 'hazmat');
CREATE FUNCTION pg_temp.thousand() RETURNS SETOF vigil_vehicle.position LANGUAGE sql AS $$ SELECT * FROM pg_temp.track('浙EC0038 yellow', '08:00=70 10:00=95 10:20=70', '08:00', '16:19:30') $$;
COPY (SELECT plate, observed_at, lon, lat, speed_kmh, heading_deg FROM pg_temp.thousand()) TO PROGRAM 'cat > case_38.rows';
COPY vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, heading_deg) FROM PROGRAM 'cat case_38.rows';
CREATE TEMP TABLE before AS SELECT (SELECT count(*) FROM vigil_vehicle.position WHERE plate = '浙EC0038 yellow') AS rows, (SELECT md5(s::text) FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = '浙EC0038 yellow') AS state,
    (SELECT count(*) FROM vigil.hazard AS h WHERE h.subject = '浙EC0038 yellow'::vigil.plate::bigint) AS hazards, (SELECT count(*) FROM vigil.risk_change AS c WHERE c.subject = '浙EC0038 yellow'::vigil.plate::bigint) AS changes;
SELECT rows, hazards FROM before;
\set VERBOSITY sqlstate
COPY vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, heading_deg) FROM PROGRAM 'cat case_38.rows';      -- 23505: it says that they are there, and stores none
\set VERBOSITY default
-- nor does any of them come in through ingest(), which counts them, or an INSERT that leaves them out
SELECT * FROM vigil_vehicle.ingest(ARRAY(SELECT t FROM pg_temp.thousand() AS t));
INSERT INTO vigil_vehicle.position SELECT * FROM pg_temp.thousand() ON CONFLICT DO NOTHING;
-- a bare INSERT says the same as COPY
\set VERBOSITY sqlstate
INSERT INTO vigil_vehicle.position SELECT * FROM pg_temp.thousand();      -- 23505
\set VERBOSITY default
SELECT b.rows = (SELECT count(*) FROM vigil_vehicle.position WHERE plate = '浙EC0038 yellow') AS same_rows, b.state = (SELECT md5(s::text) FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = '浙EC0038 yellow') AS same_state,
    b.hazards = (SELECT count(*) FROM vigil.hazard AS h WHERE h.subject = '浙EC0038 yellow'::vigil.plate::bigint) AS same_hazards, b.changes = (SELECT count(*) FROM vigil.risk_change AS c WHERE c.subject = '浙EC0038 yellow'::vigil.plate::bigint) AS same_changes FROM before AS b;

-- case 39: a row 10 min older than the state; a row 6 min in the future.  Expected: stored, counted late, state as before; reject `future`; a bare INSERT is refused whole
SELECT pg_temp.register('浙EC0039 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0039 yellow', '09:00=70', '09:00', '09:30');
CREATE TEMP TABLE before_39 AS SELECT s.* FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = '浙EC0039 yellow';
SELECT pg_temp.drive('浙EC0039 yellow', '09:00=70', '09:20:15', '09:20:15');
SELECT s.late_count - b.late_count AS late, s.observed_at = b.observed_at AND s.lon = b.lon AND s.speed_kmh = b.speed_kmh AND s.engine = b.engine AS same_state, (SELECT count(*) FROM vigil_vehicle.position AS p WHERE p.plate = s.plate) AS stored
FROM vigil_vehicle.vehicle_state AS s JOIN before_39 AS b USING (plate);
SELECT * FROM vigil_vehicle.ingest(jsonb_build_array(jsonb_build_object('plate', '浙EC0039 yellow', 'observed_at', clock_timestamp() + interval '6 min', 'lon', 101, 'lat', 30, 'speed_kmh', 60)), source => 'case 39');
SELECT reason, payload ->> 'plate' AS plate FROM vigil.reject WHERE source = 'case 39';
CREATE FUNCTION pg_temp.bare() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ahead timestamptz := clock_timestamp() + interval '6 min';
BEGIN
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES ('浙EC0039 yellow', pg_temp.at('09:31'), 101, 30, 60), ('浙EC0039 yellow', ahead, 101, 30, 60);
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN format('%s, names the vehicle: %s, the time: %s', sqlstate, sqlerrm LIKE '%浙EC0039%', position(to_char(ahead, 'YYYY-MM-DD HH24:MI') IN sqlerrm) > 0);
END $$;
SELECT pg_temp.bare();
SELECT count(*) AS stored FROM vigil_vehicle.position WHERE plate = '浙EC0039 yellow';

-- case 40: a GCJ-02 feed for 30.893610 N 120.086881 E.  Expected: stored within 2 m of it; taken as it comes it would lie 507 to 546 m away
SELECT i.* FROM vigil.to_gcj02(ST_SetSRID(ST_MakePoint(120.086881, 30.893610), 4326)) AS g, LATERAL vigil_vehicle.ingest(
    jsonb_build_array(jsonb_build_object('plate', '浙EC0040 yellow', 'observed_at', pg_temp.at('09:00'), 'lon', ST_X(g), 'lat', ST_Y(g), 'speed_kmh', 60)), crs => 'gcj02') AS i;
SELECT ST_DistanceSphere(ST_MakePoint(p.lon, p.lat), ST_MakePoint(120.086881, 30.893610)) < 2 AS within_2_m,
    ST_DistanceSphere(g, ST_SetSRID(ST_MakePoint(120.086881, 30.893610), 4326)) BETWEEN 507 AND 546 AS as_it_comes
FROM vigil_vehicle.position AS p, vigil.to_gcj02(ST_SetSRID(ST_MakePoint(120.086881, 30.893610), 4326)) AS g WHERE p.plate = '浙EC0040 yellow';

-- cases 41 and 42: 500 vehicles.  Expected: fed in random order in one statement they have the hazards of those fed one row at a time, and
-- a backtest of the day gives the same set of (vehicle, model, raised_at, cleared_at) as the live evaluation
INSERT INTO vigil.geofence (kind, code, area) VALUES ('water_source', 'case-42', ST_Multi(ST_MakeEnvelope(104.0, 29.9, 104.02, 40, 4326)));
CREATE FUNCTION pg_temp.car(n integer, way text) RETURNS vigil.plate LANGUAGE sql IMMUTABLE AS $$ SELECT format('浙%s%s yellow', CASE way WHEN 'random' THEN 'EX' ELSE 'EY' END, lpad(n::text, 4, '0'))::vigil.plate $$;
CREATE TEMP TABLE crowd AS SELECT n, pg_temp.at('10:00' + n * interval '1 s' + tick * interval '45 s') AS observed_at,
    CASE WHEN n % 5 = 0 AND tick >= 4 THEN 104.01 ELSE 103.9 + tick * 0.004 END AS lon, 30 + n * 0.01 AS lat,
    (CASE WHEN n % 5 = 0 AND tick >= 4 THEN 0 WHEN n % 7 = 0 AND tick % 14 < 8 THEN 95 ELSE 60 END)::real AS speed_kmh,
    CASE WHEN n % 11 = 0 AND tick % 9 = 0 THEN 0.1 ELSE 0 END AS jump
FROM generate_series(1, 500) AS n, generate_series(0, 27) AS tick;
SELECT count(pg_temp.register(pg_temp.car(n, way), CASE n % 3 WHEN 0 THEN 'truck_heavy' ELSE 'hazmat' END)) FROM generate_series(1, 500) AS n, unnest('{random,sorted}'::text[]) AS way;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) SELECT pg_temp.car(n, 'random'), observed_at, lon, lat + jump, speed_kmh FROM crowd ORDER BY hashtext(n::text || observed_at::text);
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT * FROM pg_temp.crowd ORDER BY n, observed_at LOOP
        INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES (pg_temp.car(c.n, 'sorted'), c.observed_at, c.lon, c.lat + c.jump, c.speed_kmh);
    END LOOP;
END $$;
CREATE TEMP TABLE crowd_hazard AS SELECT CASE WHEN h.plate::text LIKE '浙EX%' THEN 'random' ELSE 'sorted' END AS way, substr(h.plate::text, 4, 4) AS n, h.model, h.raised, h.cleared, h.evidence - 'observed_at' AS evidence
FROM pg_temp.hazard AS h WHERE h.plate::text LIKE '浙EX%' OR h.plate::text LIKE '浙EY%';
SELECT way, model, count(*) AS raised, count(cleared) AS cleared FROM crowd_hazard GROUP BY way, model ORDER BY way, model COLLATE "C";
SELECT count(*) AS differ FROM (SELECT n, model, raised, cleared, evidence FROM crowd_hazard GROUP BY 1, 2, 3, 4, 5 HAVING count(DISTINCT way) <> 2) AS d;
CREATE TEMP TABLE tested AS SELECT b.subject, b.model, b.raised_at, b.cleared_at FROM vigil.backtest('vehicle', pg_temp.day(), pg_temp.at('24:00')) AS b
WHERE b.what = 'hazard' AND (b.subject::vigil.plate::text LIKE '浙EX%' OR b.subject::vigil.plate::text LIKE '浙EY%');
CREATE TEMP TABLE live AS SELECT h.subject, h.model, h.raised_at, h.cleared_at FROM vigil.hazard AS h WHERE h.profile = 'vehicle' AND (h.subject::vigil.plate::text LIKE '浙EX%' OR h.subject::vigil.plate::text LIKE '浙EY%');
SELECT (SELECT count(*) FROM live) > 300 AS many, (SELECT count(*) FROM ((SELECT * FROM live EXCEPT ALL SELECT * FROM tested) UNION ALL (SELECT * FROM tested EXCEPT ALL SELECT * FROM live)) AS d) AS differ;

-- case 43: the weight of vehicle_speeding becomes 25.  Expected: the next statement scores 75 for bit 17, and 70 again after a rollback.
-- Another session sees it once it is committed: isolation test iso_catalogue
SAVEPOINT tuned;
SELECT vigil.risk_score('vehicle', 131072) AS before;
UPDATE vigil.situation SET weight = 25 WHERE code = 'vehicle_speeding';
SELECT vigil.risk_score('vehicle', 131072) AS after;
ROLLBACK TO tuned;
SELECT vigil.risk_score('vehicle', 131072) AS rolled_back;
ROLLBACK;
