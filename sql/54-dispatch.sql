-- The dispatcher's work (派单), which the dispatcher worker calls and a person could: time-outs, units for queued tasks, the next
-- level where nobody is left. It never waits for a row lock: what somebody else holds is left for the next round.

CREATE FUNCTION vigil.region_neighbours(county bigint) RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT array_agg(n.code ORDER BY n.code) FROM vigil.region AS r JOIN vigil.region AS n
    ON n.code <> r.code AND n.code < 1000000 AND n.code % 100 <> 0
        AND CASE WHEN r.boundary IS NULL OR n.boundary IS NULL THEN n.code / 100 = r.code / 100
                 ELSE ST_DWithin(r.boundary, n.boundary, 0.001) END
    WHERE r.code = county);
COMMENT ON FUNCTION vigil.region_neighbours(bigint) IS
    'Counties that touch a county (within 0.001 degrees, about 100 m); without boundaries the others of its city; null where there are none';

CREATE FUNCTION vigil.unit_candidates(place geometry, unit_kind text, capability text, area text, county bigint,
    neighbours bigint[], organisation bigint, located_since timestamptz, avoid bigint[], chosen bigint[])
RETURNS TABLE (unit_id bigint, distance_m double precision)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- nearest by degrees from the index, then by metres: 16 are enough to tell them apart in one city's latitude
    SELECT n.id, n.distance_m
    FROM (SELECT u.id, ST_DistanceSphere(u.geom, unit_candidates.place) AS distance_m
          FROM vigil.unit AS u
          WHERE u.on_duty AND u.kind = unit_candidates.unit_kind
              AND (unit_candidates.capability IS NULL OR unit_candidates.capability = ANY (u.capabilities))
              AND CASE unit_candidates.area
                  WHEN 'enterprise' THEN u.organisation_id = unit_candidates.organisation
                  WHEN 'citywide' THEN u.region_code % 100 = 0 AND u.region_code < 1000000
                      AND (unit_candidates.county IS NULL OR u.region_code = unit_candidates.county / 100 * 100)
                  WHEN 'city' THEN unit_candidates.county IS NULL OR vigil.county_of(u.region_code) / 100 = unit_candidates.county / 100
                  WHEN 'neighbour' THEN unit_candidates.county IS NULL OR vigil.county_of(u.region_code) = ANY (unit_candidates.neighbours)
                  ELSE unit_candidates.county IS NULL OR vigil.county_of(u.region_code) = unit_candidates.county END
              AND (unit_candidates.located_since IS NULL OR u.located_at >= unit_candidates.located_since)
              AND u.id <> ALL (unit_candidates.avoid)
              AND (SELECT count(*) FROM vigil.task AS o WHERE o.unit_id = u.id AND o.state IN ('offered', 'accepted', 'arrived'))
                  + cardinality(array_positions(unit_candidates.chosen, u.id)) < u.task_limit
          ORDER BY u.geom <-> unit_candidates.place LIMIT 16) AS n
    ORDER BY n.distance_m, n.id LIMIT 1;
END;
COMMENT ON FUNCTION vigil.unit_candidates(geometry, text, text, text, bigint, bigint[], bigint, timestamptz, bigint[], bigint[]) IS
    'The nearest unit that could take a task: on duty, of this kind, able, of the area, located since, not in avoid, below its task_limit counting those in chosen; no row = nobody';

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

-- One round's batch, all or nothing; the caller catches an error and goes on one by one.
CREATE FUNCTION vigil.dispatch_offer(tasks vigil.task[], OUT offered bigint[], OUT escalated integer)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
    item record;
    unit bigint;
    chosen bigint[] := '{}';
    chosen_for bigint[] := '{}';
    nobody bigint[] := '{}';
BEGIN
    FOR item IN
        SELECT t.id, t.incident_id, t.unit_kind, t.capability, t.area, t.located_within,
            -- a step that asks for two units means two: who is at the incident already is no second one
            t.refused_units || ARRAY(SELECT o.unit_id FROM vigil.task AS o
                WHERE o.incident_id = t.incident_id AND o.state IN ('offered', 'accepted', 'arrived')) AS avoid,
            i.geom, i.organisation_id, vigil.county_of(i.region_code) AS county,
            CASE t.area WHEN 'neighbour' THEN vigil.region_neighbours(vigil.county_of(i.region_code)) END AS neighbours
        FROM pg_catalog.unnest(dispatch_offer.tasks) AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        ORDER BY t.priority, t.id
    LOOP
        SELECT c.unit_id INTO unit FROM vigil.unit_candidates(item.geom, item.unit_kind, item.capability, item.area, item.county,
            item.neighbours, item.organisation_id, moment - item.located_within,
            item.avoid || ARRAY(SELECT chosen[n] FROM pg_catalog.generate_subscripts(chosen, 1) AS n
                                WHERE chosen_for[n] = item.incident_id), chosen) AS c;
        IF FOUND THEN
            offered := offered || item.id;
            chosen := chosen || unit;
            chosen_for := chosen_for || item.incident_id;
        ELSE
            nobody := nobody || item.id;
        END IF;
    END LOOP;
    IF offered IS NOT NULL THEN
        PERFORM vigil.task_move(offered, 'offer', chosen, '{}', NULL, NULL, 'dispatcher');
        PERFORM vigil.notify_units(offered, 'task_offered');
    END IF;
    escalated := pg_catalog.cardinality(nobody);
    IF escalated > 0 THEN
        PERFORM vigil.dispatch_escalate(nobody);
    END IF;
END $$;
COMMENT ON FUNCTION vigil.dispatch_offer(vigil.task[]) IS
    'Offer claimed tasks to the best units, most urgent first, and take on those for which there is nobody to the next level; the ids offered';
REVOKE ALL ON FUNCTION vigil.dispatch_offer(vigil.task[]) FROM PUBLIC;

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
    -- nobody at the last level either: told once, offered again and again, also to those who refused
    UPDATE vigil.task AS t SET refused_units = '{}' WHERE t.id = ANY (last_ones);
    PERFORM vigil.task_move(ARRAY[t.id], 'park', NULL, '{"reason": "no_unit"}', NULL,
        pg_catalog.make_interval(secs => least(2 ^ least(t.attempts, 10), 30)), 'dispatcher')
    FROM vigil.task AS t WHERE t.id = ANY (last_ones);
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
    late bigint[] := ARRAY(SELECT t.id FROM vigil.task AS t WHERE t.id = ANY (dispatch_overdue.task) AND t.state <> 'parked');
    rested bigint[] := ARRAY(SELECT t.id FROM vigil.task AS t WHERE t.id = ANY (dispatch_overdue.task) AND t.state = 'parked');
BEGIN
    IF late <> '{}' THEN
        PERFORM vigil.task_move(late, 'time_out', NULL, '{}', NULL, NULL, 'dispatcher');
        PERFORM vigil.notify_units(late, 'task_timed_out');
        PERFORM vigil.task_follow(late, 'timed_out', NULL, 'dispatcher');
    END IF;
    IF rested <> '{}' THEN
        PERFORM vigil.task_move(rested, 'retry', NULL, '{}', NULL, NULL, 'dispatcher');
    END IF;
    RETURN QUERY SELECT pg_catalog.unnest(late);
END $$;
COMMENT ON FUNCTION vigil.dispatch_overdue(bigint[]) IS
    'Time out these locked offers and journeys, queueing another task after each, and queue those that were parked; the ids timed out';
REVOKE ALL ON FUNCTION vigil.dispatch_overdue(bigint[]) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_due(n integer, OUT timed_out bigint[], OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    due bigint[] := ARRAY(SELECT t.id FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
        WHERE t.state IN ('offered', 'accepted', 'parked') AND t.due_at <= pg_catalog.clock_timestamp()
        ORDER BY t.due_at LIMIT n FOR NO KEY UPDATE OF i, t SKIP LOCKED);
    one bigint;
BEGIN
    timed_out := ARRAY(SELECT vigil.dispatch_overdue(due));
EXCEPTION WHEN OTHERS THEN
    timed_out := '{}';
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
    'Time out up to n offers and journeys whose limit has passed, and queue parked tasks that are due; the ids timed out. One that fails keeps its state and its error, and is due again in 2^attempts seconds, at most ten minutes';
REVOKE ALL ON FUNCTION vigil.dispatch_due(integer) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch_park(task bigint, message text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    attempts integer := (SELECT t.attempts FROM vigil.task AS t WHERE t.id = dispatch_park.task);
BEGIN
    PERFORM vigil.task_move(ARRAY[dispatch_park.task], 'park', NULL,
        pg_catalog.jsonb_build_object('reason', dispatch_park.message), NULL,
        pg_catalog.make_interval(secs => least(2 ^ least(attempts + 1, 10), 600)), 'dispatcher');
END $$;
COMMENT ON FUNCTION vigil.dispatch_park(bigint, text) IS 'Park a claimed task with its error for 2^attempts seconds, at most ten minutes';
REVOKE ALL ON FUNCTION vigil.dispatch_park(bigint, text) FROM PUBLIC;

CREATE FUNCTION vigil.dispatch(n integer DEFAULT 100, OUT offered bigint[], OUT timed_out bigint[], OUT parked integer,
    OUT wait_ms bigint, OUT error text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    claimed vigil.task[];
    item vigil.task;
    escalated integer;
    due_at timestamptz;
BEGIN
    parked := 0;
    offered := '{}';
    SELECT d.timed_out, d.error INTO timed_out, error FROM vigil.dispatch_due(dispatch.n) AS d;
    SELECT pg_catalog.array_agg(c) INTO claimed FROM vigil.task_claim(dispatch.n) AS c;
    IF claimed IS NOT NULL THEN
        BEGIN
            offered := coalesce((vigil.dispatch_offer(claimed)).offered, '{}');
        EXCEPTION WHEN OTHERS THEN
            FOREACH item IN ARRAY claimed LOOP
                BEGIN
                    offered := offered || (vigil.dispatch_offer(ARRAY[item])).offered;
                EXCEPTION WHEN OTHERS THEN
                    error := pg_catalog.format('task %s: %s %s', item.id, SQLSTATE, SQLERRM);
                    PERFORM vigil.dispatch_park(item.id, pg_catalog.format('%s %s', SQLSTATE, SQLERRM));
                    parked := parked + 1;
                END;
            END LOOP;
        END;
    END IF;
    -- what was left: more than n, or in somebody's hands, whose commit wakes the dispatcher again
    IF EXISTS (SELECT FROM vigil.task AS t WHERE t.state = 'queued') THEN
        wait_ms := CASE WHEN claimed IS NULL THEN 200 ELSE 0 END;
        RETURN;
    END IF;
    due_at := (SELECT min(t.due_at) FROM vigil.task AS t WHERE t.state IN ('offered', 'accepted', 'parked'));
    IF due_at IS NOT NULL THEN
        wait_ms := greatest(pg_catalog.ceil(extract(epoch FROM due_at - pg_catalog.clock_timestamp()) * 1000),
                            CASE WHEN error IS NULL THEN 0 ELSE 1000 END);
    END IF;
END $$;
COMMENT ON FUNCTION vigil.dispatch(integer) IS
    'One round of the dispatcher: time-outs, then up to n queued tasks are offered. wait_ms: until the next deadline (null = none known); error: that of the last task that failed. Needs no worker: any scheduler may call it';
REVOKE ALL ON FUNCTION vigil.dispatch(integer) FROM PUBLIC;
