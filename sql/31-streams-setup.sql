-- Partitions of the streams: pg_partman makes and retires them; vigil tells it how.

-- Partition bounds and names follow the session's time zone in pg_partman 4.7, so everything here runs in UTC. pg_partman
-- also sets search_path itself and puts the old one back with a plain SET, which would outlive a SET clause of the calling
-- function: so no function on the way to it has one, vigil.setup() and vigil.run_job() included.
CREATE FUNCTION vigil.setup_stream(parent text, template text, past_days integer, premake integer)
RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET timezone = 'UTC'
AS $$
DECLARE
    partman name := vigil.partman_schema();
    made integer;
    first_day text := to_char(current_date - past_days, 'YYYY-MM-DD');
    known boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I.part_config AS c WHERE c.parent_table = $1)', partman)
        INTO known USING parent;
    IF NOT known THEN
        EXECUTE format('SELECT %I.create_parent($1, ''observed_at'', ''native'', ''daily'','
            ' p_premake := $2, p_automatic_maintenance := ''off'', p_start_partition := $3,'
            ' p_template_table := $4, p_jobmon := false)', partman)
            USING parent, premake, first_day, template;
        -- a quiet feed still gets tomorrow's partition; one odd old row must not make partitions up to it
        EXECUTE format('UPDATE %I.part_config AS c SET infinite_time_partitions = true, ignore_default_data = true'
            ' WHERE c.parent_table = $1', partman)
            USING parent;
    END IF;
    SELECT count(*) INTO made FROM pg_inherits AS i WHERE i.inhparent = parent::regclass;
    RETURN format(CASE WHEN known THEN 'stream %s: unchanged, %s partitions'
                       ELSE 'stream %s: partitioned by day (UTC), %s partitions from ' || first_day
                           || ', older rows in the default partition' END,
                  parent, made);
END $$;
COMMENT ON FUNCTION vigil.setup_stream(text, text, integer, integer)
    IS 'Hand a stream (partitioned by observed_at) to pg_partman: days in UTC, the template''s keys, a default partition. Idempotent: a stream that pg_partman knows is left as the DBA tuned it. Called by vigil.setup().';
REVOKE ALL ON FUNCTION vigil.setup_stream(text, text, integer, integer) FROM PUBLIC;

CREATE FUNCTION vigil.partman_schema() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT n.nspname FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
        WHERE e.extname = 'pg_partman');
COMMENT ON FUNCTION vigil.partman_schema() IS 'The schema in which the DBA installed pg_partman';
REVOKE ALL ON FUNCTION vigil.partman_schema() FROM PUBLIC;

CREATE FUNCTION vigil.maintain_partitions() RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET timezone = 'UTC'
AS $$
DECLARE
    partman name := vigil.partman_schema();
    stream text;
    streams integer := 0;
BEGIN
    FOR stream IN EXECUTE format('SELECT c.parent_table FROM %I.part_config AS c'
        ' WHERE c.parent_table = ANY ($1) ORDER BY c.parent_table', partman) USING vigil.streams()
    LOOP
        EXECUTE format('SELECT %I.run_maintenance($1, p_jobmon := false)', partman) USING stream;
        streams := streams + 1;
    END LOOP;
    RETURN format('%s streams maintained', streams);
END $$;
COMMENT ON FUNCTION vigil.maintain_partitions()
    IS 'Make the coming days'' partitions of every stream and retire old ones as pg_partman''s part_config says (retention is null = keep for ever until the DBA sets it; the rule asks for at least 6 months of positions). Runs as job "partitions".';
REVOKE ALL ON FUNCTION vigil.maintain_partitions() FROM PUBLIC;

CREATE FUNCTION vigil.streams() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT coalesce(pg_catalog.array_agg(n.nspname || '.' || c.relname ORDER BY n.nspname, c.relname), '{}')
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
        JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
        WHERE c.relkind = 'p');
COMMENT ON FUNCTION vigil.streams() IS 'The partitioned tables of vigil, schema.name, as pg_partman writes them';
REVOKE ALL ON FUNCTION vigil.streams() FROM PUBLIC;

-- Rows are accepted up to 30 days back; one more day covers the hours between the zones.
CREATE FUNCTION vigil_vehicle.setup_streams() RETURNS SETOF text
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT vigil.setup_stream('vigil_vehicle.position', 'vigil_vehicle.position_template', 31, 10);
END;
COMMENT ON FUNCTION vigil_vehicle.setup_streams() IS 'The vehicles'' part of vigil.setup() that hands the streams to pg_partman';
REVOKE ALL ON FUNCTION vigil_vehicle.setup_streams() FROM PUBLIC;
