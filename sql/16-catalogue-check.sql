-- What a model's parameters may be: the keys and types of its defaults, nothing else.

CREATE FUNCTION vigil.parameter_fits(pattern jsonb, given jsonb, fixed_length boolean) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
BEGIN
    IF jsonb_typeof(given) <> jsonb_typeof(pattern) THEN
        RETURN false;
    END IF;
    CASE jsonb_typeof(pattern)
    WHEN 'number' THEN
        RETURN abs(given::numeric) <= 1000000000;       -- the engine counts in 32 bits
    WHEN 'string' THEN
        RETURN pattern #>> '{}' !~ '^\d\d:\d\d$' OR given #>> '{}' ~ '^(([01]\d|2[0-3]):[0-5]\d|24:00)$';
    WHEN 'object' THEN
        -- an override replaces the whole object, so it must name all of its keys
        RETURN ARRAY(SELECT k FROM jsonb_object_keys(pattern) AS k ORDER BY k)
               = ARRAY(SELECT k FROM jsonb_object_keys(given) AS k ORDER BY k)
           AND (SELECT bool_and(vigil.parameter_fits(p.value, given -> p.key, true)) FROM jsonb_each(pattern) AS p);
    WHEN 'array' THEN
        IF fixed_length AND jsonb_array_length(given) <> jsonb_array_length(pattern) THEN
            RETURN false;
        END IF;
        RETURN coalesce((SELECT bool_and(CASE
                   WHEN pattern -> 0 IS NULL THEN jsonb_typeof(g) IN ('string', 'number')
                   ELSE vigil.parameter_fits(pattern -> 0, g, true) END) FROM jsonb_array_elements(given) AS g), true);
    ELSE
        RETURN true;
    END CASE;
END $$;
COMMENT ON FUNCTION vigil.parameter_fits(jsonb, jsonb, boolean) IS
    'Whether a parameter has the shape of its default: type, 32-bit numbers, HH:MM times, keys of objects, elements of arrays (and their number, when fixed_length)';

CREATE FUNCTION vigil.check_parameters(model text, defaults jsonb, parameters jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    wrong record;
    accepted text := coalesce(nullif((SELECT string_agg(format('%s (default %s)', d.key, d.value), ', ' ORDER BY d.key)
                                      FROM jsonb_each(CASE jsonb_typeof(defaults) WHEN 'object' THEN defaults ELSE '{}' END) AS d), ''),
                              'none');
BEGIN
    IF jsonb_typeof(defaults) <> 'object' OR jsonb_typeof(parameters) <> 'object' THEN
        RAISE EXCEPTION 'parameters of model "%" must be a JSON object', model
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Write the parameters that differ from the defaults, such as {"minutes": 20}; {} for none.';
    END IF;
    SELECT p.key, p.value, defaults ? p.key AS known INTO wrong
    FROM jsonb_each(parameters) AS p
    WHERE NOT (defaults ? p.key AND vigil.parameter_fits(defaults -> p.key, p.value, false))
    ORDER BY p.key LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF NOT wrong.known THEN
        RAISE EXCEPTION 'model "%" has no parameter "%"', model, wrong.key
            USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its parameters are: %s.', accepted);
    END IF;
    RAISE EXCEPTION 'value % does not fit parameter "%" of model "%"', wrong.value, wrong.key, model
        USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its parameters are: %s.', accepted),
              HINT = 'A value has the form of its default; remove the key to return to the default.';
END $$;
COMMENT ON FUNCTION vigil.check_parameters(text, jsonb, jsonb) IS
    'Refuse overrides of a model''s parameters that its defaults do not know. Error 22023: unknown key, wrong type or form; names key, model and the accepted keys';

CREATE FUNCTION vigil.model_check() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN        -- what an INSERT of a rule of the city's own may leave out
        NEW.number := coalesce(NEW.number, (SELECT greatest(1000, max(m.number)) + 1 FROM vigil.model AS m WHERE m.domain = NEW.domain));
        NEW.profile := coalesce(NEW.profile, NEW.domain);
        NEW.zh := coalesce(NEW.zh, NEW.code);
        NEW.en := coalesce(NEW.en, NEW.code);
        NEW.rule := coalesce(NEW.rule, NEW.expression, NEW.function);
        NEW.clear_rule := coalesce(NEW.clear_rule, 'the rule no longer holds');
        IF NEW.expression IS NOT NULL AND NEW.kind = 'custom' THEN
            NEW.feed := coalesce(NEW.feed, 'position');
        END IF;
        NEW.implemented := coalesce(NEW.implemented, NEW.kind = 'custom');
        IF NEW.kind = 'custom' AND NEW.expression IS NULL AND NEW.function IS NULL THEN
            RAISE EXCEPTION 'model "%" has no rule', NEW.code
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Give expression, such as speed_kmh > 40 and inside(geom, ''bridge'', observed_at), or function and cadence.';
        END IF;
    ELSE
        NEW.version := OLD.version;
        IF (NEW.parameters_default || NEW.parameters, NEW.expression, NEW.function, NEW.enabled)
           IS DISTINCT FROM (OLD.parameters_default || OLD.parameters, OLD.expression, OLD.function, OLD.enabled) THEN
            NEW.version := OLD.version + 1;
        END IF;
    END IF;
    IF NEW.enabled AND NOT NEW.implemented THEN
        RAISE EXCEPTION 'model "%" cannot be enabled', NEW.code
            USING ERRCODE = 'feature_not_supported', DETAIL = 'This version of vigil does not implement it.',
                  HINT = 'Models that can be enabled: SELECT code FROM vigil.model WHERE implemented.';
    END IF;
    IF NEW.enabled AND NEW.number >= 1001 AND to_regproc(NEW.function) IS NULL AND NEW.function IS NOT NULL THEN
        RAISE EXCEPTION 'model "%" cannot be enabled', NEW.code
            USING ERRCODE = 'undefined_function', DETAIL = format('%s names no function, or more than one.', NEW.function),
                  HINT = 'Write the name with its schema, such as my_schema.my_rule.';
    END IF;
    PERFORM vigil.check_parameters(NEW.code, NEW.parameters_default, NEW.parameters);
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil.model_check() IS
    'Row trigger of vigil.model: fills what an INSERT left out, counts version, checks parameters. Errors 22023: parameters, a custom model without a rule; 0A000: enabling what is not implemented; 42883: its function does not exist';
REVOKE ALL ON FUNCTION vigil.model_check() FROM PUBLIC;

CREATE TRIGGER model_check BEFORE INSERT OR UPDATE ON vigil.model
    FOR EACH ROW EXECUTE FUNCTION vigil.model_check();
