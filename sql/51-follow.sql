-- From colours to incidents to tasks: what vigil.follow_risk() does inside the transaction that changed a colour.

-- Facts about subjects come from the domain: vigil_DOMAIN.subject_facts(profile, subjects).
CREATE FUNCTION vigil.subject_facts(profile text, subject bigint[]) RETURNS TABLE (subject_id bigint, label text,
    organisation_id bigint, region_code bigint, lon double precision, lat double precision, traits text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
AS $$
DECLARE
    domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = subject_facts.profile);
BEGIN
    IF pg_catalog.to_regprocedure(pg_catalog.format('vigil_%s.subject_facts(text, bigint[])', domain)) IS NOT NULL THEN
        RETURN QUERY EXECUTE pg_catalog.format('SELECT f.subject_id, f.label, f.organisation_id, f.region_code, f.lon, f.lat, f.traits
            FROM %I.subject_facts($1, $2) AS f', 'vigil_' || domain) USING subject_facts.profile, subject_facts.subject;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.subject_facts(text, bigint[]) IS
    'Name, enterprise, region, last place and traits of subjects, from their domain; no row for a subject that it does not know';

CREATE FUNCTION vigil.condition_holds(condition text, words text[]) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN CASE WHEN coalesce(condition, '') = '' THEN true
                WHEN pg_catalog.starts_with(condition, 'not ') THEN pg_catalog.substr(condition, 5) <> ALL (words)
                ELSE condition = ANY (words) END;
END $$;
COMMENT ON FUNCTION vigil.condition_holds(text, text[]) IS 'Whether a plan''s condition holds for a subject with these situations and traits';

-- The words that conditions may name: codes of the situations, traits of the subject.
CREATE FUNCTION vigil.incident_words(profile text, mask bigint, traits text[]) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN incident_words.traits || ARRAY(SELECT s.code FROM vigil.situation AS s JOIN vigil.profile AS p ON p.domain = s.domain
        WHERE p.code = incident_words.profile AND incident_words.mask >> s.bit & 1 = 1);
END $$;
COMMENT ON FUNCTION vigil.incident_words(text, bigint, text[]) IS 'Traits of a subject and codes of its situations: what conditions of plans are matched with';

CREATE FUNCTION vigil.lead_department(profile text, situation text, traits text[]) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN (SELECT l.department FROM vigil.situation_lead AS l JOIN vigil.profile AS p ON p.domain = l.domain
        WHERE p.code = lead_department.profile AND l.situation = lead_department.situation
            AND (l.trait = '' OR l.trait = ANY (lead_department.traits))
        ORDER BY l.trait = '', l.trait LIMIT 1);
END $$;
COMMENT ON FUNCTION vigil.lead_department(text, text, text[]) IS 'The department that leads a situation of a subject with these traits';

-- Start a level of the incidents' plans, or the next one that has a step whose condition holds.
CREATE FUNCTION vigil.plan_level(incident bigint[], level smallint[], reason text, actor text DEFAULT vigil.caller())
RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    entry jsonb := pg_catalog.jsonb_build_object('reason', plan_level.reason);
    made bigint[];
    started bigint[];
BEGIN
    WITH step AS (
        SELECT i.id AS incident_id, p.priority, vigil.county_of(i.region_code) AS county, s.*,
            CASE s.capability WHEN 'lead' THEN vigil.lead_department(i.profile, i.situation, i.traits)
                              ELSE s.capability END AS needed,
            pg_catalog.rank() OVER (PARTITION BY i.id ORDER BY s.level) AS nearest
        FROM ROWS FROM (pg_catalog.unnest(plan_level.incident), pg_catalog.unnest(plan_level.level)) AS a (incident, level)
        JOIN vigil.incident AS i ON i.id = a.incident
        JOIN vigil.plan AS p ON p.id = i.plan_id AND p.enabled
        JOIN vigil.plan_step AS s ON s.plan_id = p.id AND s.level >= a.level
        WHERE s.condition IS NULL OR vigil.condition_holds(s.condition, vigil.incident_words(i.profile, i.mask, i.traits))
    ), numbered AS MATERIALIZED (
        SELECT pg_catalog.nextval('vigil.task_id_seq') AS id, o.*
        FROM (SELECT s.*, place FROM step AS s CROSS JOIN pg_catalog.generate_series(1, s.unit_count) AS place
              WHERE s.nearest = 1 ORDER BY s.incident_id, s.ordinal, place) AS o
    ), inserted AS (
        INSERT INTO vigil.task (id, incident_id, level, ordinal, place, state, priority, unit_kind, capability, area,
            accept_within, arrive_within, located_within, channel, queued_at, region_code, event_count, last_hash)
        SELECT n.id, n.incident_id, n.level, n.ordinal, n.place, 'queued', n.priority, n.unit_kind, n.needed, n.area,
            n.accept_within, n.arrive_within, n.located_within, n.channel, moment, n.county, 1,
            vigil.task_first_hash(n.id, moment, 'queued', plan_level.actor, entry, n.county)
        FROM numbered AS n
    ), raised AS (
        UPDATE vigil.incident AS i SET level = n.level
        FROM (SELECT DISTINCT n.incident_id, n.level FROM numbered AS n) AS n
        WHERE i.id = n.incident_id AND i.level <> n.level
    )
    SELECT pg_catalog.array_agg(n.id), pg_catalog.array_agg(DISTINCT n.incident_id) INTO made, started FROM numbered AS n;
    PERFORM vigil.task_opened(made, plan_level.actor, entry);
    RETURN QUERY SELECT pg_catalog.unnest(started);
END $$;
COMMENT ON FUNCTION vigil.plan_level(bigint[], smallint[], text, text) IS
    'Queue the tasks of this level (or the next that applies) of each incident''s plan; the ids of the incidents that got one';
REVOKE ALL ON FUNCTION vigil.plan_level(bigint[], smallint[], text, text) FROM PUBLIC;

CREATE FUNCTION vigil.tasks_cancel(incident bigint[], reason text, actor text DEFAULT vigil.caller()) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    held bigint[];
    told bigint[];
BEGIN
    SELECT pg_catalog.array_agg(l.id), pg_catalog.array_agg(l.id) FILTER (WHERE l.unit_id IS NOT NULL) INTO held, told
    FROM (SELECT t.id, t.unit_id FROM vigil.task AS t
          WHERE t.incident_id = ANY (tasks_cancel.incident) AND t.state IN ('queued', 'parked', 'offered', 'accepted')
          ORDER BY t.id FOR NO KEY UPDATE) AS l;
    IF held IS NULL THEN
        RETURN;
    END IF;
    PERFORM vigil.task_move(held, 'cancel', NULL, pg_catalog.jsonb_build_object('reason', tasks_cancel.reason), NULL, NULL,
        tasks_cancel.actor);
    PERFORM vigil.notify_units(told, 'task_cancelled', tasks_cancel.reason);
END $$;
COMMENT ON FUNCTION vigil.tasks_cancel(bigint[], text, text) IS
    'Cancel what the incidents'' units have not arrived for, telling those that were asked; the caller holds the incidents'' locks';
REVOKE ALL ON FUNCTION vigil.tasks_cancel(bigint[], text, text) FROM PUBLIC;

-- What each subject is now and what its incident should be.
CREATE FUNCTION vigil.incident_wanted(profile text, subject bigint[]) RETURNS TABLE (subject_id bigint, colour vigil.colour,
    mask bigint, situation text, kind text, changed_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT r.subject, r.colour, m.mask, lead.code, lead.kind, r.changed_at
    FROM vigil.risk_state AS r
    JOIN vigil.incident_rule AS rule ON rule.profile = r.profile
    CROSS JOIN LATERAL (SELECT (r.own_mask & rule.own_mask) | (r.inherited_mask & rule.inherited_mask) AS mine,
        r.own_mask | r.inherited_mask AS every) AS a
    -- no incident where the situations that open theirs elsewhere make this colour alone and the others none
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.mine = a.every OR a.mine = 0 OR r.colour = 'green' THEN a.mine
        WHEN vigil.risk_colour(r.profile, a.mine) = 'green'
            AND vigil.risk_colour(r.profile, a.every & ~a.mine) >= r.colour THEN 0
        ELSE a.mine END AS mask) AS m
    LEFT JOIN LATERAL (
        SELECT s.code, s.domain || '.' || s.dimension AS kind
        FROM vigil.profile AS p JOIN vigil.situation AS s ON s.domain = p.domain
        WHERE p.code = r.profile AND m.mask >> s.bit & 1 = 1
        ORDER BY s.veto DESC, s.weight DESC, s.bit LIMIT 1) AS lead ON true
    WHERE r.profile = incident_wanted.profile AND r.subject = ANY (incident_wanted.subject);
END;
COMMENT ON FUNCTION vigil.incident_wanted(text, bigint[]) IS
    'Colour of subjects, the situations that an incident on them is about, the leading one and the incident''s kind (null where none)';

CREATE FUNCTION vigil.follow_risk(profile text, subject bigint[], at timestamptz[], lon double precision[],
    lat double precision[], region_code bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held integer;
    ended bigint[];
    gone bigint[];
    worse bigint[];
    planned bigint[];
    missing bigint[];
BEGIN
    PERFORM vigil.wake_dispatcher();        -- also when only the time of a recovery has changed
    IF NOT EXISTS (SELECT FROM vigil.incident_rule AS r WHERE r.profile = follow_risk.profile) THEN
        RETURN;
    END IF;
    PERFORM FROM vigil.incident AS i
    WHERE i.profile = follow_risk.profile AND i.subject = ANY (follow_risk.subject) AND i.state = 'open'
    ORDER BY i.id FOR NO KEY UPDATE;
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held > 0 THEN
        SELECT f.ended, f.gone, f.worse, f.planned INTO ended, gone, worse, planned
        FROM vigil.incident_follow(follow_risk.profile, follow_risk.subject, follow_risk.at, follow_risk.lon, follow_risk.lat) AS f;
        IF ended IS NOT NULL OR gone IS NOT NULL THEN
            PERFORM vigil.tasks_cancel(ended || gone, 'hazard_gone');
        END IF;
        IF worse IS NOT NULL THEN
            PERFORM vigil.tasks_cancel(worse, 'replanned');
        END IF;
    END IF;

    SELECT pg_catalog.array_agg(w.subject_id) INTO missing
    FROM vigil.incident_wanted(follow_risk.profile, follow_risk.subject) AS w
    WHERE w.colour <> 'green' AND w.mask <> 0 AND NOT EXISTS (SELECT FROM vigil.incident AS i
        WHERE i.profile = follow_risk.profile AND i.subject = w.subject_id AND i.state = 'open');
    IF missing IS NOT NULL THEN
        planned := planned || (SELECT pg_catalog.array_agg(o.incident) FROM vigil.incident_open(follow_risk.profile, missing,
            follow_risk.subject, follow_risk.at, follow_risk.lon, follow_risk.lat, follow_risk.region_code) AS o (incident));
    END IF;
    IF planned IS NOT NULL THEN
        PERFORM vigil.plan_level(planned, pg_catalog.array_fill(1::smallint, ARRAY[pg_catalog.cardinality(planned)]), 'colour');
        PERFORM vigil.tell_incident(planned);
    END IF;
END $$;
COMMENT ON FUNCTION vigil.follow_risk(text, bigint[], timestamptz[], double precision[], double precision[], bigint[]) IS
    'Make the incidents of these subjects follow their colours, set-wise: open, join, re-plan when worse, take up again within reopen_minutes, cancel what is gone, close at green. at: observation time; the caller holds the risk_state rows';
REVOKE ALL ON FUNCTION vigil.follow_risk(text, bigint[], timestamptz[], double precision[], double precision[], bigint[]) FROM PUBLIC;

-- The open incidents of these subjects, already locked, brought to what their subjects are now.
CREATE FUNCTION vigil.incident_follow(profile text, subject bigint[], at timestamptz[], lon double precision[],
    lat double precision[],
    OUT ended bigint[], OUT gone bigint[], OUT worse bigint[], OUT planned bigint[])
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    WITH given AS (
        SELECT DISTINCT ON (g.subject) g.*
        FROM ROWS FROM (pg_catalog.unnest(incident_follow.subject), pg_catalog.unnest(incident_follow.at),
            pg_catalog.unnest(incident_follow.lon), pg_catalog.unnest(incident_follow.lat)) AS g (subject, at, lon, lat)
        ORDER BY g.subject, g.at DESC
    ), look AS MATERIALIZED (
        SELECT i.id, g.lon, g.lat, w.colour, w.mask, w.situation, w.kind, w.changed_at,
            CASE WHEN i.manual THEN 'join'
                 WHEN w.colour = 'green' AND 'arrived' <> ALL (ARRAY(SELECT t.state FROM vigil.task AS t
                     WHERE t.incident_id = i.id)) THEN 'end'
                 WHEN w.mask = 0 THEN 'gone'
                 WHEN w.colour > i.severity THEN 'worse'
                 WHEN w.mask & ~i.mask <> 0 AND NOT EXISTS (SELECT FROM vigil.task AS t WHERE t.incident_id = i.id
                     AND t.state IN ('queued', 'parked', 'offered', 'accepted', 'arrived')) THEN 'again'
                 ELSE 'join' END AS action
        FROM vigil.incident AS i
        JOIN vigil.incident_wanted(incident_follow.profile, incident_follow.subject) AS w ON w.subject_id = i.subject
        JOIN given AS g ON g.subject = i.subject
        WHERE i.profile = incident_follow.profile AND i.subject = ANY (incident_follow.subject) AND i.state = 'open'
    ), changed AS (
        UPDATE vigil.incident AS i SET
            mask = l.mask,
            severity = greatest(i.severity, l.colour),
            kind = CASE WHEN l.action IN ('worse', 'again') THEN l.kind ELSE i.kind END,
            situation = CASE WHEN l.action IN ('worse', 'again') THEN l.situation ELSE i.situation END,
            plan_id = CASE WHEN l.action IN ('worse', 'again') THEN (SELECT p.id FROM vigil.plan AS p
                WHERE p.incident_kind = l.kind AND p.severity = greatest(i.severity, l.colour)) ELSE i.plan_id END,
            level = CASE WHEN l.action IN ('worse', 'again') THEN 1 ELSE i.level END,
            exhausted_at = CASE WHEN l.action IN ('worse', 'again') THEN NULL ELSE i.exhausted_at END,
            state = CASE l.action WHEN 'end' THEN 'closed' ELSE i.state END,
            closed_at = CASE l.action WHEN 'end' THEN greatest(l.changed_at, i.opened_at) END,
            close_reason = CASE l.action WHEN 'end' THEN 'hazard_gone' END,
            geom = coalesce(vigil.incident_point(l.lon, l.lat), i.geom),
            region_code = coalesce(CASE WHEN l.action IN ('worse', 'again') THEN vigil.county_at(l.lon, l.lat) END, i.region_code)
        FROM look AS l WHERE i.id = l.id
    )
    SELECT pg_catalog.array_agg(l.id) FILTER (WHERE l.action = 'end'),
        pg_catalog.array_agg(l.id) FILTER (WHERE l.action = 'gone'),
        pg_catalog.array_agg(l.id) FILTER (WHERE l.action = 'worse'),
        pg_catalog.array_agg(l.id) FILTER (WHERE l.action IN ('worse', 'again'))
    INTO ended, gone, worse, planned
    FROM look AS l;
END $$;
COMMENT ON FUNCTION vigil.incident_follow(text, bigint[], timestamptz[], double precision[], double precision[]) IS
    'Part of vigil.follow_risk(): ids of the locked open incidents that ended, whose hazards are gone, that worsened, that need tasks';
REVOKE ALL ON FUNCTION vigil.incident_follow(text, bigint[], timestamptz[], double precision[], double precision[]) FROM PUBLIC;

CREATE FUNCTION vigil.incident_open(profile text, missing bigint[], subject bigint[], at timestamptz[], lon double precision[],
    lat double precision[], region_code bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    RETURN QUERY
    WITH given AS (
        SELECT DISTINCT ON (g.subject) g.*
        FROM ROWS FROM (pg_catalog.unnest(incident_open.subject), pg_catalog.unnest(incident_open.at),
            pg_catalog.unnest(incident_open.lon), pg_catalog.unnest(incident_open.lat),
            pg_catalog.unnest(incident_open.region_code)) AS g (subject, at, lon, lat, region_code)
        WHERE g.subject = ANY (incident_open.missing)
        ORDER BY g.subject, g.at DESC
    ), wanted AS MATERIALIZED (
        SELECT w.*, g.at, p.id AS plan_id, f.organisation_id, coalesce(f.traits, '{}') AS traits,
            coalesce(vigil.county_at(g.lon, g.lat), g.region_code, r.region_code, f.region_code) AS region_code,
            vigil.incident_point(coalesce(g.lon, r.lon, f.lon), coalesce(g.lat, r.lat, f.lat)) AS geom,
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('label', f.label)) AS detail,
            (SELECT i.id FROM vigil.incident AS i
             WHERE i.profile = incident_open.profile AND i.subject = w.subject_id AND i.state = 'closed' AND NOT i.manual
                AND i.closed_at >= g.at - pg_catalog.make_interval(mins => coalesce(c.reopen_minutes, 0))
             ORDER BY i.closed_at DESC, i.id DESC LIMIT 1) AS before
        FROM vigil.incident_wanted(incident_open.profile, incident_open.missing) AS w
        JOIN given AS g ON g.subject = w.subject_id
        JOIN vigil.risk_state AS r ON r.profile = incident_open.profile AND r.subject = w.subject_id
        LEFT JOIN vigil.colour_rule AS c ON c.profile = incident_open.profile
        LEFT JOIN vigil.plan AS p ON p.incident_kind = w.kind AND p.severity = w.colour
        LEFT JOIN vigil.subject_facts(incident_open.profile, incident_open.missing) AS f ON f.subject_id = w.subject_id
    ), again AS (
        UPDATE vigil.incident AS i SET
            state = 'open', closed_at = NULL, close_reason = NULL, reopened = i.reopened + 1, exhausted_at = NULL,
            kind = w.kind, situation = w.situation, severity = w.colour, mask = w.mask, plan_id = w.plan_id, level = 1,
            geom = coalesce(w.geom, i.geom), region_code = w.region_code, organisation_id = w.organisation_id,
            traits = w.traits, detail = i.detail || w.detail
        FROM wanted AS w WHERE i.id = w.before
        RETURNING i.id
    ), opened AS (
        INSERT INTO vigil.incident (kind, profile, subject, severity, situation, mask, plan_id, opened_at, geom, region_code,
            organisation_id, traits, detail)
        SELECT w.kind, incident_open.profile, w.subject_id, w.colour, w.situation, w.mask, w.plan_id, w.at, w.geom,
            w.region_code, w.organisation_id, w.traits, w.detail
        FROM wanted AS w WHERE w.before IS NULL ORDER BY w.subject_id
        RETURNING id
    )
    SELECT o.id FROM (SELECT id FROM again UNION ALL SELECT id FROM opened) AS o ORDER BY o.id;
END $$;
COMMENT ON FUNCTION vigil.incident_open(text, bigint[], bigint[], timestamptz[], double precision[], double precision[], bigint[])
    IS 'Part of vigil.follow_risk(): open or take up again an incident on each missing subject; their ids';
REVOKE ALL ON FUNCTION vigil.incident_open(text, bigint[], bigint[], timestamptz[], double precision[], double precision[], bigint[])
    FROM PUBLIC;
