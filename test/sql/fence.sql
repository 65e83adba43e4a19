-- fences: import, what covers a point, how far the nearest is, hours, buffers, coordinate systems
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();
INSERT INTO vigil.fence_kind (bit, code, zh, en, stay_buffer_m) VALUES
    (50, 'fe_zone', '测试区', 'test zone', 0), (51, 'fe_quiet', '安静区', 'quiet zone', 300), (52, 'fe_none', '无', 'none', 0);

-- a square with a hole and an island in it, two parts, a ring the other way round, the same border twice
SELECT action, reason, detail, code FROM vigil.import_geofences($json${"type": "FeatureCollection", "features": [
 {"type": "Feature", "id": "fe-1", "properties": {"name": "水源地 一", "name_en": "Source one", "region_code": "330502"},
  "geometry": {"type": "MultiPolygon", "coordinates": [
   [[[100, 5], [100.4, 5], [100.4, 5.4], [100, 5.4], [100, 5]], [[100.1, 5.1], [100.3, 5.1], [100.3, 5.3], [100.1, 5.3], [100.1, 5.1]]],
   [[[100.18, 5.18], [100.22, 5.18], [100.22, 5.22], [100.18, 5.22], [100.18, 5.18]]]]}},
 {"type": "Feature", "properties": {"code": "fe-2", "valid_from": "2020-01-01T00:00:00+08:00", "subject_kinds": ["hazmat"],
   "active_hours": [{"days": [1, 2, 3, 4, 5], "from": "07:00", "to": "08:30"}]},
  "geometry": {"type": "Polygon", "coordinates": [[[100.4, 5], [100.4, 5.4], [100.8, 5.4], [100.8, 5], [100.4, 5]]]}},
 {"type": "Feature", "id": 3, "properties": {"buffer_m": 200},
  "geometry": {"type": "Polygon", "coordinates": [[[100.2, 5.6], [100.21, 5.6], [100.21, 5.61], [100.2, 5.61], [100.2, 5.6]]]}},
 {"type": "Feature", "id": "fe-bow", "geometry": {"type": "Polygon", "coordinates": [[[101, 5], [101.2, 5.2], [101.2, 5], [101, 5.2], [101, 5]]]}},
 {"type": "Feature", "id": "fe-hole-first", "geometry": {"type": "Polygon", "coordinates":
   [[[101.31, 5.01], [101.39, 5.01], [101.39, 5.09], [101.31, 5.01]], [[101.3, 5], [101.4, 5], [101.4, 5.1], [101.3, 5.1], [101.3, 5]]]}}]}$json$::jsonb,
    'fe_zone');
SELECT g.code, g.name, ST_NumGeometries(g.area) AS parts, ST_NRings(g.area) AS rings, ST_IsValid(g.area) AS valid, g.buffer_m, g.active_hours,
    g.subject_kinds, g.valid_from, g.valid_until, g.region_code, g.properties
FROM vigil.geofence AS g WHERE g.kind = 'fe_zone' ORDER BY g.code;

CREATE FUNCTION pg_temp.codes_at(lon double precision, lat double precision, kinds text[], at timestamptz DEFAULT NULL) RETURNS text
LANGUAGE sql VOLATILE RETURN (SELECT string_agg(g.code, ' ' ORDER BY g.code) FROM vigil.fences_at(lon, lat, kinds, at) AS f JOIN vigil.geofence AS g ON g.id = f);
SELECT what, pg_temp.codes_at(lon, lat, '{fe_zone}') AS codes, vigil.inside(lon, lat, 'fe_zone') AS inside,
    (SELECT string_agg(g.code, ' ' ORDER BY g.code) FROM vigil.geofence AS g WHERE g.kind = 'fe_zone' AND ST_Covers(g.covered, ST_Point(lon, lat, 4326)))
        IS NOT DISTINCT FROM pg_temp.codes_at(lon, lat, '{fe_zone}') AS as_st_covers,
    round(vigil.fence_distance_m(lon, lat, 'fe_zone')::numeric, 1) AS metres
FROM (VALUES
    (1, 'in the square', 100.05, 5.2), (2, 'in the hole', 100.15, 5.2), (3, 'on the hole''s border', 100.1, 5.2),
    (4, 'on the island', 100.2, 5.2), (5, 'on the island''s corner', 100.18, 5.22), (6, 'on the common border', 100.4, 5.2),
    (7, 'on the common corner', 100.4, 5.4), (8, 'in the neighbour', 100.6, 5.2), (9, 'a unit in the last place off', 100.80000000000001, 5.2),
    (10, '111 m west', 99.999, 5.2), (11, 'in the buffer, 199 m', 100.198205, 5.605), (12, 'out of the buffer, 201 m', 100.198187, 5.605),
    (13, 'in the bow', 101.02, 5.1), (14, 'between its loops', 101.1, 5.05), (15, 'far away', -70, -20))
    AS p (n, what, lon, lat) ORDER BY n;
-- other kinds: all, several, none; a null point is nowhere
SELECT pg_temp.codes_at(100.6, 5.2, NULL) AS any_kind, pg_temp.codes_at(100.6, 5.2, '{fe_quiet,fe_zone}') AS two, pg_temp.codes_at(100.6, 5.2, '{fe_quiet}') AS other,
    pg_temp.codes_at(100.6, 5.2, '{}') AS none, pg_temp.codes_at(NULL, 5.2, NULL) AS nowhere;
SELECT vigil.fence_distance_m(100.6, 5.2, 'fe_none') AS no_fence, vigil.fence_distance_m(NULL, 5.2, 'fe_zone') AS no_point,
    vigil.inside(NULL, 5.2, 'fe_zone') AS no_point_inside, vigil.inside(ST_Point(100.6, 5.2, 4326), 'fe_zone') AS of_geometry,
    round(vigil.fence_distance_m(ST_Point(99.999, 5.2, 4326), 'fe_zone')::numeric, 1) AS metres_of_geometry;
-- points as PostGIS stores them: z and m, with a box, empty, unknown and China's SRID; as an array, in the select list
SELECT what, vigil.inside(g, 'fe_zone') AS inside, round(vigil.fence_distance_m(g, 'fe_zone')::numeric, 1) AS metres FROM (VALUES
    (1, 'z', 'SRID=4326;POINT Z (100.6 5.2 7)'::geometry), (2, 'm', 'SRID=4326;POINT M (99.999 5.2 7)'), (3, 'z and m', 'SRID=4326;POINT ZM (100.6 5.2 7 8)'),
    (4, 'a box', postgis_addbbox('SRID=4326;POINT(100.6 5.2)'::geometry)), (5, 'empty', 'SRID=4326;POINT EMPTY'), (6, 'no SRID', 'POINT(100.6 5.2)'),
    (7, 'CGCS2000', 'SRID=4490;POINT(99.999 5.2)'), (8, 'null', NULL)) AS p (n, what, g) ORDER BY n;
SELECT cardinality(vigil.fence_list(100.4, 5.2, '{fe_zone}')) AS two, vigil.fence_list(100.15, 5.2, '{fe_zone}') IS NULL AS none,
    ARRAY(SELECT vigil.fences_at(100.4, 5.2, '{fe_zone}')) = vigil.fence_list(100.4, 5.2, '{fe_zone}') AS same;
-- a set of points against the fences in one query
EXPLAIN (COSTS OFF) SELECT f FROM generate_series(0, 80) AS x, vigil.fences_at(100 + x / 100.0, 5, '{fe_zone}') AS f;     -- no Function Scan of fences_at
SELECT g.code, count(*) FROM generate_series(0, 80) AS x, generate_series(0, 40) AS y, vigil.fences_at(100 + x / 100.0, 5 + y / 100.0, '{fe_zone}') AS f
JOIN vigil.geofence AS g ON g.id = f GROUP BY g.code ORDER BY g.code;

-- the nearest on the ellipsoid, as PostGIS has it
SELECT bool_and(abs(m.ours - m.theirs) <= greatest(0.001 * m.theirs, 0.01)) AS close, count(*) FILTER (WHERE m.theirs = 0) AS inside, count(*) AS points
FROM generate_series(0, 399) AS n
CROSS JOIN LATERAL (SELECT 100.15 + n * 7 % 100 / 1000.0 AS lon, 5.55 + n * 13 % 100 / 1000.0 AS lat) AS p
CROSS JOIN LATERAL (SELECT vigil.fence_distance_m(p.lon, p.lat, 'fe_zone') AS ours,
    (SELECT min(ST_Distance(g.covered::geography, ST_Point(p.lon, p.lat, 4326)::geography)) FROM vigil.geofence AS g WHERE g.code = '3' AND g.kind = 'fe_zone') AS theirs) AS m;

-- which fences count: without a time those valid now, at a time those in force then
INSERT INTO vigil.fence_kind (bit, code, zh, en) VALUES (53, 'fe_time', '时间', 'time');
INSERT INTO vigil.geofence (kind, code, area, covered, valid_from, valid_until, active_hours)
SELECT 'fe_time', v.code, a, a, v.valid_from, v.valid_until, v.active_hours
FROM ST_GeomFromEWKT('SRID=4326;MULTIPOLYGON(((110 5, 110.1 5, 110.1 5.1, 110 5.1, 110 5)))') AS a, (VALUES
    ('past', '-infinity'::timestamptz, '2020-01-01 00:00+08'::timestamptz, NULL::jsonb),
    ('school', '2020-01-01 00:00+08', 'infinity', '[{"days": [1, 2, 3, 4, 5], "from": "07:00", "to": "08:30"}]'),
    ('future', '2199-01-01 00:00+08', 'infinity', NULL)) AS v (code, valid_from, valid_until, active_hours);
SELECT p.what, pg_temp.codes_at(110.05, 5.05, '{fe_time}', p.at) AS codes, vigil.inside(110.05, 5.05, 'fe_time', p.at) AS inside,
    vigil.inside(ST_Point(110.05, 5.05, 4326), 'fe_time', p.at) AS of_geometry, vigil.fence_distance_m(110.05, 5.05, 'fe_time', p.at) AS metres,
    round(vigil.fence_distance_m(ST_Point(110.101, 5.05, 4326), 'fe_time', p.at)::numeric, 1) AS metres_outside
FROM (VALUES (1, 'now', NULL::timestamptz), (2, 'last moment of the past', '2019-12-31 23:59:59.999999+08'), (3, 'Wednesday, before school', '2020-01-01 06:59:59.999999+08'),
    (4, 'Wednesday, at school', '2020-01-01 07:00+08'), (5, 'Sunday', '2026-03-01 07:30+08'), (6, 'Monday, after', '2026-03-02 08:30+08'),
    (7, 'Monday, at school', '2026-03-02 08:29:59+08'), (8, 'the future', '2199-01-01 09:00+08')) AS p (n, what, at) ORDER BY n;
-- a rule of one's own on rows of a stream asks at the row's time, as the models do
SELECT vigil.add_model('vehicle', 'fe_rule', 'vehicle_speeding', 'inside(geom, ''fe_time'', observed_at) and fence_distance_m(geom, ''fe_time'', observed_at) = 0') > 1000 AS numbered;
SELECT t.ordinal, t.answer FROM vigil.try_models('[{"lon": 110.05, "lat": 5.05, "observed_at": "2026-03-02 07:30+08"}, {"lon": 110.05, "lat": 5.05, "observed_at": "2026-03-02 12:00+08"},
    {"lon": 110.05, "lat": 5.05, "observed_at": "2019-12-31 12:00+08"}, {"lon": 110.2, "lat": 5.05, "observed_at": "2026-03-02 07:30+08"}]') AS t WHERE t.model = 'fe_rule' ORDER BY t.ordinal;
DELETE FROM vigil.model WHERE code = 'fe_rule';
UPDATE vigil.geofence SET valid_until = 'infinity', valid_from = now() + interval '1 day' WHERE kind = 'fe_time' AND code = 'past';
DELETE FROM vigil.geofence WHERE kind = 'fe_time' AND code = 'school';
SELECT vigil.inside(110.05, 5.05, 'fe_time') AS none_valid_now, vigil.fence_distance_m(110.05, 5.05, 'fe_time') AS metres, pg_temp.codes_at(110.05, 5.05, NULL) AS codes;
DELETE FROM vigil.geofence WHERE kind = 'fe_time';

-- a call that is made again and again asks for the kind that it is given, by the bit that the kind has then
DO $$
DECLARE
    seen text[];
BEGIN
    FOR turn IN 0 .. 5 LOOP
        IF turn = 4 THEN
            UPDATE vigil.fence_kind SET bit = 60 WHERE code = 'fe_zone';
            UPDATE vigil.fence_kind SET bit = 50 WHERE code = 'fe_time';
        END IF;
        seen := seen || (vigil.inside(100.6, 5.2, CASE turn % 2 WHEN 0 THEN 'fe_zone' ELSE 'fe_time' END)::text || '/'
            || coalesce(cardinality(vigil.fence_list(100.6, 5.2, CASE turn % 2 WHEN 0 THEN '{fe_zone}'::text[] ELSE '{fe_time,fe_none}' END)), 0));
    END LOOP;
    ASSERT seen = '{true/1,false/0,true/1,false/0,true/1,false/0}', seen::text;
END $$;
DELETE FROM vigil.fence_kind WHERE code = 'fe_time';

-- again: nothing to do; one change; what a feature leaves out stays, null clears it
SELECT action, code FROM vigil.import_geofences('{"type": "Feature", "id": "fe-2", "geometry": {"type": "Polygon", "coordinates":
    [[[100.4, 5], [100.4, 5.4], [100.8, 5.4], [100.8, 5], [100.4, 5]]]}}', 'fe_zone');
SELECT action, code FROM vigil.import_geofences('{"type": "Feature", "id": "fe-2", "properties": {"subject_kinds": null, "valid_until": "2027-01-01T00:00:00+08:00"},
    "geometry": "POLYGON((100.4 5, 100.4 5.4, 100.8 5.4, 100.8 5, 100.4 5))"}', 'fe_zone');
SELECT g.active_hours, g.subject_kinds, g.valid_from, g.valid_until FROM vigil.geofence AS g WHERE g.kind = 'fe_zone' AND g.code = 'fe-2';
SELECT action, code FROM vigil.import_geofences('{"type": "Feature", "id": "fe-bow", "geometry": {"type": "Polygon", "coordinates":
    [[[101, 5], [101.2, 5.2], [101.2, 5], [101, 5.2], [101, 5]]]}}', 'fe_zone');
-- WKT and bare geometries are known again by their area; the same code may exist in another kind
SELECT action, reason, detail, code FROM vigil.import_geofences('POLYGON((102 5, 102.1 5.1, 102.1 5, 102 5))', 'fe_zone');
SELECT action, code FROM vigil.import_geofences('SRID=4490;MULTIPOLYGON(((102 5, 102.1 5.1, 102.1 5, 102 5)))', 'fe_zone');
SELECT action, code FROM vigil.import_geofences('{"type": "Polygon", "coordinates": [[[102, 5], [102.1, 5.1], [102.1, 5], [102, 5]]]}', 'fe_zone', 50);
SELECT action, code FROM vigil.import_geofences('{"type": "Feature", "id": "fe-2", "geometry": "POLYGON((103 5, 103.1 5, 103.1 5.1, 103 5))"}', 'fe_quiet');

-- what is refused, with its reason; the good ones among them are stored
SELECT action, reason, detail, code FROM vigil.import_geofences($json$[
 {"type": "Feature", "id": "fe-good", "geometry": "POLYGON((104 5, 104.1 5, 104.1 5.1, 104 5))"},
 {"type": "Feature", "id": "fe-twice", "geometry": "POLYGON((105 5, 105.1 5, 105.1 5.1, 105 5))"},
 {"type": "Feature", "id": "fe-twice", "geometry": "POLYGON((106 5, 106.1 5, 106.1 5.1, 106 5))"},
 7, null, {"type": "FeatureCollection"}, {"type": "Feature", "geometry": null}, "POINT EMPTY", "POLYGON((1 1, 2 2",
 {"type": "Point", "coordinates": [100, 5]}, {"type": "Polygon", "coordinates": []},
 {"type": "Polygon", "coordinates": [[["100", 5], [101, 5], [101, 6], ["100", 5]]]},
 {"type": "Polygon", "coordinates": [[[100, 5], [101, 5], [101, 95], [100, 5]]]},
 {"type": "Polygon", "coordinates": [[[100, 5], [101, 5], [100, 5], [100, 5]]]},
 "SRID=3857;POLYGON((1 1, 2 1, 2 2, 1 1))",
 {"type": "Feature", "id": "p-0", "properties": [], "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-1", "properties": {"name": ["a"]}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-2", "properties": {"buffer_m": "wide"}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-3", "properties": {"buffer_m": 50001}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-4", "properties": {"active_hours": [{"days": [8]}]}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-5", "properties": {"valid_from": "2026-01-01"}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-6", "properties": {"valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"},
  "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-7", "properties": {"subject_kinds": ["tank"]}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-8", "properties": {"subject_kinds": []}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"},
 {"type": "Feature", "id": "p-9", "properties": {"region_code": "1234567"}, "geometry": "POLYGON((1 1, 2 1, 2 2, 1 1))"}]$json$::jsonb, 'fe_zone');
SELECT r.source, r.reason, count(*) FROM vigil.reject AS r WHERE r.source = 'import_geofences' GROUP BY 1, 2 ORDER BY 2;
SELECT r.detail, r.payload FROM vigil.reject AS r WHERE r.source = 'import_geofences' AND r.payload ->> 'id' = 'p-3';
\set VERBOSITY terse
SELECT * FROM vigil.import_geofences(NULL::jsonb, 'fe_zone');
SELECT * FROM vigil.import_geofences('[]', 'no_such_kind');
SELECT * FROM vigil.import_geofences('[]', NULL);
SELECT * FROM vigil.import_geofences('[]', 'fe_zone', -1);
SELECT * FROM vigil.import_geofences('[]', 'fe_zone', 'NaN');
SELECT * FROM vigil.import_geofences('[]', 'fe_zone', 0, 'mars');
SELECT * FROM vigil.import_geofences('{"type": "FeatureCollection"', 'fe_zone');
SELECT * FROM vigil.import_geofences('{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}, "features": []}', 'fe_zone');
SELECT count(*) FROM vigil.import_geofences('{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}, "features": []}', 'fe_zone');
SELECT vigil.inside(181, 5, 'fe_zone');
SELECT vigil.fences_at(100, 'NaN');
SELECT vigil.fence_distance_m(100, -90.1, 'fe_zone');
SELECT vigil.inside(100, 5, 'no_such_kind');
SELECT vigil.fences_at(100, 5, '{no_such_kind}');
SELECT vigil.fence_distance_m(100, 5, 'no_such_kind');
SELECT vigil.inside('SRID=4326;LINESTRING(0 0, 1 1)'::geometry, 'fe_zone');
SELECT vigil.inside('SRID=3857;POINT(11198900 579500)'::geometry, 'fe_zone');
SELECT vigil.inside(100.6, 5.2, 'fe_zone', 'infinity');
SELECT * FROM vigil.fences_at(100.6, 5.2, '{fe_zone,no_such_kind}');

-- the table itself refuses the same
INSERT INTO vigil.geofence (kind, area, covered) SELECT 'fe_zone', a, a FROM ST_GeomFromEWKT('SRID=4326;MULTIPOLYGON EMPTY') AS a;
INSERT INTO vigil.geofence (kind, area, covered) SELECT 'fe_zone', a, a FROM ST_GeomFromEWKT('SRID=4326;MULTIPOLYGON(((0 0, 1 0, 0 0, 0 0)))') AS a;
INSERT INTO vigil.geofence (kind, area, covered) SELECT 'fe_zone', a, a FROM ST_GeomFromEWKT('SRID=4326;MULTIPOLYGON(((0 0, 191 0, 0 1, 0 0)))') AS a;
UPDATE vigil.geofence SET buffer_m = 50001 WHERE kind = 'fe_zone' AND code = 'fe-good';
UPDATE vigil.geofence SET subject_kinds = '{}' WHERE kind = 'fe_zone' AND code = 'fe-good';
UPDATE vigil.geofence SET valid_until = '-infinity' WHERE kind = 'fe_zone' AND code = 'fe-good';
UPDATE vigil.geofence SET active_hours = '[{"from": "08:00", "to": "08:00"}]' WHERE kind = 'fe_zone' AND code = 'fe-good';
\set VERBOSITY default
SELECT hours, vigil.hours_problem(hours) AS problem, CASE WHEN vigil.hours_problem(hours) IS NULL THEN vigil.hours_packed(hours) END AS packed
FROM (VALUES (1, '[{"days": [1, 7], "from": "22:00", "to": "5:00"}]'::jsonb), (2, '[{"from": "7:30"}, {"to": "24:00", "days": [3]}]'), (3, '[]'), (4, '{}'),
    (5, '[{}]'), (6, '[{"from": "24:00"}]'), (7, '[{"to": "25:00"}]'), (8, '[{"to": "00:00"}]'), (9, '[{"days": []}]'), (10, '[{"day": [1]}]'))
    AS h (n, hours) ORDER BY n;

-- what a kind's stays count outside the fence is drawn beside it, and again when the kind changes
SELECT g.code, ST_Area(g.stay_covered::geography) > ST_Area(g.covered::geography) AS wider FROM vigil.geofence AS g WHERE g.kind = 'fe_quiet';
UPDATE vigil.fence_kind SET stay_buffer_m = 0 WHERE code = 'fe_quiet';
SELECT g.code, g.stay_covered IS NULL AS same FROM vigil.geofence AS g WHERE g.kind = 'fe_quiet';

-- 22 corners, 200 m: on the buffered edge the answer is that of ST_Covers
SELECT action FROM vigil.import_geofences(ST_AsText(ST_MakePolygon(ST_MakeLine(ARRAY(SELECT ST_Point(
    107 + (0.01 + i * 7 % 5 * 0.001) * cos(2 * pi() * (i % 22) / 22), 5 + (0.01 + i % 22 * 7 % 5 * 0.001) * sin(2 * pi() * (i % 22) / 22))
    FROM (SELECT n % 22 AS i, n FROM generate_series(0, 22) AS n) AS c ORDER BY n)))), 'fe_none', 200);
WITH corner AS (
    SELECT d.geom AS a, lead(d.geom) OVER (ORDER BY d.path) AS b, g.covered FROM vigil.geofence AS g, ST_DumpPoints(g.covered) AS d WHERE g.kind = 'fe_none'
), point AS (
    SELECT a AS p, covered FROM corner UNION ALL SELECT ST_LineInterpolatePoint(ST_MakeLine(a, b), f), covered FROM corner, unnest(ARRAY[0.25, 0.5, 0.9]) AS f WHERE b IS NOT NULL
)
SELECT count(*) > 200 AS many, count(*) FILTER (WHERE ST_Covers(covered, p)) BETWEEN 1 AND count(*) - 1 AS both_sides,
    count(*) FILTER (WHERE ST_Covers(covered, p) <> vigil.inside(p, 'fe_none')) AS different
FROM point;

-- a change is seen at the next statement, also in one's own transaction; a rollback brings back what was
BEGIN;
SELECT pg_temp.codes_at(104.05, 5.02, '{fe_zone}') AS before;
UPDATE vigil.geofence SET area = ST_Translate(area, 1, 0) WHERE kind = 'fe_zone' AND code = 'fe-good';
SELECT pg_temp.codes_at(104.05, 5.02, '{fe_zone}') AS after_update, pg_temp.codes_at(105.05, 5.02, '{fe_zone}') AS there;
SAVEPOINT moved;
DELETE FROM vigil.geofence WHERE kind = 'fe_zone' AND code = 'fe-good';
SELECT pg_temp.codes_at(105.05, 5.02, '{fe_zone}') AS after_delete;
ROLLBACK TO moved;
SELECT pg_temp.codes_at(105.05, 5.02, '{fe_zone}') AS after_rollback_to;
ROLLBACK;
SELECT pg_temp.codes_at(104.05, 5.02, '{fe_zone}') AS after_rollback;
UPDATE vigil.geofence SET buffer_m = 5000 WHERE kind = 'fe_zone' AND code = 'fe-good';
SELECT pg_temp.codes_at(103.99, 5.0, '{fe_zone}') AS in_new_buffer;
DO $$
DECLARE
    seen text[];
BEGIN
    seen := seen || pg_temp.codes_at(104.05, 5.02, '{fe_zone}');
    DELETE FROM vigil.geofence WHERE kind = 'fe_zone' AND code = 'fe-good';
    seen := seen || pg_temp.codes_at(104.05, 5.02, '{fe_zone}');
    ASSERT seen = ARRAY['fe-good', NULL], seen::text;
END $$;

-- GCJ-02: unconverted it would be 507 to 546 m away; both systems come back to less than a centimetre
SELECT s.system, round(ST_Distance(p.wgs84::geography, s.sent::geography)::numeric, 1) AS metres, ST_Distance(p.wgs84::geography, s.back::geography) < 0.01 AS comes_back,
    ST_SRID(s.back) AS srid
FROM (SELECT ST_Point(120.086881, 30.893610, 4326) AS wgs84) AS p
CROSS JOIN LATERAL (VALUES ('gcj02', vigil.to_gcj02(p.wgs84), vigil.from_gcj02(vigil.to_gcj02(p.wgs84))),
    ('bd09', vigil.to_bd09(p.wgs84), vigil.from_bd09(vigil.to_bd09(p.wgs84)))) AS s (system, sent, back) ORDER BY s.system DESC;
-- whole geometries: type, z, m, SRID and empties stay; outside China nothing moves
SELECT ST_AsEWKT(vigil.to_gcj02(g), 6) AS gcj02 FROM (VALUES
    (1, 'POINT(120 31)'::geometry), (2, 'SRID=4490;LINESTRING Z (120 31 5, 120.1 31.1 6)'), (3, 'SRID=4326;POLYGON M ((120 31 1, 120.1 31 2, 120.1 31.1 3, 120 31 1))'),
    (4, 'GEOMETRYCOLLECTION(POINT EMPTY, MULTIPOINT(120 31, 2.35 48.85))'), (5, 'CIRCULARSTRING(120 31, 120.1 31.1, 120.2 31)'), (6, 'POLYGON EMPTY')) AS v (n, g) ORDER BY n;
SELECT vigil.to_gcj02(NULL::geometry) IS NULL AS nothing;
-- they are shifts of degrees: metres of a web map are refused, whether they say so or not
SELECT vigil.from_gcj02('SRID=3857;POINT(13368072 3620000)');
SELECT vigil.to_bd09('POINT(13368072 3620000)');
SELECT vigil.from_bd09('LINESTRING(120 31, 31 120)');
SELECT ST_AsEWKT(vigil.from_gcj02(vigil.to_gcj02(g)), 5) AS and_back FROM (VALUES (1, 'SRID=4490;POINT(120 31)'::geometry), (2, 'POINT(120 31)'), (3, ST_SetSRID('POINT EMPTY'::geometry, 4326))) AS v (n, g) ORDER BY n;
\set VERBOSITY terse
SELECT vigil.to_gcj02('SRID=3857;POINT EMPTY'), vigil.to_gcj02('SRID=32650;POINT(120 31)');
SELECT vigil.from_gcj02_bytes('\x01');
SELECT vigil.from_gcj02_bytes('');
\set VERBOSITY default
-- a fence drawn on a provider's map is put where it belongs
SELECT action FROM vigil.import_geofences(ST_AsText(vigil.to_gcj02('POLYGON((120.08 30.89, 120.09 30.89, 120.09 30.9, 120.08 30.9, 120.08 30.89))'::geometry)), 'fe_quiet', 0, 'gcj02');
SELECT ST_HausdorffDistance(g.area, 'SRID=4326;POLYGON((120.08 30.89, 120.09 30.89, 120.09 30.9, 120.08 30.9, 120.08 30.89))') < 1e-7 AS there
FROM vigil.geofence AS g WHERE g.kind = 'fe_quiet' AND g.code IS NULL;

-- who may: administrators import, readers ask
SET ROLE vigil_admin;
SELECT action, reason FROM vigil.import_geofences('{"type": "Feature", "id": "fe-admin", "geometry": "POLYGON((108 5, 108.1 5, 108.1 5.1, 108 5))"}', 'fe_zone');
SELECT action, reason FROM vigil.import_geofences('{"type": "Feature", "id": "fe-admin", "geometry": "LINESTRING(108 5, 108.1 5)"}'::jsonb, 'fe_zone');
SET ROLE vigil_reader;
SELECT vigil.inside(108.05, 5.02, 'fe_zone') AS inside, vigil.fence_distance_m(108.05, 5.02, 'fe_zone') AS metres;
\set VERBOSITY sqlstate
SELECT * FROM vigil.import_geofences('[]', 'fe_zone');
\set VERBOSITY default
RESET ROLE;
DELETE FROM vigil.geofence WHERE kind LIKE 'fe\_%';
DELETE FROM vigil.fence_kind WHERE code LIKE 'fe\_%';
DELETE FROM vigil.reject WHERE source = 'import_geofences';
