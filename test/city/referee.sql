-- A second opinion on the truth: the models' rules once more, in SQL, over the rows as sent. Set-wise and slow, with
-- tolerances where the engine has memory (segments by the nearest alone, jumps by neighbours), so it judges the
-- simulator: everything planted must be there, and nothing else.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';

CREATE TEMP TABLE fence AS
SELECT f.kind, f.active_hours #>> '{0,from}' AS opens, f.active_hours #>> '{0,to}' AS closes, f.subject_kinds,
    ST_GeomFromText(f.wkt, 4326) AS area,
    CASE f.kind WHEN 'water_source' THEN 200 WHEN 'school' THEN 100 WHEN 'government' THEN 100 WHEN 'key_area' THEN 100
        ELSE 0 END AS buffer_m
FROM city.fence AS f;
CREATE TEMP TABLE road AS
SELECT s.*, w.visibility_m, w.surface, ST_GeomFromText(s.wkt, 4326) AS geom
FROM city.road_segment AS s
LEFT JOIN (SELECT DISTINCT ON (code) * FROM city.road_state) AS w USING (code);
CREATE INDEX ON road USING gist (geom);
CREATE INDEX ON fence USING gist (area);
ANALYZE road;

CREATE TEMP TABLE sent AS
SELECT p.plate, p.observed_at AS at, extract(epoch FROM p.observed_at)::double precision AS t, p.lon, p.lat,
    p.speed_kmh::double precision AS gps_kmh, coalesce(p.recorder_speed_kmh, p.speed_kmh)::double precision AS kmh,
    p.recorder_speed_kmh AS recorder_kmh, p.heading_deg, p.alarm_bits, p.status_bits, p.video_bits, p.source,
    coalesce(v.kind, 'other') AS kind, coalesce(v.fence_exempt, '{}') AS exempt,
    ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326) AS point, p.observed_at::time AS tod
FROM vigil_vehicle.position AS p
LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = p.plate;
ANALYZE sent;

-- where: the nearest segment that fits the heading, and the fences
CREATE TEMP TABLE matched AS
SELECT s.plate, s.at, r.*
FROM sent AS s
JOIN LATERAL (
    SELECT r.code, r.class, r.limit_kmh, r.truck_limit_kmh, r.hazmat_forbidden, r.flags, r.mountain_grade, r.visibility_m,
        r.surface
    FROM road AS r, ST_LineLocatePoint(r.geom, s.point) AS l,
        degrees(ST_Azimuth(ST_Transform(ST_LineInterpolatePoint(r.geom, greatest(l - 0.001, 0)), 32650),
            ST_Transform(ST_LineInterpolatePoint(r.geom, least(l + 0.001, 1)), 32650))) AS along
    WHERE r.geom && ST_Expand(s.point, 0.0004)
      AND ST_Distance(r.geom::geography, s.point::geography) <= 30
      AND CASE WHEN r.one_way THEN abs((along::numeric - s.heading_deg + 540) % 360 - 180) <= 45
               ELSE abs((along::numeric - s.heading_deg + 450) % 180 - 90) <= 45 END
    ORDER BY ST_Distance(r.geom, s.point) LIMIT 1
) AS r ON true
WHERE s.lon IS NOT NULL;

-- runs of rows for which a rule holds
CREATE TEMP TABLE holds (model text, plate vigil.plate, at timestamptz, t double precision, holds boolean);
INSERT INTO holds
SELECT r.model, s.plate, s.at, s.t, coalesce(r.holds, false)
FROM sent AS s
LEFT JOIN matched AS m ON m.plate = s.plate AND m.at = s.at
CROSS JOIN LATERAL (
    SELECT s.kind IN ('coach_tour', 'coach_line') AS coach, s.kind IN ('truck_heavy') AS truck,
        s.tod >= '22:00' OR s.tod < '06:00' AS night,
        CASE s.kind WHEN 'hazmat' THEN ARRAY[80, 60] WHEN 'school_bus' THEN ARRAY[80, 60] WHEN 'other' THEN NULL
            ELSE ARRAY[100, 100] END AS cap
) AS k
CROSS JOIN LATERAL (VALUES
    ('speeding_segment', s.kmh > 1.1 * CASE WHEN k.truck THEN least(m.limit_kmh, m.truck_limit_kmh) ELSE m.limit_kmh END + 0.001),
    ('speeding_kind_cap', s.lon IS NOT NULL AND s.kmh > 1.05 * k.cap[CASE WHEN m.class = 'expressway' THEN 1 ELSE 2 END] + 0.001),
    ('speeding_night', k.coach AND k.night AND s.kmh > 0.84 * m.limit_kmh + 0.001),
    ('low_visibility_speed', s.kmh > CASE
        WHEN s.kind = 'school_bus' AND m.visibility_m < 200 THEN 20
        WHEN m.class = 'expressway' AND m.visibility_m < 50 THEN 20
        WHEN m.class = 'expressway' AND m.visibility_m < 100 THEN 40
        WHEN m.class = 'expressway' AND m.visibility_m < 200 THEN 60
        WHEN m.class <> 'expressway' AND m.visibility_m < 50 THEN 30 END),
    ('ice_speed', m.surface = 'ice' AND s.kmh > CASE WHEN s.kind = 'school_bus' THEN 20 ELSE 30 END),
    ('dangerous_section', (m.flags && '{sharp_bend,steep,cliff,waterside,black_spot}' AND s.kmh > 0.8 * m.limit_kmh + 0.001)
        OR (k.coach AND k.night AND m.mountain_grade >= 3)),
    ('forbidden_road_entry', s.kind = 'hazmat' AND m.hazmat_forbidden),
    ('overload_people', s.video_bits & 16 <> 0),
    ('gps_shield', s.status_bits & 1 = 1 AND (s.lon IS NULL OR s.alarm_bits & 368 <> 0)),
    ('video_blocked', s.video_bits & 3 <> 0 AND s.gps_kmh >= 10),
    ('speed_tamper', abs(s.gps_kmh - s.recorder_kmh) >= 20 AND s.gps_kmh >= 10 AND s.recorder_kmh >= 10),
    ('equipment_alarm', s.alarm_bits & 16850560 <> 0),
    ('stop_expressway', m.class = 'expressway' AND NOT m.flags && '{toll_gate}' AND s.kmh < 5),
    ('stop_structure', m.flags && '{tunnel,bridge}' AND s.kmh < 5)
) AS r (model, holds);

CREATE FUNCTION pg_temp.open_at(opens text, closes text, tod time) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT opens IS NULL OR CASE WHEN opens < closes THEN tod >= opens::time AND tod < closes::time
                                 ELSE tod >= opens::time OR tod < closes::time END
$$;
INSERT INTO holds
SELECT r.model, s.plate, s.at, s.t, EXISTS (
    SELECT FROM fence AS f
    WHERE f.kind = r.fence_kind AND ST_Covers(f.area, s.point) AND s.kind = ANY (f.subject_kinds)
      AND pg_temp.open_at(f.opens, f.closes, s.tod) AND NOT f.kind = ANY (s.exempt))
FROM sent AS s
JOIN (VALUES ('forbidden_area_entry', 'hazmat_forbidden', 'hazmat'),
             ('forbidden_area_entry', 'truck_forbidden', 'truck_heavy'),
             ('restricted_hours', 'restricted_hours', NULL)) AS r (model, fence_kind, kind)
    ON r.kind IS NULL OR r.kind = s.kind;
INSERT INTO holds
SELECT r.model, s.plate, s.at, s.t, s.gps_kmh = 0 AND NOT s.moved AND EXISTS (
        SELECT FROM fence AS f
        WHERE f.kind = ANY (r.fence_kinds) AND f.area && ST_Expand(s.point, 0.003)
          AND ST_DWithin(f.area::geography, s.point::geography, f.buffer_m)
          AND pg_temp.open_at(f.opens, f.closes, s.tod))
    AND NOT EXISTS (SELECT FROM fence AS f WHERE f.kind = 'normal_stop' AND ST_Covers(f.area, s.point)
                    AND s.kind = ANY (f.subject_kinds))
FROM (
    SELECT s.*, ST_Distance(s.point::geography, lag(s.point) OVER (PARTITION BY s.plate ORDER BY s.at)::geography) > 150 AS moved
    FROM sent AS s
) AS s
CROSS JOIN (VALUES ('water_source_stay', ARRAY['water_source']), ('school_stay', ARRAY['school']),
    ('government_stay', ARRAY['government', 'key_area'])) AS r (model, fence_kinds)
WHERE s.kind IN ('hazmat', 'truck_heavy');

CREATE TEMP TABLE found (model text, plate vigil.plate, at timestamptz);
INSERT INTO found
SELECT i.model, i.plate, min(i.at)
FROM (
    SELECT h.model, h.plate, h.at, h.t, h.run, row_number() OVER w AS n, h.t - first_value(h.t) OVER w AS span_s
    FROM (
        SELECT h.*, count(*) FILTER (WHERE NOT h.holds) OVER (PARTITION BY h.model, h.plate ORDER BY h.at) AS run
        FROM holds AS h
    ) AS h
    WHERE h.holds
    WINDOW w AS (PARTITION BY h.model, h.plate, h.run ORDER BY h.at)
) AS i
JOIN (VALUES ('speeding_segment', 3, 20), ('speeding_kind_cap', 3, 20), ('speeding_night', 3, 20),
    ('low_visibility_speed', 3, 0), ('ice_speed', 3, 0), ('dangerous_section', 2, 0), ('forbidden_road_entry', 3, 0),
    ('overload_people', 3, 0), ('gps_shield', 1, 570), ('video_blocked', 1, 300), ('speed_tamper', 1, 300),
    ('equipment_alarm', 1, 600), ('stop_expressway', 1, 180), ('stop_structure', 1, 120), ('forbidden_area_entry', 2, 0),
    ('restricted_hours', 2, 0), ('water_source_stay', 1, 900), ('school_stay', 1, 1200), ('government_stay', 1, 1800)
) AS n (model, n, span_s) ON n.model = i.model AND i.n >= n.n AND i.span_s >= n.span_s
GROUP BY i.model, i.plate, i.run;

-- driving: sessions between rests of 20 min
CREATE TEMP TABLE driven AS
SELECT d.*, sum(d.dt) FILTER (WHERE d.was_moving AND d.dt <= 300) OVER (PARTITION BY d.plate ORDER BY d.at) AS moving_s,
    sum(CASE WHEN d.still_s >= 1200 THEN 1 ELSE 0 END) OVER (PARTITION BY d.plate ORDER BY d.at) AS session
FROM (
    SELECT s.plate, s.at, s.t, s.kind, s.tod, s.exempt, s.gps_kmh >= 5 AS moving,
        s.t - lag(s.t) OVER w AS dt, lag(s.gps_kmh >= 5) OVER w AS was_moving, lag(s.gps_kmh >= 20) OVER w AS was_fast,
        CASE WHEN s.gps_kmh >= 5 AND NOT lag(s.gps_kmh >= 5) OVER w
             THEN s.t - coalesce(max(s.t) FILTER (WHERE s.gps_kmh >= 5) OVER before, 0) END AS still_s
    FROM sent AS s
    WHERE s.source IS DISTINCT FROM 'roadside' AND s.gps_kmh IS NOT NULL
    WINDOW w AS (PARTITION BY s.plate ORDER BY s.at),
        before AS (PARTITION BY s.plate ORDER BY s.at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS d;
INSERT INTO found
SELECT 'fatigue_continuous', d.plate, min(d.at) FILTER (WHERE d.t - d.since >= 14400 AND d.moving)
FROM (SELECT d.*, min(d.t) FILTER (WHERE d.moving) OVER (PARTITION BY d.plate, d.session) AS since FROM driven AS d) AS d
GROUP BY d.plate, d.session HAVING bool_or(d.t - d.since >= 14400 AND d.moving);
INSERT INTO found
SELECT 'fatigue_night', d.plate, min(d.at) FILTER (WHERE d.t - d.since >= 7200)
FROM (
    SELECT d.*, min(d.t) FILTER (WHERE d.moving) OVER (PARTITION BY d.plate, d.session) AS since
    FROM driven AS d
    WHERE d.kind IN ('coach_tour', 'coach_line') AND (d.tod >= '22:00' OR d.tod < '06:00') AND d.moving
) AS d
GROUP BY d.plate, d.session HAVING bool_or(d.t - d.since >= 7200);
INSERT INTO found
SELECT 'overtime_24h', d.plate, min(d.at)
FROM driven AS d
WHERE d.moving_s >= CASE WHEN d.kind IN ('truck_heavy', 'other') THEN 36000 ELSE 28800 END
GROUP BY d.plate;
INSERT INTO found
SELECT 'night_ban_coach', b.plate, min(b.at)
FROM (
    SELECT d.plate, d.at, sum(d.dt) OVER (PARTITION BY d.plate ORDER BY d.at
        RANGE BETWEEN interval '15 min' PRECEDING AND CURRENT ROW) AS moving_s
    FROM driven AS d
    WHERE d.kind IN ('coach_tour', 'coach_line') AND d.tod >= '02:00' AND d.tod < '05:00' AND d.was_fast AND d.dt <= 300
      AND NOT d.exempt && '{feeder,airport_rail_express}'
) AS b
WHERE b.moving_s >= 600
GROUP BY b.plate;

-- neighbours
CREATE TEMP TABLE pair AS
SELECT n.*, ST_Distance(n.point::geography, n.before::geography) AS m
FROM (
    SELECT s.plate, s.at, s.t - lag(s.t) OVER w AS dt, s.point, lag(s.point) OVER w AS before,
        s.source <> lag(s.source) OVER w AS other_feed, lag(s.gps_kmh) OVER w - s.gps_kmh AS lost_kmh
    FROM sent AS s
    WHERE s.lon IS NOT NULL
    WINDOW w AS (PARTITION BY s.plate ORDER BY s.at)
) AS n
WHERE n.dt > 0;
INSERT INTO found
SELECT 'gps_drift', j.plate, min(j.at)
FROM (
    SELECT p.plate, p.at, count(*) OVER (PARTITION BY p.plate ORDER BY p.at
        RANGE BETWEEN interval '60 min' PRECEDING AND CURRENT ROW) AS n
    FROM pair AS p WHERE p.dt <= 120 AND p.m >= 1000 AND p.m / p.dt * 3.6 > 180
) AS j
WHERE j.n >= 5      -- there and back, there and back, there
GROUP BY j.plate;
INSERT INTO found
SELECT 'clone_jump', p.plate, min(p.at) FROM pair AS p
WHERE p.other_feed AND p.m >= 5000 AND p.m / p.dt * 3.6 > 200
GROUP BY p.plate;
INSERT INTO found
SELECT 'harsh_driving', j.plate, min(j.at)
FROM (
    SELECT p.plate, p.at, count(*) OVER (PARTITION BY p.plate ORDER BY p.at
        RANGE BETWEEN interval '60 min' PRECEDING AND CURRENT ROW) AS n
    FROM pair AS p WHERE p.dt <= 3 AND p.lost_kmh / p.dt >= 9
) AS j
WHERE j.n >= 5
GROUP BY j.plate;

CREATE TEMP VIEW judged AS
SELECT coalesce(t.model, f.model) AS model, coalesce(t.plate::vigil.plate, f.plate) AS plate, t.note, t.raised_from,
    t.raised_until, f.at, t.model IS NOT NULL AS planted,
    f.at BETWEEN t.raised_from AND t.raised_until AS in_time
FROM city.truth AS t
FULL JOIN found AS f ON f.model = t.model AND f.plate = t.plate::vigil.plate
WHERE t.raised_from IS NOT NULL OR t.model IS NULL;
SELECT j.model, count(*) FILTER (WHERE j.planted) AS planted, count(*) FILTER (WHERE j.planted AND j.in_time) AS confirmed,
    count(*) FILTER (WHERE NOT j.planted) AS unplanned
FROM judged AS j GROUP BY j.model ORDER BY j.model;
SELECT j.* FROM judged AS j WHERE NOT j.planted OR j.in_time IS NOT TRUE ORDER BY j.model, j.plate LIMIT 60;
