-- Areas for a place without data: neighbours with common borders, holes, several parts, needles, some over each other.
-- A number between 0 and 1 of two others, always the same.
CREATE FUNCTION differential.unit(a integer, b integer) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (hashint8extended(a::bigint << 24 | b, 7) & 1048575) / 1048576.0;

-- A star about a point; seed makes it, its reach is in degrees.
CREATE FUNCTION differential.star(seed integer, lon double precision, lat double precision, reach double precision, corners integer) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT ST_MakePolygon(ST_AddPoint(l.line, ST_StartPoint(l.line)))
    FROM (SELECT ST_MakeLine(ST_Point(lon + r.reach * cos(2 * pi() * i / corners), lat + r.reach * sin(2 * pi() * i / corners), 4326) ORDER BY i) AS line
          FROM generate_series(0, corners - 1) AS i CROSS JOIN LATERAL (SELECT reach * (0.4 + 0.6 * differential.unit(seed, i)) AS reach) AS r) AS l;
END;

WITH corner AS (
    SELECT i, j, 120.0 + (i + 0.6 * differential.unit(i, j)) / 100 AS lon, 30.5 + (j + 0.6 * differential.unit(j + 1000, i)) / 100 AS lat
    FROM generate_series(0, 40) AS i, generate_series(0, 40) AS j
), area AS (
    SELECT ST_MakePolygon(ST_MakeLine(ARRAY[ST_Point(a.lon, a.lat, 4326), ST_Point(b.lon, b.lat, 4326), ST_Point(c.lon, c.lat, 4326),
        ST_Point(d.lon, d.lat, 4326), ST_Point(a.lon, a.lat, 4326)])) AS geom
    FROM corner AS a JOIN corner AS b ON b.i = a.i + 1 AND b.j = a.j JOIN corner AS c ON c.i = a.i + 1 AND c.j = a.j + 1
    JOIN corner AS d ON d.i = a.i AND d.j = a.j + 1
    UNION ALL       -- with a hole, and with an island in it
    SELECT ST_Union(ST_Difference(s.star, ST_Scale(s.star, ST_Point(0.6, 0.6, 4326), s.centre)), ST_Scale(s.star, ST_Point(0.2, 0.2, 4326), s.centre))
    FROM generate_series(1, 400) AS n
    CROSS JOIN LATERAL (SELECT ST_Point(119.9 + 0.6 * differential.unit(n, 1), 30.4 + 0.6 * differential.unit(n, 2), 4326) AS centre) AS c
    CROSS JOIN LATERAL (SELECT c.centre, differential.star(n, ST_X(c.centre), ST_Y(c.centre), 0.002 + 0.02 * differential.unit(n, 3), 7 + n % 40) AS star) AS s
    UNION ALL       -- of two parts, southern and western too
    SELECT ST_Collect(differential.star(n, lon, lat, 0.004, 9), differential.star(n, lon + 0.01, lat, 0.005, 12))
    FROM generate_series(1000, 1300) AS n
    CROSS JOIN LATERAL (SELECT (CASE WHEN n % 2 = 0 THEN 120 ELSE -58 END) + differential.unit(n, 1) AS lon,
                               (CASE WHEN n % 2 = 0 THEN 30 ELSE -34 END) + differential.unit(n, 2) AS lat) AS p
    UNION ALL       -- large ones over all, of many corners
    SELECT differential.star(n, 120.2, 30.7, 0.1 * n, 800) FROM generate_series(1, 8) AS n
    UNION ALL       -- needles
    SELECT ST_MakePolygon(ST_MakeLine(ARRAY[ST_Point(lon, 30.2, 4326), ST_Point(lon + 0.3, 30.3, 4326), ST_Point(lon + 1e-7, 30.2 + 2e-7, 4326), ST_Point(lon, 30.2, 4326)]))
    FROM generate_series(1, 60) AS n CROSS JOIN LATERAL (SELECT 120 + 0.001 * n AS lon) AS p
)
INSERT INTO differential.document (features)
SELECT jsonb_build_object('type', 'FeatureCollection', 'features',
    jsonb_agg(jsonb_build_object('type', 'Feature', 'geometry', ST_AsGeoJSON(a.geom, 15)::jsonb)))
FROM area AS a;
