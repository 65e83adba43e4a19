-- What units and people do with tasks. Each function checks its caller, takes the row locks in the order of the whole system
-- (the subject's state, risk_state, incident, task), moves the task by the one table of transitions, and answers the
-- same again to the same key.

CREATE FUNCTION vigil.check_operator(unit bigint) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
AS $$
DECLARE
    caller text := vigil.caller();
BEGIN
    IF pg_catalog.pg_has_role(caller, 'vigil_admin', 'MEMBER') THEN    -- a superuser is a member of every role
        RETURN;
    END IF;
    IF NOT pg_catalog.pg_has_role(caller, 'vigil_operator', 'MEMBER') THEN
        RAISE EXCEPTION 'role "%" may not handle tasks', caller
            USING ERRCODE = 'insufficient_privilege', HINT = 'Grant it membership in vigil_operator.';
    END IF;
    IF NOT vigil.unit_in_scope(check_operator.unit) THEN
        RAISE EXCEPTION 'role "%" may not handle tasks of unit %', caller, check_operator.unit
            USING ERRCODE = 'insufficient_privilege', HINT = 'Give it the unit''s region or organisation in vigil.operator_scope.';
    END IF;
END $$;
COMMENT ON FUNCTION vigil.check_operator(bigint) IS
    'Error 42501 unless the caller may handle tasks of this unit: a vigil_admin, or a vigil_operator whose scope covers it; of no unit, any of them';

CREATE FUNCTION vigil.check_operator_place(region_code bigint, organisation_id bigint, what text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM vigil.check_operator(NULL);
    IF NOT pg_has_role(vigil.caller(), 'vigil_admin', 'MEMBER')
        AND NOT coalesce(vigil.region_full(check_operator_place.region_code) <@ vigil.scope_regions(), false)
        AND NOT coalesce(check_operator_place.organisation_id = ANY (vigil.scope_organisations()), false) THEN
        RAISE EXCEPTION 'role "%" may not handle %', vigil.caller(), what
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('It lies in region %s.', coalesce(check_operator_place.region_code::text, 'unknown')),
                  HINT = 'Give the role that region, or the enterprise, in vigil.operator_scope.';
    END IF;
END $$;
COMMENT ON FUNCTION vigil.check_operator_place(bigint, bigint, text) IS
    'Error 42501 unless the caller may handle what (named in the message) happens in this region or to this enterprise: a vigil_admin, or a vigil_operator whose scope covers one of them; where both are unknown only a vigil_admin';
REVOKE ALL ON FUNCTION vigil.check_operator_place(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION vigil.lock_subject(profile text, subject bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = lock_subject.profile);
BEGIN
    IF pg_catalog.to_regprocedure(pg_catalog.format('vigil_%s.lock_subject(text, bigint)', domain)) IS NOT NULL THEN
        EXECUTE pg_catalog.format('SELECT %I.lock_subject($1, $2)', 'vigil_' || domain)
            USING lock_subject.profile, lock_subject.subject;
    END IF;
    PERFORM FROM vigil.risk_state AS r WHERE r.profile = lock_subject.profile AND r.subject = lock_subject.subject
    FOR NO KEY UPDATE;
END $$;
COMMENT ON FUNCTION vigil.lock_subject(text, bigint) IS
    'Lock a subject''s state as an observation of it does: the domain''s (vigil_DOMAIN.lock_subject), then risk_state';
REVOKE ALL ON FUNCTION vigil.lock_subject(text, bigint) FROM PUBLIC;

-- deep: the caller goes on to hazards, so that the subject's state is locked first.
CREATE FUNCTION vigil.task_lock(task bigint, unit bigint, deep boolean, OUT held vigil.task, OUT incident vigil.incident)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    SELECT i.* INTO incident FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE t.id = task_lock.task;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'task % does not exist', coalesce(task_lock.task::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'A unit''s tasks: SELECT id, state FROM vigil.task WHERE unit_id = … AND ended_at IS NULL.';
    END IF;
    IF task_lock.deep THEN
        PERFORM vigil.lock_subject(incident.profile, incident.subject);
    END IF;
    SELECT i.* INTO incident FROM vigil.incident AS i WHERE i.id = incident.id FOR NO KEY UPDATE;
    SELECT t.* INTO held FROM vigil.task AS t WHERE t.id = task_lock.task FOR NO KEY UPDATE;
    IF held.unit_id IS DISTINCT FROM task_lock.unit THEN
        RAISE EXCEPTION 'task % is not with unit %', task_lock.task, coalesce(task_lock.unit::text, 'null')
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN held.unit_id IS NULL THEN 'It has not been offered to a unit.'
                               ELSE pg_catalog.format('It is with unit %s.', held.unit_id) END,
                  HINT = CASE WHEN held.unit_id IS NULL THEN 'The dispatcher offers it to a unit, which then answers.'
                              ELSE 'Only the unit that it is with answers for it.' END;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.task_lock(bigint, bigint, boolean) IS
    'Lock a task for an answer of its unit. Errors P0002: no such task; 55000: it is with another unit';
REVOKE ALL ON FUNCTION vigil.task_lock(bigint, bigint, boolean) FROM PUBLIC;

CREATE FUNCTION vigil.task_repeated(held vigil.task, event text, key text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF vigil.task_next(held.id, held.state, task_repeated.event) IS NOT NULL THEN
        RETURN false;
    ELSIF EXISTS (SELECT FROM vigil.task_event AS e
                  WHERE e.task_id = held.id AND e.event = task_repeated.event AND e.key = task_repeated.key) THEN
        RETURN true;
    END IF;
    RAISE EXCEPTION 'task % has had this answer before: task_%', held.id, held.state
        USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = pg_catalog.format('Its state is "%s".', held.state),
              HINT = 'Give each answer a key: the same key again is then taken as the same answer.';
END $$;
COMMENT ON FUNCTION vigil.task_repeated(vigil.task, text, text) IS
    'Whether this is the same answer to a locked task again, by its key. Error 55000 where the state does not allow it';
REVOKE ALL ON FUNCTION vigil.task_repeated(vigil.task, text, text) FROM PUBLIC;

CREATE FUNCTION vigil.task_accept(task bigint, unit bigint, key text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER       -- not STRICT: no key means no repeat expected
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held vigil.task;
BEGIN
    PERFORM vigil.check_operator(task_accept.unit);
    held := (vigil.task_lock(task_accept.task, task_accept.unit, false)).held;
    IF NOT vigil.task_repeated(held, 'accept', task_accept.key) THEN
        PERFORM vigil.task_move(ARRAY[held.id], 'accept', NULL, '{}', task_accept.key);
        PERFORM vigil.wake_dispatcher();
        RETURN 'accepted';
    END IF;
    RETURN held.state;
END $$;
COMMENT ON FUNCTION vigil.task_accept(bigint, bigint, text) IS
    'Accept an offered task for its unit; the task''s state. The same key again changes nothing. Errors 55000: not offered to this unit, named by state (task_timed_out …); P0002; 42501';
REVOKE ALL ON FUNCTION vigil.task_accept(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION vigil.task_arrive(task bigint, unit bigint, key text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held vigil.task;
BEGIN
    PERFORM vigil.check_operator(task_arrive.unit);
    held := (vigil.task_lock(task_arrive.task, task_arrive.unit, false)).held;
    IF NOT vigil.task_repeated(held, 'arrive', task_arrive.key) THEN
        PERFORM vigil.task_move(ARRAY[held.id], 'arrive', NULL, '{}', task_arrive.key);
        PERFORM vigil.wake_dispatcher();
        RETURN 'arrived';
    END IF;
    RETURN held.state;
END $$;
COMMENT ON FUNCTION vigil.task_arrive(bigint, bigint, text) IS
    'The unit of an accepted task is there; errors and repeats as vigil.task_accept';
REVOKE ALL ON FUNCTION vigil.task_arrive(bigint, bigint, text) FROM PUBLIC;

CREATE FUNCTION vigil.task_refuse(task bigint, unit bigint, reason text, key text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held vigil.task;
BEGIN
    PERFORM vigil.check_operator(task_refuse.unit);
    held := (vigil.task_lock(task_refuse.task, task_refuse.unit, false)).held;
    IF NOT vigil.task_repeated(held, 'refuse', task_refuse.key) THEN
        PERFORM vigil.task_move(ARRAY[held.id], 'refuse', NULL, jsonb_build_object('reason', task_refuse.reason), task_refuse.key);
        PERFORM vigil.task_follow(ARRAY[held.id], 'refused');
        PERFORM vigil.wake_dispatcher();
        RETURN 'refused';
    END IF;
    RETURN held.state;
END $$;
COMMENT ON FUNCTION vigil.task_refuse(bigint, bigint, text, text) IS
    'The unit cannot take the task, or cannot carry on; another is asked. Errors and repeats as vigil.task_accept';
REVOKE ALL ON FUNCTION vigil.task_refuse(bigint, bigint, text, text) FROM PUBLIC;

CREATE FUNCTION vigil.task_cancel(task bigint, reason text, key text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held vigil.task;
BEGIN
    SELECT t.* INTO held FROM vigil.task AS t WHERE t.id = task_cancel.task;
    IF held.unit_id IS NOT NULL THEN
        PERFORM vigil.check_operator(held.unit_id);
    ELSE
        PERFORM vigil.check_operator_place(i.region_code, i.organisation_id, format('task %s', held.id))
        FROM vigil.incident AS i WHERE i.id = held.incident_id;
    END IF;
    held := (vigil.task_lock(task_cancel.task, held.unit_id, false)).held;
    IF NOT vigil.task_repeated(held, 'cancel', task_cancel.key) THEN
        PERFORM vigil.task_move(ARRAY[held.id], 'cancel', NULL, jsonb_build_object('reason', task_cancel.reason), task_cancel.key);
        PERFORM vigil.notify_units(ARRAY[held.id], 'task_cancelled', task_cancel.reason);
        PERFORM vigil.wake_dispatcher();
        RETURN 'cancelled';
    END IF;
    RETURN held.state;
END $$;
COMMENT ON FUNCTION vigil.task_cancel(bigint, text, text) IS
    'Take a task back from whoever was asked; nobody else is asked until the incident worsens or another situation joins it. Errors and repeats as vigil.task_accept';
REVOKE ALL ON FUNCTION vigil.task_cancel(bigint, text, text) FROM PUBLIC;

CREATE FUNCTION vigil.unit_report(unit bigint, lon double precision DEFAULT NULL, lat double precision DEFAULT NULL,
    on_duty boolean DEFAULT NULL, capabilities text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER       -- not STRICT: null leaves a thing as it is
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM vigil.check_operator(unit_report.unit);
    IF (unit_report.lon IS NULL) <> (unit_report.lat IS NULL) OR unit_report.lon NOT BETWEEN -180 AND 180
        OR unit_report.lat NOT BETWEEN -90 AND 90 THEN
        RAISE EXCEPTION 'position %, % of unit % is out of range', coalesce(unit_report.lon::text, 'null'),
                coalesce(unit_report.lat::text, 'null'), unit_report.unit
            USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give WGS84 degrees, both or none.';
    END IF;
    UPDATE vigil.unit AS u SET
        geom = coalesce(vigil.incident_point(unit_report.lon, unit_report.lat), u.geom),
        located_at = CASE WHEN unit_report.lon IS NULL THEN u.located_at ELSE clock_timestamp() END,
        on_duty = coalesce(unit_report.on_duty, u.on_duty),
        capabilities = coalesce(unit_report.capabilities, u.capabilities)
    WHERE u.id = unit_report.unit;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unit % does not exist', coalesce(unit_report.unit::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'An administrator adds units to vigil.unit.';
    END IF;
END $$;
COMMENT ON FUNCTION vigil.unit_report(bigint, double precision, double precision, boolean, text[]) IS
    'A unit says where it is (WGS84 degrees, now), whether it is on duty, what it can do; null leaves that as it is. Errors 22003: position out of range; P0002: no such unit; 42501';
REVOKE ALL ON FUNCTION vigil.unit_report(bigint, double precision, double precision, boolean, text[]) FROM PUBLIC;

CREATE FUNCTION vigil.open_incident(kind text, severity vigil.colour, profile text, subject bigint,
    lon double precision DEFAULT NULL, lat double precision DEFAULT NULL, region_code bigint DEFAULT NULL,
    detail jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted vigil.plan;
    incident vigil.incident;
    fact record;
    place bigint;
BEGIN
    PERFORM vigil.check_operator(NULL), vigil.check_profile(open_incident.profile);
    IF num_nulls(open_incident.kind, open_incident.severity, open_incident.profile, open_incident.subject, open_incident.detail) > 0 THEN
        RAISE EXCEPTION 'an incident needs kind, severity, profile, subject and detail'
            USING ERRCODE = 'null_value_not_allowed', HINT = 'Give each of them; detail may be ''{}''.',
                  DETAIL = format('Given: kind %L, severity %L, profile %L, subject %L, detail %L.', open_incident.kind,
                      open_incident.severity, open_incident.profile, open_incident.subject, open_incident.detail);
    ELSIF (open_incident.lon IS NULL) <> (open_incident.lat IS NULL) OR open_incident.lon NOT BETWEEN -180 AND 180
        OR open_incident.lat NOT BETWEEN -90 AND 90 THEN
        RAISE EXCEPTION 'place %, % of the incident is out of range',
                coalesce(open_incident.lon::text, 'null'), coalesce(open_incident.lat::text, 'null')
            USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give WGS84 degrees, both or none.';
    END IF;
    SELECT p.* INTO wanted FROM vigil.plan AS p
    WHERE p.incident_kind = open_incident.kind AND p.severity = open_incident.severity AND p.enabled;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no plan for a % incident of kind "%"', open_incident.severity, open_incident.kind
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Plans are in vigil.plan; add one with its vigil.plan_step.';
    END IF;
    SELECT f.* INTO fact FROM vigil.subject_facts(open_incident.profile, ARRAY[open_incident.subject]) AS f;
    place := coalesce(vigil.county_at(open_incident.lon, open_incident.lat), open_incident.region_code, fact.region_code);
    PERFORM vigil.check_operator_place(place, fact.organisation_id, 'the incident');
    LOOP
        INSERT INTO vigil.incident AS i (kind, profile, subject, severity, manual, plan_id, opened_at, geom, region_code,
            organisation_id, traits, detail)
        VALUES (open_incident.kind, open_incident.profile, open_incident.subject, open_incident.severity, true, wanted.id, now(),
            vigil.incident_point(coalesce(open_incident.lon, fact.lon), coalesce(open_incident.lat, fact.lat)),
            place, fact.organisation_id, coalesce(fact.traits, '{}'),
            jsonb_strip_nulls(jsonb_build_object('label', fact.label)) || open_incident.detail)
        ON CONFLICT DO NOTHING                  -- one open incident a subject
        RETURNING i.* INTO incident;
        EXIT WHEN incident.id IS NOT NULL;
        SELECT i.* INTO incident FROM vigil.incident AS i
        WHERE i.profile = open_incident.profile AND i.subject = open_incident.subject AND i.state = 'open' FOR NO KEY UPDATE;
        CONTINUE WHEN incident.id IS NULL;      -- it was closed in between
        IF incident.severity >= open_incident.severity THEN
            RETURN incident.id;
        END IF;
        PERFORM vigil.check_operator_place(incident.region_code, incident.organisation_id, format('incident %s', incident.id));
        UPDATE vigil.incident AS i SET severity = open_incident.severity, kind = open_incident.kind, plan_id = wanted.id,
            exhausted_at = NULL WHERE i.id = incident.id;
        PERFORM vigil.tasks_cancel(ARRAY[incident.id], 'replanned');
        EXIT;
    END LOOP;
    PERFORM vigil.plan_level(ARRAY[incident.id], ARRAY[1::smallint], 'opened');
    PERFORM vigil.tell_incident(ARRAY[incident.id]);
    PERFORM vigil.wake_dispatcher();
    RETURN incident.id;
END $$;
COMMENT ON FUNCTION vigil.open_incident(text, vigil.colour, text, bigint, double precision, double precision, bigint, jsonb) IS
    'Open an incident on a subject by hand; it ends with its tasks. Where the subject has an open one, that is returned, re-planned if this is worse. An operator may name a place, else a subject, of its scope only. Errors 22023: unknown profile, no plan for kind and severity; 22003: place out of range; 22004: a null; 42501';
REVOKE ALL ON FUNCTION vigil.open_incident(text, vigil.colour, text, bigint, double precision, double precision, bigint, jsonb)
    FROM PUBLIC;
