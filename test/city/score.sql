-- Recall and precision of every model with planted truth: a planted violation is found when its hazard was raised in its
-- window of time, a hazard is right when it was planted. Hazards of models without planted truth are not judged.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
DROP TABLE IF EXISTS city.score, city.deviation;
CREATE TABLE city.score AS
WITH truth AS (
    SELECT t.*, row_number() OVER () AS id, t.plate::vigil.plate::bigint AS subject FROM city.truth AS t
), pair AS (
    SELECT t.id, t.model, h.id AS hazard_id,
        t.cleared_from IS NULL OR h.cleared_by <> 'rule' OR h.cleared_at BETWEEN t.cleared_from AND t.cleared_until AS cleared_in_time
    FROM truth AS t
    LEFT JOIN vigil.hazard AS h ON h.profile = 'vehicle' AND h.subject = t.subject AND h.model = t.model
        AND (t.raised_from IS NULL OR h.raised_at BETWEEN t.raised_from AND t.raised_until)
)
SELECT p.model, count(DISTINCT p.id) AS planted, count(DISTINCT p.id) FILTER (WHERE p.hazard_id IS NOT NULL) AS found,
    (SELECT count(*) FROM vigil.hazard AS h WHERE h.profile = 'vehicle' AND h.model = p.model) AS raised,
    count(DISTINCT p.hazard_id) AS right_ones, count(DISTINCT p.id) FILTER (WHERE NOT p.cleared_in_time OR p.cleared_in_time IS NULL) AS cleared_badly
FROM pair AS p
GROUP BY p.model;
CREATE TABLE city.deviation AS
SELECT coalesce(t.model, h.model) AS model, coalesce(t.subject, h.subject)::vigil.plate AS plate, t.note, t.raised_from, t.raised_until,
    h.raised_at, t.cleared_from, t.cleared_until, h.cleared_at, h.cleared_by, h.evidence
FROM (SELECT t.*, t.plate::vigil.plate::bigint AS subject FROM city.truth AS t) AS t
FULL JOIN (SELECT * FROM vigil.hazard AS h WHERE h.profile = 'vehicle' AND h.model IN (SELECT model FROM city.score)) AS h
    ON h.subject = t.subject AND h.model = t.model
WHERE t.model IS NULL OR h.id IS NULL OR h.raised_at NOT BETWEEN t.raised_from AND t.raised_until
   OR (h.cleared_by = 'rule' AND h.cleared_at NOT BETWEEN t.cleared_from AND t.cleared_until)
   OR (t.cleared_until IS NOT NULL AND h.cleared_at IS NULL);
