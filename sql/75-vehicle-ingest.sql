-- Positions from applications: the good rows are stored and evaluated, each bad one is kept with its reason.

CREATE FUNCTION vigil_vehicle.position_check(vigil_vehicle.position, OUT reason text, OUT detail text, OUT checked vigil_vehicle.position)
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_position_check';   -- not STRICT: a null row has a reason
COMMENT ON FUNCTION vigil_vehicle.position_check(vigil_vehicle.position) IS 'Why a position cannot be used, the same check as that of the stream''s trigger: bad_plate, bad_time, future, too_old, no_fix, out_of_range, bad_speed, bad_heading, bad_alarm_bits, bad_status_bits, bad_video_bits, bad_driver_id, bad_element (null); detail names field, value and range. Of one that can be used the row as ingest stores it: 360 degrees are 0; altitude, recorder speed, mileage, satellites and signal out of their ranges are null; so is the point 0, 0 of a terminal whose status says that it is not located';

CREATE FUNCTION vigil_vehicle.position_parse(element jsonb, crs text, source text, OUT reason text, OUT detail text, OUT parsed vigil_vehicle.position)
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_position_parse';
COMMENT ON FUNCTION vigil_vehicle.position_parse(jsonb, text, text) IS 'One JSON object (keys are the columns of vigil_vehicle.position; numbers may be strings) as a position in WGS84, or the reason why not: those of position_check, bad_crs, and bad_<column> for a value of the wrong form. Never an error for bad input';

CREATE FUNCTION vigil_vehicle.ingest(positions jsonb, crs text DEFAULT 'wgs84', source text DEFAULT 'api',
    OUT accepted bigint, OUT duplicate bigint, OUT late bigint, OUT rejected bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    good vigil_vehicle.position[];
BEGIN
    IF jsonb_typeof(positions) IS DISTINCT FROM 'array' THEN
        RAISE EXCEPTION 'positions must be a JSON array of objects, not %', coalesce(jsonb_typeof(positions), 'null')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Send [{"plate": "浙E12345 yellow", "observed_at": "2026-01-20T09:15:30+08", "lon": 120.08, "lat": 30.89}, …].';
    END IF;
    IF crs IS NULL OR crs NOT IN ('wgs84', 'gcj02', 'bd09') THEN
        RAISE EXCEPTION 'coordinate system % is not known', coalesce(quote_literal(crs), 'null')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'crs is wgs84, gcj02 or bd09.';
    END IF;
    WITH read AS MATERIALIZED (
        SELECT e.value AS element, e.number, p.reason, p.detail, p.parsed
        FROM jsonb_array_elements(positions) WITH ORDINALITY AS e (value, number)
        CROSS JOIN LATERAL vigil_vehicle.position_parse(e.value, crs, source) AS p
    ), refused AS (
        INSERT INTO vigil.reject (source, reason, detail, payload)
        SELECT ingest.source, r.reason, r.detail, r.element FROM read AS r WHERE r.reason IS NOT NULL ORDER BY r.number
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM refused), (SELECT array_agg(r.parsed ORDER BY r.number) FROM read AS r WHERE r.reason IS NULL)
        INTO rejected, good;
    SELECT s.accepted, s.duplicate, s.late INTO accepted, duplicate, late FROM vigil_vehicle.store_positions(good) AS s;
END $$;
COMMENT ON FUNCTION vigil_vehicle.ingest(jsonb, text, text) IS 'Store and evaluate positions given as a JSON array of objects with the column names of vigil_vehicle.position; crs (wgs84, gcj02, bd09) is that of lon and lat; source is the feed''s name unless the element names one. accepted + duplicate + late + rejected = elements; rejected ones are in vigil.reject with reason, detail and payload. Errors 22023: not an array, unknown crs';

CREATE FUNCTION vigil_vehicle.ingest(positions vigil_vehicle.position[],
    OUT accepted bigint, OUT duplicate bigint, OUT late bigint, OUT rejected bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    good vigil_vehicle.position[];
BEGIN
    WITH read AS MATERIALIZED (
        SELECT p AS given, row_number() OVER () AS number, c.reason, c.detail, c.checked AS parsed
        FROM unnest(positions) AS p CROSS JOIN LATERAL vigil_vehicle.position_check(p) AS c
    ), refused AS (
        INSERT INTO vigil.reject (source, reason, detail, payload)
        SELECT coalesce((r.given).source, 'array'), r.reason, r.detail, coalesce(to_jsonb(r.given), 'null')
        FROM read AS r WHERE r.reason IS NOT NULL ORDER BY r.number
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM refused), (SELECT array_agg(r.parsed ORDER BY r.number) FROM read AS r WHERE r.reason IS NULL)
        INTO rejected, good;
    SELECT s.accepted, s.duplicate, s.late INTO accepted, duplicate, late FROM vigil_vehicle.store_positions(good) AS s;
END $$;
COMMENT ON FUNCTION vigil_vehicle.ingest(vigil_vehicle.position[]) IS 'Store and evaluate positions (WGS84) given as rows; as the JSON form. received_at is set by the database';

CREATE FUNCTION vigil_vehicle.store_positions(good vigil_vehicle.position[], OUT accepted bigint, OUT duplicate bigint, OUT late bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stored bigint;
    newest record;
BEGIN
    INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, heading_deg, altitude_m, mileage_km, recorder_speed_kmh, alarm_bits,
        status_bits, source, video_bits, satellites, signal, driver_id, backfill)
    SELECT p.plate, p.observed_at, p.lon, p.lat, p.speed_kmh, p.heading_deg, p.altitude_m, p.mileage_km, p.recorder_speed_kmh, p.alarm_bits, p.status_bits, p.source, p.video_bits, p.satellites, p.signal, p.driver_id, p.backfill
    FROM unnest(good) AS p
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS stored = ROW_COUNT;
    SELECT * INTO newest FROM vigil_vehicle.newest_statement();
    late := newest.late;
    duplicate := coalesce(cardinality(good), 0) - stored + newest.duplicate;
    accepted := stored - newest.late - newest.duplicate;
END $$;
COMMENT ON FUNCTION vigil_vehicle.store_positions(vigil_vehicle.position[]) IS 'The storing half of vigil_vehicle.ingest: checked rows in, rows already there left alone';
REVOKE ALL ON FUNCTION vigil_vehicle.store_positions(vigil_vehicle.position[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION vigil_vehicle.ingest(jsonb, text, text), vigil_vehicle.ingest(vigil_vehicle.position[]) FROM PUBLIC;
