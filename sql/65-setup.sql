-- Setup after CREATE EXTENSION, and the health of what runs.

-- 2^40 ids for each cell: the cells of a province never hand out the same id (one hub reads them all).
CREATE FUNCTION vigil.setup_node(node bigint) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    first_id bigint;
    sequence record;
    next_id bigint;
    moved integer := 0;
    seen integer := 0;
BEGIN
    IF node NOT BETWEEN 0 AND 8000000 THEN
        RAISE EXCEPTION 'node % is out of range', node
            USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Number the cells from 0 to 8000000.';
    END IF;
    first_id := greatest(node << 40, 1);
    FOR sequence IN SELECT s.sequence FROM vigil.identity_sequences() AS s ORDER BY s.sequence::text
    LOOP
        EXECUTE format('SELECT s.last_value + s.is_called::integer FROM %s AS s', sequence.sequence) INTO next_id;
        IF next_id >> 40 > node THEN
            RAISE EXCEPTION 'identity sequence % is past the ids of node %', sequence.sequence, node
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('Its next id is %s, which belongs to node %s.', next_id, next_id >> 40),
                      HINT = 'A database keeps its node number: ids never move backwards.';
        ELSIF next_id < first_id THEN
            PERFORM setval(sequence.sequence, first_id, false);
            moved := moved + 1;
        END IF;
        seen := seen + 1;
    END LOOP;
    RETURN NEXT format(CASE WHEN moved = 0 THEN 'node %1$s: unchanged, %3$s identity sequences'
                            ELSE 'node %1$s: %2$s of %3$s identity sequences now start at %4$s' END,
                       node, moved, seen, first_id);
END $$;
COMMENT ON FUNCTION vigil.setup_node(bigint)
    IS 'Start every identity sequence of vigil at node × 2^40, never moving one backwards. Errors: 22003 node outside 0 … 8000000; 55000 a sequence is already in the range of a higher node.';
REVOKE ALL ON FUNCTION vigil.setup_node(bigint) FROM PUBLIC;

CREATE FUNCTION vigil.identity_sequences() RETURNS TABLE (sequence regclass, owner regclass)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT c.oid::regclass, i.refobjid::regclass
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
    JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
    JOIN pg_catalog.pg_depend AS i ON i.classid = 'pg_catalog.pg_class'::regclass AND i.objid = c.oid
        AND i.refclassid = 'pg_catalog.pg_class'::regclass AND i.deptype = 'i'
    WHERE c.relkind = 'S';
END;
COMMENT ON FUNCTION vigil.identity_sequences() IS 'The identity sequences of vigil''s tables, and the tables';
REVOKE ALL ON FUNCTION vigil.identity_sequences() FROM PUBLIC;

-- The fixed list of parts. A part says in words what it did, and running it again changes nothing.
CREATE FUNCTION vigil.setup(node bigint DEFAULT NULL) RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE       -- not STRICT: no node leaves the sequences as they are
AS $$
BEGIN
    RETURN QUERY SELECT s.* FROM vigil.setup_node(node) AS s;
    RETURN QUERY SELECT s.* FROM vigil.setup_places() AS s;
    RETURN QUERY SELECT s.* FROM vigil.setup_catalogue() AS s;
    RETURN QUERY SELECT s.* FROM vigil.setup_plans() AS s;
    RETURN QUERY SELECT s.* FROM vigil_vehicle.setup_registers() AS s;
    RETURN QUERY SELECT s.* FROM vigil_vehicle.setup_streams() AS s;
    RETURN QUERY SELECT s.* FROM vigil.setup_security() AS s;
    RETURN QUERY SELECT s.* FROM vigil.setup_jobs() AS s;
    RETURN NEXT vigil.start_workers();
END $$;
COMMENT ON FUNCTION vigil.setup(bigint)
    IS 'Make the database ready after CREATE EXTENSION, and again after an update: catalogues (a DBA''s own changes survive), partitions, jobs. With node, identity sequences start at node × 2^40. Idempotent; returns what it did in words.';
REVOKE ALL ON FUNCTION vigil.setup(bigint) FROM PUBLIC;

-- One row a question that a DBA asks at three in the morning.
CREATE FUNCTION vigil.health() RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT h.* FROM vigil.health_streams() AS h;
    RETURN QUERY
        SELECT 'tasks parked', count(*) = 0,
               format('%s parked%s', count(*), ', first: ' || min(t.id) || ' ' || min(t.error))
        FROM vigil.task AS t WHERE t.state = 'parked'
        UNION ALL
        SELECT 'notices dead', count(*) = 0, format('%s never acknowledged', count(*))
        FROM vigil.notice AS n WHERE n.state = 'dead';
    RETURN QUERY
        SELECT 'job ' || j.name, j.last_error IS NULL,
               CASE WHEN NOT j.enabled THEN 'disabled'
                    WHEN j.last_started_at IS NULL THEN 'has not run yet'
                    ELSE format('%s: %s', j.last_ended_at, coalesce(j.last_error, j.last_result, 'done')) END
        FROM vigil.job AS j ORDER BY j.name;
    RETURN QUERY
        SELECT 'rejected input', true, format('%s rows in the last 24 hours', count(*))
        FROM vigil.reject AS r WHERE r.received_at > now() - interval '24 hours';
END $$;
COMMENT ON FUNCTION vigil.health()
    IS 'What a DBA should look at: partitions ahead, rows in default partitions, parked tasks, dead notices, failed jobs, rejected input. ok = false needs a person.';
REVOKE ALL ON FUNCTION vigil.health() FROM PUBLIC;

CREATE FUNCTION vigil.health_streams() RETURNS TABLE ("check" text, ok boolean, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE SECURITY DEFINER     -- partitions have no grants of their own
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stream text;
    leaf regclass;
    until timestamptz;
    stray bigint;
BEGIN
    FOREACH stream IN ARRAY vigil.streams()
    LOOP
        SELECT max(substring(pg_get_expr(c.relpartbound, c.oid) FROM $re$TO \('([^']+)'$re$)::timestamptz)
        INTO until
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = stream::regclass;
        RETURN QUERY SELECT 'partitions of ' || stream, coalesce(until > now() + interval '1 day', false),
            coalesce(format('made up to %s', until), 'none; call vigil.setup()');
        SELECT NULLIF(p.partdefid, 0) INTO leaf FROM pg_partitioned_table AS p WHERE p.partrelid = stream::regclass;
        CONTINUE WHEN leaf IS NULL;
        EXECUTE format('SELECT count(*) FROM %s', leaf) INTO stray;
        RETURN QUERY SELECT 'default partition of ' || stream, stray = 0, format('%s rows in %s', stray, leaf);
    END LOOP;
END $$;
COMMENT ON FUNCTION vigil.health_streams() IS 'The streams'' part of vigil.health(): are partitions made ahead, and do rows fall outside them';
REVOKE ALL ON FUNCTION vigil.health_streams() FROM PUBLIC;
