-- acceptance cases 12, 13, 16, 17, 19, 20, 22, 23: the vehicle.  Each says what is expected; hours are those of the case's day (case.psql).
-- Cases 14, 15, 18 and 21 need weighings, camera passes and their models, which are not there yet; of 16, 17 and 23 positions play what they can
\set ECHO none
\getenv abs_srcdir PG_ABS_SRCDIR
\set helpers :abs_srcdir '/sql/case.psql'
\i :helpers
\set ECHO all
-- roads to the east, each along a parallel of its own; the last is met only by points that jump
INSERT INTO vigil_vehicle.road_segment (code, class, limit_kmh, hazmat_forbidden, geom) VALUES
    ('case-12', 'provincial', 80, false, 'SRID=4326;LINESTRING(100 31, 100.3 31)'),
    ('case-13', 'expressway', 100, false, 'SRID=4326;LINESTRING(100 31.1, 100.3 31.1)'),
    ('case-20', 'provincial', 30, true, 'SRID=4326;LINESTRING(100 31.345, 100.4 31.345)');
CREATE VIEW pg_temp.speeding AS SELECT plate, model, situation, raised, cleared, evidence -> 'cap' AS cap, evidence -> 'limit' AS limit, evidence -> 'night_limit' AS night_limit,
    evidence -> 'speed_max' AS speed_max, evidence -> 'over_pct' AS over_pct, evidence ->> 'class' AS class FROM pg_temp.hazard;

-- case 12: hazmat on a provincial road, limit 80, 64.0 km/h at :00 :10 :20.  Expected: speeding_kind_cap (60 x 1.05 = 63) on the third; at 63.0: none
SELECT pg_temp.register('浙EC0012 yellow', 'hazmat'), pg_temp.register('浙EC1012 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0012 yellow', '09:00=64', '09:00', '09:00:10', lat => 31, step => '10 s');
SELECT * FROM pg_temp.speeding WHERE plate = '浙EC0012 yellow';
SELECT pg_temp.drive('浙EC0012 yellow', '09:00=64', '09:00:20', '09:00:20', lat => 31, step => '10 s'), pg_temp.drive('浙EC1012 yellow', '09:00=63', '09:00', '09:05', lat => 31, step => '10 s');
SELECT * FROM pg_temp.speeding WHERE plate::text LIKE '浙EC_012 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0012 yellow';

-- case 13: coach at 85.0 km/h on an expressway with limit 100.  Expected: none before 22:00, speeding_night (80 x 1.05 = 84) at the third row from 22:00:00 on
SELECT pg_temp.register('浙EC0013 yellow', 'coach_tour'), pg_temp.register('浙EC1013 yellow', 'coach_tour');
SELECT pg_temp.drive('浙EC0013 yellow', '21:58=85', '21:58', '22:00:30', lat => 31.1);
SELECT * FROM pg_temp.speeding WHERE plate = '浙EC0013 yellow';
SELECT pg_temp.drive('浙EC0013 yellow', '21:58=85', '22:01', '22:01', lat => 31.1), pg_temp.drive('浙EC1013 yellow', '21:58=84', '21:58', '22:05', lat => 31.1);
SELECT * FROM pg_temp.speeding WHERE plate::text LIKE '浙EC_013 yellow';

-- case 16: a coach with too many aboard.  Expected: as long as the video alarm is off none; overload_people on the third point with it, 55, red.
-- (57 persons seen, then 58, is a camera's to tell: not there yet; the terminal tells it by bit 4 of item 0x14)
SELECT pg_temp.register('浙EC0016 yellow', 'coach_line');
CREATE FUNCTION pg_temp.aboard(first interval, last interval, video_bits bigint) RETURNS bigint LANGUAGE sql AS $$
    WITH fed AS (INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, heading_deg, video_bits)
        SELECT p.plate, p.observed_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, aboard.video_bits FROM pg_temp.track('浙EC0016 yellow', '09:00=60', first, last, lat => 31.6) AS p RETURNING 1) SELECT count(*) FROM fed $$;
SELECT pg_temp.aboard('09:00', '09:05', 0), pg_temp.aboard('09:05:30', '09:06', 16), pg_temp.aboard('09:06:30', '09:06:30', 15), pg_temp.aboard('09:07', '09:07:30', 16);
SELECT plate, model FROM pg_temp.hazard WHERE plate = '浙EC0016 yellow';
SELECT pg_temp.aboard('09:08', '09:08', 31);
SELECT plate, model, situation, raised, cleared FROM pg_temp.hazard WHERE plate = '浙EC0016 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0016 yellow';
-- cleared by ten minutes without the bit
SELECT pg_temp.aboard('09:08:30', '09:18', 0);
SELECT plate, model, raised, cleared FROM pg_temp.hazard WHERE plate = '浙EC0016 yellow';
SELECT pg_temp.aboard('09:18:30', '09:18:30', 0);
SELECT plate, model, raised, cleared, cleared_by FROM pg_temp.hazard WHERE plate = '浙EC0016 yellow';

-- case 17: a plate that two feeds tell of 40 km apart, 600 s (240 km/h) and, another plate, 720 s (200 km/h) later.  Expected: clone_jump, veto, red;
-- the other none, for it is not above 200.  (With cameras A and B and their confidence it is not there yet)
SELECT pg_temp.register('浙EC0017 yellow', 'truck_heavy'), pg_temp.register('浙EC1017 yellow', 'truck_heavy'), pg_temp.register('浙EC2017 yellow', 'truck_heavy');
CREATE FUNCTION pg_temp.seen(plate vigil.plate, hour interval, km float8, source text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, source) SELECT $1, pg_temp.at($2), ST_X(p), ST_Y(p), 60, $4
    FROM CAST(ST_Project(ST_SetSRID(ST_MakePoint(100, 31.7), 4326)::geography, $3 * 1000, radians(0)) AS geometry) AS p $$;
SELECT pg_temp.seen('浙EC0017 yellow', '10:00', 0, 'A'), pg_temp.seen('浙EC0017 yellow', '10:10', 40, 'B'), pg_temp.seen('浙EC1017 yellow', '10:00', 0, 'A'), pg_temp.seen('浙EC1017 yellow', '10:12', 39.99, 'B');
SELECT plate, model, situation, raised, (evidence ->> 'km')::float8 AS km, evidence -> 'seconds' AS seconds, round((evidence ->> 'implied_kmh')::numeric) AS kmh FROM pg_temp.hazard WHERE plate IN ('浙EC0017 yellow', '浙EC1017 yellow');
SELECT * FROM pg_temp.state WHERE plate IN ('浙EC0017 yellow', '浙EC1017 yellow');
SELECT situation, veto FROM vigil.explain('vehicle', '浙EC0017 yellow'::vigil.plate::bigint);
-- one feed alone that jumps is drift, not a clone; nothing but feedback clears a clone
SELECT pg_temp.seen('浙EC2017 yellow', '10:00', 0, 'A'), pg_temp.seen('浙EC2017 yellow', '10:10', 40, 'A'), pg_temp.seen('浙EC0017 yellow', '11:00', 40, 'B'), pg_temp.seen('浙EC0017 yellow', '12:00', 41, 'B');
SELECT plate, model, raised, cleared FROM pg_temp.hazard WHERE plate IN ('浙EC0017 yellow', '浙EC2017 yellow');

-- case 19: ACC on, not located, recorder 50 km/h from 10:00:00.  Expected: gps_shield at 10:10:00; speed models silent for want of a point, at 130 km/h too
SELECT pg_temp.register('浙EC0019 yellow', 'hazmat'), pg_temp.register('浙EC1019 yellow', 'hazmat');
INSERT INTO vigil_vehicle.position (plate, observed_at, status_bits, recorder_speed_kmh, speed_kmh)
SELECT '浙EC0019 yellow', pg_temp.at('10:00' + n * interval '30 s'), 1, 50, NULL FROM generate_series(0, 19) AS n;
SELECT plate, model, raised FROM pg_temp.hazard WHERE plate = '浙EC0019 yellow';
INSERT INTO vigil_vehicle.position (plate, observed_at, status_bits, recorder_speed_kmh) VALUES ('浙EC0019 yellow', pg_temp.at('10:10'), 1, 50);
INSERT INTO vigil_vehicle.position (plate, observed_at, status_bits, recorder_speed_kmh)
SELECT '浙EC1019 yellow', pg_temp.at('10:00' + n * interval '30 s'), 1, 130 FROM generate_series(0, 20) AS n;
SELECT plate, model, situation, raised, evidence -> 'bad_min' AS bad_min, evidence -> 'recorder_speed' AS recorder_speed FROM pg_temp.hazard WHERE plate::text LIKE '浙EC_019 yellow' ORDER BY plate;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0019 yellow';

-- case 20: three jumps of 5 km and back in 40 min.  Expected: gps_drift at the third; nothing from a jump point, though one point would do
-- to raise and each lies in a forbidden area, on a forbidden road with limit 30, at 90 km/h
UPDATE vigil.model SET parameters = '{"min_points": 1}' WHERE code IN ('forbidden_area_entry', 'forbidden_road_entry');
UPDATE vigil.model SET parameters = '{"n": 1, "span_s": 0}' WHERE code IN ('speeding_segment', 'speeding_kind_cap');
INSERT INTO vigil.geofence (kind, code, area) VALUES ('hazmat_forbidden', 'case-20', ST_Multi(ST_MakeEnvelope(100, 31.34, 101, 31.35, 4326)));
SELECT pg_temp.register('浙EC0020 yellow', 'hazmat');
CREATE TEMP TABLE jumping AS SELECT * FROM pg_temp.track('浙EC0020 yellow', '10:00=40', '10:00', '10:40', lat => 31.3);
UPDATE jumping SET lat = 31.345, speed_kmh = 90 WHERE observed_at IN (pg_temp.at('10:05'), pg_temp.at('10:20'), pg_temp.at('10:39:30'));
SELECT count(*) AS jumps, round(min(ST_DistanceSphere(ST_MakePoint(lon, lat), ST_MakePoint(before_lon, 31.3)))::numeric / 1000, 1) AS km,
    count(*) FILTER (WHERE vigil_vehicle.road_segment_at(lon, lat) IS NOT NULL AND cardinality(ARRAY(SELECT vigil.fences_at(lon, lat))) = 1) AS in_places
FROM (SELECT *, lag(lon) OVER (ORDER BY observed_at) AS before_lon FROM jumping) AS j WHERE lat > 31.3;
INSERT INTO vigil_vehicle.position SELECT * FROM jumping WHERE observed_at < pg_temp.at('10:39:30');
SELECT plate, model, raised FROM pg_temp.hazard WHERE plate = '浙EC0020 yellow';
INSERT INTO vigil_vehicle.position SELECT * FROM jumping WHERE observed_at >= pg_temp.at('10:39:30');
SELECT plate, model, situation, raised, evidence -> 'count' AS count, (evidence ->> 'jump_m')::integer / 1000 AS km, evidence -> 'implied_kmh' > '180' AS faster FROM pg_temp.hazard WHERE plate = '浙EC0020 yellow';
-- the state's place is that of the newest point that is none
SELECT pg_temp.hour(s.observed_at) AS observed, s.lat, s.speed_kmh, s.segment_id FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = '浙EC0020 yellow';
UPDATE vigil.model SET parameters = '{}' WHERE code IN ('forbidden_area_entry', 'forbidden_road_entry', 'speeding_segment', 'speeding_kind_cap');

-- case 22: valid to 2022-01-31.  Expected: none on 01-31; inspection_overdue on 02-01, 70, yellow; the run after the new date is registered clears it
-- (the record of inspections, which clears on insert, is not there yet)
SELECT pg_temp.register('浙EC0022 yellow', 'truck_heavy');
UPDATE vigil_vehicle.vehicle SET inspection_until = '2022-01-31' WHERE plate = '浙EC0022 yellow';
SELECT vigil.run_model('inspection_overdue', '2022-01-31 02:20', ARRAY['浙EC0022 yellow'::vigil.plate::bigint]) AS last_day, vigil.run_model('inspection_overdue', '2022-02-01 02:20', ARRAY['浙EC0022 yellow'::vigil.plate::bigint]) AS next_day;
SELECT h.model, h.raised_at, h.evidence -> 'inspection_until' AS until, h.evidence -> 'days_over' AS days_over FROM vigil.hazard AS h WHERE h.subject = '浙EC0022 yellow'::vigil.plate::bigint;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0022 yellow';
UPDATE vigil_vehicle.vehicle SET inspection_until = '2023-01-31' WHERE plate = '浙EC0022 yellow';
SELECT vigil.run_model('inspection_overdue', '2022-02-02 02:20', ARRAY['浙EC0022 yellow'::vigil.plate::bigint]) AS renewed;
SELECT h.cleared_at, h.cleared_by FROM vigil.hazard AS h WHERE h.subject = '浙EC0022 yellow'::vigil.plate::bigint;

-- case 23: an unknown plate, full-width and with a dot, comes by.  Expected: one transit vehicle; again adds none; 浙I12345: reject bad_plate
SELECT accepted, duplicate, rejected FROM vigil_vehicle.ingest(jsonb_build_array(jsonb_build_object('plate', '浙Ｅ·Ｃ００２３ ', 'observed_at', pg_temp.at('09:00'), 'lon', 100, 'lat', 31.9, 'speed_kmh', 40)), source => 'case 23');
SELECT accepted, duplicate, rejected FROM vigil_vehicle.ingest(jsonb_build_array(jsonb_build_object('plate', '浙E C0023', 'observed_at', pg_temp.at('09:01'), 'lon', 100, 'lat', 31.9, 'speed_kmh', 40), jsonb_build_object('plate', '浙I12345', 'observed_at', pg_temp.at('09:01'), 'lon', 100, 'lat', 31.9)), source => 'case 23');
SELECT v.plate, v.status, v.kind FROM vigil_vehicle.vehicle AS v WHERE vigil.plate_letters(v.plate) = '浙EC0023' OR v.plate = vigil.plate_try('浙I12345');
SELECT reason, detail, payload ->> 'plate' AS plate FROM vigil.reject WHERE source = 'case 23';

-- nothing else was raised by any of these
SELECT model, count(*) FROM vigil.hazard WHERE profile = 'vehicle' AND subject IN (SELECT plate::bigint FROM vigil_vehicle.vehicle WHERE plate::text LIKE '浙EC_0%') GROUP BY model ORDER BY model COLLATE "C";
ROLLBACK;
