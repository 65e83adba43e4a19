-- Stays found against stays that people saw: the delivery trips say for each fix whether the driver drives or is on foot, so a
-- span on foot is a stay of the vehicle. The engine's stay point is asked by a backtest of the model of stays at key areas, with
-- other minutes and radius and one key area around everything. Gives tracks.stay_truth, tracks.stay_found, tracks.stay_meeting.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';

SELECT min(r.at)::timestamptz AS since, max(r.at)::timestamptz + interval '1 s' AS until FROM tracks.row AS r WHERE r.file = 'delivery' \gset
SELECT count(*) AS fences
FROM vigil.import_geofences(jsonb_build_object('type', 'Feature', 'properties', jsonb_build_object('code', 'all-trips'), 'geometry',
    (SELECT ST_AsGeoJSON(ST_Expand(ST_Extent(ST_Point(r.lon, r.lat, 4326))::geometry, 0.01))::jsonb
     FROM tracks.row AS r WHERE r.file = 'delivery')), 'key_area') \gset
CREATE TABLE tracks.stay_raised AS
SELECT b.subject::vigil.plate AS plate, (b.evidence ->> 'since')::timestamptz AS since, b.cleared_at, (b.evidence ->> 'fence_id')::bigint AS fence_id
FROM vigil.backtest('vehicle', :'since', :'until', '{"government_stay": {"minutes": 1, "radius_m": 30}}') AS b
WHERE b.what = 'hazard' AND b.model = 'government_stay' AND b.subject IN (SELECT r.plate::vigil.plate::bigint FROM tracks.row AS r WHERE r.file = 'delivery');
DELETE FROM vigil.geofence AS g WHERE g.kind = 'key_area' AND g.code = 'all-trips';

-- a stay can raise at one fence after another; where it was never cleared it lasts to the end of the trip
CREATE TABLE tracks.stay_found AS
SELECT s.plate, s.since, max(coalesce(s.cleared_at, e.at)) AS until
FROM tracks.stay_raised AS s
JOIN (SELECT r.plate::vigil.plate AS plate, max(r.at)::timestamptz AS at FROM tracks.row AS r WHERE r.file = 'delivery' GROUP BY r.plate) AS e USING (plate)
GROUP BY s.plate, s.since;

-- a label holds from its fix to the next one
CREATE TABLE tracks.stay_truth AS
WITH fix AS (
    SELECT d.trip, d.activity, r.plate::vigil.plate AS plate, r.at::timestamptz AS at,
        coalesce(lead(r.at) OVER trip, r.at)::timestamptz AS next_at,
        row_number() OVER trip - row_number() OVER (PARTITION BY d.trip, d.activity ORDER BY r.number) AS span
    FROM tracks.delivery AS d JOIN tracks.row AS r ON r.file = 'delivery' AND r.line = d.line
    WINDOW trip AS (PARTITION BY d.trip ORDER BY r.number)
)
SELECT f.plate, min(f.at) AS since, max(f.next_at) AS until FROM fix AS f WHERE f.activity = 'OnFoot' GROUP BY f.plate, f.trip, f.span;

CREATE TABLE tracks.stay_meeting AS
SELECT f.plate, f.since AS found_since, f.until AS found_until, t.since AS true_since, t.until AS true_until,
    extract(epoch FROM least(f.until, t.until) - greatest(f.since, t.since)) AS common_s
FROM tracks.stay_found AS f JOIN tracks.stay_truth AS t ON t.plate = f.plate AND t.since < f.until AND f.since < t.until;

-- found: half of the true stay is inside stays found; right: half of the stay found is on foot
CREATE VIEW tracks.stay_recall AS
SELECT m.minutes, count(*) AS stays, count(*) FILTER (WHERE s.common_s >= 0.5 * extract(epoch FROM t.until - t.since)) AS found
FROM (VALUES (1), (2), (5)) AS m (minutes)
JOIN tracks.stay_truth AS t ON t.until - t.since >= make_interval(mins => m.minutes)
CROSS JOIN LATERAL (SELECT sum(x.common_s) AS common_s FROM tracks.stay_meeting AS x WHERE x.plate = t.plate AND x.true_since = t.since) AS s
GROUP BY m.minutes;
CREATE VIEW tracks.stay_precision AS
SELECT m.minutes, count(*) AS stays, count(*) FILTER (WHERE s.common_s >= 0.5 * extract(epoch FROM f.until - f.since)) AS right_ones
FROM (VALUES (1), (2), (5)) AS m (minutes)
JOIN tracks.stay_found AS f ON f.until - f.since >= make_interval(mins => m.minutes)
CROSS JOIN LATERAL (SELECT sum(x.common_s) AS common_s FROM tracks.stay_meeting AS x WHERE x.plate = f.plate AND x.found_since = f.since) AS s
GROUP BY m.minutes;
