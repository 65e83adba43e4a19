-- What the demo tells of the real tracks, before the units answer.
\ir ../city/story.psql
\echo 'WHAT AND WHERE: no track comes from a place whose roads or fences are here, and vigil takes positions in China of the last 30 days.'
\echo 'So each ground and each track was turned on the globe as a whole (distances hold) and put at Huzhou, the track on the ground, and'
\echo 'dated yesterday at its own time of day (Athens is said to begin at 08:30, each delivery trip at 10:00). Kinds are given here, plates'
\echo 'are made of the numbers in the file. The movement, its faults, the roads and the fences are real; that they meet is chance.'
SELECT f.name AS file, f.source_rows AS rows, count(DISTINCT r.plate) AS vehicles, f.kind AS "said to be", min(r.plate) AS "plates from",
    f.ground AS "laid on", to_char(min(r.at), 'HH24:MI') || ' to ' || to_char(max(r.at), 'HH24:MI') AS "time of day"
FROM tracks.file AS f JOIN tracks.row AS r ON r.file = f.code GROUP BY f.number ORDER BY f.number;
\echo 'THE GROUND, through import_road_segments(), import_geofences(), import_regions(), import_vehicles(); a waterway is a strip of 10 m on'
\echo 'both sides, reaching 50 m further; residential areas are forbidden to trucks from 07:00 to 09:00 and from 17:00 to 19:00'
SELECT i.what, i.source_rows AS "in the file", i.action, sum(i.rows) AS rows, k.kind AS "as fences of kind"
FROM tracks.import AS i LEFT JOIN tracks.fence_kind AS k ON i.what = 'fences: ' || k.osm_kind
GROUP BY i.what, i.source_rows, i.action, k.kind ORDER BY i.what, i.action DESC;
SELECT (SELECT count(*) FROM vigil.geofence) AS fences, (SELECT count(*) FROM vigil_vehicle.road_segment) AS roads, round(b.seconds, 2) AS "indexes built in s"
FROM tracks.index_built AS b;
\echo 'ROWS: in order of time (the last as its lines stand), 1,000 rows a COPY; a batch that COPY refuses for a row out of range goes through ingest()'
SELECT f.name AS file, b.way, count(*) AS batches, sum(b.rows) AS rows, round(sum(b.rows) / sum(b.seconds)) AS "rows/s", sum(b.accepted) AS accepted,
    sum(b.duplicate) AS duplicate, sum(b.late) AS late, sum(b.rejected) AS rejected,
    CASE WHEN b.way = 'ingest' THEN (SELECT string_agg(format('%s %s', r.rows, r.reason), ', ')
         FROM (SELECT r.reason, count(*) AS rows FROM vigil.reject AS r WHERE r.source = f.code GROUP BY r.reason ORDER BY r.reason) AS r) END AS reasons
FROM tracks.batch AS b JOIN tracks.file AS f ON f.code = b.file GROUP BY f.number, b.way ORDER BY f.number, b.way;
\echo 'Duplicate: under 1 s after another at the same place (a standing car at 25 Hz). Late: after a newer one of its vehicle; stored, not evaluated'
\echo 'WHAT THE TRACKS MET: share of positions within 30 m of a road, and inside a fence'
SELECT f.name AS file, CASE WHEN f.ground = 'liechtenstein' THEN round(100 * avg((vigil_vehicle.road_segment_at(p.lon, p.lat) IS NOT NULL)::integer), 1)::text
        ELSE 'no roads there' END AS "% on a road",
    round(100 * avg(EXISTS (SELECT FROM vigil.fences_at(p.lon, p.lat))::integer), 1) AS "% in a fence", round(max(p.speed_kmh)) AS "top km/h"
FROM vigil_vehicle.position AS p JOIN tracks.file AS f ON f.code = p.source GROUP BY f.number ORDER BY f.number;
\echo 'WHAT CAME OF IT: hazards by model (bus drivers change at a terminus; no feed here says so, hence the fatigue)'
CREATE TEMP TABLE belongs AS SELECT DISTINCT p.plate::bigint AS subject, f.number, f.name FROM vigil_vehicle.position AS p JOIN tracks.file AS f ON f.code = p.source;
SELECT v.name AS file, h.model, s.zh, s.en AS situation, count(*) AS hazards, count(DISTINCT h.subject) AS vehicles, count(*) FILTER (WHERE h.cleared_at IS NULL) AS open
FROM vigil.hazard AS h JOIN vigil.situation AS s ON s.domain = 'vehicle' AND s.bit = h.situation_bit JOIN belongs AS v USING (subject)
WHERE h.profile = 'vehicle' GROUP BY v.number, v.name, h.model, s.zh, s.en ORDER BY v.number, h.model;
\echo 'COLOURS NOW, and how often one turned during the day'
SELECT v.name AS file, count(*) FILTER (WHERE coalesce(r.colour, 'green') = 'green') AS green, count(*) FILTER (WHERE r.colour = 'yellow') AS yellow,
    count(*) FILTER (WHERE r.colour = 'red') AS red, sum(c.worse) AS "turned worse", sum(c.better) AS recovered
FROM belongs AS v LEFT JOIN vigil.risk_state AS r ON r.profile = 'vehicle' AND r.subject = v.subject
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE c.colour > c.from_colour) AS worse, count(*) FILTER (WHERE c.colour < c.from_colour) AS better
                    FROM vigil.risk_change AS c WHERE c.profile = 'vehicle' AND c.subject = v.subject) AS c
GROUP BY v.number, v.name ORDER BY v.number;
