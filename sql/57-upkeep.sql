-- What else the dispatcher worker keeps going: colours whose hold has passed, subjects that move, leases, unanswered notices.

-- Tasks follow a subject that moves on; a unit of the county that it has left is called off and one of the next is asked.
CREATE FUNCTION vigil.follow_moves() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    part text;
    moving bigint[];
    left_tasks bigint[];
    called_off integer := 0;
BEGIN
    FOR part IN SELECT DISTINCT i.profile FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        WHERE t.state IN ('offered', 'accepted') AND t.area = 'county' ORDER BY i.profile
    LOOP
        SELECT pg_catalog.array_agg(l.subject) INTO moving
        FROM (SELECT i.subject FROM vigil.incident AS i
              WHERE i.profile = part AND i.state = 'open' AND EXISTS (SELECT FROM vigil.task AS t
                  WHERE t.incident_id = i.id AND t.state IN ('offered', 'accepted') AND t.area = 'county')
              ORDER BY i.id FOR NO KEY UPDATE SKIP LOCKED) AS l;
        UPDATE vigil.incident AS i SET geom = vigil.incident_point(f.lon, f.lat),
            region_code = coalesce(vigil.county_at(f.lon, f.lat), i.region_code)
        FROM vigil.subject_facts(part, moving) AS f
        WHERE i.profile = part AND i.subject = f.subject_id AND i.state = 'open'
            AND (vigil.point_lon(i.geom), vigil.point_lat(i.geom)) IS DISTINCT FROM (f.lon, f.lat) AND f.lon IS NOT NULL;
        SELECT pg_catalog.array_agg(l.id) INTO left_tasks
        FROM (SELECT t.id FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
              WHERE i.profile = part AND i.subject = ANY (moving) AND i.state = 'open'
                  AND t.state IN ('offered', 'accepted') AND t.area = 'county' AND t.region_code <> vigil.county_of(i.region_code)
              ORDER BY t.id FOR NO KEY UPDATE OF t SKIP LOCKED) AS l;
        IF left_tasks IS NOT NULL THEN
            PERFORM vigil.task_move(left_tasks, 'cancel', NULL, '{"reason": "left_area"}', NULL, NULL, 'dispatcher');
            PERFORM vigil.notify_units(left_tasks, 'task_cancelled', 'left_area');
            PERFORM vigil.task_follow(left_tasks, 'left_area', NULL, 'dispatcher');
            called_off := called_off + pg_catalog.cardinality(left_tasks);
        END IF;
    END LOOP;
    RETURN called_off;
END $$;
COMMENT ON FUNCTION vigil.follow_moves() IS
    'Bring open incidents to where their subjects are now; units of a county that the subject has left are called off (left_area) and others asked; how many';
REVOKE ALL ON FUNCTION vigil.follow_moves() FROM PUBLIC;

CREATE INDEX risk_state_recover_idx ON vigil.risk_state (recover_at) WHERE recover_at IS NOT NULL;

CREATE FUNCTION vigil.upkeep(OUT wait_ms bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    part text;
    due_at timestamptz;
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    -- one failing part must not stop the others
    FOREACH part IN ARRAY ARRAY['recover_colours', 'notice_expire', 'notice_escalate', 'follow_moves'] LOOP
        CONTINUE WHEN part = 'recover_colours' AND NOT EXISTS (SELECT FROM vigil.risk_state AS r WHERE r.recover_at <= moment);
        BEGIN
            EXECUTE pg_catalog.format('SELECT vigil.%I()', part);
        EXCEPTION WHEN OTHERS THEN
            error := pg_catalog.format('%s: %s %s', part, SQLSTATE, SQLERRM);
        END;
    END LOOP;
    due_at := least(
        (SELECT min(r.recover_at) FROM vigil.risk_state AS r WHERE r.recover_at IS NOT NULL),
        (SELECT min(n.lease_until) FROM vigil.notice AS n WHERE n.state = 'leased'),
        (SELECT min(n.escalate_at) FROM vigil.notice AS n WHERE n.escalate_at IS NOT NULL),
        (SELECT min(w.next_try_at) FROM vigil.notice_channel AS c CROSS JOIN LATERAL (SELECT n.next_try_at FROM vigil.notice AS n
            WHERE n.state = 'pending' AND n.channel = c.code AND n.next_try_at > moment ORDER BY n.next_try_at LIMIT 1) AS w),
        (SELECT moment + interval '10 seconds' WHERE EXISTS (SELECT FROM vigil.task AS t
            WHERE t.state IN ('offered', 'accepted') AND t.area = 'county')));
    IF due_at IS NOT NULL THEN
        -- what is still due was locked or failed: not at once again
        wait_ms := pg_catalog.ceil(extract(epoch FROM due_at - pg_catalog.clock_timestamp()) * 1000);
        wait_ms := CASE WHEN wait_ms <= 0 OR error IS NOT NULL THEN greatest(wait_ms, 1000) ELSE wait_ms END;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.upkeep() IS
    'Recover colours that are due, take back leases, escalate unanswered notices, follow subjects that move. wait_ms: until there is something again (null = nothing known); error: of the last part that failed';
REVOKE ALL ON FUNCTION vigil.upkeep() FROM PUBLIC;

-- NOTIFY takes a lock of the whole server at commit: only the worker does it, never the path of an observation.
CREATE FUNCTION vigil.announce(offered bigint[], timed_out bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    IF pg_catalog.pg_notification_queue_usage() > 0.5 THEN
        RETURN;         -- a listener sleeps in a transaction; who listens must also look by itself now and then
    END IF;
    PERFORM pg_catalog.pg_notify('vigil_task', pg_catalog.jsonb_build_object('task', t.id, 'unit', t.unit_id, 'state', t.state)::text)
    FROM vigil.task AS t WHERE t.id = ANY (announce.offered || announce.timed_out) ORDER BY t.id;
    PERFORM pg_catalog.pg_notify('vigil_notice', c.code)
    FROM vigil.notice_channel AS c
    WHERE EXISTS (SELECT FROM vigil.notice AS n
        WHERE n.state = 'pending' AND n.channel = c.code AND n.next_try_at <= pg_catalog.clock_timestamp());
END $$;
COMMENT ON FUNCTION vigil.announce(bigint[], bigint[]) IS
    'NOTIFY vigil_task for each of these tasks ({"task", "unit", "state"}) and vigil_notice for each channel that has something to claim';
REVOKE ALL ON FUNCTION vigil.announce(bigint[], bigint[]) FROM PUBLIC;
