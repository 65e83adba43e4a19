-- Models that look at all their subjects at set times: who is due, what they find, and what becomes of it. A model's function
-- only finds, (subjects, at, parameters) → (subject_id, active, evidence); it writes nothing.

CREATE TABLE vigil.model_run (
    domain text NOT NULL,
    model text NOT NULL,
    due_at timestamptz NOT NULL,
    ran_at timestamptz NOT NULL,
    found integer,
    error text,
    CONSTRAINT model_run_pkey PRIMARY KEY (domain, model),
    CONSTRAINT model_run_model_fkey FOREIGN KEY (domain, model) REFERENCES vigil.model (domain, code) ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE vigil.model_run IS 'The last run of each model with a cadence';
COMMENT ON COLUMN vigil.model_run.model IS 'Code of the model';
COMMENT ON COLUMN vigil.model_run.due_at IS 'The time of its cadence that the run answered';
COMMENT ON COLUMN vigil.model_run.ran_at IS 'The time it was run for';
COMMENT ON COLUMN vigil.model_run.found IS 'Subjects on which the model held; null after an error';
COMMENT ON COLUMN vigil.model_run.error IS 'SQLSTATE and message of the last run, null when it went well; it is tried again when it is due next';

CREATE FUNCTION vigil.local_time(at timestamptz) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (at AT TIME ZONE 'UTC') + make_interval(mins => current_setting('vigil.utc_offset_minutes')::integer);
COMMENT ON FUNCTION vigil.local_time(timestamptz) IS 'Local time of the city, by the setting vigil.utc_offset_minutes';

-- Cadences are cron schedules in local time; pg_cron itself only knows the server's.
CREATE FUNCTION vigil.cron_due(schedule text, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    field text[] := regexp_split_to_array(btrim(schedule), '\s+');
    local_at timestamp := vigil.local_time(at);
    hours integer[];
    minutes integer[];
    days integer[];
    months integer[];
    weekdays integer[];
    candidate date;
    due timestamp;
BEGIN
    IF cardinality(field) <> 5 THEN
        RAISE EXCEPTION 'cron schedule "%" does not have five fields', schedule
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Write minute, hour, day, month, weekday, as in 20 2 * * *.';
    END IF;
    minutes := vigil.cron_field(field[1], 0, 59);
    hours := vigil.cron_field(field[2], 0, 23);
    days := vigil.cron_field(field[3], 1, 31);
    months := vigil.cron_field(field[4], 1, 12);
    weekdays := vigil.cron_field(field[5], 0, 7);
    FOR back IN 0 .. 4 * 366       -- 29 February comes round in four years
    LOOP
        candidate := local_at::date - back;
        CONTINUE WHEN extract(month FROM candidate)::integer <> ALL (months);
        -- as cron has it: where both day and weekday are given, either will do
        CONTINUE WHEN CASE WHEN field[3] = '*' OR field[5] = '*'
            THEN extract(day FROM candidate)::integer <> ALL (days)
                OR (extract(dow FROM candidate)::integer <> ALL (weekdays)
                    AND NOT (extract(dow FROM candidate) = 0 AND 7 = ANY (weekdays)))
            ELSE extract(day FROM candidate)::integer <> ALL (days)
                AND extract(dow FROM candidate)::integer <> ALL (weekdays)
                AND NOT (extract(dow FROM candidate) = 0 AND 7 = ANY (weekdays)) END;
        SELECT max(candidate + make_time(h, m, 0)) INTO due FROM unnest(hours) AS h CROSS JOIN unnest(minutes) AS m
        WHERE candidate + make_time(h, m, 0) <= local_at;
        IF due IS NOT NULL THEN
            RETURN at - (local_at - due);
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil.cron_due(text, timestamptz) IS
    'The last time, not after this one, at which a cron schedule in local time was due; null where it never is. Error 22023: not a schedule';

CREATE FUNCTION vigil.model_finder(domain text, code text, function text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    finder text;
BEGIN
    SELECT format('%I.%I', n.nspname, p.proname) INTO finder
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE p.oid = to_regprocedure(function || '(bigint[], timestamp with time zone, jsonb)');
    IF finder IS NULL THEN
        RAISE EXCEPTION 'function % of model "%" does not exist', function, code
            USING ERRCODE = 'undefined_function',
                  HINT = format('CREATE FUNCTION %s(subjects bigint[], at timestamptz, parameters jsonb) RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb).',
                                function);
    END IF;
    RETURN finder;
END $$;
COMMENT ON FUNCTION vigil.model_finder(text, text, text) IS 'The function of a model, quoted. Error 42883: there is none with the arguments that it needs';

CREATE FUNCTION vigil.model_schedule_check() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF NEW.cadence IS NOT NULL THEN
        PERFORM vigil.cron_due(NEW.cadence, now());
    END IF;
    IF NEW.number > 1000 AND NEW.function IS NOT NULL THEN
        PERFORM vigil.model_finder(NEW.domain, NEW.code, NEW.function);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil.model_schedule_check() IS
    'Row trigger of vigil.model: cadence must be a cron schedule (22023), the function of a model of the city''s own must exist (42883)';
REVOKE ALL ON FUNCTION vigil.model_schedule_check() FROM PUBLIC;
CREATE TRIGGER model_schedule_check BEFORE INSERT OR UPDATE OF cadence, function ON vigil.model
    FOR EACH ROW EXECUTE FUNCTION vigil.model_schedule_check();

CREATE FUNCTION vigil.model_effects(domain text, code text, subjects bigint[], at timestamptz)
RETURNS TABLE (profile text, model text, subject bigint, effect text, evidence jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE         -- not STRICT: no subjects means all
AS $$
DECLARE
    run vigil.model;
BEGIN
    SELECT m.* INTO run FROM vigil.model AS m WHERE m.domain = model_effects.domain AND m.code = model_effects.code;
    IF run.function IS NULL THEN
        RAISE EXCEPTION 'domain "%" has no model "%" with a function', domain, code
            USING ERRCODE = 'no_data_found', HINT = 'They are listed by SELECT code FROM vigil.model WHERE function IS NOT NULL.';
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH found AS MATERIALIZED (SELECT f.subject_id, f.evidence FROM %s($1, $2, $3) AS f WHERE f.active)'
        ' SELECT $4, $5, f.subject_id, ''raise'', f.evidence FROM found AS f'
        ' UNION ALL'
        ' SELECT $4, $5, h.subject, ''clear'', NULL FROM vigil.hazard AS h'
        ' WHERE h.profile = $4 AND h.model = $5 AND h.cleared_at IS NULL AND ($1 IS NULL OR h.subject = ANY ($1))'
        ' AND NOT EXISTS (SELECT FROM found AS f WHERE f.subject_id = h.subject)',
        vigil.model_finder(run.domain, run.code, run.function))
        USING subjects, at, run.parameters_default || run.parameters, run.profile, run.code;
END $$;
COMMENT ON FUNCTION vigil.model_effects(text, text, bigint[], timestamptz) IS
    'What a run of a model at this time would do: raise where it finds its situation, clear its open hazards elsewhere. subjects null: all. Errors P0002: no such model, or one without a function; 42883: its function is gone';
REVOKE ALL ON FUNCTION vigil.model_effects(text, text, bigint[], timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.apply_model_effects(profile text, model text[], subject bigint[], effect text[], evidence jsonb[], at timestamptz)
RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT vigil.apply_effects(profile, array_agg(e.effect), array_agg(e.subject), array_agg(e.model),
        array_agg(at), array_agg(e.evidence), NULL, array_agg(f.region_code), array_agg(f.lon), array_agg(f.lat))
    FROM unnest(apply_model_effects.model, apply_model_effects.subject, apply_model_effects.effect, apply_model_effects.evidence)
        AS e (model, subject, effect, evidence)
    LEFT JOIN vigil.subject_facts(profile, ARRAY(SELECT DISTINCT s FROM unnest(apply_model_effects.subject) AS s ORDER BY s)) AS f
        ON f.subject_id = e.subject
    HAVING count(*) > 0;
END;
COMMENT ON FUNCTION vigil.apply_model_effects(text, text[], bigint[], text[], jsonb[], timestamptz) IS
    'Apply what runs of models found on one profile''s subjects, with where these are; hazards opened or closed, null for nothing to do';
REVOKE ALL ON FUNCTION vigil.apply_model_effects(text, text[], bigint[], text[], jsonb[], timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.run_model(code text, at timestamptz DEFAULT now(), subjects bigint[] DEFAULT NULL, domain text DEFAULT 'vehicle')
RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE       -- not STRICT: no subjects means all
AS $$
DECLARE
    changed integer;
BEGIN
    SELECT vigil.apply_model_effects(min(e.profile), array_agg(e.model), array_agg(e.subject), array_agg(e.effect),
                                     array_agg(e.evidence), at)
    INTO changed FROM vigil.model_effects(domain, code, subjects, at) AS e;
    RETURN coalesce(changed, 0);
END $$;
COMMENT ON FUNCTION vigil.run_model(text, timestamptz, bigint[], text) IS
    'Run one model with a function now, over these subjects or (null) all: raises and clears its hazards, returns how many were opened or closed. A disabled model raises nothing. Errors as vigil.model_effects()';
REVOKE ALL ON FUNCTION vigil.run_model(text, timestamptz, bigint[], text) FROM PUBLIC;

CREATE FUNCTION vigil.run_models(at timestamptz DEFAULT now()) RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
AS $$
DECLARE
    due record;
    part text;
    failure text;
    held integer;
    profiles text[] := '{}';
    models text[] := '{}';
    subjects bigint[] := '{}';
    effects text[] := '{}';
    evidences jsonb[] := '{}';
    ran integer := 0;
    failed integer := 0;
    changed integer := 0;
BEGIN
    FOR due IN
        SELECT m.domain, m.code, d.at FROM vigil.model AS m
        LEFT JOIN vigil.model_run AS r ON r.domain = m.domain AND r.model = m.code
        CROSS JOIN LATERAL vigil.cron_due(m.cadence, run_models.at) AS d (at)
        WHERE m.enabled AND m.function IS NOT NULL AND d.at > coalesce(r.due_at, '-infinity')
        ORDER BY m.domain, m.number
    LOOP
        failure := NULL;
        held := NULL;
        BEGIN
            SELECT profiles || array_agg(e.profile), models || array_agg(e.model), subjects || array_agg(e.subject),
                effects || array_agg(e.effect), evidences || array_agg(e.evidence), count(*) FILTER (WHERE e.effect = 'raise')
            INTO profiles, models, subjects, effects, evidences, held
            FROM vigil.model_effects(due.domain, due.code, NULL, run_models.at) AS e;
        EXCEPTION WHEN OTHERS THEN
            failure := format('%s %s', SQLSTATE, SQLERRM);
            failed := failed + 1;
            RAISE WARNING 'model "%" failed: %', due.code, failure;
        END;
        INSERT INTO vigil.model_run AS r (domain, model, due_at, ran_at, found, error)
        VALUES (due.domain, due.code, due.at, run_models.at, held, failure)
        ON CONFLICT ON CONSTRAINT model_run_pkey DO UPDATE
        SET due_at = excluded.due_at, ran_at = excluded.ran_at, found = excluded.found, error = excluded.error;
        ran := ran + 1;
    END LOOP;
    -- all effects on a profile's subjects at once: locked in one order, whatever the models
    FOR part IN SELECT DISTINCT p FROM unnest(profiles) AS p ORDER BY p
    LOOP
        changed := changed + coalesce((
            SELECT vigil.apply_model_effects(part, array_agg(e.model), array_agg(e.subject), array_agg(e.effect),
                                             array_agg(e.evidence), run_models.at)
            FROM unnest(profiles, models, subjects, effects, evidences) AS e (profile, model, subject, effect, evidence)
            WHERE e.profile = part), 0);
    END LOOP;
    RETURN format('%s models run, %s hazards opened or closed%s', ran, changed,
                  CASE WHEN failed > 0 THEN format(', %s failed: see vigil.model_run', failed) END);
END $$;
COMMENT ON FUNCTION vigil.run_models(timestamptz) IS
    'Run every enabled model whose cadence has come round since its last run, once however often it was missed. A failing model is recorded in vigil.model_run and stops no other. Runs as job "models"';
REVOKE ALL ON FUNCTION vigil.run_models(timestamptz) FROM PUBLIC;
