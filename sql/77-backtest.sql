-- What would have been: the same step over stored history.
CREATE FUNCTION vigil_vehicle.backtest_feed(since timestamptz, until timestamptz)
RETURNS TABLE (plate vigil.plate, observed_at timestamptz, lon double precision, lat double precision, speed_kmh real,
    heading_deg smallint, altitude_m real, mileage_km real, recorder_speed_kmh real, alarm_bits bigint, status_bits bigint,
    source text, video_bits bigint, satellites smallint, signal smallint, driver_id bigint, backfill boolean,
    kind smallint, flags integer, fence_exempt bigint, region_code bigint)
LANGUAGE sql STABLE PARALLEL SAFE   -- not STRICT: only so it is inlined and read through a cursor
BEGIN ATOMIC
    SELECT p.plate, p.observed_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.altitude_m, p.mileage_km,
        p.recorder_speed_kmh, p.alarm_bits, p.status_bits, p.source, p.video_bits, p.satellites, p.signal, p.driver_id,
        p.backfill, t.kind, t.flags, t.fence_exempt, t.region_code
    FROM (SELECT q.*, max(q.observed_at) FILTER (WHERE q.backfill IS NOT TRUE) OVER (
              PARTITION BY q.plate ORDER BY q.received_at, q.observed_at
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest_before
          FROM vigil_vehicle.position AS q
          WHERE q.observed_at >= backtest_feed.since AND q.observed_at < backtest_feed.until) AS p
    JOIN vigil_vehicle.vehicle_traits AS t ON t.plate = p.plate
    WHERE p.backfill OR p.newest_before IS NULL OR p.newest_before < p.observed_at
    ORDER BY p.plate, p.observed_at;
END;
COMMENT ON FUNCTION vigil_vehicle.backtest_feed(timestamptz, timestamptz) IS 'Positions of [since, until) by vehicle and time as a backtest takes them: without what came late, with what was backfilled';

CREATE FUNCTION vigil_vehicle.backtest(since timestamptz, until timestamptz, overrides jsonb DEFAULT NULL)
RETURNS TABLE (what text, subject bigint, model text, situation_bit smallint, at timestamptz, until_at timestamptz,
    colour text, score integer, evidence jsonb)
LANGUAGE c STABLE PARALLEL RESTRICTED COST 100000 ROWS 1000
AS 'MODULE_PATHNAME', 'vigil_vehicle_backtest';
COMMENT ON FUNCTION vigil_vehicle.backtest(timestamptz, timestamptz, jsonb) IS 'Backtest of the vehicles'' step models; see vigil.backtest';
REVOKE ALL ON FUNCTION vigil_vehicle.backtest(timestamptz, timestamptz, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.backtest(profile text, since timestamptz, until timestamptz, overrides jsonb DEFAULT NULL)
RETURNS TABLE (what text, subject bigint, model text, situation_bit smallint, raised_at timestamptz,
    cleared_at timestamptz, colour vigil.colour, score integer, evidence jsonb)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    engine text := format('vigil_%I.backtest', (SELECT p.domain FROM vigil.profile AS p WHERE p.code = backtest.profile AND p.code = p.domain));
    key text;
BEGIN
    IF engine IS NULL OR to_regprocedure(engine || '(timestamptz,timestamptz,jsonb)') IS NULL THEN
        RAISE EXCEPTION 'profile % has no step models to test', quote_literal(backtest.profile)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Profile vehicle has.';
    END IF;
    SELECT k INTO key FROM jsonb_object_keys(backtest.overrides) AS k
        WHERE NOT EXISTS (SELECT FROM vigil.model AS m WHERE m.domain = backtest.profile AND m.code = k) LIMIT 1;
    IF key IS NOT NULL THEN
        RAISE EXCEPTION 'there is no model % to override', quote_literal(key)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'overrides is {"model": {"parameter": value, "enabled": true}, …} with codes of vigil.model.';
    END IF;
    RETURN QUERY EXECUTE format('SELECT b.what, b.subject, b.model, b.situation_bit, b.at, b.until_at, b.colour::vigil.colour,'
        ' b.score, b.evidence FROM %s($1, $2, $3) AS b', engine)
        USING backtest.since, backtest.until, backtest.overrides;
END $$;
COMMENT ON FUNCTION vigil.backtest(text, timestamptz, timestamptz, jsonb) IS 'What a profile''s step models would have raised and coloured over stored observations of [since, until), from empty states, with other parameters: overrides = {"speeding_segment": {"ratio": 1.2}, "school_stay": {"enabled": false}}. Rows: what = hazard (model, situation_bit, raised_at, cleared_at or null while open at the end, evidence) or colour (raised_at = when it turned, colour, score). Reads history, writes nothing; vigil.progress shows how far it is. Errors 22023: profile without step models, unknown model or parameter';
REVOKE ALL ON FUNCTION vigil.backtest(text, timestamptz, timestamptz, jsonb) FROM PUBLIC;

CREATE FUNCTION vigil.progress_now(OUT pid integer, OUT what text, OUT done bigint, OUT total bigint, OUT started_at timestamptz)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'vigil_progress';
COMMENT ON FUNCTION vigil.progress_now() IS 'Behind the view vigil.progress';
REVOKE ALL ON FUNCTION vigil.progress_now() FROM PUBLIC;
CREATE VIEW vigil.progress AS
SELECT p.pid, p.what, p.done, p.total, p.started_at FROM vigil.progress_now() AS p;
COMMENT ON VIEW vigil.progress IS 'Long work under way in this database (进度): process, what it does, rows done, rows in all (null = not known), since when. Empty when the library is not preloaded';
