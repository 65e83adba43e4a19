-- The ground into vigil, through its own imports: divisions, roads, fences, units.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;

CREATE TABLE tracks.import (what text, source_rows bigint, action text, reason text, rows bigint);
CREATE FUNCTION tracks.feature(geom geometry, ground text, properties jsonb) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_build_object('type', 'Feature', 'geometry', ST_AsGeoJSON(tracks.on_ground(geom, ground), 9)::jsonb, 'properties', jsonb_strip_nulls(properties));

-- Roads. A missing limit is left out, so that the import takes the one that the law gives the class.
CREATE TABLE tracks.road_class (highway text PRIMARY KEY, class text);
INSERT INTO tracks.road_class VALUES ('motorway', 'expressway'), ('motorway_link', 'expressway'), ('trunk', 'urban_expressway'), ('trunk_link', 'urban_expressway'),
    ('primary', 'national'), ('primary_link', 'national'), ('secondary', 'provincial'), ('secondary_link', 'provincial'), ('tertiary', 'county'),
    ('tertiary_link', 'county'), ('unclassified', 'township'), ('track', 'township'), ('residential', 'urban'), ('living_street', 'urban'), ('service', 'urban');
CREATE TABLE tracks.road_feature AS
SELECT tracks.feature(CASE WHEN r.oneway = '-1' THEN ST_Reverse(l.line) ELSE l.line END, 'liechtenstein', jsonb_build_object(
    'code', 'w' || r.osm_id, 'name', coalesce(r.name, r.ref), 'class', coalesce(c.class, r.highway), 'lanes', r.lanes, 'limit_kmh', r.maxspeed_kmh,
    'one_way', r.oneway IN ('yes', '-1'), 'hazmat_forbidden', r.hazmat = 'no',
    'flags', array_remove(ARRAY[CASE WHEN r.bridge = 'yes' THEN 'bridge' END, CASE WHEN r.tunnel = 'yes' THEN 'tunnel' END], NULL))) AS feature
FROM tracks.road AS r LEFT JOIN tracks.road_class AS c ON c.highway = r.highway CROSS JOIN LATERAL ST_GeomFromText(r.geom_wkt, 4326) AS l (line);
CREATE TEMP TABLE answer AS
SELECT i.action, i.reason FROM vigil_vehicle.import_road_segments((SELECT jsonb_agg(f.feature) FROM tracks.road_feature AS f)) AS i;
INSERT INTO tracks.import
SELECT 'roads', (SELECT count(*) FROM tracks.road), a.action, a.reason, count(*) FROM answer AS a GROUP BY a.action, a.reason;
DROP TABLE answer;

-- Fences. A waterway is a line: its fence is a strip of 10 m on both sides and reaches 50 m further.
CREATE TABLE tracks.fence_kind (osm_kind text PRIMARY KEY, kind text, buffer_m double precision, active_hours jsonb);
INSERT INTO tracks.fence_kind VALUES ('school', 'school', 0, NULL), ('government', 'government', 0, NULL), ('hospital', 'key_area', 0, NULL),
    ('public', 'key_area', 0, NULL), ('water_source', 'water_source', 0, NULL), ('waterway', 'water_source', 50, NULL), ('protected', 'hazmat_forbidden', 0, NULL),
    ('industry', 'yard', 0, NULL),
    ('residential', 'truck_forbidden', 0, '[{"from": "07:00", "to": "09:00"}, {"from": "17:00", "to": "19:00"}]');
CREATE TABLE tracks.fence AS
SELECT coalesce(e.value -> 'properties' ->> 'source', 'liechtenstein') AS ground, e.value -> 'properties' ->> 'kind' AS osm_kind,
    e.value -> 'properties' ->> 'osm_id' AS code, e.value -> 'properties' ->> 'name' AS name,
    (e.value -> 'properties' ->> 'valid')::boolean AS valid, ST_SetSRID(ST_GeomFromGeoJSON(e.value -> 'geometry'), 4326) AS geom
FROM tracks.document AS d CROSS JOIN LATERAL jsonb_array_elements(d.features -> 'features') AS e
WHERE e.value -> 'properties' ->> 'kind' IN (SELECT k.osm_kind FROM tracks.fence_kind AS k)
UNION ALL
SELECT 'liechtenstein', 'waterway', 'w' || w.osm_id, w.name, true, ST_Buffer(ST_GeomFromText(w.geom_wkt, 4326)::geography, 10)::geometry FROM tracks.waterway AS w;
CREATE TABLE tracks.fence_feature AS
SELECT f.osm_kind, k.kind, k.buffer_m, tracks.feature(f.geom, f.ground, jsonb_build_object('code', f.code, 'name', f.name, 'active_hours', k.active_hours,
    'ground', f.ground, 'osm_kind', f.osm_kind)) AS feature
FROM tracks.fence AS f JOIN tracks.fence_kind AS k USING (osm_kind);
CREATE TEMP TABLE answer AS
SELECT d.osm_kind, d.source_rows, i.action, i.reason, i.detail
FROM (SELECT f.osm_kind, f.kind, f.buffer_m, jsonb_agg(f.feature) AS features, count(*) AS source_rows FROM tracks.fence_feature AS f GROUP BY f.osm_kind, f.kind, f.buffer_m) AS d
CROSS JOIN LATERAL vigil.import_geofences(jsonb_build_object('type', 'FeatureCollection', 'features', d.features), d.kind, d.buffer_m) AS i;
INSERT INTO tracks.import
SELECT 'fences: ' || a.osm_kind, a.source_rows, a.action, a.reason, count(*) FROM answer AS a GROUP BY a.osm_kind, a.source_rows, a.action, a.reason;
DROP TABLE answer;

-- Divisions, vehicles, and as units on duty the police stations, fire stations and town halls of the map.
SELECT count(*) AS divisions FROM tracks.division AS d \gset
INSERT INTO tracks.import
SELECT 'divisions of Huzhou', :divisions, v.action, NULL, v.rows
FROM vigil.import_regions((SELECT jsonb_agg(to_jsonb(d) - '{level,kind}'::text[]) FROM tracks.division AS d)) AS i
CROSS JOIN LATERAL (VALUES ('inserted', i.accepted), ('updated', i.updated), ('rejected', i.rejected)) AS v (action, rows) WHERE v.rows > 0;
INSERT INTO tracks.import
SELECT 'vehicles', v.vehicles, a.action, NULL, a.rows
FROM (SELECT count(*) AS vehicles, jsonb_agg(jsonb_build_object('plate', p.plate, 'kind', f.kind, 'region_code', 330502)) AS registers
      FROM (SELECT DISTINCT p.file, p.plate FROM tracks.row AS p) AS p JOIN tracks.file AS f ON f.code = p.file) AS v
CROSS JOIN LATERAL vigil_vehicle.import_vehicles(v.registers) AS i
CROSS JOIN LATERAL (VALUES ('inserted', i.accepted), ('updated', i.updated), ('rejected', i.rejected)) AS a (action, rows) WHERE a.rows > 0;
INSERT INTO vigil.unit (kind, name, region_code, capabilities, on_duty, task_limit, geom, located_at)
SELECT k.kind, coalesce(p.name, p.value || ' ' || p.osm_id), 330502, '{hazmat}', true, 10,
    tracks.on_ground(ST_Point(p.lon, p.lat, 4326), 'liechtenstein'), now()
FROM tracks.poi AS p JOIN (VALUES ('police', 'police_patrol'), ('border_control', 'police_patrol'), ('fire_station', 'fire_rescue'), ('townhall', 'transport_team'))
    AS k (value, kind) ON k.value = p.value;

-- The first look builds the indexes of fences and roads that all sessions then share.
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS fences FROM vigil.fences_at(120.1, 30.87) \gset
SELECT vigil_vehicle.road_segment_at(120.1, 30.87) AS segment \gset
CREATE TABLE tracks.index_built AS SELECT extract(epoch FROM clock_timestamp() - :'started') AS seconds;
