-- Loading and refreshing plans, feedback codes and what goes with them. Each domain ships its rows as functions that return
-- the types below (see vigil.shipped_query); what a DBA changed or wrote stays.

CREATE TYPE vigil.shipped_plan AS (
    incident_kind text, severity vigil.colour, zh text, en text, priority integer, follow_up interval, steps jsonb, told jsonb
);
COMMENT ON TYPE vigil.shipped_plan IS 'A plan as vigil ships it; steps and told hold rows of vigil.plan_step and vigil.plan_told';
CREATE TYPE vigil.shipped_feedback AS (
    domain text, code text, zh text, en text, clears_mask bigint, needs jsonb, unit_kinds text[], max_severity vigil.colour,
    suppress text, suppress_minutes integer, next text
);
COMMENT ON TYPE vigil.shipped_feedback IS 'A feedback code as vigil ships it';
CREATE TYPE vigil.shipped_lead AS (domain text, situation text, trait text, department text, joins text[]);
COMMENT ON TYPE vigil.shipped_lead IS 'Who leads a situation, as vigil ships it';
CREATE TYPE vigil.shipped_incident_rule AS (profile text, own_mask bigint, inherited_mask bigint);
COMMENT ON TYPE vigil.shipped_incident_rule IS 'Which situations open an incident, as vigil ships it';
CREATE TYPE vigil.shipped_notice_channel AS (
    code text, zh text, en text, retry_base interval, retry_most interval, attempts_most integer
);
COMMENT ON TYPE vigil.shipped_notice_channel IS 'A notice channel as vigil ships it';

CREATE FUNCTION vigil.shipped_notice_channels() RETURNS SETOF vigil.shipped_notice_channel
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    VALUES ('police_app', '警务通', 'Police app', interval '5 s', interval '10 min', 10),
           ('zheding', '浙政钉', 'Zheding, the departments'' app', interval '5 s', interval '10 min', 10),
           ('enterprise_app', '企业端', 'Enterprise app', interval '5 s', interval '10 min', 10),
           ('sms', '短信', 'Text message', interval '30 s', interval '1 h', 5),
           ('bi', '大屏', 'Dashboards', interval '5 s', interval '1 min', 5);
END;
COMMENT ON FUNCTION vigil.shipped_notice_channels() IS 'The channels of notices as vigil ships them';
REVOKE ALL ON FUNCTION vigil.shipped_notice_channels() FROM PUBLIC;

-- A row with a column "shipped" that holds the row as loaded: equal to it = not touched since, free to be refreshed.
CREATE FUNCTION vigil.load_shipped(target regclass, shape regtype, keys text[]) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
    item jsonb;
    held jsonb;
    total integer := 0;
    loaded integer := 0;
    refreshed integer := 0;
    own text[];
    equal text := (SELECT string_agg(format('h.%1$I = (n).%1$I', k), ' AND ') FROM unnest(keys) AS k);
BEGIN
    FOR item IN EXECUTE format('SELECT to_jsonb(jsonb_populate_record(NULL::%s, to_jsonb(q.s))) - ''shipped'' FROM (%s) AS q',
                               target, vigil.shipped_query(shape))
    LOOP
        total := total + 1;
        EXECUTE format('SELECT to_jsonb(h) FROM %1$s AS h, jsonb_populate_record(NULL::%1$s, $1) AS n WHERE %2$s', target, equal)
            INTO held USING item;
        IF held IS NULL THEN
            loaded := loaded + 1;
        ELSIF held - 'shipped' IS DISTINCT FROM held -> 'shipped' THEN
            own := own || (SELECT string_agg(nullif(held ->> k, ''), ' ') FROM unnest(keys) AS k);
            CONTINUE;
        ELSIF held -> 'shipped' = item THEN
            CONTINUE;
        ELSE
            refreshed := refreshed + 1;
            EXECUTE format('DELETE FROM %1$s AS h USING jsonb_populate_record(NULL::%1$s, $1) AS n WHERE %2$s', target, equal)
                USING item;
        END IF;
        EXECUTE format('INSERT INTO %1$s SELECT n.* FROM jsonb_populate_record(NULL::%1$s, $1) AS n', target)
            USING item || jsonb_build_object('shipped', item);
    END LOOP;
    RETURN vigil.setup_line(split_part(target::text, '.', 2), total, loaded, refreshed, array_to_string(own, ', '));
END $$;
COMMENT ON FUNCTION vigil.load_shipped(regclass, regtype, text[]) IS
    'Load rows that vigil ships into a table with a column "shipped", keeping rows that were changed since; what it did in words';
REVOKE ALL ON FUNCTION vigil.load_shipped(regclass, regtype, text[]) FROM PUBLIC;

CREATE FUNCTION vigil.plan_definition(plan bigint) RETURNS jsonb
LANGUAGE sql STABLE
SET intervalstyle = 'postgres'
BEGIN ATOMIC
    SELECT to_jsonb(p) - '{id,edition,shipped}'::text[] || jsonb_build_object(
        'steps', (SELECT jsonb_agg(to_jsonb(s) - 'plan_id' ORDER BY s.level, s.ordinal)
                  FROM vigil.plan_step AS s WHERE s.plan_id = p.id),
        'told', (SELECT jsonb_agg(to_jsonb(t) - 'plan_id' ORDER BY t.receiver, t.condition)
                 FROM vigil.plan_told AS t WHERE t.plan_id = p.id))
    FROM vigil.plan AS p WHERE p.id = plan_definition.plan;
END;
COMMENT ON FUNCTION vigil.plan_definition(bigint) IS 'A plan with its steps and receivers as one JSON value';

CREATE FUNCTION vigil.load_plan(plan vigil.shipped_plan) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $$
DECLARE
    digest text := md5(to_jsonb(load_plan.plan)::text);
    held vigil.plan;
BEGIN
    SELECT p.* INTO held FROM vigil.plan AS p
    WHERE p.incident_kind = load_plan.plan.incident_kind AND p.severity = load_plan.plan.severity;
    IF held.id IS NOT NULL AND (held.edition IS NULL OR held.shipped IS DISTINCT FROM vigil.plan_definition(held.id)) THEN
        RETURN 'own';
    ELSIF held.edition = digest THEN
        RETURN 'unchanged';
    END IF;
    DELETE FROM vigil.plan_step AS s WHERE s.plan_id = held.id;
    DELETE FROM vigil.plan_told AS t WHERE t.plan_id = held.id;
    INSERT INTO vigil.plan AS p (incident_kind, severity, zh, en, priority, follow_up)
    VALUES (load_plan.plan.incident_kind, load_plan.plan.severity, load_plan.plan.zh, load_plan.plan.en,
        load_plan.plan.priority, load_plan.plan.follow_up)
    ON CONFLICT ON CONSTRAINT plan_kind_key DO UPDATE SET
        zh = excluded.zh, en = excluded.en, priority = excluded.priority, follow_up = excluded.follow_up
    RETURNING p.* INTO held;
    INSERT INTO vigil.plan_step (plan_id, level, ordinal, unit_kind, unit_count, capability, condition, area, accept_within,
        arrive_within, located_within, channel)
    SELECT held.id, s.level, s.ordinal, s.unit_kind, coalesce(s.unit_count, 1), s.capability, s.condition, s.area,
        s.accept_within, s.arrive_within, s.located_within, s.channel
    FROM jsonb_populate_recordset(NULL::vigil.plan_step, load_plan.plan.steps) AS s;
    INSERT INTO vigil.plan_told (plan_id, receiver, condition, channel)
    SELECT held.id, t.receiver, coalesce(t.condition, ''), t.channel
    FROM jsonb_populate_recordset(NULL::vigil.plan_told, load_plan.plan.told) AS t;
    UPDATE vigil.plan AS p SET edition = digest, shipped = vigil.plan_definition(held.id) WHERE p.id = held.id;
    RETURN 'loaded';
END $$;
COMMENT ON FUNCTION vigil.load_plan(vigil.shipped_plan) IS
    'Load one plan unless it is the DBA''s own or was changed here: loaded, unchanged or own';
REVOKE ALL ON FUNCTION vigil.load_plan(vigil.shipped_plan) FROM PUBLIC;

CREATE FUNCTION vigil.setup_plans() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    shipped vigil.shipped_plan;
    total integer := 0;
    loaded integer := 0;
    own text[];
BEGIN
    RETURN NEXT vigil.load_shipped('vigil.incident_rule', 'vigil.shipped_incident_rule', '{profile}');
    FOR shipped IN EXECUTE format('SELECT (q.s).* FROM (%s) AS q', vigil.shipped_query('vigil.shipped_plan'))
    LOOP
        total := total + 1;
        CASE vigil.load_plan(shipped)
            WHEN 'loaded' THEN loaded := loaded + 1;
            WHEN 'own' THEN own := own || format('%s %s', shipped.incident_kind, shipped.severity);
            ELSE NULL;
        END CASE;
    END LOOP;
    RETURN NEXT vigil.setup_line('plan', total, loaded, 0, array_to_string(own, ', '));
    RETURN NEXT vigil.load_shipped('vigil.situation_lead', 'vigil.shipped_lead', '{domain,situation,trait}');
    RETURN NEXT vigil.load_shipped('vigil.feedback', 'vigil.shipped_feedback', '{domain,code}');
    RETURN NEXT vigil.load_shipped('vigil.notice_channel', 'vigil.shipped_notice_channel', '{code}');
END $$;
COMMENT ON FUNCTION vigil.setup_plans() IS
    'The part of vigil.setup() for plans, feedback codes, leading departments and notice channels: loads and refreshes, keeps what was written or changed here';
REVOKE ALL ON FUNCTION vigil.setup_plans() FROM PUBLIC;
