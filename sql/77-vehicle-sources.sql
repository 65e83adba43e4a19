-- What the kernel's risks ask the vehicle domain about a subject.

CREATE FUNCTION vigil_vehicle.check_subject(profile text, subject bigint) RETURNS void
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    CASE profile
    WHEN 'vehicle' THEN
        PERFORM subject::vigil.plate;       -- any plate: an unknown vehicle is made at its first observation
    WHEN 'driver' THEN
        IF NOT EXISTS (SELECT FROM vigil.person AS p WHERE p.id = subject) THEN
            RAISE EXCEPTION 'person % does not exist', subject USING ERRCODE = 'no_data_found';
        END IF;
    WHEN 'enterprise' THEN
        IF NOT EXISTS (SELECT FROM vigil.organisation AS o WHERE o.id = subject) THEN
            RAISE EXCEPTION 'organisation % does not exist', subject USING ERRCODE = 'no_data_found';
        END IF;
    ELSE
        NULL;       -- a profile of the city's own
    END CASE;
END $$;
COMMENT ON FUNCTION vigil_vehicle.check_subject(text, bigint) IS
    'Error where a number can be no subject: P0002 no such driver or enterprise; as the cast to vigil.plate says for a vehicle';

CREATE FUNCTION vigil_vehicle.risk_sources(profile text, subject bigint) RETURNS TABLE (source_profile text, source_subject bigint)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2
BEGIN ATOMIC
    SELECT 'enterprise', v.enterprise_id
    FROM vigil_vehicle.vehicle AS v
    WHERE risk_sources.profile = 'vehicle' AND v.plate = risk_sources.subject::vigil.plate AND v.enterprise_id IS NOT NULL
    UNION ALL
    SELECT 'driver', d.driver_id
    -- of a vehicle that has been silent for a day: who drove it when it was seen last
    FROM (SELECT vigil_vehicle.bound_driver(s.plate, CASE WHEN v.observed_at > now() - interval '24 hours' THEN greatest(now(), v.observed_at)
                                                     ELSE coalesce(v.observed_at, now()) END) AS driver_id
          FROM (SELECT risk_sources.subject::vigil.plate AS plate) AS s
          LEFT JOIN vigil_vehicle.vehicle_state AS v ON v.plate = s.plate
          WHERE risk_sources.profile = 'vehicle') AS d
    WHERE d.driver_id IS NOT NULL;
END;
COMMENT ON FUNCTION vigil_vehicle.risk_sources(text, bigint) IS
    'The enterprise of a vehicle and the driver at its wheel: as vigil_vehicle.bound_driver() knows now or, of a vehicle silent for 24 hours, knew when it was seen last; see vigil.explain()';
