-- Lines "ok …" or "not ok …", one for each model: without noise, all that was planted is found and cleared in time, and nothing
-- else is. Below, what is not so.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SELECT CASE WHEN s.found = s.planted AND s.right_ones = s.raised AND s.cleared_badly = 0 THEN 'ok ' ELSE 'not ok ' END
    || format('%s: recall %s (%s of %s), precision %s (%s of %s)%s', s.model, round(s.found::numeric / s.planted, 3), s.found,
        s.planted, round(s.right_ones / nullif(s.raised, 0)::numeric, 3), s.right_ones, s.raised,
        CASE WHEN s.cleared_badly = 0 THEN ', cleared in time' ELSE format(', %s cleared at a wrong time', s.cleared_badly) END)
FROM city.score AS s ORDER BY s.model;
SELECT CASE WHEN count(*) = 0 THEN 'ok ' ELSE 'not ok ' END
    || format('%s hazards of models of which none was planted%s', count(*), ': ' || string_agg(DISTINCT h.model, ', '))
FROM vigil.hazard AS h WHERE h.model NOT IN (SELECT s.model FROM city.score AS s);
SELECT '    not planted: ' || string_agg(m.code, ', ' ORDER BY m.code)
FROM vigil.model AS m WHERE m.implemented AND m.enabled AND m.code NOT IN (SELECT s.model FROM city.score AS s)
HAVING count(*) > 0;
SELECT format('    %s %s, %s: to be raised %s to %s, raised %s; to be cleared %s to %s, cleared %s by %s', d.model, d.plate,
    coalesce(d.note, 'not planted'), d.raised_from, d.raised_until, d.raised_at, d.cleared_from, d.cleared_until, d.cleared_at,
    d.cleared_by)
FROM city.deviation AS d ORDER BY d.model, d.plate LIMIT 40;
