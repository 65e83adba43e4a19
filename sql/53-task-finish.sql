-- Finishing a task: the feedback code is checked, the hazards that it answers are cleared, the colour follows by its rule.

CREATE FUNCTION vigil.check_feedback(task bigint, unit bigint, incident vigil.incident, feedback text, detail jsonb)
RETURNS vigil.feedback
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
AS $$
DECLARE
    code vigil.feedback;
    need record;
    unit_kind text := (SELECT u.kind FROM vigil.unit AS u WHERE u.id = check_feedback.unit);
BEGIN
    SELECT f.* INTO code FROM vigil.feedback AS f JOIN vigil.profile AS p ON p.domain = f.domain
    WHERE p.code = incident.profile AND f.code = check_feedback.feedback;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'feedback "%" does not exist', check_feedback.feedback
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The codes are in vigil.feedback.';
    END IF;
    FOR need IN SELECT n.key AS field, n.value AS type FROM pg_catalog.jsonb_each_text(code.needs) AS n ORDER BY n.key
    LOOP
        IF coalesce(pg_catalog.jsonb_typeof(check_feedback.detail -> need.field), 'null')
            <> ALL (pg_catalog.string_to_array(need.type, '|')) OR check_feedback.detail ->> need.field = '' THEN
            RAISE EXCEPTION 'feedback "%" needs field "%"', check_feedback.feedback, need.field
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = pg_catalog.format('Detail is %s.', coalesce(check_feedback.detail::text, 'null')),
                      HINT = pg_catalog.format('Give it in detail, as a JSON %s.', pg_catalog.replace(need.type, '|', ' or '));
        END IF;
    END LOOP;
    IF unit_kind <> ALL (code.unit_kinds) THEN
        RAISE EXCEPTION 'feedback "%" is not for a unit of kind "%"', check_feedback.feedback, unit_kind
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = pg_catalog.format('It is for %s.', pg_catalog.array_to_string(code.unit_kinds, ', ')),
                  HINT = 'vigil.feedback.unit_kinds says which code is for which kind of unit.';
    ELSIF incident.severity > code.max_severity THEN
        RAISE EXCEPTION 'task % cannot be finished: too_severe', check_feedback.task
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = pg_catalog.format('The incident is %s; feedback "%s" ends at most %s.', incident.severity,
                                             check_feedback.feedback, code.max_severity),
                  HINT = 'Report what the unit did with a code whose vigil.feedback.max_severity reaches that far.';
    END IF;
    RETURN code;
END $$;
COMMENT ON FUNCTION vigil.check_feedback(bigint, bigint, vigil.incident, text, jsonb) IS
    'The feedback code, if this unit may end this incident with it and gave what it needs. Errors 22023: unknown code, missing field; 42501: not for this kind of unit; 55000 too_severe';
REVOKE ALL ON FUNCTION vigil.check_feedback(bigint, bigint, vigil.incident, text, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.feedback_time(detail jsonb) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE      -- not STRICT: no detail means now
AS $$
BEGIN
    RETURN least(coalesce((detail ->> 'at')::timestamptz, pg_catalog.now()), pg_catalog.now());
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION 'field "at" of detail is not a time: %', pg_catalog.quote_literal(detail ->> 'at')
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Write it as "2026-01-20T09:15:30+08", or leave it out: now.';
END $$;
COMMENT ON FUNCTION vigil.feedback_time(jsonb) IS
    'When a feedback''s work was done: detail.at, at most now; now where it is not given. Error 22023: not a time';

-- A domain may know better: vigil_DOMAIN.feedback_refused() names why not and feedback_remedy() what to do then,
-- feedback_given() does what else follows.
CREATE FUNCTION vigil.ask_domain(hook text, incident vigil.incident, feedback text, detail jsonb, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = incident.profile);
    answer text;
BEGIN
    IF pg_catalog.to_regprocedure(pg_catalog.format('vigil_%s.%s(text, bigint, text, jsonb, timestamptz)', domain, hook)) IS NOT NULL
    THEN
        EXECUTE pg_catalog.format('SELECT %I.%I($1, $2, $3, $4, $5)', 'vigil_' || domain, hook) INTO answer
            USING incident.profile, incident.subject, ask_domain.feedback, ask_domain.detail, ask_domain.at;
    END IF;
    RETURN answer;
END $$;
COMMENT ON FUNCTION vigil.ask_domain(text, vigil.incident, text, jsonb, timestamptz) IS
    'Call the domain''s feedback_refused, feedback_remedy or feedback_given, where it has one; its answer';
REVOKE ALL ON FUNCTION vigil.ask_domain(text, vigil.incident, text, jsonb, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.feedback_clears(task bigint, incident vigil.incident, code vigil.feedback, detail jsonb, at timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    named text := CASE WHEN code.code = 'false_alarm' THEN feedback_clears.detail ->> 'hazard' END;
    models text[];
    fences bigint[];
BEGIN
    SELECT pg_catalog.array_agg(h.model ORDER BY h.id),
        pg_catalog.array_agg(CASE WHEN h.evidence ->> 'fence_id' ~ '^[0-9]{1,18}$' THEN (h.evidence ->> 'fence_id')::bigint END
                             ORDER BY h.id)
    INTO models, fences
    FROM vigil.hazard AS h
    WHERE h.profile = incident.profile AND h.subject = incident.subject AND h.cleared_at IS NULL
        AND CASE WHEN named IS NULL THEN code.clears_mask >> h.situation_bit & 1 = 1 ELSE named IN (h.id::text, h.model) END;
    IF models IS NULL THEN
        IF named IS NOT NULL THEN
            RAISE EXCEPTION 'hazard "%" is not open on the subject of task %', named, feedback_clears.task
                USING ERRCODE = 'no_data_found', HINT = 'Name an open hazard of vigil.hazard by its id or model.';
        END IF;
        RETURN;
    END IF;
    PERFORM vigil.apply_effects(incident.profile, pg_catalog.array_fill('clear'::text, ARRAY[n]),
        pg_catalog.array_fill(incident.subject, ARRAY[n]), models, pg_catalog.array_fill(feedback_clears.at, ARRAY[n]), NULL,
        pg_catalog.array_fill(code.code, ARRAY[n]), cleared_by => 'feedback')
    FROM pg_catalog.cardinality(models) AS n;
    PERFORM vigil.suppress(incident.profile, incident.subject, s.model, CASE code.suppress WHEN 'fence' THEN s.fence END,
        feedback_clears.at + pg_catalog.make_interval(mins => code.suppress_minutes), code.code, feedback_clears.at)
    FROM ROWS FROM (pg_catalog.unnest(models), pg_catalog.unnest(fences)) AS s (model, fence)
    WHERE code.suppress = 'model' OR code.suppress = 'fence' AND s.fence IS NOT NULL;
END $$;
COMMENT ON FUNCTION vigil.feedback_clears(bigint, vigil.incident, vigil.feedback, jsonb, timestamptz) IS
    'Clear the subject''s open hazards that a feedback code answers, and silence their models where the code says so. Error P0002: the hazard named is not open';
REVOKE ALL ON FUNCTION vigil.feedback_clears(bigint, vigil.incident, vigil.feedback, jsonb, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil.incident_after(incident bigint, task bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    now_is vigil.incident;
    wait interval;
BEGIN
    SELECT i.* INTO now_is FROM vigil.incident AS i WHERE i.id = incident_after.incident;
    IF now_is.state = 'closed' OR EXISTS (SELECT FROM vigil.task AS t WHERE t.incident_id = now_is.id
            AND t.state IN ('queued', 'parked', 'offered', 'accepted', 'arrived')) THEN
        RETURN;
    ELSIF now_is.manual THEN
        UPDATE vigil.incident AS i SET state = 'closed', closed_at = pg_catalog.now(), close_reason = 'handled'
        WHERE i.id = now_is.id;
    ELSIF now_is.mask <> 0 THEN
        wait := (SELECT p.follow_up FROM vigil.plan AS p WHERE p.id = now_is.plan_id);
        IF wait IS NOT NULL THEN
            PERFORM vigil.task_follow(ARRAY[incident_after.task], 'follow_up', wait);
        END IF;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.incident_after(bigint, bigint) IS
    'After the last open task of an incident: one opened by hand closes; one whose hazards remain is followed up as its plan says';
REVOKE ALL ON FUNCTION vigil.incident_after(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION vigil.task_finish(task bigint, unit bigint, feedback text, detail jsonb DEFAULT NULL, key text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    locked record;
    code vigil.feedback;
    refused text;
    done_at timestamptz;
BEGIN
    PERFORM vigil.check_operator(task_finish.unit);
    SELECT l.* INTO locked FROM vigil.task_lock(task_finish.task, task_finish.unit, true) AS l;
    IF vigil.task_repeated(locked.held, 'finish', task_finish.key) THEN
        RETURN (locked.held).state;
    END IF;
    code := vigil.check_feedback(task_finish.task, task_finish.unit, locked.incident, task_finish.feedback, task_finish.detail);
    done_at := vigil.feedback_time(task_finish.detail);
    refused := vigil.ask_domain('feedback_refused', locked.incident, code.code, task_finish.detail, done_at);
    IF refused IS NOT NULL THEN
        RAISE EXCEPTION 'task % cannot be finished: %', task_finish.task, refused
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Feedback "%s" with detail %s.', code.code, coalesce(task_finish.detail::text, 'null')),
                  HINT = coalesce(vigil.ask_domain('feedback_remedy', locked.incident, code.code, task_finish.detail, done_at),
                                  'Report what the unit found, with another code of vigil.feedback.');
    END IF;
    PERFORM vigil.task_move(ARRAY[task_finish.task], 'finish', NULL,
        jsonb_build_object('feedback', code.code, 'detail', task_finish.detail), task_finish.key);
    UPDATE vigil.task AS t SET feedback = code.code, detail = coalesce(task_finish.detail, '{}') WHERE t.id = task_finish.task;
    PERFORM vigil.feedback_clears(task_finish.task, locked.incident, code, task_finish.detail, done_at);
    PERFORM vigil.ask_domain('feedback_given', locked.incident, code.code, task_finish.detail, done_at);
    IF (locked.incident).state = 'open' THEN
        IF code.next <> 'end' THEN
            PERFORM vigil.task_follow(ARRAY[task_finish.task], CASE code.next WHEN 'next_region' THEN 'left_area' ELSE code.code END);
        END IF;
        PERFORM vigil.follow_risk((locked.incident).profile, ARRAY[(locked.incident).subject], ARRAY[done_at],
            ARRAY[NULL::double precision], ARRAY[NULL::double precision], ARRAY[NULL::bigint]);
        PERFORM vigil.incident_after((locked.incident).id, task_finish.task);
    END IF;
    PERFORM vigil.wake_dispatcher();
    RETURN 'done';
END $$;
COMMENT ON FUNCTION vigil.task_finish(bigint, bigint, text, jsonb, text) IS
    'Finish a task with a feedback code of vigil.feedback: clears the hazards that it answers, at detail.at or now; the colour follows by its rule. Errors: 55000 the state (task_timed_out …) or the facts (still_over, too_severe …) do not allow it; 22023 unknown code or missing field; P0002; 42501. Repeats as vigil.task_accept';
REVOKE ALL ON FUNCTION vigil.task_finish(bigint, bigint, text, jsonb, text) FROM PUBLIC;
