-- The ways into the risk tables. All of them end in one C function that locks, walks and writes set-wise.

CREATE FUNCTION vigil.apply_effects(profile text, effect text[], subject bigint[], model text[], at timestamptz[],
    evidence jsonb[], reason text[] DEFAULT NULL, region_code bigint[] DEFAULT NULL,
    lon double precision[] DEFAULT NULL, lat double precision[] DEFAULT NULL, cleared_by text DEFAULT NULL)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE     -- not STRICT: the arrays after at may be null
AS 'MODULE_PATHNAME', 'vigil_apply_effects';
COMMENT ON FUNCTION vigil.apply_effects(text, text[], bigint[], text[], timestamptz[], jsonb[], text[], bigint[], double precision[], double precision[], text) IS
    'Apply effects of models, arrays of one length, effect raise | touch | clear, any order: hazards, masks, colours, incidents follow. Returns hazards opened or closed. A raise of an unknown, disabled or suppressed model is ignored. cleared_by null: rule, or job where a reason is given. Works with the rights of the owner. Errors 22023: unknown profile or effect, evidence not an object; 2202E: lengths differ; 22004: null; 22008: infinite time';
REVOKE ALL ON FUNCTION vigil.apply_effects(text, text[], bigint[], text[], timestamptz[], jsonb[], text[], bigint[], double precision[], double precision[], text) FROM PUBLIC;

CREATE FUNCTION vigil.step_states(profile text, step text, subject bigint[], at timestamptz, inherited_mask bigint[] DEFAULT '{}')
RETURNS integer
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'vigil_step_states';
COMMENT ON FUNCTION vigil.step_states(text, text, bigint[], timestamptz, bigint[]) IS
    'One step of the colours of these subjects: recover (what is due at that time; subjects locked by another transaction are left out), catalogue (rules changed), inherit (the inherited masks given). Returns how many changed. Works with the rights of the owner. Errors 22023: unknown profile or step; 22003: negative mask; 2202E: lengths differ; 22004: null; 22008: infinite time';
REVOKE ALL ON FUNCTION vigil.step_states(text, text, bigint[], timestamptz, bigint[]) FROM PUBLIC;

-- Who may execute the functions below is the check of the caller's right: they are granted to roles, never to PUBLIC.

CREATE FUNCTION vigil.check_model(profile text, model text) RETURNS vigil.model
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    subject_domain text := vigil.check_profile(profile);
    found_model vigil.model;
BEGIN
    SELECT m.* INTO found_model FROM vigil.model AS m WHERE m.domain = subject_domain AND m.code = check_model.model;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'model "%" does not exist in domain "%"', model, subject_domain
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('List them: SELECT code, zh, en FROM vigil.model WHERE domain = %L.', subject_domain);
    END IF;
    RETURN found_model;
END $$;
COMMENT ON FUNCTION vigil.check_model(text, text) IS 'The model by its code. Error 22023: unknown profile or model';

-- The domain knows its subjects: vigil_DOMAIN.check_subject(profile, subject) raises what is wrong.
CREATE FUNCTION vigil.check_subject(profile text, subject bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    domain_check text := format('vigil_%I.check_subject', vigil.check_profile(profile));
BEGIN
    IF to_regprocedure(domain_check || '(text,bigint)') IS NOT NULL THEN
        EXECUTE format('SELECT %s($1, $2)', domain_check) USING profile, subject;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.check_subject(text, bigint) IS
    'Error where a number can be no subject of the profile: 22023 unknown profile; others as the domain says';

CREATE FUNCTION vigil.raise_hazard(profile text, subject bigint, model text, evidence jsonb DEFAULT '{}', at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER      -- not STRICT: a hazard is not lost by a null
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    raised vigil.model := vigil.check_model(profile, model);
BEGIN
    IF num_nulls(profile, subject, model, evidence, at) > 0 THEN
        RAISE EXCEPTION 'a hazard needs profile, subject, model, evidence and time'
            USING ERRCODE = 'null_value_not_allowed',
                  DETAIL = format('Given: profile %L, subject %L, model %L, evidence %L, at %L.', profile, subject, model, evidence, at);
    END IF;
    IF NOT raised.enabled THEN
        RAISE EXCEPTION 'model "%" is disabled', model
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = CASE WHEN raised.implemented
                      THEN format('Enable it: UPDATE vigil.model SET enabled = true WHERE domain = %L AND code = %L.', raised.domain, raised.code)
                      ELSE 'This version of vigil does not implement it.' END;
    END IF;
    PERFORM vigil.check_subject(profile, subject);
    PERFORM vigil.apply_effects(profile, ARRAY['raise'], ARRAY[subject], ARRAY[model], ARRAY[at], ARRAY[evidence]);
    RETURN (SELECT h.id FROM vigil.hazard AS h
            WHERE h.profile = raise_hazard.profile AND h.subject = raise_hazard.subject AND h.model = raise_hazard.model
              AND h.cleared_at IS NULL);
END $$;
COMMENT ON FUNCTION vigil.raise_hazard(text, bigint, text, jsonb, timestamptz) IS
    'Raise a model on a subject by hand, or touch its open hazard; returns the hazard''s id, null while a suppression keeps the model silent. Errors 22004: a null; 22023: unknown profile or model, evidence not an object; 55000: the model is disabled; P0002: no such driver or enterprise; 22003: not the number of a plate';
REVOKE ALL ON FUNCTION vigil.raise_hazard(text, bigint, text, jsonb, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.clear_hazard(profile text, subject bigint, model text, reason text, at timestamptz DEFAULT now(),
    cleared_by text DEFAULT 'person')
RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF num_nulls(profile, subject, model, at, cleared_by) > 0 THEN
        RAISE EXCEPTION 'to clear a hazard takes profile, subject, model, time and by whom'
            USING ERRCODE = 'null_value_not_allowed',
                  DETAIL = format('Given: profile %L, subject %L, model %L, at %L, cleared_by %L.', profile, subject, model, at, cleared_by);
    ELSIF coalesce(trim(reason), '') = '' THEN
        RAISE EXCEPTION 'a hazard is not cleared without a reason' USING ERRCODE = 'invalid_parameter_value';
    ELSIF vigil.apply_effects(profile, ARRAY['clear'], ARRAY[subject], ARRAY[model], ARRAY[at], NULL, ARRAY[reason],
                              cleared_by => cleared_by) > 0 THEN
        RETURN true;
    END IF;
    PERFORM vigil.check_model(profile, model);      -- none was open: because there is no such model?
    RETURN false;
END $$;
COMMENT ON FUNCTION vigil.clear_hazard(text, bigint, text, text, timestamptz, text) IS
    'Clear the open hazard of a model on a subject, with a reason; returns whether one was open. cleared_by: person, feedback, job. A model that watches data raises again while the data still says so; see vigil.suppress. Errors 22004: a null; 22023: unknown profile or model, no reason';
REVOKE ALL ON FUNCTION vigil.clear_hazard(text, bigint, text, text, timestamptz, text) FROM PUBLIC;

CREATE FUNCTION vigil.suppress(profile text, subject bigint, model text, fence_id bigint, until timestamptz, reason text,
    since timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER  -- not STRICT: no fence means everywhere
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    silent vigil.model := vigil.check_model(profile, model);
    engine_hook text := format('vigil_%I.hazard_closed', silent.domain);
    new_id bigint;
BEGIN
    IF (until > since) IS NOT TRUE THEN
        RAISE EXCEPTION 'a suppression from % cannot last until %', coalesce(since::text, 'null'), coalesce(until::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'until is after since.';
    END IF;
    -- first the engine, whose state comes before the risk tables in the order of locks
    IF profile = silent.domain AND to_regprocedure(engine_hook || '(bigint[],text[],bigint[],timestamptz[])') IS NOT NULL THEN
        EXECUTE format('SELECT %s($1, $2, $3, $4)', engine_hook)
            USING ARRAY[subject], ARRAY[model], ARRAY[fence_id], ARRAY[until];
    END IF;
    INSERT INTO vigil.suppression (profile, subject, model, fence_id, since, until, reason)
    VALUES (suppress.profile, suppress.subject, suppress.model, suppress.fence_id, suppress.since, suppress.until, suppress.reason)
    RETURNING id INTO new_id;
    RETURN new_id;
END $$;
COMMENT ON FUNCTION vigil.suppress(text, bigint, text, bigint, timestamptz, text, timestamptz) IS
    'Keep a model silent on a subject from since to until, at one fence or (fence_id null) everywhere; an open hazard stays until it is cleared. Returns the suppression''s id. Error 22023: unknown profile or model, until is not after since';
REVOKE ALL ON FUNCTION vigil.suppress(text, bigint, text, bigint, timestamptz, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.recover_colours(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    due record;
    recovered integer := 0;
BEGIN
    FOR due IN
        SELECT s.profile, array_agg(s.subject) AS subjects FROM vigil.risk_state AS s
        WHERE s.recover_at <= recover_colours.at GROUP BY s.profile ORDER BY s.profile
    LOOP
        recovered := recovered + vigil.step_states(due.profile, 'recover', due.subjects, at);
    END LOOP;
    RETURN recovered;
END $$;
COMMENT ON FUNCTION vigil.recover_colours(timestamptz) IS
    'Let every colour recover (升分调色) whose hold time is over, each at its own time, further recoveries that are due included. Returns how many subjects changed; one that another transaction holds is left to it or to the next call';
REVOKE ALL ON FUNCTION vigil.recover_colours(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.close_disabled_models(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    open record;
    closed integer := 0;
BEGIN
    FOR open IN
        SELECT h.profile, count(*)::integer AS n, array_agg(h.subject) AS subjects, array_agg(h.model) AS models
        FROM vigil.hazard AS h
        JOIN vigil.profile AS p ON p.code = h.profile
        LEFT JOIN vigil.model AS m ON m.domain = p.domain AND m.code = h.model
        WHERE h.cleared_at IS NULL AND m.enabled IS NOT TRUE
        GROUP BY h.profile ORDER BY h.profile
    LOOP
        closed := closed + vigil.apply_effects(open.profile, array_fill('clear'::text, ARRAY[open.n]), open.subjects,
            open.models, array_fill(at, ARRAY[open.n]), NULL, array_fill('model_disabled'::text, ARRAY[open.n]));
    END LOOP;
    RETURN closed;
END $$;
COMMENT ON FUNCTION vigil.close_disabled_models(timestamptz) IS
    'Close the open hazards of models that are disabled or gone, reason model_disabled; returns how many';
REVOKE ALL ON FUNCTION vigil.close_disabled_models(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.model_disabled() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF EXISTS (SELECT FROM before_rows AS b LEFT JOIN vigil.model AS m USING (domain, code) WHERE b.enabled AND m.enabled IS NOT TRUE) THEN
        PERFORM vigil.close_disabled_models();
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil.model_disabled() IS 'Statement trigger of vigil.model: a model that was switched off or deleted leaves no open hazard';
REVOKE ALL ON FUNCTION vigil.model_disabled() FROM PUBLIC;

-- Named to fire after catalogue_changed: the colours below are stepped with the new catalogue.
CREATE TRIGGER model_disabled AFTER UPDATE ON vigil.model REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.model_disabled();
CREATE TRIGGER model_deleted AFTER DELETE ON vigil.model REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.model_disabled();

CREATE FUNCTION vigil.rescore(profile text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER  -- not STRICT: no profile means all
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    scored record;
    changed integer := 0;
BEGIN
    PERFORM vigil.check_profile(profile);
    PERFORM vigil.close_disabled_models(at);
    FOR scored IN
        SELECT s.profile, array_agg(s.subject) AS subjects FROM vigil.risk_state AS s
        -- a subject that is green and stays so at the same score has nothing to step
        WHERE (s.colour <> 'green' OR s.score <> vigil.risk_score(s.profile, s.own_mask | s.inherited_mask)
               OR vigil.risk_colour(s.profile, s.own_mask | s.inherited_mask) <> 'green')
          AND (rescore.profile IS NULL OR s.profile = rescore.profile)
        GROUP BY s.profile ORDER BY s.profile
    LOOP
        changed := changed + vigil.step_states(scored.profile, 'catalogue', scored.subjects, at);
    END LOOP;
    RETURN changed;
END $$;
COMMENT ON FUNCTION vigil.rescore(text, timestamptz) IS
    'Score and colour every open subject again after a change of weights, vetoes or thresholds (a live subject follows at its next effect anyway), and close hazards of disabled models. profile null: all. Returns how many subjects changed. Error 22023: unknown profile';
REVOKE ALL ON FUNCTION vigil.rescore(text, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.inherit(profile text, subject bigint[], inherited_mask bigint[], at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    subjects bigint[];
    masks bigint[];
BEGIN
    -- only those that differ: a job hands in every vehicle every few minutes, and hardly any changes
    SELECT coalesce(array_agg(g.subject), '{}'), coalesce(array_agg(g.mask), '{}') INTO subjects, masks
    FROM unnest(inherit.subject, inherit.inherited_mask) AS g (subject, mask)
    LEFT JOIN vigil.risk_state AS s ON s.profile = inherit.profile AND s.subject = g.subject
    WHERE g.mask IS DISTINCT FROM coalesce(s.inherited_mask, 0);
    RETURN vigil.step_states(profile, 'inherit', subjects, at, masks);
END $$;
COMMENT ON FUNCTION vigil.inherit(text, bigint[], bigint[], timestamptz) IS
    'Set the inherited masks of subjects, the whole mask each; colours follow. Returns how many changed. Errors 22023: unknown profile; 22003: negative mask; 22004: null or arrays of different length';
REVOKE ALL ON FUNCTION vigil.inherit(text, bigint[], bigint[], timestamptz) FROM PUBLIC;
