-- Jobs: what runs by the clock. vigil.job is the catalogue; pg_cron, where it is present, calls vigil.run_job().

CREATE FUNCTION vigil.cron_field(field text, low integer, high integer) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    part text;
    piece text[];
    first integer;
    last integer;
    numbers integer[] := '{}';
BEGIN
    FOREACH part IN ARRAY string_to_array(field, ',')
    LOOP
        piece := regexp_match(part, '^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?$');
        first := coalesce(piece[1]::integer, low);
        last := coalesce(piece[2]::integer, CASE WHEN piece[1] IS NULL OR piece[3] IS NOT NULL THEN high ELSE first END);
        IF piece IS NULL OR first < low OR last > high OR first > last OR piece[3]::integer = 0 THEN
            RAISE EXCEPTION 'field "%" of a cron schedule cannot be used', field
                USING ERRCODE = 'invalid_parameter_value', DETAIL = format('Its numbers are from %s to %s.', low, high),
                      HINT = 'Write *, */10, 5, 1-5 or a list such as 0,30.';
        END IF;
        numbers := numbers || ARRAY(SELECT generate_series(first, last, coalesce(piece[3]::integer, 1)));
    END LOOP;
    RETURN numbers;
END $$;
COMMENT ON FUNCTION vigil.cron_field(text, integer, integer) IS
    'The numbers that one field of a cron schedule stands for. Error 22023: not a field, or a number outside the range';

CREATE FUNCTION vigil.cron_valid(schedule text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    field text[] := regexp_split_to_array(btrim(schedule), '\s+');
BEGIN
    IF schedule ~ '^([1-9]|[1-5][0-9]) seconds$' THEN
        RETURN true;
    ELSIF cardinality(field) <> 5 THEN
        RETURN false;
    END IF;
    PERFORM vigil.cron_field(field[1], 0, 59), vigil.cron_field(field[2], 0, 23), vigil.cron_field(field[3], 1, 31),
        vigil.cron_field(field[4], 1, 12), vigil.cron_field(field[5], 0, 7);
    RETURN true;
END $$;
COMMENT ON FUNCTION vigil.cron_valid(text) IS
    'Whether a text is a schedule of pg_cron: five fields, or 1 to 59 seconds. Error 22023 where a field cannot be used';

CREATE TABLE vigil.job (
    name text NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    schedule text NOT NULL,
    schedule_default text,
    command text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    last_started_at timestamptz,
    last_ended_at timestamptz,
    last_result text,
    last_error text,
    CONSTRAINT job_pkey PRIMARY KEY (name),
    CONSTRAINT job_schedule_check CHECK (vigil.cron_valid(schedule))
);
COMMENT ON TABLE vigil.job
    IS 'Catalogue of scheduled work. Rows come from vigil.setup(); change schedule and enabled, then call vigil.schedule_jobs().';
COMMENT ON COLUMN vigil.job.zh IS 'What it does, Chinese';
COMMENT ON COLUMN vigil.job.en IS 'What it does, English';
COMMENT ON COLUMN vigil.job.schedule IS 'Cron expression in pg_cron''s time zone (GMT unless cron.timezone says otherwise); a change survives vigil.setup()';
COMMENT ON COLUMN vigil.job.schedule_default IS 'The schedule that vigil ships; null: a job of the city''s own, which vigil.setup() leaves alone';
COMMENT ON CONSTRAINT job_schedule_check ON vigil.job IS 'A schedule has five fields, minute hour day month weekday, as in 20 2 * * *; or is such as 30 seconds, for pg_cron from 1.5 on.';
COMMENT ON COLUMN vigil.job.command IS 'One SQL statement; its first row''s first column becomes last_result';
COMMENT ON COLUMN vigil.job.enabled IS 'false: run_job() skips it and schedule_jobs() takes it off the schedule';
COMMENT ON COLUMN vigil.job.last_started_at IS 'Wall clock of the last run';
COMMENT ON COLUMN vigil.job.last_ended_at IS 'Wall clock of its end; null while the first run lasts';
COMMENT ON COLUMN vigil.job.last_result IS 'What the command returned, null after an error';
COMMENT ON COLUMN vigil.job.last_error IS 'SQLSTATE and message of the last run, null when it went well';

CREATE TABLE vigil.reject (
    id bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,
    reason text NOT NULL,
    detail text,
    payload jsonb NOT NULL,
    CONSTRAINT reject_pkey PRIMARY KEY (id)
);
CREATE INDEX reject_received_at_idx ON vigil.reject USING brin (received_at);
COMMENT ON TABLE vigil.reject IS 'Input that could not be used: bad input is kept with its reason, never silently dropped';
COMMENT ON COLUMN vigil.reject.source IS 'The function that refused it: ingest, import_geofences, …';
COMMENT ON COLUMN vigil.reject.reason IS 'A code such as bad_plate, out_of_range, future, too_old';
COMMENT ON COLUMN vigil.reject.detail IS 'The reason in words: field, value, range';
COMMENT ON COLUMN vigil.reject.payload IS 'The input as it came';

CREATE FUNCTION vigil.purge_rejects(keep interval DEFAULT '90 days') RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purged bigint;
BEGIN
    DELETE FROM vigil.reject AS r WHERE r.received_at < now() - keep;
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN format('%s rejects older than %s deleted', purged, keep);
END $$;
COMMENT ON FUNCTION vigil.purge_rejects(interval) IS 'Delete rejected input older than this. Runs as job "rejects".';
REVOKE ALL ON FUNCTION vigil.purge_rejects(interval) FROM PUBLIC;

-- Rows of vigil's are listed here and nowhere else; one that is gone from the list leaves the catalogue.
CREATE FUNCTION vigil.setup_jobs() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    listed text[];
    changed bigint;
    removed bigint;
BEGIN
    WITH wanted (name, schedule, command, en, zh) AS (VALUES
        ('partitions', '17 * * * *', 'SELECT vigil.maintain_partitions()',
         'make and retire partitions of the streams', '维护数据分区'),
        ('rejects', '41 19 * * *', 'SELECT vigil.purge_rejects()',
         'delete rejected input older than 90 days', '清理拒收数据'),
        ('road_states', '47 19 * * *', 'SELECT vigil_vehicle.purge_road_states()',
         'delete road states older than 12 months', '清理路况历史数据'),
        ('model_errors', '53 19 * * *', 'SELECT vigil.purge_model_errors()',
         'delete errors of custom models older than 90 days', '清理自定义模型错误记录'),
        ('recover_colours', '* * * * *', 'SELECT vigil.recover_colours()',
         'recover colours whose hold time is over; a second net, the dispatcher does it to the second', '升分调色'),
        ('rescore', '*/10 * * * *', 'SELECT vigil.rescore()',
         'score and colour again after a change of weights or thresholds', '规则变更后重新赋码'),
        ('models', '* * * * *', 'SELECT vigil.run_models()',
         'run the models whose cadence, in local time, has come round', '运行到期的定时模型'),
        ('inherit_masks', '*/5 * * * *', 'SELECT vigil_vehicle.inherit_masks()',
         'let vehicles inherit situations of driver and enterprise', '车辆继承驾驶人和企业风险情形'),
        ('sweep_hazards', '*/10 * * * *', 'SELECT vigil_vehicle.sweep_hazards()',
         'close hazards whose fence is gone or whose vehicle fell silent', '清理失效隐患'),
        ('scrap_warnings', '7 1 * * *', 'SELECT vigil_vehicle.warn_scrap()',
         'warn enterprises of vehicles that soon reach compulsory scrap', '车辆报废到期提醒')
    ), stored AS (
        INSERT INTO vigil.job AS j (name, zh, en, schedule, schedule_default, command)
        SELECT w.name, w.zh, w.en, w.schedule, w.schedule, w.command FROM wanted AS w
        ON CONFLICT ON CONSTRAINT job_pkey DO UPDATE SET
            zh = excluded.zh, en = excluded.en, command = excluded.command,
            schedule = CASE WHEN j.schedule = j.schedule_default THEN excluded.schedule ELSE j.schedule END,
            schedule_default = excluded.schedule_default
        WHERE (j.zh, j.en, j.command, j.schedule_default)
            IS DISTINCT FROM (excluded.zh, excluded.en, excluded.command, excluded.schedule_default)
        RETURNING 1
    )
    SELECT (SELECT array_agg(w.name) FROM wanted AS w), (SELECT count(*) FROM stored) INTO listed, changed;
    DELETE FROM vigil.job AS j WHERE j.schedule_default IS NOT NULL AND j.name <> ALL (listed);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT format(CASE WHEN changed + removed = 0 THEN 'jobs: unchanged, %1$s in the catalogue'
                            ELSE 'jobs: %1$s in the catalogue, %2$s loaded, %3$s removed' END,
                       cardinality(listed), changed, removed);
    RETURN QUERY SELECT s.* FROM vigil.schedule_jobs() AS s;
END $$;
COMMENT ON FUNCTION vigil.setup_jobs() IS 'The jobs'' part of vigil.setup(): loads the catalogue (a DBA''s schedule, enabled and own jobs survive), then schedules it';
REVOKE ALL ON FUNCTION vigil.setup_jobs() FROM PUBLIC;

CREATE FUNCTION vigil.schedule_jobs() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job vigil.job;
    stale record;
    scheduled integer := 0;
    cron_database text := current_setting('cron.database_name', true);
BEGIN
    IF to_regclass('cron.job') IS NULL THEN
        RETURN NEXT CASE WHEN cron_database IS NULL
            THEN 'schedule: pg_cron is not on this server; let any scheduler call vigil.run_job(name) as vigil.job says'
            WHEN cron_database = current_database()
            THEN 'schedule: CREATE EXTENSION pg_cron, then call vigil.schedule_jobs() again'
            ELSE format('schedule: pg_cron lives in database %I; run there what follows', cron_database) END;
        IF cron_database <> current_database() THEN
            RETURN QUERY SELECT format('SELECT cron.schedule_in_database(%L, %L, %L, %L);',
                format('vigil: %s (%s)', j.name, current_database()), j.schedule,
                format('SELECT vigil.run_job(%L)', j.name), current_database())
                FROM vigil.job AS j WHERE j.enabled ORDER BY j.name;
        END IF;
        RETURN;
    END IF;
    FOR stale IN EXECUTE
        'SELECT c.jobid, c.jobname FROM cron.job AS c WHERE c.jobname LIKE ''vigil: %'' AND c.database = current_database()'
        ' AND c.username = current_user'
        ' AND NOT EXISTS (SELECT FROM vigil.job AS j WHERE j.enabled AND c.jobname = ''vigil: '' || j.name)'
        ' ORDER BY c.jobname'
    LOOP
        EXECUTE 'SELECT cron.unschedule($1)' USING stale.jobid;
        RETURN NEXT format('schedule: %s taken off', stale.jobname);
    END LOOP;
    FOR job IN SELECT j.* FROM vigil.job AS j WHERE j.enabled ORDER BY j.name
    LOOP
        EXECUTE 'SELECT cron.schedule($1, $2, $3)'      -- by name: the same name again changes the job in place
            USING 'vigil: ' || job.name, job.schedule, format('SELECT vigil.run_job(%L)', job.name);
        scheduled := scheduled + 1;
    END LOOP;
    RETURN NEXT format('schedule: %s jobs handed to pg_cron', scheduled);
END $$;
COMMENT ON FUNCTION vigil.schedule_jobs()
    IS 'Hand vigil.job to pg_cron, as the current user, under the names "vigil: …"; idempotent. Where pg_cron lives in another database of the server it returns the statements to run there; without pg_cron it says so.';
REVOKE ALL ON FUNCTION vigil.schedule_jobs() FROM PUBLIC;

-- Invoker's rights on purpose: a command must never run with more rights than its caller has.
CREATE FUNCTION vigil.run_job(name text) RETURNS text
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
AS $$
DECLARE
    job vigil.job;
    started timestamptz := clock_timestamp();
    result text;
    failure text;
BEGIN
    SELECT j.* INTO job FROM vigil.job AS j WHERE j.name = run_job.name;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job "%" does not exist', run_job.name
            USING ERRCODE = 'no_data_found', HINT = 'The jobs are in vigil.job; vigil.setup() loads them.';
    ELSIF NOT job.enabled THEN
        RETURN 'skipped: the job is disabled';
    ELSIF NOT pg_try_advisory_xact_lock(hashtextextended('vigil.run_job:' || run_job.name, 0)) THEN
        RETURN 'skipped: the job is running already';
    END IF;
    BEGIN
        EXECUTE job.command INTO result;
    EXCEPTION WHEN OTHERS THEN
        failure := format('%s %s', SQLSTATE, SQLERRM);
        RAISE WARNING 'job "%" failed: %', run_job.name, failure;
    END;
    UPDATE vigil.job AS j SET last_started_at = started, last_ended_at = clock_timestamp(),
        last_result = result, last_error = failure
    WHERE j.name = run_job.name;
    RETURN coalesce('failed: ' || failure, result, 'done');
END $$;
COMMENT ON FUNCTION vigil.run_job(text)
    IS 'Run one job of vigil.job now, with the caller''s rights, and record start, end, result or error. A job never runs twice at once: the second call returns "skipped: …", as it does for a disabled job. A failing command is recorded and returned as "failed: …", not raised. Error P0002: no such job.';
REVOKE ALL ON FUNCTION vigil.run_job(text) FROM PUBLIC;
