-- What the demo tells after the day.
\ir story.psql
\echo
\echo 'SPEED: rows stored and fully evaluated, and what became of them (as sent = the simulator says the same)'
SELECT f.name AS feed, f.rows, round(f.rows / extract(epoch FROM f.ended_at - f.started_at)) AS "rows/s", f.was_accepted AS accepted,
    f.was_duplicate AS duplicate, f.was_late AS late, f.was_rejected AS rejected,
    CASE WHEN (f.accepted, f.duplicate, f.late, f.rejected) = (f.was_accepted, f.was_duplicate, f.was_late, f.was_rejected)
        THEN 'yes' ELSE 'no' END AS "as sent"
FROM city.feed AS f ORDER BY f.name;
\echo 'DETECTION: each model against the planted truth (a hazard is right when it was planted, and raised in its window of time)'
SELECT s.model, s.planted, s.found, s.raised, round(s.found::numeric / s.planted, 3) AS recall,
    round(s.right_ones / nullif(s.raised, 0)::numeric, 3) AS precision FROM city.score AS s ORDER BY s.model;
\echo 'COLOURS NOW, and how often one turned during the day (recoveries after the hold of 30 min, by the vehicles'' own clock)'
SELECT (SELECT count(*) FROM vigil_vehicle.vehicle_state) - count(*) FILTER (WHERE r.colour > 'green') AS green,
    count(*) FILTER (WHERE r.colour = 'yellow') AS yellow, count(*) FILTER (WHERE r.colour = 'red') AS red,
    (SELECT count(*) FROM vigil.risk_change AS c WHERE c.profile = 'vehicle' AND c.colour > c.from_colour) AS "turned worse",
    (SELECT count(*) FROM vigil.risk_change AS c WHERE c.profile = 'vehicle' AND c.colour < c.from_colour) AS recovered
FROM vigil.risk_state AS r WHERE r.profile = 'vehicle';
\echo 'TOP SITUATIONS of the day'
SELECT s.zh, s.en AS situation, count(*) AS hazards, count(DISTINCT h.subject) AS vehicles, count(*) FILTER (WHERE h.cleared_at IS NULL) AS open
FROM vigil.hazard AS h JOIN vigil.situation AS s ON s.domain = 'vehicle' AND s.bit = h.situation_bit
WHERE h.profile = 'vehicle' GROUP BY s.zh, s.en ORDER BY count(*) DESC, s.en LIMIT 10;
