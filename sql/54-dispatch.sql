-- The dispatcher's work (派单), which the dispatcher worker calls and a person could: time-outs, units for queued tasks, the next
-- level where nobody is left. It never waits for a row lock: what somebody else holds is left for the next round.

CREATE FUNCTION vigil.task_claim(n integer) RETURNS SETOF vigil.task
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 100
AS $$
BEGIN
    RETURN QUERY
    SELECT t.* FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
    WHERE t.state = 'queued'
    ORDER BY t.priority, t.id LIMIT n
    FOR NO KEY UPDATE OF i, t SKIP LOCKED;
END $$;
COMMENT ON FUNCTION vigil.task_claim(integer) IS
    'Lock up to n queued tasks with their incidents for this transaction, most urgent first; tasks that another holds are left out';
REVOKE ALL ON FUNCTION vigil.task_claim(integer) FROM PUBLIC;

CREATE FUNCTION vigil.task_claim_waiting(n integer) RETURNS SETOF vigil.task
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE ROWS 100
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    able bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM vigil.task AS t WHERE t.state = 'parked' AND t.error = 'no_unit') THEN
        RETURN;
    END IF;
    WITH waiting AS MATERIALIZED (
        SELECT t.id, t.priority, t.unit_kind, t.capability, t.area, vigil.county_of(i.region_code) AS county, t.located_within,
            CASE t.area WHEN 'enterprise' THEN i.organisation_id END AS organisation_id, t.incident_id, t.refused_units, i.geom
        FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        WHERE t.state = 'parked' AND t.error = 'no_unit'
    ), need AS MATERIALIZED (
        -- asked once for all tasks that want the same, whose number may be large while that of what they want is small
        SELECT DISTINCT ON (w.unit_kind, w.capability, w.area, w.county, w.located_within, w.organisation_id) w.*,
            CASE w.area WHEN 'neighbour' THEN vigil.region_neighbours(w.county) END AS neighbours
        FROM waiting AS w
        ORDER BY w.unit_kind, w.capability, w.area, w.county, w.located_within, w.organisation_id
    ), met AS MATERIALIZED (
        SELECT d.* FROM need AS d
        WHERE EXISTS (SELECT FROM vigil.unit_candidates(d.geom, d.unit_kind, d.capability, d.area, d.county, d.neighbours,
            d.organisation_id, moment - d.located_within, '{}', '{}', 1))
    ), fit AS (
        SELECT w.id, w.priority, w.geom, vigil.task_avoid(w.incident_id, w.refused_units) AS avoid, m.unit_kind, m.capability,
            m.area, m.county, m.neighbours, m.organisation_id, m.located_within
        FROM met AS m JOIN waiting AS w
            ON (w.unit_kind, w.capability, w.area, w.county, w.located_within, w.organisation_id)
                IS NOT DISTINCT FROM (m.unit_kind, m.capability, m.area, m.county, m.located_within, m.organisation_id)
        ORDER BY w.priority, w.id OFFSET 0
    )
    SELECT pg_catalog.array_agg(l.id) INTO able
    FROM (SELECT f.id FROM fit AS f
          WHERE EXISTS (SELECT FROM vigil.unit_candidates(f.geom, f.unit_kind, f.capability, f.area, f.county, f.neighbours,
              f.organisation_id, moment - f.located_within, f.avoid, '{}', 1))
          ORDER BY f.priority, f.id LIMIT n) AS l;
    RETURN QUERY
    SELECT t.* FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
    WHERE t.id = ANY (able) AND t.error = 'no_unit'
    ORDER BY t.priority, t.id
    FOR NO KEY UPDATE OF i, t SKIP LOCKED;
END $$;
COMMENT ON FUNCTION vigil.task_claim_waiting(integer) IS
    'Lock, as vigil.task_claim, up to n tasks parked as no_unit for which there is a unit now, most urgent first';
REVOKE ALL ON FUNCTION vigil.task_claim_waiting(integer) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_choose(tasks vigil.task[], OUT task bigint[], OUT unit bigint[], OUT nobody bigint[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    item record;
    one bigint;
    taken_for bigint[] := '{}';
    taken bigint[];
BEGIN
    task := '{}';
    unit := '{}';
    nobody := '{}';
    FOR item IN
        WITH wanted AS MATERIALIZED (
            SELECT t.*, vigil.task_avoid(t.incident_id, t.refused_units) AS avoid, i.geom, i.organisation_id,
                vigil.county_of(i.region_code) AS county
            FROM pg_catalog.unnest(dispatch_choose.tasks) AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        ), beside AS MATERIALIZED (
            SELECT c.county, vigil.region_neighbours(c.county) AS counties
            FROM (SELECT DISTINCT w.county FROM wanted AS w WHERE w.area = 'neighbour') AS c
        )
        SELECT w.id, w.incident_id, w.geom, w.unit_kind, w.capability, w.area, w.county, b.counties, w.organisation_id,
            w.located_within, w.avoid, nearest.units, nearest.free
        FROM wanted AS w LEFT JOIN beside AS b ON b.county = w.county AND w.area = 'neighbour'
        CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(c.unit_id ORDER BY c.distance_m, c.unit_id) AS units,
                pg_catalog.array_agg(c.free ORDER BY c.distance_m, c.unit_id) AS free
            FROM vigil.unit_candidates(w.geom, w.unit_kind, w.capability, w.area, w.county, b.counties, w.organisation_id,
                moment - w.located_within, w.avoid, '{}', 3) AS c) AS nearest
        ORDER BY w.priority, w.id
    LOOP
        one := NULL;
        taken := CASE WHEN item.incident_id = ANY (taken_for) THEN ARRAY(SELECT f.unit
            FROM ROWS FROM (pg_catalog.unnest(taken_for), pg_catalog.unnest(unit)) AS f (incident, unit)
            WHERE f.incident = item.incident_id) ELSE '{}' END;
        FOR rank IN 1 .. coalesce(pg_catalog.cardinality(item.units), 0) LOOP
            IF item.units[rank] <> ALL (taken)
                AND pg_catalog.cardinality(pg_catalog.array_positions(unit, item.units[rank])) < item.free[rank] THEN
                one := item.units[rank];
                EXIT;
            END IF;
        END LOOP;
        IF one IS NULL AND pg_catalog.cardinality(item.units) = 3 THEN      -- more urgent tasks of this batch took them
            SELECT c.unit_id INTO one
            FROM vigil.unit_candidates(item.geom, item.unit_kind, item.capability, item.area, item.county, item.counties,
                item.organisation_id, moment - item.located_within, item.avoid || taken, unit, 1) AS c;
        END IF;
        IF one IS NULL THEN
            nobody := nobody || item.id;
        ELSE
            task := task || item.id;
            taken_for := taken_for || item.incident_id;
            unit := unit || one;
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION vigil.dispatch_choose(vigil.task[]) IS
    'The best unit for each of these tasks, most urgent first, no unit beyond its task_limit nor twice for one incident; and the tasks for which there is nobody';
REVOKE ALL ON FUNCTION vigil.dispatch_choose(vigil.task[]) FROM PUBLIC;

-- One round's batch, all or nothing; the caller catches an error and goes on one by one.
CREATE FUNCTION vigil.dispatch_offer(tasks vigil.task[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    choice record;
    waited bigint[] := ARRAY(SELECT t.id FROM pg_catalog.unnest(dispatch_offer.tasks) AS t WHERE t.state = 'parked');
BEGIN
    SELECT c.* INTO choice FROM vigil.dispatch_choose(dispatch_offer.tasks) AS c;
    IF choice.task <> '{}' THEN
        IF choice.task && waited THEN
            PERFORM vigil.task_move(ARRAY(SELECT c.id FROM pg_catalog.unnest(choice.task) AS c (id) WHERE c.id = ANY (waited)),
                'retry', NULL, '{}', NULL, NULL, 'dispatcher');
        END IF;
        PERFORM vigil.task_move(choice.task, 'offer', choice.unit, '{}', NULL, NULL, 'dispatcher');
        PERFORM vigil.notify_units(choice.task, 'task_offered');
    END IF;
    IF NOT choice.nobody <@ waited THEN
        PERFORM vigil.dispatch_escalate(ARRAY(SELECT l.id FROM pg_catalog.unnest(choice.nobody) AS l (id) WHERE l.id <> ALL (waited)));
    END IF;
    RETURN choice.task;
END $$;
COMMENT ON FUNCTION vigil.dispatch_offer(vigil.task[]) IS
    'Offer claimed tasks to the best units, most urgent first, and take queued ones for which there is nobody to the next level; the ids offered';
REVOKE ALL ON FUNCTION vigil.dispatch_offer(vigil.task[]) FROM PUBLIC;

CREATE FUNCTION vigil.no_unit_rest() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN interval '10 minutes';
COMMENT ON FUNCTION vigil.no_unit_rest() IS
    'How long a task for which there is nobody rests when no unit comes on duty, is freed or changes: then it is looked at all the same';

CREATE FUNCTION vigil.dispatch_escalate(task bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    higher bigint[];
    next_level smallint[];
    last_ones bigint[];
    exhausted bigint[];
BEGIN
    -- a level starts once, for whichever of its tasks first finds nobody
    SELECT pg_catalog.array_agg(i.id), pg_catalog.array_agg((i.level + 1)::smallint) INTO higher, next_level
    FROM vigil.incident AS i
    WHERE EXISTS (SELECT FROM vigil.task AS t WHERE t.id = ANY (dispatch_escalate.task) AND t.incident_id = i.id AND t.level = i.level)
        AND i.id IN (SELECT t.incident_id FROM vigil.task AS t WHERE t.id = ANY (dispatch_escalate.task));
    IF higher IS NOT NULL THEN
        PERFORM vigil.plan_level(higher, next_level, 'level_exhausted', 'dispatcher');
    END IF;
    SELECT pg_catalog.array_agg(t.id) INTO last_ones
    FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
    WHERE t.id = ANY (dispatch_escalate.task) AND i.level <= t.level;
    PERFORM vigil.task_move(ARRAY(SELECT pg_catalog.unnest(dispatch_escalate.task) EXCEPT SELECT pg_catalog.unnest(last_ones)),
        'escalate', NULL, '{"reason": "no_unit"}', NULL, NULL, 'dispatcher');
    IF last_ones IS NULL THEN
        RETURN;
    END IF;
    -- nobody at the last level either: told once, offered when a unit turns up, also to those who refused
    UPDATE vigil.task AS t SET refused_units = '{}' WHERE t.id = ANY (last_ones) AND t.refused_units <> '{}';
    PERFORM vigil.task_move(last_ones, 'park', NULL, '{"reason": "no_unit"}', NULL, vigil.no_unit_rest(), 'dispatcher');
    WITH marked AS (
        UPDATE vigil.incident AS i SET exhausted_at = pg_catalog.clock_timestamp()
        FROM vigil.task AS t WHERE t.id = ANY (last_ones) AND i.id = t.incident_id AND i.exhausted_at IS NULL
        RETURNING i.id
    )
    SELECT pg_catalog.array_agg(m.id) INTO exhausted FROM marked AS m;
    IF exhausted IS NOT NULL THEN
        PERFORM vigil.tell_exhausted(exhausted);
    END IF;
END $$;
COMMENT ON FUNCTION vigil.dispatch_escalate(bigint[]) IS
    'Claimed tasks for which there is nobody: start the next level of their plans; at the last level park them and tell the command once';
REVOKE ALL ON FUNCTION vigil.dispatch_escalate(bigint[]) FROM PUBLIC;

-- Due tasks: offers not accepted, units not arrived, parked tasks whose time has come. All or nothing, as dispatch_offer.
CREATE FUNCTION vigil.dispatch_overdue(task bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    late bigint[];
    rested bigint[];
BEGIN
    SELECT pg_catalog.array_agg(t.id) FILTER (WHERE t.state <> 'parked'),
        pg_catalog.array_agg(t.id) FILTER (WHERE t.state = 'parked' AND t.error IS DISTINCT FROM 'no_unit')
    INTO late, rested FROM vigil.task AS t WHERE t.id = ANY (dispatch_overdue.task);
    IF late IS NOT NULL THEN
        PERFORM vigil.task_move(late, 'time_out', NULL, '{}', NULL, NULL, 'dispatcher');
        PERFORM vigil.notify_units(late, 'task_timed_out');
        PERFORM vigil.task_follow(late, 'timed_out', NULL, 'dispatcher');
    END IF;
    IF rested IS NOT NULL THEN
        PERFORM vigil.task_move(rested, 'retry', NULL, '{}', NULL, NULL, 'dispatcher');
    END IF;
    -- those without a unit are looked at as they are, and only moved when one is found
    UPDATE vigil.task AS t SET due_at = pg_catalog.clock_timestamp() + vigil.no_unit_rest()
    WHERE t.id = ANY (dispatch_overdue.task) AND t.error = 'no_unit';
    RETURN QUERY SELECT pg_catalog.unnest(late);
END $$;
COMMENT ON FUNCTION vigil.dispatch_overdue(bigint[]) IS
    'Time out these locked offers and journeys, queueing another task after each, queue those that were parked, and let those parked as no_unit rest on; the ids timed out';
REVOKE ALL ON FUNCTION vigil.dispatch_overdue(bigint[]) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_due(n integer, OUT timed_out bigint[], OUT error text, OUT waited boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    due bigint[];
    one bigint;
BEGIN
    SELECT coalesce(pg_catalog.array_agg(l.id), '{}'), coalesce(pg_catalog.bool_or(l.error = 'no_unit'), false) INTO due, waited
    FROM (SELECT t.id, t.error FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
          WHERE t.state IN ('offered', 'accepted', 'parked') AND t.due_at <= moment
          ORDER BY t.due_at LIMIT n FOR NO KEY UPDATE OF i, t SKIP LOCKED) AS l;
    timed_out := '{}';
    IF due <> '{}' THEN
        timed_out := ARRAY(SELECT vigil.dispatch_overdue(due));
    END IF;
EXCEPTION WHEN OTHERS THEN
    timed_out := '{}';
    -- the locks went with what failed
    due := ARRAY(SELECT t.id FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        WHERE t.id = ANY (due) AND t.due_at <= moment ORDER BY t.due_at FOR NO KEY UPDATE OF i, t SKIP LOCKED);
    FOREACH one IN ARRAY due LOOP
        BEGIN
            timed_out := timed_out || ARRAY(SELECT vigil.dispatch_overdue(ARRAY[one]));
        EXCEPTION WHEN OTHERS THEN
            error := pg_catalog.format('task %s: %s %s', one, SQLSTATE, SQLERRM);
            UPDATE vigil.task AS t SET attempts = t.attempts + 1, error = pg_catalog.format('%s %s', SQLSTATE, SQLERRM),
                due_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => least(2 ^ least(t.attempts + 1, 10), 600))
            WHERE t.id = one;
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION vigil.dispatch_due(integer) IS
    'Time out up to n offers and journeys whose limit has passed, and queue parked tasks that are due; the ids timed out, and whether one of them waits for a unit (no_unit). One that fails keeps its state and its error, and is due again in 2^attempts seconds, at most ten minutes';
REVOKE ALL ON FUNCTION vigil.dispatch_due(integer) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_park(task vigil.task, message text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    wait interval := pg_catalog.make_interval(secs => least(2 ^ least(dispatch_park.task.attempts + 1, 10), 600));
BEGIN
    IF dispatch_park.task.state = 'parked' THEN     -- it waited for a unit: now for what is wrong with it
        UPDATE vigil.task AS t SET attempts = t.attempts + 1, error = dispatch_park.message,
            due_at = pg_catalog.clock_timestamp() + wait WHERE t.id = dispatch_park.task.id;
    ELSE
        PERFORM vigil.task_move(ARRAY[dispatch_park.task.id], 'park', NULL,
            pg_catalog.jsonb_build_object('reason', dispatch_park.message), NULL, wait, 'dispatcher');
    END IF;
END $$;
COMMENT ON FUNCTION vigil.dispatch_park(vigil.task, text) IS 'Park a claimed task with its error for 2^attempts seconds, at most ten minutes';
REVOKE ALL ON FUNCTION vigil.dispatch_park(vigil.task, text) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_claim(n integer, waiting boolean) RETURNS vigil.task[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    claimed vigil.task[] := ARRAY(SELECT c FROM vigil.task_claim(dispatch_claim.n) AS c);
BEGIN
    IF dispatch_claim.waiting THEN
        claimed := claimed || ARRAY(SELECT c FROM vigil.task_claim_waiting(dispatch_claim.n) AS c);
    END IF;
    RETURN claimed;
END $$;
COMMENT ON FUNCTION vigil.dispatch_claim(integer, boolean) IS
    'Lock up to n queued tasks and (waiting) up to n parked as no_unit for which there is a unit now';
REVOKE ALL ON FUNCTION vigil.dispatch_claim(integer, boolean) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch(n integer DEFAULT 100, units_changed boolean DEFAULT true, OUT offered bigint[],
    OUT timed_out bigint[], OUT parked integer, OUT wait_ms bigint, OUT error text, OUT more_waiting boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    claimed vigil.task[];
    item vigil.task;
    queued integer;
    waiting boolean;
    due_at timestamptz;
BEGIN
    parked := 0;
    offered := '{}';
    timed_out := '{}';
    waiting := dispatch.units_changed;
    due_at := (SELECT min(t.due_at) FROM vigil.task AS t WHERE t.state IN ('offered', 'accepted', 'parked'));
    IF due_at <= pg_catalog.clock_timestamp() THEN
        SELECT d.timed_out, d.error, d.waited OR waiting INTO timed_out, error, waiting FROM vigil.dispatch_due(dispatch.n) AS d;
    END IF;
    BEGIN
        -- claimed in here: a row that one (sub)transaction locks and another changes gets a multixact, and then its dead entries
        -- at the head of the queue's index are not forgotten before the next vacuum
        claimed := vigil.dispatch_claim(dispatch.n, waiting);
        IF pg_catalog.cardinality(claimed) > 0 THEN
            offered := vigil.dispatch_offer(claimed);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        claimed := vigil.dispatch_claim(dispatch.n, waiting);
        FOREACH item IN ARRAY claimed LOOP
            BEGIN
                offered := offered || vigil.dispatch_offer(ARRAY[item]);
            EXCEPTION WHEN OTHERS THEN
                error := pg_catalog.format('task %s: %s %s', item.id, SQLSTATE, SQLERRM);
                PERFORM vigil.dispatch_park(item, pg_catalog.format('%s %s', SQLSTATE, SQLERRM));
                parked := parked + 1;
            END;
        END LOOP;
    END;
    queued := CASE pg_catalog.cardinality(claimed) WHEN 0 THEN 0
                           ELSE (SELECT count(*) FROM pg_catalog.unnest(claimed) AS c WHERE c.state = 'queued') END;
    more_waiting := pg_catalog.cardinality(claimed) - queued >= dispatch.n;
    -- what was left: more than n, or in somebody's hands, whose commit wakes the dispatcher again
    IF EXISTS (SELECT FROM vigil.task AS t WHERE t.state = 'queued') THEN
        wait_ms := CASE WHEN queued = 0 THEN 200 ELSE 0 END;
        RETURN;
    END IF;
    due_at := (SELECT min(t.due_at) FROM vigil.task AS t WHERE t.state IN ('offered', 'accepted', 'parked'));
    IF due_at IS NOT NULL THEN
        wait_ms := greatest(pg_catalog.ceil(extract(epoch FROM due_at - pg_catalog.clock_timestamp()) * 1000),
                            CASE WHEN error IS NULL THEN 0 ELSE 1000 END);
    END IF;
END $$;
COMMENT ON FUNCTION vigil.dispatch(integer, boolean) IS
    'One round of the dispatcher: time-outs, then up to n queued tasks are offered, and (units_changed) up to n of those that wait for a unit, parked as no_unit. wait_ms: until the next deadline (null = none known); error: that of the last task that failed; more_waiting: call again with units_changed. Needs no worker: any scheduler may call it';
REVOKE ALL ON FUNCTION vigil.dispatch(integer, boolean) FROM PUBLIC;
