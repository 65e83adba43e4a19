-- every reason why a position cannot be used, at each door: ingest(jsonb), ingest(position[]), INSERT, COPY
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();
BEGIN;
CREATE TEMP TABLE fault (n serial, reason text, fields jsonb);
INSERT INTO fault (reason, fields) VALUES
    ('bad_plate', '{"plate": "浙I12345"}'), ('bad_plate', '{"plate": null}'),
    ('bad_time', '{"observed_at": "2022-13-20 09:00:00+08"}'), ('bad_time', '{"observed_at": null}'),
    ('future', jsonb_build_object('observed_at', now() + interval '6 min')), ('too_old', jsonb_build_object('observed_at', now() - interval '30 days 1 s')),
    ('no_fix', '{"lon": 0, "lat": 0}'), ('no_fix', '{"lon": 0, "lat": 0, "status_bits": 2}'),
    ('out_of_range', '{"lon": 72.999999}'), ('out_of_range', '{"lon": 136.000001}'), ('out_of_range', '{"lat": 2.999999}'), ('out_of_range', '{"lat": 54.000001}'),
    ('out_of_range', '{"lat": null}'), ('out_of_range', '{"lon": null}'), ('out_of_range', '{"lon": 0, "lat": 30}'),
    ('bad_speed', '{"speed_kmh": -0.1}'), ('bad_speed', '{"speed_kmh": 220.1}'), ('bad_heading', '{"heading_deg": -1}'), ('bad_heading', '{"heading_deg": 361}'),
    ('bad_alarm_bits', '{"alarm_bits": -1}'), ('bad_status_bits', '{"status_bits": 4294967296}'), ('bad_video_bits', '{"video_bits": 4294967296}'), ('bad_driver_id', '{"driver_id": 0}');
CREATE TEMP TABLE form (n serial, reason text, element jsonb);
INSERT INTO form (reason, element) VALUES
    ('bad_element', '7'), ('bad_element', 'null'), ('bad_element', '[]'), ('bad_plate', '{"plate": {}}'), ('bad_lon', '{"lon": "east"}'), ('bad_lat', '{"lat": [30]}'), ('bad_speed', '{"speed_kmh": "fast"}'),
    ('bad_heading', '{"heading_deg": 1.5}'), ('bad_altitude_m', '{"altitude_m": "high"}'), ('bad_mileage_km', '{"mileage_km": true}'), ('bad_recorder_speed_kmh', '{"recorder_speed_kmh": {}}'),
    ('bad_alarm_bits', '{"alarm_bits": 0.5}'), ('bad_satellites', '{"satellites": "many"}'), ('bad_signal', '{"signal": 100000}'), ('bad_driver_id', '{"driver_id": "me"}'), ('bad_backfill', '{"backfill": "perhaps"}'),
    ('bad_crs', '{"crs": "wgs"}'), ('bad_time', '{"observed_at": "infinity"}'), ('bad_time', '{"observed_at": "soon"}'), ('bad_source', '{"source": []}');

-- a good element with some fields changed
CREATE FUNCTION pg_temp.element(n integer, fields jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('plate', '浙E7N001 yellow', 'observed_at', now() - interval '1 hour' + make_interval(secs => n), 'lon', 120.1, 'lat', 30.8, 'speed_kmh', 60) || fields $$;
CREATE FUNCTION pg_temp.row_of(element jsonb) RETURNS vigil_vehicle.position LANGUAGE sql STABLE AS $$
    SELECT jsonb_populate_record(NULL::vigil_vehicle.position, element || jsonb_build_object('received_at', now())) $$;
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN regexp_replace(concat_ws(E'\n    ', SQLSTATE || ' ' || regexp_replace(SQLERRM, 'position_\w+', 'position'), nullif(detail, ''), nullif(hint, '')), '20(2[5-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+08', 'TIME', 'g');
END $$;
CREATE FUNCTION pg_temp.answer(i text, source text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(concat_ws(': ', i, (SELECT r.reason || ': ' || r.detail FROM vigil.reject AS r WHERE r.source = answer.source ORDER BY r.id DESC LIMIT 1)), '20(2[5-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+08', 'TIME', 'g') $$;
CREATE FUNCTION pg_temp.by_json(element jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(i::text, 'json door') FROM vigil_vehicle.ingest(jsonb_build_array(element), source => 'json door') AS i $$;
CREATE FUNCTION pg_temp.by_array(element jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    i record;
BEGIN
    SELECT a.* INTO i FROM vigil_vehicle.ingest(ARRAY[pg_temp.row_of(element || '{"source": "array door"}')]) AS a;
    RETURN pg_temp.answer(i::text, 'array door');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;       -- what the type refuses never becomes a row
END $$;
CREATE FUNCTION pg_temp.by_copy(element jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY (SELECT e.value ->> ''plate'', e.value ->> ''observed_at'', e.value ->> ''lon'', e.value ->> ''lat'', e.value ->> ''speed_kmh'', e.value ->> ''heading_deg'', e.value ->> ''alarm_bits'', e.value ->> ''status_bits'',
        e.value ->> ''video_bits'', e.value ->> ''driver_id'' FROM jsonb_array_elements(%L) AS e) TO PROGRAM ''cat > ingest_test.rows''', jsonb_build_array(pg_temp.element(0, '{"plate": "浙E7N002 yellow"}'), element));
    RETURN pg_temp.error_of('COPY vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, heading_deg, alarm_bits, status_bits, video_bits, driver_id) FROM PROGRAM ''cat ingest_test.rows''');
END $$;
CREATE FUNCTION pg_temp.by_insert(element jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.error_of(format('INSERT INTO vigil_vehicle.position SELECT * FROM pg_temp.row_of(%L) UNION ALL SELECT * FROM pg_temp.row_of(%L)', pg_temp.element(0, '{"plate": "浙E7N002 yellow"}'), element)) $$;

-- ranges: what each door says; an INSERT or COPY with one bad row stores none
\pset tuples_only on
\pset format unaligned
SELECT f.n || ' ' || f.reason || ' ' || regexp_replace(f.fields::text, '20(2[5-9]|[3-9]\d)-[^"]+', 'TIME', 'g') || E'\n  json   ' || pg_temp.by_json(pg_temp.element(f.n, f.fields)) || E'\n  array  ' || pg_temp.by_array(pg_temp.element(f.n, f.fields))
    || E'\n  INSERT ' || pg_temp.by_insert(pg_temp.element(f.n, f.fields)) || E'\n  COPY   ' || pg_temp.by_copy(pg_temp.element(f.n, f.fields))
FROM fault AS f ORDER BY f.n;
-- forms that only JSON can have
SELECT f.n || ' ' || f.element || E'\n  ' || pg_temp.by_json(CASE jsonb_typeof(f.element) WHEN 'object' THEN pg_temp.element(f.n, f.element) ELSE f.element END) FROM form AS f ORDER BY f.n;
\pset format aligned
\pset tuples_only off
SELECT count(*) AS nothing_stored FROM vigil_vehicle.position WHERE plate IN ('浙E7N001 yellow', '浙E7N002 yellow');
-- every reason is the expected one, each bad element is kept as it came, once
SELECT count(*) AS rejects, count(*) FILTER (WHERE r.reason = f.reason AND r.detail <> '' AND r.payload = pg_temp.element(f.n, f.fields)) AS as_expected
FROM (SELECT r.*, row_number() OVER (ORDER BY r.id) AS n FROM vigil.reject AS r WHERE r.source = 'json door') AS r JOIN fault AS f USING (n);
SELECT count(*) AS rejects, count(*) FILTER (WHERE r.reason = f.reason AND r.detail <> '') AS as_expected
FROM (SELECT r.*, row_number() OVER (ORDER BY r.id) - (SELECT count(*) FROM fault) AS n FROM vigil.reject AS r WHERE r.source = 'json door') AS r JOIN form AS f USING (n);
SELECT count(*) AS rejects, count(*) FILTER (WHERE r.reason = f.reason AND r.detail <> '' AND r.payload ->> 'plate' IS NOT DISTINCT FROM CASE WHEN f.fields ? 'plate' THEN NULL ELSE '浙E7N001 yellow' END) AS as_expected
FROM (SELECT r.*, row_number() OVER (ORDER BY r.id) AS k FROM vigil.reject AS r WHERE r.source = 'array door') AS r
JOIN (SELECT f.*, row_number() OVER (ORDER BY f.n) AS k FROM fault AS f WHERE f.fields ->> 'plate' IS NULL AND f.fields ->> 'observed_at' IS DISTINCT FROM '2022-13-20 09:00:00+08') AS f USING (k);
SELECT * FROM vigil_vehicle.ingest(ARRAY[NULL, NULL]::vigil_vehicle.position[]);
SELECT r.reason, r.detail, r.payload FROM vigil.reject AS r WHERE r.source = 'array' ORDER BY r.id DESC LIMIT 2;

-- the edges of the ranges are good; evidence out of its range is not believed, 360 is 0, 0 0 of a terminal that is not located is no point
CREATE TEMP TABLE good (n serial, fields jsonb);
INSERT INTO good (fields) VALUES ('{"lon": 73, "lat": 3}'), ('{"lon": 136, "lat": 54}'), ('{"speed_kmh": 0, "heading_deg": 0}'), ('{"speed_kmh": 220, "heading_deg": 359}'), ('{"heading_deg": 360}'),
    ('{"altitude_m": -500, "mileage_km": 0, "recorder_speed_kmh": 0, "satellites": 0, "signal": 0}'), ('{"altitude_m": 9000, "mileage_km": 4000000, "recorder_speed_kmh": 220, "satellites": 64, "signal": 31}'),
    ('{"altitude_m": -501, "mileage_km": -1, "recorder_speed_kmh": -1, "satellites": -1, "signal": -1}'), ('{"altitude_m": 9001, "mileage_km": 4000001, "recorder_speed_kmh": 221, "satellites": 65, "signal": 32}'),
    ('{"alarm_bits": 4294967295, "status_bits": 4294967295, "video_bits": 4294967295, "driver_id": 1}'), ('{"lon": 0, "lat": 0, "status_bits": 1}'), ('{"lon": null, "lat": null}'), ('{"speed_kmh": null}');
SELECT * FROM vigil_vehicle.ingest((SELECT jsonb_agg(pg_temp.element(g.n, g.fields) ORDER BY g.n) FROM good AS g), source => 'json door');
SELECT * FROM vigil_vehicle.ingest((SELECT array_agg(pg_temp.row_of(pg_temp.element(g.n, g.fields || '{"plate": "浙E7N003 yellow"}')) ORDER BY g.n) FROM good AS g));
CREATE VIEW pg_temp.stored AS SELECT p.plate, row_number() OVER (PARTITION BY p.plate ORDER BY p.observed_at) AS n, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.altitude_m, p.mileage_km, p.recorder_speed_kmh, p.satellites, p.signal, p.status_bits
FROM vigil_vehicle.position AS p WHERE p.plate::text LIKE '浙E7N00%';
SELECT * FROM pg_temp.stored WHERE plate = '浙E7N001 yellow' ORDER BY n;
SELECT count(*) AS stored_alike FROM pg_temp.stored AS a JOIN pg_temp.stored AS b USING (n) WHERE a.plate = '浙E7N001 yellow' AND b.plate = '浙E7N003 yellow' AND to_jsonb(a) - 'plate' = to_jsonb(b) - 'plate';
-- a bare INSERT stores what it is given; the models read 360 as 0
INSERT INTO vigil_vehicle.position SELECT (pg_temp.row_of(pg_temp.element(g.n, g.fields || '{"plate": "浙E7N004 yellow"}'))).* FROM good AS g WHERE g.n IN (3, 5);
SELECT s.speed_kmh, s.heading_deg, s.plate FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = '浙E7N004 yellow';
-- the clock's edges: 5 min ahead, less than 30 days back; the same time again is a duplicate, an older one late
SELECT * FROM vigil_vehicle.ingest(jsonb_build_array(pg_temp.element(0, jsonb_build_object('plate', '浙E7N005 yellow', 'observed_at', now() - interval '29 days 23:59')),
    pg_temp.element(0, jsonb_build_object('plate', '浙E7N005 yellow', 'observed_at', statement_timestamp() + interval '5 min')),
    pg_temp.element(0, jsonb_build_object('plate', '浙E7N005 yellow', 'observed_at', statement_timestamp() + interval '5 min'))), source => 'json door');
SELECT * FROM vigil_vehicle.ingest(jsonb_build_array(pg_temp.element(0, jsonb_build_object('plate', '浙E7N005 yellow', 'observed_at', now() - interval '1 day')), '{"plate": "浙E7N005 yellow"}'), source => 'json door');
ROLLBACK;
