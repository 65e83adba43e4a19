-- Why is it red, and how did it come to that: explain and timeline.

-- From whom a subject inherits comes from its domain: vigil_DOMAIN.risk_sources(profile, subject).
CREATE FUNCTION vigil.risk_sources(profile text, subject bigint) RETURNS TABLE (source_profile text, source_subject bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
AS $$
DECLARE
    domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = risk_sources.profile);
BEGIN
    IF pg_catalog.to_regprocedure(pg_catalog.format('vigil_%s.risk_sources(text, bigint)', domain)) IS NOT NULL THEN
        RETURN QUERY EXECUTE pg_catalog.format('SELECT r.source_profile, r.source_subject FROM %I.risk_sources($1, $2) AS r',
                                               'vigil_' || domain)
            USING risk_sources.profile, risk_sources.subject;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.risk_sources(text, bigint) IS
    'The subjects whose situations this one inherits now, from its domain; none where the domain knows none';

CREATE FUNCTION vigil.explain(profile text, subject bigint) RETURNS TABLE (
    situation text, zh text, en text, model text, weight integer, veto boolean, evidence jsonb, legal_basis text,
    since timestamptz, cleared_by text, "bit" smallint, dimension text, model_zh text, model_en text, rule text, clear_rule text,
    hazard_id bigint, last_seen_at timestamptz, count integer, source_profile text, source_subject bigint)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
BEGIN ATOMIC
    WITH here AS (
        SELECT p.domain, p.situation_mask, coalesce(s.inherited_mask, 0) AS inherited_mask
        FROM vigil.profile AS p
        LEFT JOIN vigil.risk_state AS s ON s.profile = p.code AND s.subject = explain.subject
        WHERE p.code = explain.profile
    ), source AS MATERIALIZED (
        SELECT r.source_profile, r.source_subject
        FROM here AS w CROSS JOIN LATERAL vigil.risk_sources(explain.profile, explain.subject) AS r
        WHERE w.inherited_mask <> 0
    ), reason AS (
        SELECT h.situation_bit AS bit, h.id, h.model, h.raised_at, h.last_seen_at, h.count, h.lon, h.lat, h.evidence,
               NULL::text AS source_profile, NULL::bigint AS source_subject
        FROM vigil.hazard AS h
        WHERE h.profile = explain.profile AND h.subject = explain.subject AND h.cleared_at IS NULL
        UNION ALL
        -- an inherited situation whose source is gone or healed since has a row all the same, without a hazard
        SELECT inherited.bit, h.id, h.model, h.raised_at, h.last_seen_at, h.count, h.lon, h.lat, h.evidence,
               h.profile, h.subject
        FROM here AS w
        JOIN vigil.situation AS inherited ON inherited.domain = w.domain AND w.inherited_mask >> inherited.bit & 1 = 1
        LEFT JOIN (source AS r JOIN vigil.hazard AS h
                   ON h.profile = r.source_profile AND h.subject = r.source_subject AND h.cleared_at IS NULL)
            ON h.situation_bit = inherited.bit
    )
    SELECT s.code, s.zh, s.en, r.model,
           CASE WHEN w.situation_mask >> s.bit & 1 = 1 THEN s.weight ELSE 0 END,
           s.veto AND w.situation_mask >> s.bit & 1 = 1,
           jsonb_strip_nulls(jsonb_build_object('observed_at', r.raised_at, 'lon', r.lon, 'lat', r.lat,
               'inherited_from', CASE WHEN r.source_profile IS NOT NULL
                   THEN jsonb_build_object('profile', r.source_profile, 'subject', r.source_subject) END))
           || coalesce(r.evidence, '{}'),
           s.legal_basis, r.raised_at, s.cleared_by, s.bit, s.dimension, m.zh, m.en, m.rule, m.clear_rule,
           r.id, r.last_seen_at, r.count, r.source_profile, r.source_subject
    FROM here AS w
    CROSS JOIN reason AS r
    JOIN vigil.situation AS s ON s.domain = w.domain AND s.bit = r.bit
    LEFT JOIN vigil.model AS m ON m.domain = w.domain AND m.code = r.model
    UNION ALL                           -- no row, but an error where there is no such profile
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    WHERE explain.profile IS NOT NULL AND vigil.check_profile(explain.profile) IS NULL
    ORDER BY 6 DESC, 5 DESC, 11, 20 NULLS FIRST, 9, 17;
END;
COMMENT ON FUNCTION vigil.explain(text, bigint) IS
    'Why a subject has its colour (赋码依据): a row for each open hazard and each inherited situation, worst first: what, found by which model on what evidence, what it weighs, on what legal basis, since when, what clears it. An inherited row names its source (source_profile, source_subject; also in evidence) and the source''s evidence. No row: clean. Error 22023: unknown profile';

CREATE FUNCTION vigil.timeline(profile text, subject bigint, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity')
RETURNS TABLE (at timestamptz, what text, detail jsonb)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100
BEGIN ATOMIC
    WITH told AS (
        SELECT h.raised_at AS at, 1 AS rank, h.id AS id, 'hazard raised' AS what,
               jsonb_build_object('model', h.model, 'situation', s.code, 'zh', s.zh, 'hazard', h.id, 'evidence', h.evidence) AS detail
        FROM vigil.hazard AS h
        JOIN vigil.profile AS p ON p.code = h.profile
        LEFT JOIN vigil.situation AS s ON s.domain = p.domain AND s.bit = h.situation_bit
        WHERE h.profile = timeline.profile AND h.subject = timeline.subject AND h.raised_at >= since AND h.raised_at < until
        UNION ALL
        SELECT h.cleared_at, 1, h.id, 'hazard cleared',
               jsonb_build_object('model', h.model, 'situation', s.code, 'zh', s.zh, 'hazard', h.id, 'by', h.cleared_by,
                                  'reason', h.clear_reason,
                                  'minutes', round(extract(epoch FROM h.cleared_at - h.raised_at) / 60))
        FROM vigil.hazard AS h
        JOIN vigil.profile AS p ON p.code = h.profile
        LEFT JOIN vigil.situation AS s ON s.domain = p.domain AND s.bit = h.situation_bit
        WHERE h.profile = timeline.profile AND h.subject = timeline.subject AND h.cleared_at >= since AND h.cleared_at < until
        UNION ALL
        SELECT c.at, 2, c.id, CASE WHEN c.colour = c.from_colour THEN 'score ' || c.score ELSE 'colour ' || c.colour END,
               jsonb_build_object('from', c.from_colour, 'colour', c.colour, 'from_score', c.from_score, 'score', c.score,
                                  'why', c.why, 'situations', vigil.situation_codes(c.profile, c.mask))
        FROM vigil.risk_change AS c
        WHERE c.profile = timeline.profile AND c.subject = timeline.subject AND c.at >= since AND c.at < until
        UNION ALL
        SELECT i.opened_at, 3, i.id, 'incident opened',
               jsonb_build_object('incident', i.id, 'kind', i.kind, 'severity', i.severity, 'situation', i.situation)
        FROM vigil.incident AS i
        WHERE i.profile = timeline.profile AND i.subject = timeline.subject AND i.opened_at >= since AND i.opened_at < until
        UNION ALL
        SELECT i.closed_at, 6, i.id, 'incident closed', jsonb_build_object('incident', i.id, 'kind', i.kind, 'reason', i.close_reason)
        FROM vigil.incident AS i
        WHERE i.profile = timeline.profile AND i.subject = timeline.subject AND i.closed_at >= since AND i.closed_at < until
        UNION ALL
        SELECT e.at, 4, e.id, 'task ' || e.event,
               jsonb_build_object('task', e.task_id, 'incident', t.incident_id, 'level', t.level, 'state', e.state, 'unit', e.unit_id,
                                  'unit_name', u.name, 'actor', e.actor, 'detail', e.detail)
        FROM vigil.incident AS i
        JOIN vigil.task AS t ON t.incident_id = i.id
        JOIN vigil.task_event AS e ON e.task_id = t.id
        LEFT JOIN vigil.unit AS u ON u.id = e.unit_id
        WHERE i.profile = timeline.profile AND i.subject = timeline.subject AND e.at >= since AND e.at < until
        UNION ALL
        SELECT n.created_at, 5, n.id, 'notice ' || n.kind,
               jsonb_build_object('notice', n.id, 'channel', n.channel, 'to', coalesce(n.receiver, n.receiver_kind || ' ' || n.receiver_id),
                                  'incident', n.incident_id, 'task', n.task_id, 'state', n.state)
        FROM vigil.notice AS n
        WHERE (n.profile = timeline.profile AND n.subject = timeline.subject
               OR n.incident_id IN (SELECT i.id FROM vigil.incident AS i
                                    WHERE i.profile = timeline.profile AND i.subject = timeline.subject))
          AND n.created_at >= since AND n.created_at < until
        UNION ALL
        SELECT n.acknowledged_at, 5, n.id, 'notice acknowledged',
               jsonb_build_object('notice', n.id, 'kind', n.kind, 'channel', n.channel, 'answer', n.answer)
        FROM vigil.notice AS n
        WHERE (n.profile = timeline.profile AND n.subject = timeline.subject
               OR n.incident_id IN (SELECT i.id FROM vigil.incident AS i
                                    WHERE i.profile = timeline.profile AND i.subject = timeline.subject))
          AND n.acknowledged_at >= since AND n.acknowledged_at < until
        UNION ALL                       -- no row, but an error where there is no such profile
        SELECT NULL, NULL, NULL, NULL, NULL WHERE timeline.profile IS NOT NULL AND vigil.check_profile(timeline.profile) IS NULL
    )
    SELECT t.at, t.what, jsonb_strip_nulls(t.detail) FROM told AS t ORDER BY t.at, t.rank, t.id, t.what DESC;
END;
COMMENT ON FUNCTION vigil.timeline(text, bigint, timestamptz, timestamptz) IS
    'The whole story of a subject from since to before until, in order of time: hazards raised and cleared, changes of score and colour, its incidents, their tasks and notices. Hazards and colours are at observation time, tasks and notices at wall clock. Error 22023: unknown profile';
