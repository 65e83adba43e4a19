-- What the demo tells after the units have answered.
\ir story.psql
\echo
\echo 'TASKS, and with what the units finished them'
SELECT t.state, coalesce(t.feedback, '') AS feedback, count(*) AS tasks FROM vigil.task AS t GROUP BY t.state, t.feedback ORDER BY t.state, count(*) DESC;
\echo 'RESPONSE TIMES in seconds (the simulated units answer within seconds; real ones would take minutes)'
SELECT p.step, count(p.s) AS tasks, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY p.s)::numeric, 3) AS p50,
    round(percentile_cont(0.9) WITHIN GROUP (ORDER BY p.s)::numeric, 3) AS p90, round(max(p.s), 3) AS most
FROM vigil.task AS t
CROSS JOIN LATERAL (VALUES (1, 'queued to offered', extract(epoch FROM t.offered_at - t.queued_at)),
    (2, 'offered to accepted', extract(epoch FROM t.accepted_at - t.offered_at)),
    (3, 'accepted to arrived', extract(epoch FROM t.arrived_at - t.accepted_at)),
    (4, 'arrived to done', extract(epoch FROM t.ended_at - t.arrived_at)), (5, 'offered to done', extract(epoch FROM t.ended_at - t.offered_at)))
    AS p (number, step, s)
WHERE t.state = 'done' GROUP BY p.number, p.step ORDER BY p.number;
CREATE TEMP TABLE before AS SELECT r.subject, r.colour FROM vigil.risk_state AS r WHERE r.profile = 'vehicle';
SELECT vigil.recover_colours(now() + interval '31 min') AS recovered \gset
\echo 'RECOVERY: the hold time is 30 min; so that nobody must wait, recover_colours() is told that 31 have passed'
SELECT b.colour AS before, r.colour AS after, count(*) AS vehicles
FROM before AS b JOIN vigil.risk_state AS r ON r.profile = 'vehicle' AND r.subject = b.subject
GROUP BY b.colour, r.colour ORDER BY b.colour, r.colour;
SELECT i.subject, i.subject::vigil.plate AS plate, i.opened_at - interval '5 min' AS since
FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
WHERE t.state = 'done' AND i.profile = 'vehicle' AND t.feedback <> 'handed_over'
ORDER BY (SELECT r.colour FROM vigil.risk_state AS r WHERE r.profile = i.profile AND r.subject = i.subject), i.severity DESC, t.id LIMIT 1 \gset
\echo 'THE WHOLE STORY of one vehicle,' :plate '(vigil.timeline)'
SELECT to_char(t.at, 'DD. HH24:MI:SS') AS at, t.what, left(t.detail::text, 150) AS detail
FROM vigil.timeline('vehicle', :subject, :'since') AS t ORDER BY t.at LIMIT 40;
