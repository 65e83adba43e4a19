-- Where the data is put. vigil takes positions in China only, so every place is turned on the globe as a whole: its coordinates
-- become metres about its own middle (azimuthal equidistant), and these are read again about the new middle. North stays north,
-- distances hold (checks.sql measures how well).
\set ON_ERROR_STOP 1
SET client_min_messages = warning;

CREATE FUNCTION tracks.plane(middle geometry) RETURNS integer
LANGUAGE sql VOLATILE STRICT
AS $$
    INSERT INTO spatial_ref_sys (srid, proj4text)
    SELECT coalesce(max(s.srid), 910000) + 1,
        format('+proj=aeqd +lat_0=%s +lon_0=%s +datum=WGS84 +units=m +no_defs', ST_Y(middle), ST_X(middle))
    FROM spatial_ref_sys AS s WHERE s.srid BETWEEN 910001 AND 919999
    RETURNING srid;
$$;
COMMENT ON FUNCTION tracks.plane(geometry) IS 'A plane of metres about this point: the number of a coordinate system of our own';

-- Grounds: where roads and fences are. They come to lie side by side around Huzhou.
CREATE TABLE tracks.ground (name text PRIMARY KEY, middle geometry, put geometry, from_plane integer, to_plane integer);
INSERT INTO tracks.ground (name, middle, put)
SELECT g.name, ST_Point(g.lon, g.lat, 4326), ST_Point(g.to_lon, g.to_lat, 4326)
FROM (VALUES ('liechtenstein', 9.53, 47.14, 120.10, 30.87), ('helsinki', 24.944, 60.171, 120.60, 30.87),
    ('porto_alegre', -51.19, -30.036, 120.60, 30.47), ('bayreuth', 11.518, 50.001, 120.10, 30.37),
    ('andorra', 1.60, 42.57, 119.50, 30.87), ('moscow', 37.606, 55.816, 119.50, 30.37),
    ('campo_grande', -54.55, -20.49, 119.50, 31.37), ('sao_paulo', -46.628, -23.52, 120.60, 31.37))
    AS g (name, lon, lat, to_lon, to_lat);
UPDATE tracks.ground AS g SET from_plane = tracks.plane(g.middle), to_plane = tracks.plane(g.put);

CREATE FUNCTION tracks.on_ground(geom geometry, ground text) RETURNS geometry
LANGUAGE sql STABLE STRICT
RETURN (SELECT ST_Transform(ST_SetSRID(ST_Transform(geom, g.from_plane), g.to_plane), 4326) FROM tracks.ground AS g
        WHERE g.name = on_ground.ground);

-- Tracks: each file is laid with its middle on a point of a ground (lon, lat there). No file comes from a place whose roads or
-- fences are here, so what a track meets is chance: the movement is real, and so is the ground.
CREATE TABLE tracks.file (
    number integer PRIMARY KEY, code text UNIQUE, name text, ground text, lon double precision, lat double precision, letter text,
    kind text, as_filed boolean NOT NULL DEFAULT false, source_rows bigint, shift interval, from_plane integer, to_plane integer
);
INSERT INTO tracks.file (number, code, name, ground, lon, lat, letter, kind) VALUES
    (1, 'munich', 'munich_car', 'liechtenstein', 9.520, 47.170, 'M', 'hazmat'),
    (2, 'athens_1hz', 'pneuma_athens_1hz', 'helsinki', 24.944, 60.171, 'P', 'hazmat'),
    (3, 'athens_25hz', 'pneuma_athens_25hz', 'liechtenstein', 9.521, 47.140, 'N', 'truck_heavy'),
    (4, 'delivery', 'delivery_labelled', 'liechtenstein', 9.515, 47.165, 'D', 'truck_heavy'),
    (5, 'liverpool', 'liverpool_bus14', 'bayreuth', 11.575, 49.965, 'L', 'coach_line'),
    (6, 'austin', 'austin_buses_20170418', 'liechtenstein', 9.515, 47.145, 'A', 'coach_line'),
    (7, 'austin_as_filed', 'austin_buses_20170418, as filed', 'andorra', 1.60, 42.57, 'B', 'coach_line');
-- all are sent in order of time; the last is that file once more, as other vehicles, in the order of its lines
UPDATE tracks.file SET as_filed = true WHERE code = 'austin_as_filed';
