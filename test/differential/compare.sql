-- Fences from the documents, points on and beside them, and what both sides answer; one line a check.
-- One area in three is widened; codes are the features' numbers, so that equal areas are fences of their own.
SELECT format('%s %s areas imported, %s repaired, %s refused', CASE WHEN count(*) FILTER (WHERE i.action IN ('inserted', 'repaired')) >= 2000 THEN 'ok' ELSE 'not ok' END,
    count(*) FILTER (WHERE i.action IN ('inserted', 'repaired')), count(*) FILTER (WHERE i.action = 'repaired'), count(*) FILTER (WHERE i.action = 'refused'))
FROM (
    SELECT k.kind, k.buffer_m, jsonb_agg(jsonb_build_object('type', 'Feature', 'id', f.number, 'geometry', f.geometry)) AS features
    FROM (SELECT row_number() OVER () AS number, e.value -> 'geometry' AS geometry
          FROM differential.document AS d, jsonb_array_elements(d.features -> 'features') AS e) AS f
    JOIN (VALUES (0, 'widened', 30), (1, 'drawn', 0), (2, 'drawn', 0)) AS k (remainder, kind, buffer_m) ON k.remainder = f.number % 3
    GROUP BY k.kind, k.buffer_m
) AS b CROSS JOIN LATERAL vigil.import_geofences(b.features, b.kind, b.buffer_m) AS i;
-- acceptance case 27: a fence of 22 corners, 200 m around
SELECT count(*) FROM vigil.import_geofences(jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array((
    SELECT jsonb_agg(jsonb_build_array(120.09 + (0.008 + n % 22 * 7 % 5 * 0.001) * cos(2 * pi() * (n % 22) / 22),
                                       30.89 + (0.008 + n % 22 * 7 % 5 * 0.001) * sin(2 * pi() * (n % 22) / 22)) ORDER BY n)
    FROM generate_series(0, 22) AS n))), 'case_27', 200) AS i \g /dev/null
ANALYZE vigil.geofence;

-- Every edge of every fence, and its place in an order that is random but always the same.
CREATE TEMP TABLE edge AS
    SELECT c.kind, c.x1, c.y1, c.x2, c.y2, hashint8extended(row_number() OVER (ORDER BY c.id, c.path), 1) AS place
    FROM (SELECT g.id, g.kind, d.path, ST_X(d.geom) AS x1, ST_Y(d.geom) AS y1, lead(ST_X(d.geom)) OVER ring AS x2, lead(ST_Y(d.geom)) OVER ring AS y2
          FROM vigil.geofence AS g, ST_DumpPoints(g.covered) AS d
          WINDOW ring AS (PARTITION BY g.id, d.path[1:2] ORDER BY d.path)) AS c
    WHERE c.x2 IS NOT NULL;
CREATE TEMP TABLE box AS SELECT row_number() OVER (ORDER BY g.id) AS number, ST_XMin(g.covered) AS x1, ST_XMax(g.covered) AS x2,
    ST_YMin(g.covered) AS y1, ST_YMax(g.covered) AS y2 FROM vigil.geofence AS g;
CREATE UNIQUE INDEX ON box (number);
ANALYZE edge;

-- all of case 27: its corners, and a hundred points along each edge
INSERT INTO differential.point (what, lon, lat)
SELECT 'case 27', e.x1 + (e.x2 - e.x1) * f / 100, e.y1 + (e.y2 - e.y1) * f / 100 FROM edge AS e, generate_series(0, 99) AS f WHERE e.kind = 'case_27';
-- a fifth each: corners; middles of edges; 1e-7 degrees beside corners; level with a corner within its neighbourhood; anywhere about a fence
INSERT INTO differential.point (what, lon, lat)
(SELECT 'corner', e.x1, e.y1 FROM edge AS e ORDER BY e.place LIMIT :points / 5)
UNION ALL
(SELECT 'middle of an edge', (e.x1 + e.x2) / 2, (e.y1 + e.y2) / 2 FROM edge AS e ORDER BY e.place LIMIT :points / 5)
UNION ALL
(SELECT 'beside a corner', e.x1 + n / 3 * 1e-7, e.y1 + n % 3 * 1e-7 FROM edge AS e, unnest(ARRAY[-4, -3, -2, -1, 1, 2, 3, 4]) AS n
 ORDER BY e.place + n::bigint * 1000003 LIMIT :points / 5)
UNION ALL
(SELECT 'level with a corner', e.x1 + (e.place % 1000) / 200000.0, e.y1 FROM edge AS e ORDER BY e.place DESC LIMIT :points / 5);
INSERT INTO differential.point (what, lon, lat)
SELECT 'anywhere', b.x1 + (b.x2 - b.x1) * ((h.h & 65535) / 43690.0 - 0.25), b.y1 + (b.y2 - b.y1) * (((h.h >> 20) & 65535) / 43690.0 - 0.25)
FROM (SELECT :points - count(*) AS wanted, (SELECT count(*) FROM box) AS boxes FROM differential.point) AS c
CROSS JOIN LATERAL generate_series(1, c.wanted) AS n CROSS JOIN LATERAL (SELECT hashint8extended(n, 5) AS h) AS h
JOIN box AS b ON b.number = 1 + n % c.boxes;
CREATE INDEX ON differential.point USING gist (geom);
ANALYZE differential.point;

CREATE TEMP TABLE ours AS SELECT p.id AS point, f AS fence FROM differential.point AS p, vigil.fences_at(p.lon, p.lat) AS f;
CREATE TEMP TABLE theirs AS SELECT p.id AS point, g.id AS fence FROM vigil.geofence AS g JOIN differential.point AS p ON ST_Covers(g.covered, p.geom);
CREATE TEMP TABLE different AS
    SELECT coalesce(o.point, t.point) AS point, coalesce(o.fence, t.fence) AS fence, o.point IS NULL AS missed
    FROM ours AS o FULL JOIN theirs AS t USING (point, fence) WHERE o.point IS NULL OR t.point IS NULL;
SELECT format('%s %s: %s points, %s in %s fences, %s answers differ from ST_Covers', CASE WHEN w.differ = 0 AND w.covered > 0 THEN 'ok' ELSE 'not ok' END,
    w.what, w.points, w.covered, w.answers, w.differ)
FROM (
    SELECT p.what, count(*) AS points, count(a.answers) AS covered, sum(a.answers) AS answers, coalesce(sum(d.differ), 0) AS differ
    FROM differential.point AS p
    LEFT JOIN (SELECT t.point, count(*) AS answers FROM theirs AS t GROUP BY t.point) AS a ON a.point = p.id
    LEFT JOIN (SELECT x.point, count(*) AS differ FROM different AS x GROUP BY x.point) AS d ON d.point = p.id
    GROUP BY p.what
) AS w ORDER BY w.what;
SELECT format('    point (%s, %s) fence %s of kind %s: the index %s it', p.lon, p.lat, d.fence, g.kind, CASE WHEN d.missed THEN 'misses' ELSE 'invents' END)
FROM different AS d JOIN differential.point AS p ON p.id = d.point JOIN vigil.geofence AS g ON g.id = d.fence ORDER BY d.point, d.fence LIMIT 20;
-- inside() is another way in; these points are on the edge or a rounding beside it, so the fence is 0 m away
WITH answer AS MATERIALIZED (
    SELECT t.point FROM theirs AS t JOIN vigil.geofence AS g ON g.id = t.fence WHERE g.kind = 'case_27'
)
SELECT format('%s case 27 by inside() and fence_distance_m(): %s points, %s in the fence, %s answers differ from ST_Covers',
    CASE WHEN count(*) FILTER (WHERE i.wrong) = 0 AND count(a.point) BETWEEN 1 AND count(*) - 1 THEN 'ok' ELSE 'not ok' END,
    count(*), count(a.point), count(*) FILTER (WHERE i.wrong))
FROM differential.point AS p LEFT JOIN answer AS a ON a.point = p.id
CROSS JOIN LATERAL (SELECT vigil.inside(p.lon, p.lat, 'case_27') <> (a.point IS NOT NULL)
    OR vigil.fence_distance_m(p.lon, p.lat, 'case_27') > CASE WHEN a.point IS NULL THEN 1e-6 ELSE 0 END AS wrong) AS i
WHERE p.what = 'case 27';
