-- acceptance cases 24 to 28, 30, 31, 34: the environment.  Each says what is expected; hours are those of the case's day (case.psql).
-- Cases 29, 32 and 33 need waybills with routes and the model of clusters, which are not there yet
\set ON_ERROR_ROLLBACK on
\set ECHO none
\getenv abs_srcdir PG_ABS_SRCDIR
\set helpers :abs_srcdir '/sql/case.psql'
\i :helpers
\set ECHO all
INSERT INTO vigil.geofence (kind, code, area, subject_kinds) VALUES
    ('water_source', 'case-24', ST_Multi(ST_MakeEnvelope(101.0, 32.0, 101.02, 32.01, 4326)), NULL), ('water_source', 'case-26', ST_Multi(ST_MakeEnvelope(101.1, 32.0, 101.12, 32.01, 4326)), NULL),
    ('water_source', 'case-34', ST_Multi(ST_MakeEnvelope(101.2, 32.0, 101.22, 32.01, 4326)), NULL), ('truck_forbidden', 'case-28', ST_Multi(ST_MakeEnvelope(101.3, 32.0, 101.4, 32.01, 4326)), NULL);
SELECT id AS fence_28 FROM vigil.geofence WHERE kind = 'truck_forbidden' AND code = 'case-28' \gset
INSERT INTO vigil_vehicle.road_segment (code, class, limit_kmh, geom) VALUES ('case-30', 'expressway', 100, 'SRID=4326;LINESTRING(100 32.1, 100.3 32.1)'),
    ('case-30b', 'expressway', 100, 'SRID=4326;LINESTRING(100 32.2, 100.3 32.2)'), ('case-31', 'expressway', 100, 'SRID=4326;LINESTRING(100 32.3, 100.3 32.3)');
-- A vehicle that stands: every 30 s, metres east of the middle of a fence plus a jitter of at most 40 m
CREATE FUNCTION pg_temp.stand(plate vigil.plate, first interval, last interval, lon float8 DEFAULT 101.01, metres float8 DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
    WITH fed AS (INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
        SELECT plate, pg_temp.at(t.hour), lon + (metres + 40 * sin(extract(epoch FROM t.hour))) / (111319.49 * cosd(32)), 32.005, 0
        FROM generate_series(0, floor(extract(epoch FROM last - first) / 30)::integer) AS n CROSS JOIN LATERAL (SELECT first + n * interval '30 s' AS hour) AS t RETURNING 1) SELECT count(*) FROM fed $$;
CREATE VIEW pg_temp.found AS SELECT plate, model, situation, raised, cleared, cleared_by, reason, evidence -> 'minutes' AS minutes, (SELECT g.code FROM vigil.geofence AS g WHERE g.id = (evidence ->> 'fence_id')::bigint) AS fence FROM pg_temp.hazard;

-- case 24: hazmat stands from 10:00:00 in a water_source fence, jitter to 40 m, one point 400 m off at 10:07.  Expected: water_source_stay at 10:15:00, 15 min, 55, red
SELECT pg_temp.register('浙EC0024 yellow', 'hazmat');
SELECT pg_temp.stand('浙EC0024 yellow', '10:00', '10:06:30'), pg_temp.stand('浙EC0024 yellow', '10:07', '10:07', metres => 400), pg_temp.stand('浙EC0024 yellow', '10:07:30', '10:14:30');
SELECT * FROM pg_temp.found WHERE plate = '浙EC0024 yellow';
SELECT pg_temp.stand('浙EC0024 yellow', '10:15', '10:15');
SELECT * FROM pg_temp.found WHERE plate = '浙EC0024 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0024 yellow';

-- case 25: as 24, but 200 m farther from 10:07:00 on, still in the fence.  Expected: none at 10:15:00, raises at 10:22:00
SELECT pg_temp.register('浙EC0025 yellow', 'hazmat');
SELECT pg_temp.stand('浙EC0025 yellow', '10:00', '10:06:30'), pg_temp.stand('浙EC0025 yellow', '10:07', '10:21:30', metres => 240);
SELECT * FROM pg_temp.found WHERE plate = '浙EC0025 yellow';
SELECT pg_temp.stand('浙EC0025 yellow', '10:22', '10:22', metres => 240);
SELECT * FROM pg_temp.found WHERE plate = '浙EC0025 yellow';

-- case 26: as 24, finished with stay_lawful at 10:30.  Expected: cleared 10:30; silent for that fence until 10:30 of the next day; another fence still raises
SELECT pg_temp.register('浙EC0026 yellow', 'hazmat');
UPDATE vigil_vehicle.vehicle SET region_code = 330502 WHERE plate = '浙EC0026 yellow';
UPDATE vigil.unit SET on_duty = false;
INSERT INTO vigil.unit (kind, name, region_code, capabilities, on_duty, task_limit, geom, located_at) SELECT 'police_patrol', 'case 26 ' || n, 330502, '{hazmat}', true, 10, ST_SetSRID(ST_MakePoint(101 + n * 0.01, 32), 4326), now() FROM generate_series(1, 2) AS n;
SELECT pg_temp.stand('浙EC0026 yellow', '10:00', '10:30');
SELECT cardinality(d.offered) >= 2 AS offered FROM vigil.dispatch() AS d;
SELECT t.id AS task, t.unit_id AS unit FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id JOIN vigil.unit AS u ON u.id = t.unit_id
WHERE i.subject = '浙EC0026 yellow'::vigil.plate::bigint AND t.state = 'offered' AND u.name = 'case 26 1' \gset
SELECT vigil.task_accept(:task, :unit), vigil.task_arrive(:task, :unit);
SELECT vigil.task_finish(:task, :unit, 'stay_lawful', jsonb_build_object('at', pg_temp.at('10:30')));
SELECT * FROM pg_temp.found WHERE plate = '浙EC0026 yellow';
SELECT pg_temp.stand('浙EC0026 yellow', '10:30:30', '12:00');
SELECT pg_temp.stand('浙EC0026 yellow', '12:15', '12:45', lon => 101.11);
SELECT plate, model, raised, cleared, fence FROM pg_temp.found WHERE plate = '浙EC0026 yellow';
-- back at the first fence from 10:00 of the next day: still silent at 10:29:30, no longer at 10:30:00
SELECT pg_temp.stand('浙EC0026 yellow', '34:00', '34:29:30');
SELECT plate, model, raised, cleared, fence FROM pg_temp.found WHERE plate = '浙EC0026 yellow';
SELECT pg_temp.stand('浙EC0026 yellow', '34:30', '34:30');
SELECT plate, model, raised, cleared, fence FROM pg_temp.found WHERE plate = '浙EC0026 yellow';

-- case 27: a fence of 22 vertices with a buffer of 200 m.  Expected: on every vertex and middle of an edge of what it covers, and a hair to each side, as ST_Covers says
INSERT INTO vigil.geofence (kind, code, area, buffer_m) SELECT 'school', 'case-27', ST_Multi(ST_MakePolygon(ST_MakeLine(ARRAY_AGG(ST_SetSRID(ST_MakePoint(102 + r * cosd(a), 32 + r * sind(a)), 4326) ORDER BY n)))), 200
FROM generate_series(0, 22) AS n CROSS JOIN LATERAL (SELECT 360.0 * (n % 22) / 22 AS a, 0.01 + 0.004 * (n % 2) AS r) AS v;
WITH fence AS (SELECT id, covered, ST_NPoints(area) - 1 AS vertices FROM vigil.geofence WHERE code = 'case-27'), ring AS (SELECT (ST_DumpPoints(covered)).geom AS p FROM fence),
    edge AS (SELECT p, lead(p) OVER () AS q FROM ring), point AS (SELECT ST_X(p) AS x, ST_Y(p) AS y FROM edge UNION ALL SELECT (ST_X(p) + ST_X(q)) / 2, (ST_Y(p) + ST_Y(q)) / 2 FROM edge WHERE q IS NOT NULL),
    near AS (SELECT x + dx * 1e-12 AS x, y + dy * 1e-12 AS y FROM point, generate_series(-1, 1) AS dx, generate_series(-1, 1) AS dy)
SELECT max(f.vertices) AS vertices, count(*) > 500 AS many, count(*) FILTER (WHERE ST_Covers(f.covered, ST_SetSRID(ST_MakePoint(x, y), 4326))) BETWEEN 100 AND count(*) - 100 AS both_answers,
    count(*) FILTER (WHERE ST_Covers(f.covered, ST_SetSRID(ST_MakePoint(x, y), 4326)) <> EXISTS (SELECT FROM vigil.fences_at(x, y) AS id WHERE id = f.id)) AS differ FROM fence AS f, near;

-- case 28: truck in truck_forbidden, permitted until 10:00:00.  Expected: none at 09:59:30 and 10:00:00, forbidden_area_entry at 10:00:30, the second point without a pass.
-- Passes (通行证) are not there yet: the permission is what an officer can give, silence of the model for the vehicle and fence until then
SELECT pg_temp.register('浙EC0028 yellow', 'truck_heavy'), pg_temp.register('浙EC1028 yellow', 'truck_heavy');
SELECT pg_temp.drive('浙EC0028 yellow', '09:30=30', '09:30', '09:30:30', lon => 101.25, lat => 32.005);
SELECT vigil.suppress('vehicle', '浙EC0028 yellow'::vigil.plate::bigint, 'forbidden_area_entry', :fence_28, pg_temp.at('10:00'), 'permitted', pg_temp.at('09:00')) > 0 AS permitted;
SELECT pg_temp.drive('浙EC0028 yellow', '09:50=30', '09:50', '10:00', lon => 101.31, lat => 32.005);
SELECT * FROM pg_temp.found WHERE plate = '浙EC0028 yellow';
SELECT pg_temp.drive('浙EC0028 yellow', '09:50=30', '10:00:30', '10:00:30', lon => 101.31, lat => 32.005), pg_temp.drive('浙EC1028 yellow', '09:50=30', '09:50', '09:50:30', lon => 101.31, lat => 32.005);
SELECT plate, model, situation, raised, fence FROM pg_temp.found WHERE plate::text LIKE '浙EC_028 yellow';

-- case 30: coach stands 3 min on an expressway; of 10 others on the segment 4 are slow, then 6.  Expected: 0.4 < 0.5, stop_expressway at 3 min; with 0.6: none
SELECT count(pg_temp.register(('浙EC30' || lpad(n::text, 2, '0') || ' yellow')::vigil.plate, 'coach_line')) FROM generate_series(0, 31) AS n;
SELECT sum(pg_temp.drive(('浙EC30' || lpad((n + 10 * road)::text, 2, '0') || ' yellow')::vigil.plate, CASE WHEN n <= 4 + 2 * road THEN '10:02=2' ELSE '10:02=60' END, '10:02', '10:02', lon => 100.1 + n * 0.01, lat => 32.1 + road * 0.1)) AS others
FROM generate_series(1, 10) AS n, generate_series(0, 1) AS road;
SELECT pg_temp.drive('浙EC3030 yellow', '10:00=0', '10:00', '10:03', lon => 100.05, lat => 32.1), pg_temp.drive('浙EC3031 yellow', '10:00=0', '10:00', '10:04', lon => 100.05, lat => 32.2);
SELECT h.plate, h.model, h.situation, h.raised, h.evidence -> 'minutes' AS minutes, h.evidence -> 'jam_share' AS jam_share FROM pg_temp.hazard AS h WHERE h.plate::text LIKE '浙EC30%';
SELECT vigil_vehicle.jam_share('浙EC3031 yellow'::vigil.plate::bigint, (SELECT id FROM vigil_vehicle.road_segment WHERE code = 'case-30b'), pg_temp.at('10:03')) AS jam_share;

-- case 31: visibility 90 m on an expressway, truck at 55, then 40 km/h.  Expected: low_visibility_speed (limit 40) at the third point at 55; cleared after 2 min at 40
INSERT INTO vigil_vehicle.road_state (segment_id, observed_at, visibility_m) SELECT id, pg_temp.at('09:55'), 90 FROM vigil_vehicle.road_segment WHERE code = 'case-31';
SELECT pg_temp.register('浙EC0031 yellow', 'truck_heavy');
SELECT pg_temp.drive('浙EC0031 yellow', '10:00=55 10:03=40', '10:00', '10:04:30', lat => 32.3);
SELECT plate, model, situation, raised, cleared, evidence -> 'limit' AS limit, evidence -> 'visibility_m' AS visibility_m, evidence -> 'speed_max' AS speed_max FROM pg_temp.hazard WHERE plate = '浙EC0031 yellow';
SELECT pg_temp.drive('浙EC0031 yellow', '10:00=55 10:03=40', '10:05', '10:05', lat => 32.3);
SELECT plate, model, raised, cleared, cleared_by FROM pg_temp.hazard WHERE plate = '浙EC0031 yellow';

-- case 34: the fence of three open hazards is deleted.  Expected: V1 clears at its next row, the others at sweep_hazards, reason fence_gone
SELECT count(pg_temp.register(format('浙EC034%s yellow', n)::vigil.plate, 'hazmat')), sum(pg_temp.stand(format('浙EC034%s yellow', n)::vigil.plate, '10:00', '10:20', lon => 101.21)) FROM generate_series(1, 3) AS n;
SELECT plate, model, raised, cleared FROM pg_temp.found WHERE plate::text LIKE '浙EC034%' ORDER BY plate;
DELETE FROM vigil.geofence WHERE code = 'case-34';
SELECT pg_temp.stand('浙EC0341 yellow', '10:20:30', '10:20:30', lon => 101.21);
SELECT plate, cleared, cleared_by, reason FROM pg_temp.found WHERE plate::text LIKE '浙EC034%' ORDER BY plate;
SELECT vigil_vehicle.sweep_hazards(pg_temp.at('10:30')) >= 2 AS swept;
SELECT plate, cleared, cleared_by, reason FROM pg_temp.found WHERE plate::text LIKE '浙EC034%' ORDER BY plate;
ROLLBACK;
