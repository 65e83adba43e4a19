-- From whom a vehicle inherits situations.

CREATE FUNCTION vigil_vehicle.risk_sources(profile text, subject bigint) RETURNS TABLE (source_profile text, source_subject bigint)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2
BEGIN ATOMIC
    SELECT 'enterprise', v.enterprise_id
    FROM vigil_vehicle.vehicle AS v
    WHERE risk_sources.profile = 'vehicle' AND v.plate = risk_sources.subject::vigil.plate AND v.enterprise_id IS NOT NULL
    UNION ALL
    -- a driver who has not shown a card for 24 hours is no longer bound
    SELECT 'driver', d.driver_id
    FROM (SELECT p.observed_at FROM vigil_vehicle.position AS p
          WHERE risk_sources.profile = 'vehicle' AND p.plate = risk_sources.subject::vigil.plate
          ORDER BY p.observed_at DESC LIMIT 1) AS latest
    CROSS JOIN LATERAL (SELECT p.driver_id FROM vigil_vehicle.position AS p
          WHERE p.plate = risk_sources.subject::vigil.plate AND p.driver_id IS NOT NULL
            AND p.observed_at > latest.observed_at - interval '24 hours'
          ORDER BY p.observed_at DESC LIMIT 1) AS d;
END;
COMMENT ON FUNCTION vigil_vehicle.risk_sources(text, bigint) IS
    'The enterprise of a vehicle and the driver bound to it by the last IC card in its positions; see vigil.explain()';
