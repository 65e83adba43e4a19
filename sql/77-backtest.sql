-- What would have been: the same step over stored history.
CREATE FUNCTION vigil_vehicle.backtest_feed(since timestamptz, until timestamptz)
RETURNS TABLE (plate vigil.plate, observed_at timestamptz, lon double precision, lat double precision, speed_kmh real,
    heading_deg smallint, altitude_m real, mileage_km real, recorder_speed_kmh real, alarm_bits bigint, status_bits bigint,
    source text, video_bits bigint, satellites smallint, signal smallint, driver_id bigint, backfill boolean,
    received_at timestamptz, kind smallint, flags integer, fence_exempt bigint, region_code bigint)
LANGUAGE sql STABLE PARALLEL SAFE   -- not STRICT: only so it is inlined and read through a cursor
BEGIN ATOMIC
    SELECT p.plate, p.observed_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.altitude_m, p.mileage_km,
        p.recorder_speed_kmh, p.alarm_bits, p.status_bits, p.source, p.video_bits, p.satellites, p.signal, p.driver_id,
        p.backfill, p.received_at, t.kind, t.flags, t.fence_exempt, t.region_code
    FROM (SELECT q.*, max(q.observed_at) FILTER (WHERE q.backfill IS NOT TRUE) OVER (
              PARTITION BY q.plate ORDER BY q.received_at, q.observed_at
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest_before
          FROM vigil_vehicle.position AS q
          WHERE q.observed_at >= backtest_feed.since AND q.observed_at < backtest_feed.until) AS p
    JOIN vigil_vehicle.vehicle_traits AS t ON t.plate = p.plate
    WHERE p.backfill OR p.newest_before IS NULL OR p.newest_before < p.observed_at
    ORDER BY p.plate, p.observed_at;
END;
COMMENT ON FUNCTION vigil_vehicle.backtest_feed(timestamptz, timestamptz) IS 'Positions of [since, until) by vehicle and time as a backtest takes them: without what came late, with what was backfilled. What one statement brought is taken in order of time: a statement of more than vigil.batch_rows rows whose later pieces bring older rows had those counted late live (vigil_vehicle.vehicle_state.late_count), and they are tested; load such history in order of time';

-- One refusal for all that a backtest may override; the engine takes what is left at its word.
CREATE FUNCTION vigil.check_overrides(profile text, overrides jsonb) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    form CONSTANT text := 'overrides is {"model": {"parameter": value, "enabled": true}, …, "situations": {"situation": '
        '{"weight": 25, "veto": false}}, "colour_rule": {"red_below": 50, "hold_minutes": 10}}.';
    domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = check_overrides.profile);
    item record;
    model vigil.model;
    rule vigil.colour_rule;
BEGIN
    FOR item IN
        SELECT o.key, o.value FROM jsonb_each(CASE jsonb_typeof(overrides) WHEN 'object' THEN overrides ELSE '{"": 0}' END) AS o
        ORDER BY o.key
    LOOP
        IF jsonb_typeof(item.value) <> 'object' THEN
            RAISE EXCEPTION 'overrides do not have the right form%', coalesce(' at "' || nullif(item.key, '') || '"', '')
                USING ERRCODE = 'invalid_parameter_value', HINT = form;
        END IF;
        CONTINUE WHEN item.key IN ('situations', 'colour_rule');
        SELECT m.* INTO model FROM vigil.model AS m WHERE m.domain = domain AND m.code = item.key;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no model % to override', quote_literal(item.key)
                USING ERRCODE = 'invalid_parameter_value', HINT = form;
        ELSIF model.kind = 'scheduled' OR NOT model.implemented OR model.function IS NOT NULL THEN
            RAISE EXCEPTION 'model % is not part of a backtest', quote_literal(item.key)
                USING ERRCODE = 'feature_not_supported',
                      DETAIL = 'A backtest runs the models that are evaluated with the observations: kinds row and window, and custom with an expression.';
        ELSIF item.value ? 'enabled' AND jsonb_typeof(item.value -> 'enabled') <> 'boolean' THEN
            RAISE EXCEPTION 'value % does not fit "enabled" of model "%"', item.value -> 'enabled', item.key
                USING ERRCODE = 'invalid_parameter_value', HINT = 'It is true or false.';
        END IF;
        PERFORM vigil.check_parameters(model.code, model.parameters_default, item.value - 'enabled');
    END LOOP;

    FOR item IN
        SELECT s.key AS situation, f.key, f.value, t.code IS NOT NULL AS known
        FROM jsonb_each(overrides -> 'situations') AS s
        LEFT JOIN vigil.situation AS t ON t.domain = domain AND t.code = s.key
        LEFT JOIN LATERAL jsonb_each(CASE jsonb_typeof(s.value) WHEN 'object' THEN s.value ELSE '{"": 0}' END) AS f ON true
    LOOP
        IF NOT item.known THEN
            RAISE EXCEPTION 'there is no situation % to override', quote_literal(item.situation)
                USING ERRCODE = 'invalid_parameter_value', HINT = form;
        ELSIF NOT (CASE item.key WHEN 'weight' THEN jsonb_typeof(item.value) = 'number' AND item.value::numeric IN (
                                     SELECT w FROM generate_series(0, 100) AS w)
                                 WHEN 'veto' THEN jsonb_typeof(item.value) = 'boolean' ELSE item.key IS NULL END) THEN
            RAISE EXCEPTION 'value % does not fit "%" of situation "%"', item.value, item.key, item.situation
                USING ERRCODE = 'invalid_parameter_value', HINT = 'weight is a whole number from 0 to 100, veto true or false.';
        END IF;
    END LOOP;

    SELECT r.* INTO rule FROM vigil.colour_rule AS r WHERE r.profile = check_overrides.profile;
    FOR item IN SELECT f.key, f.value FROM jsonb_each(overrides -> 'colour_rule') AS f LOOP
        IF item.key NOT IN ('red_below', 'yellow_below', 'recovery_margin', 'hold_minutes')
           OR jsonb_typeof(item.value) <> 'number' OR item.value::numeric NOT BETWEEN 0 AND 10080
           OR item.value::numeric <> trunc(item.value::numeric) THEN
            RAISE EXCEPTION 'value % does not fit "%" of the colour rule', item.value, item.key
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'It has red_below, yellow_below, recovery_margin, hold_minutes: whole numbers.';
        END IF;
    END LOOP;
    rule := jsonb_populate_record(rule, overrides -> 'colour_rule');
    IF NOT (rule.red_below <= rule.yellow_below AND rule.yellow_below + rule.recovery_margin <= 100) THEN
        RAISE EXCEPTION 'a colour rule of red below %, yellow below % and margin % does not hold together',
                rule.red_below, rule.yellow_below, rule.recovery_margin
            USING ERRCODE = 'invalid_parameter_value', HINT = 'red_below <= yellow_below <= 100 - recovery_margin.';
    END IF;
END $$;
COMMENT ON FUNCTION vigil.check_overrides(text, jsonb) IS
    'Refuse what a backtest of the profile cannot override. Errors 22023: unknown model, parameter, situation or column, value that does not fit; 0A000: model that runs by the clock or is not implemented';
REVOKE ALL ON FUNCTION vigil.check_overrides(text, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.backtest(since timestamptz, until timestamptz, overrides jsonb DEFAULT NULL)
RETURNS TABLE (what text, subject bigint, model text, situation_bit smallint, at timestamptz, until_at timestamptz,
    colour text, score integer, evidence jsonb)
LANGUAGE c STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000
AS 'MODULE_PATHNAME', 'vigil_vehicle_backtest';
COMMENT ON FUNCTION vigil_vehicle.backtest(timestamptz, timestamptz, jsonb) IS 'Backtest of the models that are evaluated with vehicles'' positions; see vigil.backtest';
REVOKE ALL ON FUNCTION vigil_vehicle.backtest(timestamptz, timestamptz, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.backtest(profile text, since timestamptz, until timestamptz, overrides jsonb DEFAULT NULL)
RETURNS TABLE (what text, subject bigint, model text, situation_bit smallint, raised_at timestamptz,
    cleared_at timestamptz, colour vigil.colour, score integer, evidence jsonb)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    engine text := 'vigil_' || (SELECT quote_ident(p.domain) FROM vigil.profile AS p WHERE p.code = backtest.profile AND p.code = p.domain)
        || '.backtest';
BEGIN
    IF engine IS NULL OR to_regprocedure(engine || '(timestamptz,timestamptz,jsonb)') IS NULL THEN
        RAISE EXCEPTION 'profile % has no models to test', coalesce(quote_literal(backtest.profile), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Profile vehicle has.';
    ELSIF backtest.since IS NULL OR backtest.until IS NULL OR backtest.since >= backtest.until THEN
        RAISE EXCEPTION 'a backtest needs since before until, not % and %', coalesce(backtest.since::text, 'null'),
                coalesce(backtest.until::text, 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the days, such as ''2026-01-01'', ''2026-02-01''.';
    END IF;
    RETURN QUERY EXECUTE format('SELECT b.what, b.subject, b.model, b.situation_bit, b.at, b.until_at, b.colour::vigil.colour,'
        ' b.score, b.evidence FROM %s($1, $2, $3) AS b', engine)
        USING backtest.since, backtest.until, backtest.overrides;
END $$;
COMMENT ON FUNCTION vigil.backtest(text, timestamptz, timestamptz, jsonb) IS 'What a profile''s models of kinds row, window and custom would have raised and coloured over stored observations of [since, until), from empty states, with other parameters, weights or thresholds: overrides = {"speeding_segment": {"ratio": 1.2}, "school_stay": {"enabled": false}, "situations": {"vehicle_speeding": {"weight": 25}}, "colour_rule": {"red_below": 50}}. A rule of the city''s own is tried before it is switched on: {"my_rule": {"enabled": true}}. Rows: what = hazard (model, situation_bit, raised_at, cleared_at or null while open at the end, evidence) or colour (raised_at = when it turned, colour, score). Reads history, writes nothing; vigil.progress shows how far it is. Errors 22023: profile without such models, since not before until, unknown model, parameter or situation, value that does not fit; 0A000: override of a model that runs by the clock';
REVOKE ALL ON FUNCTION vigil.backtest(text, timestamptz, timestamptz, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.progress_now(OUT pid integer, OUT what text, OUT done bigint, OUT total bigint, OUT started_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vigil_progress';
COMMENT ON FUNCTION vigil.progress_now() IS 'Behind the view vigil.progress';
REVOKE ALL ON FUNCTION vigil.progress_now() FROM PUBLIC;
CREATE VIEW vigil.progress AS
SELECT p.pid, p.what, p.done, p.total, p.started_at FROM vigil.progress_now() AS p;
COMMENT ON VIEW vigil.progress IS 'Long work under way in this database (进度): process, what it does, rows done, rows in all (null = not known), since when. Empty when the library is not preloaded';
