-- Loading and refreshing the catalogue. Each domain ships its rows as functions that return the types below; whatever
-- function of the extension returns one is read, so that a domain adds files and changes nothing here.

CREATE TYPE vigil.shipped_profile AS (
    code text, domain text, situation_mask bigint, zh text, en text,
    red_below integer, yellow_below integer, recovery_margin integer, hold_minutes integer, reopen_minutes integer
);
COMMENT ON TYPE vigil.shipped_profile IS 'A profile with its colour rule as vigil ships it';
CREATE TYPE vigil.shipped_situation AS (
    domain text, bit smallint, code text, dimension text, zh text, en text, weight integer, veto boolean,
    legal_basis text, cleared_by text
);
COMMENT ON TYPE vigil.shipped_situation IS 'A situation as vigil ships it';
CREATE TYPE vigil.shipped_model AS (
    domain text, number integer, code text, situation text, kind text, profile text, feed text, cadence text,
    function text, implemented boolean, zh text, en text, rule text, clear_rule text, parameters jsonb
);
COMMENT ON TYPE vigil.shipped_model IS 'A model as vigil ships it; it is enabled by default when it is implemented';

-- Only the extension's own functions: setup runs as a superuser, and anybody may create a function of that type.
CREATE FUNCTION vigil.shipped_query(shape regtype) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT coalesce(string_agg(format('SELECT s FROM %I.%I() AS s', n.nspname, p.proname), ' UNION ALL ' ORDER BY n.nspname, p.proname),
                    format('SELECT NULL::%s AS s WHERE false', shape))
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_catalog.pg_extension'::regclass
    JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
    WHERE p.prorettype = shape AND p.proretset AND p.pronargs = 0;
END;
COMMENT ON FUNCTION vigil.shipped_query(regtype) IS 'The query over all functions of vigil that ship rows of this type';
REVOKE ALL ON FUNCTION vigil.shipped_query(regtype) FROM PUBLIC;

CREATE FUNCTION vigil.kept(present anyelement, old_default anyelement, new_default anyelement) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE    -- null is a value like any other
AS $$ SELECT CASE WHEN present IS DISTINCT FROM old_default THEN present ELSE new_default END $$;
COMMENT ON FUNCTION vigil.kept(anyelement, anyelement, anyelement) IS
    'A value after a refresh: the DBA''s own where it differs from what was shipped before, else what is shipped now';

CREATE FUNCTION vigil.setup_line(what text, total bigint, loaded bigint, refreshed bigint, own text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE    -- own may be null: nothing of the DBA's
RETURN format('%s: ', what)
    || concat_ws(', ', CASE WHEN loaded > 0 THEN format('%s rows loaded', loaded) END,
                       CASE WHEN refreshed > 0 THEN format('%s refreshed', refreshed) END,
                       CASE WHEN total > loaded + refreshed THEN format('%s unchanged', total - loaded - refreshed) END)
    || coalesce('; own settings kept: ' || own, '');
COMMENT ON FUNCTION vigil.setup_line(text, bigint, bigint, bigint, text) IS 'What a part of vigil.setup() did to a table, in words';

CREATE FUNCTION vigil.setup_profiles() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    shipped vigil.shipped_profile[];
    rows_loaded bigint;
    rows_refreshed bigint;
BEGIN
    EXECUTE format('SELECT coalesce(array_agg(q.s), ''{}'') FROM (%s) AS q', vigil.shipped_query('vigil.shipped_profile'))
        INTO shipped;
    WITH written AS (
        INSERT INTO vigil.profile AS old (code, domain, situation_mask, zh, en, texts_default)
        SELECT s.code, s.domain, s.situation_mask, s.zh, s.en, jsonb_build_object('zh', s.zh, 'en', s.en)
        FROM unnest(shipped) AS s
        ON CONFLICT ON CONSTRAINT profile_pkey DO UPDATE
        SET domain = excluded.domain, situation_mask = excluded.situation_mask, texts_default = excluded.texts_default,
            zh = vigil.kept(old.zh, old.texts_default ->> 'zh', excluded.zh),
            en = vigil.kept(old.en, old.texts_default ->> 'en', excluded.en)
        WHERE (old.domain, old.situation_mask, old.texts_default)
              IS DISTINCT FROM (excluded.domain, excluded.situation_mask, excluded.texts_default)
        RETURNING xmax = 0 AS loaded
    )
    SELECT count(*) FILTER (WHERE w.loaded), count(*) FILTER (WHERE NOT w.loaded) INTO rows_loaded, rows_refreshed FROM written AS w;
    RETURN NEXT vigil.setup_line('profile', cardinality(shipped), rows_loaded, rows_refreshed, NULL);
    WITH written AS (
        INSERT INTO vigil.colour_rule AS old
            (profile, red_below, yellow_below, recovery_margin, hold_minutes, reopen_minutes, rule_default)
        SELECT s.code, s.red_below, s.yellow_below, s.recovery_margin, s.hold_minutes, s.reopen_minutes,
               jsonb_build_object('red_below', s.red_below, 'yellow_below', s.yellow_below,
                                  'recovery_margin', s.recovery_margin, 'hold_minutes', s.hold_minutes,
                                  'reopen_minutes', s.reopen_minutes)
        FROM unnest(shipped) AS s
        ON CONFLICT ON CONSTRAINT colour_rule_pkey DO UPDATE
        SET rule_default = excluded.rule_default,
            red_below = vigil.kept(old.red_below, (old.rule_default -> 'red_below')::integer, excluded.red_below),
            yellow_below = vigil.kept(old.yellow_below, (old.rule_default -> 'yellow_below')::integer, excluded.yellow_below),
            recovery_margin = vigil.kept(old.recovery_margin, (old.rule_default -> 'recovery_margin')::integer, excluded.recovery_margin),
            hold_minutes = vigil.kept(old.hold_minutes, (old.rule_default -> 'hold_minutes')::integer, excluded.hold_minutes),
            reopen_minutes = vigil.kept(old.reopen_minutes, (old.rule_default -> 'reopen_minutes')::integer, excluded.reopen_minutes)
        WHERE old.rule_default IS DISTINCT FROM excluded.rule_default
        RETURNING xmax = 0 AS loaded
    )
    SELECT count(*) FILTER (WHERE w.loaded), count(*) FILTER (WHERE NOT w.loaded) INTO rows_loaded, rows_refreshed FROM written AS w;
    RETURN NEXT vigil.setup_line('colour_rule', cardinality(shipped), rows_loaded, rows_refreshed,
               (SELECT string_agg(format('%s.%s %s instead of %s', c.profile, d.key, to_jsonb(c) -> d.key, d.value), ', '
                                  ORDER BY c.profile, d.key)
                FROM vigil.colour_rule AS c, jsonb_each(c.rule_default) AS d WHERE to_jsonb(c) -> d.key <> d.value));
END $$;
COMMENT ON FUNCTION vigil.setup_profiles() IS 'Load or refresh profiles and colour rules; a DBA''s own settings are kept; says what it did';
REVOKE ALL ON FUNCTION vigil.setup_profiles() FROM PUBLIC;

CREATE FUNCTION vigil.setup_situations() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    shipped vigil.shipped_situation[];
    rows_loaded bigint;
    rows_refreshed bigint;
BEGIN
    EXECUTE format('SELECT coalesce(array_agg(q.s), ''{}'') FROM (%s) AS q', vigil.shipped_query('vigil.shipped_situation'))
        INTO shipped;
    WITH written AS (
        INSERT INTO vigil.situation AS old
            (domain, bit, code, dimension, zh, en, weight, veto, legal_basis, cleared_by, weight_default, veto_default, texts_default)
        SELECT s.domain, s.bit, s.code, s.dimension, s.zh, s.en, s.weight, s.veto, s.legal_basis, s.cleared_by, s.weight, s.veto,
               jsonb_build_object('zh', s.zh, 'en', s.en, 'legal_basis', s.legal_basis, 'cleared_by', s.cleared_by)
        FROM unnest(shipped) AS s
        ON CONFLICT ON CONSTRAINT situation_pkey DO UPDATE
        SET code = excluded.code, dimension = excluded.dimension, weight_default = excluded.weight_default,
            veto_default = excluded.veto_default, texts_default = excluded.texts_default,
            weight = vigil.kept(old.weight, old.weight_default, excluded.weight),
            veto = vigil.kept(old.veto, old.veto_default, excluded.veto),
            zh = vigil.kept(old.zh, old.texts_default ->> 'zh', excluded.zh),
            en = vigil.kept(old.en, old.texts_default ->> 'en', excluded.en),
            legal_basis = vigil.kept(old.legal_basis, old.texts_default ->> 'legal_basis', excluded.legal_basis),
            cleared_by = vigil.kept(old.cleared_by, old.texts_default ->> 'cleared_by', excluded.cleared_by)
        WHERE (old.code, old.dimension, old.weight_default, old.veto_default, old.texts_default)
              IS DISTINCT FROM (excluded.code, excluded.dimension, excluded.weight_default, excluded.veto_default, excluded.texts_default)
        RETURNING xmax = 0 AS loaded
    )
    SELECT count(*) FILTER (WHERE w.loaded), count(*) FILTER (WHERE NOT w.loaded) INTO rows_loaded, rows_refreshed FROM written AS w;
    RETURN NEXT vigil.setup_line('situation', cardinality(shipped), rows_loaded, rows_refreshed,
               (SELECT string_agg(concat_ws(' ', s.code,
                                            CASE WHEN s.weight <> s.weight_default THEN format('weight %s instead of %s', s.weight, s.weight_default) END,
                                            CASE WHEN s.veto <> s.veto_default THEN CASE WHEN s.veto THEN 'veto' ELSE 'no veto' END END),
                                  ', ' ORDER BY s.domain, s.bit)
                FROM vigil.situation AS s WHERE (s.weight, s.veto) <> (s.weight_default, s.veto_default)));
END $$;
COMMENT ON FUNCTION vigil.setup_situations() IS 'Load or refresh the situations; a DBA''s own settings are kept; says what it did';
REVOKE ALL ON FUNCTION vigil.setup_situations() FROM PUBLIC;

CREATE FUNCTION vigil.fitting_parameters(defaults jsonb, parameters jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (SELECT coalesce(jsonb_object_agg(p.key, p.value), '{}') FROM jsonb_each(parameters) AS p
        WHERE defaults ? p.key AND vigil.parameter_fits(defaults -> p.key, p.value, false));
COMMENT ON FUNCTION vigil.fitting_parameters(jsonb, jsonb) IS 'The overrides that a model''s defaults still know';

CREATE FUNCTION vigil.setup_models() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    shipped vigil.shipped_model[];
    rows_loaded bigint;
    rows_refreshed bigint;
BEGIN
    EXECUTE format('SELECT coalesce(array_agg(q.s), ''{}'') FROM (%s) AS q', vigil.shipped_query('vigil.shipped_model'))
        INTO shipped;
    RETURN QUERY
    SELECT format('model %s: parameters %s dropped, this version knows %s', m.code,
                  m.parameters - ARRAY(SELECT jsonb_object_keys(vigil.fitting_parameters(s.parameters, m.parameters))), s.parameters)
    FROM unnest(shipped) AS s JOIN vigil.model AS m USING (domain, code)
    WHERE m.parameters <> vigil.fitting_parameters(s.parameters, m.parameters)
    ORDER BY m.number;
    WITH written AS (
        INSERT INTO vigil.model AS old
            (domain, number, code, situation, kind, profile, feed, cadence, function, implemented, zh, en, rule, clear_rule,
             parameters_default, enabled, enabled_default, texts_default)
        SELECT s.domain, s.number, s.code, s.situation, s.kind, s.profile, s.feed, s.cadence, s.function, s.implemented,
               s.zh, s.en, s.rule, s.clear_rule, s.parameters, s.implemented, s.implemented,
               jsonb_build_object('zh', s.zh, 'en', s.en, 'rule', s.rule, 'clear_rule', s.clear_rule, 'cadence', s.cadence)
        FROM unnest(shipped) AS s
        ON CONFLICT ON CONSTRAINT model_pkey DO UPDATE
        SET number = excluded.number, situation = excluded.situation, kind = excluded.kind, profile = excluded.profile,
            feed = excluded.feed, function = excluded.function, implemented = excluded.implemented,
            parameters_default = excluded.parameters_default, enabled_default = excluded.enabled_default,
            texts_default = excluded.texts_default,
            parameters = vigil.fitting_parameters(excluded.parameters_default, old.parameters),
            enabled = excluded.implemented AND vigil.kept(old.enabled, old.enabled_default, excluded.enabled),
            cadence = vigil.kept(old.cadence, old.texts_default ->> 'cadence', excluded.cadence),
            zh = vigil.kept(old.zh, old.texts_default ->> 'zh', excluded.zh),
            en = vigil.kept(old.en, old.texts_default ->> 'en', excluded.en),
            rule = vigil.kept(old.rule, old.texts_default ->> 'rule', excluded.rule),
            clear_rule = vigil.kept(old.clear_rule, old.texts_default ->> 'clear_rule', excluded.clear_rule)
        WHERE old.number < 1001
          AND (old.number, old.situation, old.kind, old.profile, old.feed, old.function, old.implemented,
               old.parameters_default, old.enabled_default, old.texts_default)
              IS DISTINCT FROM (excluded.number, excluded.situation, excluded.kind, excluded.profile, excluded.feed,
               excluded.function, excluded.implemented, excluded.parameters_default, excluded.enabled_default, excluded.texts_default)
        RETURNING xmax = 0 AS loaded
    )
    SELECT count(*) FILTER (WHERE w.loaded), count(*) FILTER (WHERE NOT w.loaded) INTO rows_loaded, rows_refreshed FROM written AS w;
    RETURN NEXT vigil.setup_line('model', cardinality(shipped), rows_loaded, rows_refreshed,
               (SELECT string_agg(concat_ws(' ', m.code,
                                            CASE WHEN m.enabled <> m.enabled_default THEN CASE WHEN m.enabled THEN 'enabled' ELSE 'disabled' END END,
                                            CASE WHEN m.cadence <> m.texts_default ->> 'cadence' THEN format('at %s', m.cadence) END,
                                            nullif(m.parameters, '{}')), ', ' ORDER BY m.domain, m.number)
                FROM vigil.model AS m
                WHERE m.number < 1001 AND (m.enabled <> m.enabled_default OR m.parameters <> '{}' OR m.cadence <> m.texts_default ->> 'cadence')));
END $$;
COMMENT ON FUNCTION vigil.setup_models() IS 'Load or refresh the models; a DBA''s own settings are kept; says what it did';
REVOKE ALL ON FUNCTION vigil.setup_models() FROM PUBLIC;

CREATE FUNCTION vigil.setup_catalogue() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RETURN QUERY SELECT s FROM vigil.setup_profiles() AS s;
    RETURN QUERY SELECT s FROM vigil.setup_situations() AS s;
    RETURN QUERY SELECT s FROM vigil.setup_models() AS s;
END $$;
COMMENT ON FUNCTION vigil.setup_catalogue() IS
    'Load or refresh profiles, colour rules, situations and models of every domain. What a DBA changed is kept: weights, vetoes, enabled, parameters, cadence, texts, thresholds. Says what it did';
REVOKE ALL ON FUNCTION vigil.setup_catalogue() FROM PUBLIC;
