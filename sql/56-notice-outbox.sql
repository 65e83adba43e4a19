-- Handing notices out: claimed with a lease, acknowledged or failed, tried again with growing waits, dead in the end and visible.

CREATE FUNCTION vigil.notice_again(notice bigint[], reason text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    UPDATE vigil.notice AS n SET
        state = CASE WHEN n.attempts >= c.attempts_most THEN 'dead' ELSE 'pending' END,
        lease_until = NULL,
        next_try_at = moment + least(c.retry_base * 2 ^ least(n.attempts - 1, 20), c.retry_most),
        error = notice_again.reason,
        history = n.history || pg_catalog.jsonb_build_object('at', moment, 'what', CASE
            WHEN n.attempts >= c.attempts_most THEN 'dead' ELSE 'failed' END, 'reason', notice_again.reason)
    FROM (SELECT k.id, coalesce(c.retry_base, interval '5 s') AS retry_base, coalesce(c.retry_most, interval '10 min') AS retry_most,
              coalesce(c.attempts_most, 10) AS attempts_most
          FROM pg_catalog.unnest(notice_again.notice) AS k (id) JOIN vigil.notice AS n ON n.id = k.id
          LEFT JOIN vigil.notice_channel AS c ON c.code = n.channel) AS c
    WHERE n.id = c.id;
END $$;
COMMENT ON FUNCTION vigil.notice_again(bigint[], text) IS
    'Leased notices that did not get through: pending again after a wait that doubles, or dead after attempts_most of the channel';
REVOKE ALL ON FUNCTION vigil.notice_again(bigint[], text) FROM PUBLIC;

CREATE FUNCTION vigil.notice_expire() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    expired bigint[];
BEGIN
    SELECT pg_catalog.array_agg(l.id) INTO expired
    FROM (SELECT n.id FROM vigil.notice AS n WHERE n.state = 'leased' AND n.lease_until <= moment
          ORDER BY n.lease_until FOR NO KEY UPDATE SKIP LOCKED) AS l;
    IF expired IS NOT NULL THEN
        PERFORM vigil.notice_again(expired, 'lease expired');
    END IF;
    RETURN coalesce(pg_catalog.cardinality(expired), 0);
END $$;
COMMENT ON FUNCTION vigil.notice_expire() IS 'Take back notices whose lease has run out; how many';
REVOKE ALL ON FUNCTION vigil.notice_expire() FROM PUBLIC;

-- Who may deliver what: an operator the notices of its scope.
CREATE FUNCTION vigil.notice_held(notice bigint) RETURNS vigil.notice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    held vigil.notice;
BEGIN
    PERFORM vigil.check_operator(NULL);
    SELECT n.* INTO held FROM vigil.notice AS n WHERE n.id = notice_held.notice FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'notice % does not exist', coalesce(notice_held.notice::text, 'null')
            USING ERRCODE = 'no_data_found', HINT = 'Those to deliver come from vigil.notice_claim(), with their ids.';
    ELSIF NOT pg_catalog.pg_has_role(vigil.caller(), 'vigil_admin', 'MEMBER')
          AND NOT vigil.notice_matches(held.region_code, held.receiver_kind, held.receiver_id, vigil.scope_regions(),
              vigil.scope_units(), vigil.scope_organisations()) THEN
        RAISE EXCEPTION 'role "%" may not handle notice %', vigil.caller(), held.id
            USING ERRCODE = 'insufficient_privilege', HINT = 'Give it the region or the receiver in vigil.operator_scope.';
    END IF;
    RETURN held;
END $$;
COMMENT ON FUNCTION vigil.notice_held(bigint) IS
    'Lock a notice that the caller may handle. Errors P0002: no such notice; 42501: not of the caller''s scope';
REVOKE ALL ON FUNCTION vigil.notice_held(bigint) FROM PUBLIC;

CREATE FUNCTION vigil.notice_claim(channel text, n integer, lease interval DEFAULT '1 minute') RETURNS SETOF vigil.notice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 100 SECURITY DEFINER      -- not STRICT: a null is an error
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    everything boolean := pg_has_role(vigil.caller(), 'vigil_admin', 'MEMBER');
    regions int8multirange := vigil.scope_regions();
    units bigint[] := vigil.scope_units();
    organisations bigint[] := vigil.scope_organisations();
BEGIN
    PERFORM vigil.check_operator(NULL);
    IF num_nulls(channel, n, lease) > 0 OR NOT EXISTS (SELECT FROM vigil.notice_channel AS c WHERE c.code = notice_claim.channel)
       AND NOT EXISTS (SELECT FROM vigil.notice AS p WHERE p.channel = notice_claim.channel) THEN
        RAISE EXCEPTION 'there are no % notices of channel % to lease for %', coalesce(n::text, 'null'),
                coalesce(quote_literal(channel), 'null'), coalesce(lease::text, 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('Channels: %s.', (SELECT string_agg(c.code, ', ' ORDER BY c.code) FROM vigil.notice_channel AS c));
    ELSIF n NOT BETWEEN 1 AND 10000 OR lease NOT BETWEEN interval '1 second' AND interval '1 day' THEN
        RAISE EXCEPTION 'cannot lease % notices for %', n, lease
            USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Claim 1 to 10000 notices for one second to one day.';
    END IF;
    PERFORM vigil.notice_expire();
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT p.id FROM vigil.notice AS p
        WHERE p.state = 'pending' AND p.channel = notice_claim.channel AND p.next_try_at <= moment
            AND (everything OR vigil.notice_matches(p.region_code, p.receiver_kind, p.receiver_id, regions, units, organisations))
        ORDER BY p.next_try_at, p.id LIMIT notice_claim.n FOR NO KEY UPDATE SKIP LOCKED
    ), leased AS (
        UPDATE vigil.notice AS p SET state = 'leased', lease_until = moment + notice_claim.lease, attempts = p.attempts + 1,
            history = p.history || jsonb_build_object('at', moment, 'what', 'claimed', 'by', vigil.caller())
        FROM due AS d WHERE p.id = d.id
        RETURNING p.*
    )
    SELECT l.* FROM leased AS l ORDER BY l.id;
    PERFORM vigil.wake_dispatcher();        -- it watches the lease
END $$;
COMMENT ON FUNCTION vigil.notice_claim(text, integer, interval) IS
    'Hand out up to n due notices of a channel, to an operator those of its scope: each is the caller''s until the lease ends, then another''s. Two callers never get the same. Errors 22023: a null, or a channel that there is not; 22003: n or lease out of range; 42501';
REVOKE ALL ON FUNCTION vigil.notice_claim(text, integer, interval) FROM PUBLIC;

CREATE FUNCTION vigil.notice_ack(notice bigint, detail jsonb DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER      -- not STRICT: no detail leaves the answer as it is
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM vigil.notice_held(notice_ack.notice);
    UPDATE vigil.notice AS n SET state = 'acknowledged', lease_until = NULL, escalate_at = NULL, error = NULL,
        acknowledged_at = coalesce(n.acknowledged_at, clock_timestamp()), answer = coalesce(notice_ack.detail, n.answer),
        history = n.history || jsonb_strip_nulls(jsonb_build_object('at', clock_timestamp(), 'what', 'acknowledged',
            'by', vigil.caller(), 'answer', notice_ack.detail -> 'answer'))
    WHERE n.id = notice_ack.notice;
    RETURN 'acknowledged';
END $$;
COMMENT ON FUNCTION vigil.notice_ack(bigint, jsonb) IS
    'The receiver has it: no further attempt. Again with another answer (received, handling, handled …) keeps the newest. A late one counts, also of a dead notice. Errors P0002; 42501';
REVOKE ALL ON FUNCTION vigil.notice_ack(bigint, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.notice_fail(notice bigint, reason text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held vigil.notice := vigil.notice_held(notice_fail.notice);
BEGIN
    IF held.state = 'acknowledged' THEN
        RAISE EXCEPTION 'notice % has been acknowledged', notice_fail.notice
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Its state is "acknowledged".',
                  HINT = 'It has reached its receiver; nothing is left to do.';
    ELSIF held.state = 'leased' THEN
        PERFORM vigil.notice_again(ARRAY[held.id], coalesce(notice_fail.reason, 'no reason given'));
        PERFORM vigil.wake_dispatcher();
    END IF;
    RETURN (SELECT n.state FROM vigil.notice AS n WHERE n.id = notice_fail.notice);
END $$;
COMMENT ON FUNCTION vigil.notice_fail(bigint, text) IS
    'A leased notice did not get through: its new state, pending or dead. Errors P0002; 55000: acknowledged already; 42501';
REVOKE ALL ON FUNCTION vigil.notice_fail(bigint, text) FROM PUBLIC;

-- An enterprise that does not acknowledge within half an hour has its department told.
CREATE FUNCTION vigil.notice_escalate() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    told integer;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT n.* FROM vigil.notice AS n
        WHERE n.escalate_at <= moment ORDER BY n.escalate_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
    ), marked AS (
        UPDATE vigil.notice AS n SET escalate_at = NULL,
            history = n.history || pg_catalog.jsonb_build_object('at', moment, 'what', 'escalated')
        FROM due AS d WHERE n.id = d.id
    )
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, receiver, profile, subject, incident_id, kind, situation,
        severity, body, created_at, next_try_at, region_code)
    SELECT 'zheding', CASE WHEN w.department_id IS NULL THEN 'department' ELSE 'organisation' END, w.department_id, w.department,
        w.profile, w.subject, w.incident_id, 'unacknowledged', w.situation, w.severity,
        w.body || pg_catalog.jsonb_build_object('notice', w.id, 'organisation', w.receiver_id), moment, moment, w.region_code
    FROM (SELECT d.*, l.department, vigil.department_of(l.department, d.region_code) AS department_id
          FROM due AS d LEFT JOIN vigil.incident AS i ON i.id = d.incident_id
          CROSS JOIN LATERAL (SELECT coalesce(vigil.lead_department(d.profile, d.situation, i.traits), 'transport') AS department) AS l
         ) AS w
    ORDER BY w.id;
    GET DIAGNOSTICS told = ROW_COUNT;
    RETURN told;
END $$;
COMMENT ON FUNCTION vigil.notice_escalate() IS
    'Tell the leading department of notices that were not acknowledged by escalate_at; how many';
REVOKE ALL ON FUNCTION vigil.notice_escalate() FROM PUBLIC;
