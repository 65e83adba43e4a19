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
    FROM (SELECT coalesce((
              -- the card in the positions is trusted most; one not shown for 24 hours counts no more
              SELECT card.driver_id
              FROM (SELECT p.observed_at FROM vigil_vehicle.position AS p
                    WHERE p.plate = risk_sources.subject::vigil.plate ORDER BY p.observed_at DESC LIMIT 1) AS latest
              CROSS JOIN LATERAL (SELECT p.driver_id FROM vigil_vehicle.position AS p
                    WHERE p.plate = risk_sources.subject::vigil.plate AND p.driver_id IS NOT NULL
                      AND p.observed_at > latest.observed_at - interval '24 hours'
                    ORDER BY p.observed_at DESC LIMIT 1) AS card),
              vigil_vehicle.bound_driver(risk_sources.subject::vigil.plate, now())) AS driver_id
          WHERE risk_sources.profile = 'vehicle') AS d
    WHERE d.driver_id IS NOT NULL;
END;
COMMENT ON FUNCTION vigil_vehicle.risk_sources(text, bigint) IS
    'The enterprise of a vehicle and the driver at its wheel: by the last IC card in its positions, else as vigil_vehicle.bound_driver() knows; see vigil.explain()';
