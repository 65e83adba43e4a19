-- What else the dispatcher worker keeps going: colours whose hold has passed, subjects that move, leases, unanswered notices.

-- Tasks follow a subject that moves on; a unit of the county that it has left is called off and one of the next is asked.
CREATE FUNCTION vigil.follow_incidents(incident bigint[]) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    part record;
    crossed bigint[];
    left_tasks bigint[];
    under_way text[] := '{offered,accepted}';       -- as a variable: or an index over all these would answer
BEGIN
    FOR part IN SELECT i.profile, pg_catalog.array_agg(i.subject) AS subjects FROM vigil.incident AS i
        WHERE i.id = ANY (follow_incidents.incident) GROUP BY i.profile ORDER BY i.profile
    LOOP
        WITH held AS MATERIALIZED (
            SELECT i.id, i.region_code, f.lon, f.lat
            FROM vigil.subject_facts(part.profile, part.subjects) AS f
            JOIN vigil.incident AS i ON i.profile = part.profile AND i.subject = f.subject_id AND i.state = 'open'
            WHERE f.lon IS NOT NULL AND (vigil.point_lon(i.geom), vigil.point_lat(i.geom)) IS DISTINCT FROM (f.lon, f.lat)
            ORDER BY i.id FOR NO KEY UPDATE OF i SKIP LOCKED
        ), moved AS (
            UPDATE vigil.incident AS i SET geom = vigil.incident_point(h.lon, h.lat),
                region_code = coalesce(vigil.county_at(h.lon, h.lat), i.region_code)
            FROM held AS h WHERE i.id = h.id
            RETURNING i.id, i.region_code
        )
        SELECT crossed || pg_catalog.array_agg(m.id) INTO crossed
        FROM moved AS m JOIN held AS h ON h.id = m.id WHERE m.region_code IS DISTINCT FROM h.region_code;
    END LOOP;
    SELECT pg_catalog.array_agg(l.id) INTO left_tasks
    FROM (SELECT t.id FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
          WHERE t.incident_id = ANY (follow_incidents.incident) AND t.state = ANY (under_way) AND t.area = 'county'
              AND t.region_code <> vigil.county_of(i.region_code)
          ORDER BY t.id FOR NO KEY UPDATE OF i, t SKIP LOCKED) AS l;
    IF left_tasks IS NOT NULL THEN
        PERFORM vigil.task_move(left_tasks, 'cancel', NULL, '{"reason": "left_area"}', NULL, NULL, 'dispatcher');
        PERFORM vigil.notify_units(left_tasks, 'task_cancelled', 'left_area');
        PERFORM vigil.task_follow(left_tasks, 'left_area', NULL, 'dispatcher');
    END IF;
    -- where there was nobody for it there may be somebody here
    UPDATE vigil.task AS t SET due_at = pg_catalog.clock_timestamp()
    WHERE t.incident_id = ANY (crossed) AND t.error = 'no_unit';
    RETURN coalesce(pg_catalog.cardinality(left_tasks), 0);
END $$;
COMMENT ON FUNCTION vigil.follow_incidents(bigint[]) IS
    'Bring these incidents to where their subjects are now; units of a county that the subject has left are called off (left_area) and others asked; how many';
REVOKE ALL ON FUNCTION vigil.follow_incidents(bigint[]) FROM PUBLIC;

CREATE FUNCTION vigil.follow_some(n integer, after_profile text DEFAULT '', after_subject bigint DEFAULT 0,
    OUT called_off integer, OUT followed integer, OUT profile text, OUT subject bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    looked bigint[];
    moving bigint[];
BEGIN
    SELECT pg_catalog.array_agg(l.id), (pg_catalog.array_agg(l.profile ORDER BY l.profile, l.subject))[n],
        (pg_catalog.array_agg(l.subject ORDER BY l.profile, l.subject))[n]
    INTO looked, profile, subject
    FROM (SELECT i.id, i.profile, i.subject FROM vigil.incident AS i
          WHERE i.state = 'open' AND (i.profile, i.subject) > (after_profile, after_subject)
          ORDER BY i.profile, i.subject LIMIT n) AS l;
    moving := ARRAY(SELECT l.id FROM pg_catalog.unnest(looked) AS l (id) WHERE EXISTS (
        SELECT FROM (SELECT t.state, t.area FROM vigil.task AS t WHERE t.incident_id = l.id OFFSET 0) AS t
        WHERE t.state IN ('offered', 'accepted', 'parked') AND t.area = 'county'));
    followed := pg_catalog.cardinality(moving);
    called_off := 0;
    IF followed > 0 THEN
        BEGIN
            called_off := vigil.follow_incidents(moving);
        EXCEPTION WHEN OTHERS THEN
            error := pg_catalog.format('follow_moves: %s %s', SQLSTATE, SQLERRM);
        END;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.follow_some(integer, text, bigint) IS
    'vigil.follow_incidents() for those of the next n open incidents after this profile and subject to which somebody of the county is or should be under way: how many were called off, how many followed, the last one looked at (null = no more), the error where it failed';
REVOKE ALL ON FUNCTION vigil.follow_some(integer, text, bigint) FROM PUBLIC;

CREATE FUNCTION vigil.follow_moves() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    part record;
    called_off integer := 0;
    at_profile text := '';
    at_subject bigint := 0;
BEGIN
    WHILE at_profile IS NOT NULL LOOP
        SELECT f.* INTO part FROM vigil.follow_some(1000, at_profile, at_subject) AS f;
        IF part.error IS NOT NULL THEN
            RAISE WARNING '%', part.error;
        END IF;
        called_off := called_off + part.called_off;
        at_profile := part.profile;
        at_subject := part.subject;
    END LOOP;
    RETURN called_off;
END $$;
COMMENT ON FUNCTION vigil.follow_moves() IS
    'vigil.follow_incidents() for all open incidents, 1000 at a time; how many units were called off. A part that fails gives a warning';
REVOKE ALL ON FUNCTION vigil.follow_moves() FROM PUBLIC;

CREATE INDEX risk_state_recover_idx ON vigil.risk_state (recover_at) WHERE recover_at IS NOT NULL;

CREATE FUNCTION vigil.upkeep(moves boolean DEFAULT true, OUT wait_ms bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    part text;
    due_at timestamptz;
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    -- one failing part must not stop the others
    FOREACH part IN ARRAY ARRAY['recover_colours', 'notice_expire', 'notice_escalate', 'follow_moves'] LOOP
        BEGIN
            CASE part
                WHEN 'recover_colours' THEN
                    IF EXISTS (SELECT FROM vigil.risk_state AS r WHERE r.recover_at <= moment) THEN
                        PERFORM vigil.recover_colours();
                    END IF;
                WHEN 'notice_expire' THEN PERFORM vigil.notice_expire();
                WHEN 'notice_escalate' THEN PERFORM vigil.notice_escalate();
                WHEN 'follow_moves' THEN
                    IF upkeep.moves THEN
                        PERFORM vigil.follow_moves();
                    END IF;
            END CASE;
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
        (SELECT moment + interval '10 seconds' WHERE upkeep.moves AND EXISTS (SELECT FROM vigil.task AS t
            WHERE t.state IN ('offered', 'accepted') AND t.area = 'county')));
    IF due_at IS NOT NULL THEN
        -- what is still due was locked or failed: not at once again
        wait_ms := pg_catalog.ceil(extract(epoch FROM due_at - pg_catalog.clock_timestamp()) * 1000);
        wait_ms := CASE WHEN wait_ms <= 0 OR error IS NOT NULL THEN greatest(wait_ms, 1000) ELSE wait_ms END;
    END IF;
END $$;
COMMENT ON FUNCTION vigil.upkeep(boolean) IS
    'Recover colours that are due, take back leases, escalate unanswered notices, and (moves) follow subjects that move. wait_ms: until there is something again (null = nothing known); error: of the last part that failed';
REVOKE ALL ON FUNCTION vigil.upkeep(boolean) FROM PUBLIC;

-- NOTIFY takes a lock of the whole server at commit: only the worker does it, never the path of an observation.
CREATE FUNCTION vigil.announce(offered bigint[], timed_out bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    IF pg_catalog.pg_notification_queue_usage() > 0.5 THEN
        RETURN;         -- a listener sleeps in a transaction; who listens must also look by itself now and then
    END IF;
    IF announce.offered <> '{}' OR announce.timed_out <> '{}' THEN
        PERFORM pg_catalog.pg_notify('vigil_task', pg_catalog.jsonb_build_object('task', t.id, 'unit', t.unit_id, 'state', t.state)::text)
        FROM vigil.task AS t WHERE t.id = ANY (announce.offered || announce.timed_out) ORDER BY t.id;
    END IF;
    PERFORM pg_catalog.pg_notify('vigil_notice', c.code)
    FROM vigil.notice_channel AS c
    WHERE EXISTS (SELECT FROM vigil.notice AS n
        WHERE n.state = 'pending' AND n.channel = c.code AND n.next_try_at <= moment);
END $$;
COMMENT ON FUNCTION vigil.announce(bigint[], bigint[]) IS
    'NOTIFY vigil_task for each of these tasks ({"task", "unit", "state"}) and vigil_notice for each channel that has something to claim';
REVOKE ALL ON FUNCTION vigil.announce(bigint[], bigint[]) FROM PUBLIC;
