-- Custom models: rules of the city's own, written as boolean SQL expressions.

CREATE FUNCTION vigil.check_custom_expression(domain text, feed text, expression text) RETURNS void
LANGUAGE c STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vigil_check_custom_expression';
COMMENT ON FUNCTION vigil.check_custom_expression(text, text, text) IS
    'Refuse what cannot be a custom model''s expression over a feed. Errors: 42601 syntax, 42703 unknown variable (the hint lists all), 42883 unknown function, 42804 not boolean, 22023 volatile function, subquery, aggregate, window or set-returning function, unknown feed, 42501 function of a role that is neither superuser nor owner of vigil.model, or one that would read settings, catalogues or tables with the owner''s rights, 54000 longer than 8192 bytes';

CREATE FUNCTION vigil.custom_variables(domain text DEFAULT 'vehicle', feed text DEFAULT 'position')
RETURNS TABLE (name text, type text, meaning text)
LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 32 AS 'MODULE_PATHNAME', 'vigil_custom_variables';
COMMENT ON FUNCTION vigil.custom_variables(text, text) IS
    'What a custom model''s expression may use: columns of the observation, the state before it, the subject, the road segment; beside them geom, the point of lon and lat. Functions of vigil, of the domain and of PostGIS need no schema. Error 22023: unknown feed';

CREATE FUNCTION vigil.model_expression_check() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF NEW.expression IS NOT NULL
       AND (TG_OP = 'INSERT' OR (NEW.domain, NEW.feed, NEW.expression) IS DISTINCT FROM (OLD.domain, OLD.feed, OLD.expression)) THEN
        PERFORM vigil.check_custom_expression(NEW.domain, NEW.feed, NEW.expression);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil.model_expression_check() IS
    'Row trigger of vigil.model: checks a custom expression when it is written, with the errors of vigil.check_custom_expression()';
REVOKE ALL ON FUNCTION vigil.model_expression_check() FROM PUBLIC;
-- after model_check by name: that one fills in what an INSERT left out
CREATE TRIGGER model_expression_check BEFORE INSERT OR UPDATE ON vigil.model
    FOR EACH ROW EXECUTE FUNCTION vigil.model_expression_check();

CREATE FUNCTION vigil.add_model(domain text, code text, situation text, expression text, zh text DEFAULT NULL, en text DEFAULT NULL,
    feed text DEFAULT 'position', min_points integer DEFAULT 1, profile text DEFAULT NULL, rule text DEFAULT NULL)
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE       -- not STRICT: names and words may be left out
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added integer;
BEGIN
    IF min_points IS NULL OR min_points NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'min_points % is out of range', min_points
            USING ERRCODE = 'numeric_value_out_of_range',
                  HINT = 'It says how many observations in a row raise the hazard, 1 to 1000.';
    END IF;
    IF NOT EXISTS (SELECT FROM vigil.situation AS s WHERE s.domain = add_model.domain AND s.code = add_model.situation) THEN
        RAISE EXCEPTION 'domain "%" has no situation "%"', domain, situation
            USING ERRCODE = 'no_data_found', HINT = 'Situations: SELECT code, zh, en FROM vigil.situation ORDER BY bit.';
    END IF;
    INSERT INTO vigil.model (domain, code, situation, kind, profile, feed, expression, zh, en, rule, parameters_default)
    VALUES (add_model.domain, add_model.code, add_model.situation, 'custom', add_model.profile, add_model.feed,
            add_model.expression, add_model.zh, add_model.en, add_model.rule, jsonb_build_object('min_points', add_model.min_points))
    RETURNING number INTO added;
    RETURN added;
END $$;
COMMENT ON FUNCTION vigil.add_model(text, text, text, text, text, text, text, integer, text, text) IS
    'Add a custom model: it raises the situation on a subject once the expression holds on min_points observations in a row, none more than 5 minutes after the one before, and clears it once it does not on as many. Runs from the next statement on, in every session. Returns its number, 1001 and up. Errors: as check_custom_expression(); P0002 unknown situation; 22003 min_points outside 1 … 1000; 23505 code taken';
REVOKE ALL ON FUNCTION vigil.add_model(text, text, text, text, text, text, text, integer, text, text) FROM PUBLIC;

CREATE FUNCTION vigil.try_models(observations jsonb, domain text DEFAULT 'vehicle', feed text DEFAULT 'position',
    record boolean DEFAULT false)
RETURNS TABLE (ordinal integer, model text, answer text)
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vigil_try_models';
COMMENT ON FUNCTION vigil.try_models(jsonb, text, text, boolean) IS
    'What each enabled custom model says (yes, no, failed) of made-up observations, an array of objects with the variables of vigil.custom_variables(): [{"speed_kmh": 50, "kind": "hazmat"}]; what is left out is null. Raises nothing; with record, errors go to vigil.model_error as in earnest. Errors: 22023 unknown variable or feed, 22P02 a value that its type does not take';
REVOKE ALL ON FUNCTION vigil.try_models(jsonb, text, text, boolean) FROM PUBLIC;

CREATE TABLE vigil.model_error (
    id bigint GENERATED ALWAYS AS IDENTITY,
    domain text NOT NULL,
    model text NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL,
    sqlstate text NOT NULL,
    error text NOT NULL,
    observation text,
    count bigint NOT NULL,
    CONSTRAINT model_error_pkey PRIMARY KEY (id)
);
CREATE INDEX model_error_at_idx ON vigil.model_error USING brin (at);
COMMENT ON TABLE vigil.model_error IS
    'Errors inside custom models'' expressions. An observation is never lost by one: the model just says nothing about it, and after eight in one batch nothing about the rest of that batch. At most one row a session, model and minute';
COMMENT ON COLUMN vigil.model_error.model IS 'Code of the model';
COMMENT ON COLUMN vigil.model_error.version IS 'Version of the model that failed';
COMMENT ON COLUMN vigil.model_error.at IS 'Wall clock';
COMMENT ON COLUMN vigil.model_error.sqlstate IS 'SQLSTATE of the last error';
COMMENT ON COLUMN vigil.model_error.error IS 'Message of the last error';
COMMENT ON COLUMN vigil.model_error.observation IS 'The variables that the expression read there; null where it no longer compiles';
COMMENT ON COLUMN vigil.model_error.count IS 'Observations without an answer since that session''s row before';

CREATE FUNCTION vigil.purge_model_errors(keep interval DEFAULT '90 days') RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
BEGIN
    DELETE FROM vigil.model_error AS e WHERE e.at < now() - keep;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN format('%s errors of custom models older than %s deleted', purged, keep);
END $$;
COMMENT ON FUNCTION vigil.purge_model_errors(interval) IS 'Delete errors of custom models older than this. Runs as job "model_errors".';
REVOKE ALL ON FUNCTION vigil.purge_model_errors(interval) FROM PUBLIC;
