-- The rows of all files in one form, placed, dated and with a plate.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';

-- at is the clock there. Files that count seconds only are said to begin at 08:30 (Athens) and 10:00 (each delivery trip).
CREATE TABLE tracks.given (
    file text, line bigint, vehicle text, at timestamp, lon double precision, lat double precision, plane_point geometry,
    speed_kmh real, heading_deg smallint
);
INSERT INTO tracks.given
SELECT f.code, a.line, a.vehicle_id, a.observed_at AT TIME ZONE interval '-05:00', a.lon, a.lat, NULL::geometry, (a.speed_ms * 3.6)::real,
    NULL::smallint
FROM tracks.austin AS a JOIN tracks.file AS f ON f.code IN ('austin', 'austin_as_filed')
UNION ALL
SELECT 'liverpool', l.line, l.vehicle_id, l.observed_at, l.lon, l.lat, NULL, NULL, l.bearing FROM tracks.liverpool AS l
UNION ALL
SELECT 'munich', m.line, '1', m.observed_at AT TIME ZONE interval '02:00', m.lon, m.lat, NULL, NULL, NULL FROM tracks.munich AS m
UNION ALL
SELECT 'athens_1hz', p.line, p.vehicle_id, timestamp '2018-10-24 08:30' + make_interval(secs => p.t_s), p.lon, p.lat, NULL, p.speed_kmh, NULL
FROM tracks.athens_1hz AS p
UNION ALL
SELECT 'athens_25hz', p.line, p.vehicle_id, timestamp '2018-10-24 08:30' + make_interval(secs => p.t_s), p.lon, p.lat, NULL, p.speed_kmh, NULL
FROM tracks.athens_25hz AS p
UNION ALL
SELECT 'delivery', p.line, p.trip::text, timestamp '2022-01-01 10:00' + make_interval(secs => p.t_s), NULL, NULL, ST_MakePoint(p.x_m, p.y_m), NULL,
    NULL
FROM tracks.delivery AS p;

-- Yesterday at the same time of day. A fix at 0, 0 is no place: it decides no middle and stays where it is.
UPDATE tracks.file AS f SET source_rows = g.rows, shift = make_interval(days => (now() AT TIME ZONE 'Asia/Shanghai')::date - 1 - g.newest),
    from_plane = tracks.plane(g.middle), to_plane = tracks.plane(tracks.on_ground(ST_Point(f.lon, f.lat, 4326), f.ground))
FROM (SELECT g.file, count(*) AS rows, max(g.at)::date AS newest,
          ST_Point((min(g.lon) + max(g.lon)) / 2, (min(g.lat) + max(g.lat)) / 2, 4326) AS middle
      FROM (SELECT g.file, g.at, nullif(g.lon, 0) AS lon, nullif(g.lat, 0) AS lat FROM tracks.given AS g) AS g GROUP BY g.file) AS g
WHERE g.file = f.code;
UPDATE tracks.given AS g SET plane_point = ST_SetSRID(ST_Transform(ST_Point(g.lon, g.lat, 4326), f.from_plane), f.to_plane)
FROM tracks.file AS f WHERE f.code = g.file AND g.plane_point IS NULL AND (g.lon <> 0 OR g.lat <> 0);

CREATE TABLE tracks.row AS
SELECT g.file, row_number() OVER (PARTITION BY g.file ORDER BY CASE WHEN NOT f.as_filed THEN g.at END, g.line) AS number, g.line,
    format('浙E%s%s yellow', f.letter, lpad(right(g.vehicle, 4), 4, '0')) AS plate, g.at + f.shift AS at,
    coalesce(round(ST_X(t.geom)::numeric, 7), g.lon::numeric) AS lon, coalesce(round(ST_Y(t.geom)::numeric, 7), g.lat::numeric) AS lat,
    g.speed_kmh, g.heading_deg, g.vehicle
FROM tracks.given AS g JOIN tracks.file AS f ON f.code = g.file
CROSS JOIN LATERAL (SELECT ST_Transform(ST_SetSRID(g.plane_point, f.to_plane), 4326) AS geom) AS t;
CREATE UNIQUE INDEX row_number_idx ON tracks.row (file, number);
ANALYZE tracks.row;
