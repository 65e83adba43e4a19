-- What the kernel asks the vehicle domain about the subject of a task, and what feedback means to it.

CREATE FUNCTION vigil_vehicle.subject_facts(profile text, subject bigint[]) RETURNS TABLE (subject_id bigint, label text,
    organisation_id bigint, region_code bigint, lon double precision, lat double precision, traits text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    IF subject_facts.profile = 'vehicle' THEN
        RETURN QUERY
        SELECT v.plate::bigint, v.plate::text, v.enterprise_id, v.region_code, s.lon, s.lat,
            pg_catalog.array_remove(ARRAY[v.kind, v.subkind, v.status,
                CASE WHEN v.tank_no IS NOT NULL OR v.tank_media IS NOT NULL THEN 'tank' END], NULL)
        FROM vigil_vehicle.vehicle AS v LEFT JOIN vigil_vehicle.vehicle_state AS s ON s.plate = v.plate
        WHERE v.plate = ANY (ARRAY(SELECT vigil.plate_try(i) FROM pg_catalog.unnest(subject_facts.subject) AS i));
    ELSIF subject_facts.profile = 'enterprise' THEN
        RETURN QUERY
        SELECT o.id, o.name, o.id, o.region_code, vigil.point_lon(o.geom), vigil.point_lat(o.geom),
            ARRAY(SELECT DISTINCT w.t FROM vigil_vehicle.vehicle AS v CROSS JOIN LATERAL (VALUES (v.kind), (v.subkind)) AS w (t)
                  WHERE v.enterprise_id = o.id AND w.t IS NOT NULL ORDER BY w.t)
        FROM vigil.organisation AS o WHERE o.id = ANY (subject_facts.subject);
    END IF;
END $$;
COMMENT ON FUNCTION vigil_vehicle.subject_facts(text, bigint[]) IS
    'Vehicles and enterprises for vigil.subject_facts(): traits of a vehicle are its kind, subkind, status and tank; of an enterprise the kinds of its vehicles';

CREATE FUNCTION vigil_vehicle.lock_subject(profile text, subject bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF lock_subject.profile = 'vehicle' THEN
        PERFORM FROM vigil_vehicle.vehicle_state AS s WHERE s.plate = vigil.plate_try(lock_subject.subject) FOR NO KEY UPDATE;
    END IF;
END $$;
COMMENT ON FUNCTION vigil_vehicle.lock_subject(text, bigint) IS 'For vigil.lock_subject(): what an observation of the vehicle locks first';
REVOKE ALL ON FUNCTION vigil_vehicle.lock_subject(text, bigint) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.weight_limit_kg(subject bigint) RETURNS numeric
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN coalesce(
    (SELECT min((h.evidence ->> 'limit_kg')::numeric) FROM vigil.hazard AS h
     WHERE h.profile = 'vehicle' AND h.subject = weight_limit_kg.subject AND h.cleared_at IS NULL
        AND jsonb_typeof(h.evidence -> 'limit_kg') = 'number'),
    (SELECT v.gross_mass_kg FROM vigil_vehicle.vehicle AS v WHERE v.plate = vigil.plate_try(weight_limit_kg.subject)));
COMMENT ON FUNCTION vigil_vehicle.weight_limit_kg(bigint) IS
    'What a vehicle may weigh: the limit that its open hazards name, else its registered gross mass; null where neither is known';

CREATE FUNCTION vigil_vehicle.feedback_refused(profile text, subject bigint, feedback text, detail jsonb, at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
        WHEN feedback_refused.profile <> 'vehicle' THEN NULL
        WHEN feedback_refused.feedback = 'rested_20min' AND EXISTS (
            SELECT FROM vigil_vehicle.position AS p
            WHERE p.plate = vigil.plate_try(feedback_refused.subject) AND p.speed_kmh >= 5
                AND p.observed_at > feedback_refused.at - interval '20 min' AND p.observed_at <= feedback_refused.at)
            THEN 'still_moving'
        WHEN feedback_refused.feedback = 'unloaded'
            AND (feedback_refused.detail ->> 'weight_kg')::numeric > vigil_vehicle.weight_limit_kg(feedback_refused.subject)
            THEN 'still_over'
        WHEN feedback_refused.feedback = 'plate_verified' THEN (
            SELECT CASE WHEN v.vin IS NULL THEN 'vin_unknown'
                        WHEN upper(btrim(feedback_refused.detail ->> 'vin')) <> upper(v.vin) THEN 'vin_differs' END
            FROM (SELECT vigil.plate_try(feedback_refused.subject) AS plate) AS s
            LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = s.plate)
        WHEN feedback_refused.feedback = 'escorted_out' AND EXISTS (
            SELECT FROM vigil.hazard AS h
            JOIN vigil.geofence AS g ON g.id::text = h.evidence ->> 'fence_id'
            JOIN vigil_vehicle.vehicle_state AS s ON s.plate = vigil.plate_try(h.subject)
            WHERE h.profile = 'vehicle' AND h.subject = feedback_refused.subject AND h.cleared_at IS NULL
                AND s.observed_at > feedback_refused.at - interval '5 min'
                AND ST_Covers(g.covered, ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)))
            THEN 'still_inside'
        END;
END;
COMMENT ON FUNCTION vigil_vehicle.feedback_refused(text, bigint, text, jsonb, timestamptz) IS
    'For vigil.task_finish(): why the facts speak against a feedback (still_moving, still_over, vin_unknown, vin_differs, still_inside), or null';

CREATE FUNCTION vigil_vehicle.feedback_remedy(profile text, subject bigint, feedback text, detail jsonb, at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE feedback
    WHEN 'rested_20min' THEN 'It is accepted once no position of the last 20 minutes shows 5 km/h or more.'
    WHEN 'unloaded' THEN format('Unload until detail.weight_kg is at most %s.', vigil_vehicle.weight_limit_kg(subject))
    WHEN 'plate_verified' THEN CASE WHEN EXISTS (
            SELECT FROM vigil_vehicle.vehicle AS v WHERE v.plate = vigil.plate_try(feedback_remedy.subject) AND v.vin IS NOT NULL)
        THEN 'Read the VIN on the vehicle again; if it is the one reported, the plate is not this vehicle''s: finish with plate_seized.'
        ELSE 'Enter the vehicle''s VIN in vigil_vehicle.vehicle first.' END
    WHEN 'escorted_out' THEN 'It is accepted once the last position is outside the fence, or older than 5 minutes.'
    END;
COMMENT ON FUNCTION vigil_vehicle.feedback_remedy(text, bigint, text, jsonb, timestamptz) IS
    'For vigil.task_finish(): what to do where vigil_vehicle.feedback_refused() speaks against a feedback';

CREATE FUNCTION vigil_vehicle.feedback_given(profile text, subject bigint, feedback text, detail jsonb, at timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF feedback_given.profile = 'vehicle' AND feedback_given.feedback IN ('plate_seized', 'operation_illegal', 'detained') THEN
        UPDATE vigil_vehicle.vehicle AS v SET status = 'suspended' WHERE v.plate = vigil.plate_try(feedback_given.subject);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil_vehicle.feedback_given(text, bigint, text, jsonb, timestamptz) IS
    'For vigil.task_finish(): a vehicle that was seized, detained or illegally operated is suspended';
REVOKE ALL ON FUNCTION vigil_vehicle.feedback_given(text, bigint, text, jsonb, timestamptz) FROM PUBLIC;
