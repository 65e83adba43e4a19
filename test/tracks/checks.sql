-- Lines "ok …" or "not ok …": whether what vigil says of the tracks agrees with what plain SQL says of them.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';

CREATE TEMP TABLE judged AS
SELECT r.*, CASE WHEN (r.lon, r.lat) = (0, 0) THEN 'no_fix' WHEN r.lon NOT BETWEEN 73 AND 136 OR r.lat NOT BETWEEN 3 AND 54 THEN 'out_of_range'
                 WHEN r.speed_kmh NOT BETWEEN 0 AND 220 THEN 'bad_speed' END AS reason
FROM tracks.row AS r;
ANALYZE judged;

SELECT CASE WHEN b.rows = f.source_rows AND b.accepted + b.duplicate + b.late + b.rejected = b.rows AND s.stored = f.source_rows - b.rejected
    THEN 'ok ' ELSE 'not ok ' END
    || format('%s: %s rows in the file = %s accepted + %s duplicate + %s late + %s rejected; %s stored', f.name, f.source_rows, b.accepted,
        b.duplicate, b.late, b.rejected, s.stored)
FROM tracks.file AS f
LEFT JOIN (SELECT b.file, sum(b.rows) AS rows, sum(b.accepted) AS accepted, sum(b.duplicate) AS duplicate, sum(b.late) AS late, sum(b.rejected) AS rejected
      FROM tracks.batch AS b GROUP BY b.file) AS b ON b.file = f.code
CROSS JOIN LATERAL (SELECT count(*) AS stored FROM vigil_vehicle.position AS p WHERE p.source = f.code) AS s
ORDER BY f.number;

-- late: older than a row of its vehicle that an earlier batch brought
CREATE TEMP TABLE came AS
SELECT b.file, b.up_to, n AS number
FROM (SELECT b.file, b.rows, sum(b.rows) OVER (PARTITION BY b.file ORDER BY b.number)::bigint AS up_to FROM tracks.batch AS b) AS b
CROSS JOIN LATERAL generate_series(b.up_to - b.rows + 1, b.up_to) AS n;
ANALYZE came;
WITH brought AS (
    SELECT j.file, j.plate, j.at, max(j.at) OVER (PARTITION BY j.file, j.plate ORDER BY c.up_to RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
    FROM judged AS j JOIN came AS c USING (file, number) WHERE j.reason IS NULL
)
SELECT CASE WHEN s.late = b.late THEN 'ok ' ELSE 'not ok ' END || format('%s: %s rows late, %s by their order', f.name, b.late, s.late)
FROM (SELECT b.file, count(*) FILTER (WHERE b.at < b.newest) AS late FROM brought AS b GROUP BY b.file) AS s
JOIN (SELECT b.file, sum(b.late) AS late FROM tracks.batch AS b GROUP BY b.file) AS b USING (file)
JOIN tracks.file AS f ON f.code = s.file WHERE f.as_filed OR s.late <> 0 OR b.late <> 0 ORDER BY f.number;

SELECT CASE WHEN coalesce(s.rows, 0) = coalesce(k.rows, 0) THEN 'ok ' ELSE 'not ok ' END
    || format('%s: %s rows in vigil.reject as %s, %s by the bounds', f.name, coalesce(k.rows, 0), coalesce(s.reason, k.reason), coalesce(s.rows, 0))
FROM (SELECT j.file, j.reason, count(*) AS rows FROM judged AS j WHERE j.reason IS NOT NULL GROUP BY j.file, j.reason) AS s
FULL JOIN (SELECT r.source AS file, r.reason, count(*) AS rows FROM vigil.reject AS r WHERE r.source IN (SELECT f.code FROM tracks.file AS f) GROUP BY r.source, r.reason) AS k
    USING (file, reason)
LEFT JOIN tracks.file AS f ON f.code = coalesce(s.file, k.file)
ORDER BY f.number, coalesce(s.reason, k.reason);

SELECT CASE WHEN max(p.speed_kmh) <= 220 AND min(p.speed_kmh) >= 0 AND min(p.lon) >= 73 AND max(p.lon) <= 136 AND min(p.lat) >= 3 AND max(p.lat) <= 54
        AND max(p.observed_at) <= now() THEN 'ok ' ELSE 'not ok ' END
    || format('stored: speeds from %s to %s km/h, longitude %s to %s, latitude %s to %s, newest %s', min(p.speed_kmh), max(p.speed_kmh), min(p.lon),
        max(p.lon), min(p.lat), max(p.lat), max(p.observed_at))
FROM vigil_vehicle.position AS p;

SELECT CASE WHEN max(d.error) < 0.01 THEN 'ok ' ELSE 'not ok ' END
    || format('moved as a whole: of %s distances over 100 m none differs by more than %s %%', count(*), round(100 * max(d.error)::numeric, 4))
FROM (
    SELECT abs(ST_Distance(p.placed, p.next_placed) / nullif(ST_Distance(p.given, p.next_given), 0) - 1) AS error,
        ST_Distance(p.given, p.next_given) AS way_m
    FROM (SELECT r.placed, r.given, lead(r.placed) OVER w AS next_placed, lead(r.given) OVER w AS next_given
          FROM (SELECT r.file, r.number, ST_Point(r.lon, r.lat, 4326)::geography AS placed, ST_Point(g.lon, g.lat, 4326)::geography AS given
                FROM tracks.row AS r JOIN tracks.given AS g USING (file, line) WHERE r.number % 20 = 0 AND g.lon <> 0) AS r
          WINDOW w AS (PARTITION BY r.file ORDER BY r.number)) AS p
) AS d WHERE d.way_m > 100;

SELECT CASE WHEN count(*) FILTER (WHERE r.plates <> r.vehicles) = 0 THEN 'ok ' ELSE 'not ok ' END
    || format('%s vehicles have %s plates', sum(r.vehicles), sum(r.plates))
FROM (SELECT count(DISTINCT r.vehicle) AS vehicles, count(DISTINCT r.plate) AS plates FROM tracks.row AS r GROUP BY r.file) AS r;

SELECT CASE WHEN i.repaired = i.invalid AND i.refused = 0 THEN 'ok ' ELSE 'not ok ' END
    || format('fences: %s read, %s repaired, %s refused; the file calls %s of them invalid', i.rows, i.repaired, i.refused, i.invalid)
FROM (SELECT sum(i.rows) AS rows, coalesce(sum(i.rows) FILTER (WHERE i.action = 'repaired'), 0) AS repaired,
          coalesce(sum(i.rows) FILTER (WHERE i.action = 'refused'), 0) AS refused, (SELECT count(*) FROM tracks.fence AS f WHERE NOT f.valid) AS invalid
      FROM tracks.import AS i WHERE i.what LIKE 'fences:%') AS i;

-- a quarter of the places, unless every_place is given as yes
\if :{?every_place} \else
    \set every_place no
\endif
CREATE TEMP TABLE point AS SELECT DISTINCT p.lon, p.lat, ST_Point(p.lon, p.lat, 4326) AS geom FROM vigil_vehicle.position AS p
WHERE :'every_place'::boolean OR hashfloat8(p.lon) % 4 = 0;
CREATE INDEX ON point USING gist (geom);
ANALYZE point;
CREATE TEMP TABLE by_index AS SELECT p.lon, p.lat, f.id FROM point AS p CROSS JOIN LATERAL vigil.fences_at(p.lon, p.lat) AS f (id);
CREATE TEMP TABLE by_postgis AS SELECT p.lon, p.lat, g.id FROM vigil.geofence AS g JOIN point AS p ON ST_Covers(g.covered, p.geom);
SELECT CASE WHEN i.rows > 0 AND i.rows = g.rows AND b.rows = g.rows THEN 'ok ' ELSE 'not ok ' END
    || format('in which fences: at %s places the index says %s, ST_Covers %s, %s the same', p.rows, i.rows, g.rows, b.rows)
FROM (SELECT count(*) AS rows FROM point) AS p, (SELECT count(*) AS rows FROM by_index) AS i, (SELECT count(*) AS rows FROM by_postgis) AS g,
    (SELECT count(*) AS rows FROM by_index AS i JOIN by_postgis AS g USING (lon, lat, id)) AS b;

SELECT CASE WHEN l.rows > 0 AND l.rows = b.rows AND s.rows = b.rows THEN 'ok ' ELSE 'not ok ' END
    || format('hazards: %s live, %s by a backtest of the same rows, %s the same to the microsecond', l.rows, b.rows, s.rows)
FROM (SELECT count(*) AS rows FROM tracks.live) AS l, (SELECT count(*) AS rows FROM tracks.again) AS b,
    (SELECT count(*) AS rows FROM (SELECT * FROM tracks.live INTERSECT SELECT * FROM tracks.again) AS s) AS s;

SELECT CASE WHEN s.stays > 0 AND s.raised = s.distinct_ones THEN 'ok ' ELSE 'not ok ' END
    || format('stays: %s, raised %s times, at each fence once: %s', s.stays, s.raised, s.distinct_ones)
FROM (SELECT count(*) AS raised, count(DISTINCT (s.plate, s.since, s.fence_id)) AS distinct_ones, count(DISTINCT (s.plate, s.since)) AS stays
      FROM tracks.stay_raised AS s) AS s;

CREATE TEMP TABLE before AS SELECT s.* FROM vigil_vehicle.vehicle_state AS s;
SELECT count(*) AS rows FROM vigil_vehicle.position AS p \gset
SELECT CASE WHEN i.duplicate = f.source_rows AND i.accepted + i.late + i.rejected = 0
        AND :rows = (SELECT count(*) FROM vigil_vehicle.position AS p)
        AND NOT EXISTS (SELECT FROM vigil_vehicle.vehicle_state AS s JOIN before AS b USING (plate) WHERE (s.engine, s.observed_at) IS DISTINCT FROM (b.engine, b.observed_at))
    THEN 'ok ' ELSE 'not ok ' END
    || format('%s sent once more: %s of %s rows duplicate, no row and no state changed', f.name, i.duplicate, f.source_rows)
FROM tracks.file AS f CROSS JOIN LATERAL tracks.ingest(f.code, 1, f.source_rows) AS i WHERE f.code = 'liverpool';
