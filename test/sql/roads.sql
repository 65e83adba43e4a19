-- roads: import, checks, the segment of a point, states; and the block that sessions share
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();

-- a street from west to east, a one-way street 44 m north of it, a ramp; and what an import refuses
SELECT code, action, reason FROM vigil_vehicle.import_road_segments($json${"type": "FeatureCollection", "features": [
 {"type": "Feature", "id": "rd-1", "properties": {"name": "湖织大道", "class": "provincial", "lanes": 4, "limit_kmh": 60,
   "flags": ["bridge", "waterside"]}, "geometry": {"type": "LineString", "coordinates": [[10.1, 20.9], [10.105, 20.9], [10.11, 20.9]]}},
 {"type": "Feature", "properties": {"code": "rd-2", "class": "urban", "one_way": "yes", "truck_limit_kmh": "40", "hazmat_forbidden": true},
   "geometry": {"type": "MultiLineString", "coordinates": [[[10.1, 20.9004], [10.105, 20.9004]], [[10.105, 20.9004], [10.11, 20.9004]]]}},
 {"type": "Feature", "properties": {"code": "rd-3", "class": "expressway", "mountain_grade": 3, "flags": ["toll_gate"]},
   "geometry": {"type": "LineString", "coordinates": [[10.12, 20.9, 3], [10.121, 20.901, 4]]}},
 {"type": "Feature", "properties": {"code": "rd-3", "class": "urban"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 2]]}},
 {"type": "Feature", "properties": {"class": "urban"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-5", "class": "lane"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-6", "class": "urban"}, "geometry": {"type": "Point", "coordinates": [1, 1]}},
 {"type": "Feature", "properties": {"code": "rd-7", "class": "urban"}, "geometry": {"type": "Line"}},
 {"type": "Feature", "properties": {"code": "rd-8", "class": "urban"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 2]]}},
 {"type": "Feature", "properties": {"code": "rd-9", "class": "urban", "limit_kmh": "fast"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-10", "class": "urban", "limit_kmh": 130}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-11", "class": "urban", "flags": ["lava"]}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-12", "class": "urban", "flags": [null]}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-13", "class": "urban", "one_way": "perhaps"}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": {"code": "rd-14", "class": "urban", "mountain_grade": 5}, "geometry": {"type": "LineString", "coordinates": [[1, 1], [1, 1.1]]}},
 {"type": "Feature", "properties": [], "geometry": null},
 {"type": "Feature", "properties": null}]}$json$);
SELECT code, name, class, lanes, one_way, limit_kmh, truck_limit_kmh, hazmat_forbidden, flags, mountain_grade
FROM vigil_vehicle.road_segment WHERE code LIKE 'rd-%' ORDER BY code;
-- what was refused is kept
SELECT r.reason, r.detail, r.payload -> 'properties' ->> 'code' AS code FROM vigil.reject AS r WHERE r.source = 'import_road_segments' ORDER BY r.id;
-- again, with one change, by an administrator; a single feature and a list are read too
SET ROLE vigil_admin;
SELECT code, action FROM vigil_vehicle.import_road_segments('{"type": "Feature", "properties": {"code": "rd-3", "class": "expressway",
  "mountain_grade": 3, "flags": ["toll_gate"]}, "geometry": {"type": "LineString", "coordinates": [[10.12, 20.9], [10.121, 20.901]]}}');
SELECT code, action FROM vigil_vehicle.import_road_segments('[{"type": "Feature", "properties": {"code": "rd-3", "class": "expressway",
  "mountain_grade": 2}, "geometry": {"type": "LineString", "coordinates": [[10.12, 20.9], [10.121, 20.901]]}}]');
RESET ROLE;
SELECT class, lanes, one_way, vigil_vehicle.road_limit_default(class, lanes, one_way) AS limit_kmh
FROM (VALUES ('expressway', NULL::integer, true), ('urban', 1, false), ('urban', 2, false), ('urban', 1, true), ('county', 1, false),
      ('county', NULL, false), ('township', NULL, false), ('lane', 1, false)) AS r (class, lanes, one_way);

-- the table refuses what the index could not take
\set VERBOSITY terse
INSERT INTO vigil_vehicle.road_segment (class, geom, limit_kmh) VALUES ('urban', 'SRID=4326;LINESTRING EMPTY', 50);
INSERT INTO vigil_vehicle.road_segment (class, geom, limit_kmh) VALUES ('urban', 'SRID=4326;LINESTRING(0 0, 0 86)', 50);
INSERT INTO vigil_vehicle.road_segment (class, geom, limit_kmh) VALUES ('urban', 'SRID=4326;LINESTRING(0 0, NaN 0)', 50);
INSERT INTO vigil_vehicle.road_segment (class, geom, limit_kmh) VALUES ('urban', 'SRID=4326;LINESTRING(0 0, 1 0)', 50);
INSERT INTO vigil_vehicle.road_segment (class, geom, limit_kmh, flags) VALUES ('urban', 'SRID=4326;LINESTRING(0 0, 0.1 0)', 50, '{NULL}');
INSERT INTO vigil_vehicle.road_state SELECT id, now(), 20000 FROM vigil_vehicle.road_segment WHERE code = 'rd-1';
INSERT INTO vigil_vehicle.road_state SELECT id, now(), NULL, 'lava' FROM vigil_vehicle.road_segment WHERE code = 'rd-1';
\set VERBOSITY default

-- the segment of a point (§3.9): nearest within 30 m, bearing within 45°, one-way in its direction only
SELECT what, (SELECT r.code FROM vigil_vehicle.road_at(lon, lat, heading) AS r) AS code
FROM (VALUES (1, 'on the street', 10.102, 20.9, 90), (2, 'the other way', 10.102, 20.9, 270), (3, 'across it', 10.102, 20.9, 0),
      (4, 'heading unknown', 10.102, 20.9, NULL), (5, 'on the one-way street', 10.102, 20.9004, 90),
      (6, 'against it', 10.102, 20.9004, 270), (7, 'between, against it', 10.102, 20.90024, 270),
      (8, '31 m off', 10.102, 20.89972, 90), (9, '29 m off', 10.102, 20.89974, 90), (10, 'nowhere', NULL, 20.9, 90))
    AS q (n, what, lon, lat, heading) ORDER BY n;
SELECT vigil_vehicle.road_segment_at(10.102, 20.9, 400);

-- a change is seen at the next statement, a rollback brings back what was
CREATE FUNCTION pg_temp.code_here() RETURNS text LANGUAGE sql
AS $$ SELECT r.code FROM vigil_vehicle.road_at(10.102, 20.9, 90) AS r $$;
BEGIN;
UPDATE vigil_vehicle.road_segment SET geom = 'SRID=4326;LINESTRING(10.1 20.8, 10.11 20.8)' WHERE code = 'rd-1';
SELECT pg_temp.code_here();
SAVEPOINT before_truncate;
TRUNCATE vigil_vehicle.road_segment CASCADE;
SELECT pg_temp.code_here(), vigil_vehicle.road_segment_at(10.102, 20.8);
ROLLBACK TO before_truncate;
SELECT pg_temp.code_here(), (SELECT code FROM vigil_vehicle.road_at(10.102, 20.8)) AS moved_to;
ROLLBACK;
SELECT pg_temp.code_here();
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM vigil_vehicle.road_segment WHERE code = 'rd-1';
SELECT pg_temp.code_here();
ROLLBACK;
SELECT pg_temp.code_here();
SELECT kind, bytes > 0 AS filled FROM vigil.shared_blocks() WHERE kind = 'road';
-- as many changes in one transaction as replaced blocks are kept, and more
DO $$
BEGIN
    FOR i IN 1 .. 12 LOOP
        UPDATE vigil_vehicle.road_segment SET name = 'name ' || i WHERE code = 'rd-1';
        ASSERT (SELECT r.name FROM vigil_vehicle.road_at(10.102, 20.9, 90) AS r) = 'name ' || i;
    END LOOP;
END $$;

-- a parallel worker reads the same index
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
CREATE TABLE road_point AS SELECT 10.1 + i * 0.00001 AS lon, 20.9 AS lat FROM generate_series(1, 999) AS i;
ALTER TABLE road_point SET (parallel_workers = 2); ANALYZE road_point;
SELECT count(*), count(DISTINCT vigil_vehicle.road_segment_at(lon, lat, 90)) FROM road_point
WHERE vigil_vehicle.road_segment_at(lon, lat, 90) IS NOT NULL;
BEGIN; -- also one that this transaction has made
UPDATE vigil_vehicle.road_segment SET one_way = true WHERE code = 'rd-1';
SELECT count(vigil_vehicle.road_segment_at(lon, lat, 90)) AS with_it, count(vigil_vehicle.road_segment_at(lon, lat, 270)) AS against_it
FROM road_point;
ROLLBACK;
DROP TABLE road_point;
RESET max_parallel_workers_per_gather;

-- states: the newest of the last 60 minutes, across the hour, never from the future
SELECT id AS segment FROM vigil_vehicle.road_segment WHERE code = 'rd-1' \gset
INSERT INTO vigil_vehicle.road_state VALUES (:segment, '2022-01-20 07:50', 90, 'wet'), (:segment, '2022-01-20 08:10', NULL, 'ice'),
    (:segment, '1999-12-31 23:50', 10, 'dry');
SELECT at, s.observed_at, s.visibility_m, s.surface
FROM unnest('{2022-01-20 07:49:59, 2022-01-20 07:50, 2022-01-20 08:05, 2022-01-20 08:10, 2022-01-20 09:10, 2022-01-20 09:10:00.000001,
    1999-12-31 23:59:59, 2000-01-01 00:20, infinity, -infinity}'::timestamptz[]) AS at,
    vigil_vehicle.road_state_at(:segment, at) AS s;
BEGIN;
UPDATE vigil_vehicle.road_state SET surface = 'snow' WHERE segment_id = :segment;
SELECT (vigil_vehicle.road_state_at(:segment, '2022-01-20 08:20')).surface;
ROLLBACK;
SELECT (vigil_vehicle.road_state_at(:segment, '2022-01-20 08:20')).surface;
SELECT count(DISTINCT vigil_vehicle.road_state_at(:segment, at)) FROM generate_series('2022-01-18'::timestamptz, '2022-01-21', '5 min') AS at;
SELECT pg_temp.code_here();
SELECT built_at AS built_before FROM vigil.shared_blocks() WHERE kind = 'road' \gset
INSERT INTO vigil_vehicle.road_state VALUES (:segment, '2022-01-20 08:15');
SELECT (vigil_vehicle.road_state_at(:segment, '2022-01-20 08:20')).surface, pg_temp.code_here();
SELECT built_at = :'built_before' AS segments_not_rebuilt FROM vigil.shared_blocks() WHERE kind = 'road';
INSERT INTO vigil_vehicle.road_state VALUES (:segment, '1980-01-20 08:15');
SELECT vigil_vehicle.purge_road_states('40 years');

DELETE FROM vigil_vehicle.road_segment WHERE code LIKE 'rd-%';
