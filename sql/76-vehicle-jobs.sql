-- What is found by the clock rather than by an observation: models over the registers, inherited situations, hazards that
-- nothing will ever clear.

CREATE FUNCTION vigil_vehicle.watched_vehicles(subjects bigint[]) RETURNS SETOF vigil_vehicle.vehicle
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: no subjects means all
BEGIN ATOMIC
    SELECT v.* FROM vigil_vehicle.vehicle AS v
    WHERE (subjects IS NULL OR v.plate = ANY (subjects::vigil.plate[]))
      AND v.status NOT IN ('retired', 'scrapped')
      AND (v.kind IS DISTINCT FROM 'other' OR v.status = 'registered')
      AND vigil.plate_kind(v.plate) NOT IN ('police', 'military');
END;
COMMENT ON FUNCTION vigil_vehicle.watched_vehicles(bigint[]) IS
    'Vehicles whose papers the models look at: neither retired nor scrapped, of a key kind or registered, no police or military plates. subjects null: all';

CREATE FUNCTION vigil_vehicle.model_inspection_overdue(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb)
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: no subjects means all
BEGIN ATOMIC
    SELECT v.plate::bigint, true,
        jsonb_build_object('inspection_until', v.inspection_until, 'days_over', vigil.local_time(at)::date - v.inspection_until)
    FROM vigil_vehicle.watched_vehicles(subjects) AS v
    WHERE vigil.local_time(at)::date > v.inspection_until + (parameters ->> 'grace_days')::integer;
END;
COMMENT ON FUNCTION vigil_vehicle.model_inspection_overdue(bigint[], timestamptz, jsonb) IS
    'Model 20: vehicles past their inspection (逾期未检验)';

CREATE FUNCTION vigil_vehicle.model_scrap_due(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb)
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: no subjects means all
BEGIN ATOMIC
    SELECT v.plate::bigint, true, jsonb_build_object('scrap_on', v.scrap_on, 'kind', v.kind)
    FROM vigil_vehicle.watched_vehicles(subjects) AS v
    WHERE vigil.local_time(at)::date >= v.scrap_on;
END;
COMMENT ON FUNCTION vigil_vehicle.model_scrap_due(bigint[], timestamptz, jsonb) IS
    'Model 21: vehicles that have reached compulsory scrap (达到报废标准). parameters.warn_days is for vigil_vehicle.warn_scrap()';

CREATE FUNCTION vigil_vehicle.model_permit_expired(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb)
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: no subjects means all
BEGIN ATOMIC
    SELECT v.plate::bigint, true, jsonb_build_object('document', d.document, 'until', d.until)
    FROM vigil_vehicle.watched_vehicles(subjects) AS v
    CROSS JOIN LATERAL (SELECT CASE WHEN v.kind = 'school_bus' THEN 'school_plate' ELSE 'permit' END,
                               CASE WHEN v.kind = 'school_bus' THEN v.school_plate_until ELSE v.permit_until END) AS d (document, until)
    WHERE d.until + (parameters ->> 'grace_days')::integer < vigil.local_time(at)::date;
END;
COMMENT ON FUNCTION vigil_vehicle.model_permit_expired(bigint[], timestamptz, jsonb) IS
    'Model 22: vehicles whose transport permit (道路运输证), of school buses the school-bus plate (校车标牌), has expired';

CREATE FUNCTION vigil_vehicle.model_insurance_lapsed(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb)
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: no subjects means all
BEGIN ATOMIC
    -- of two policies that have lapsed the one that lapsed first
    SELECT DISTINCT ON (v.plate) v.plate::bigint, true, jsonb_build_object('policy', p.policy, 'until', p.until)
    FROM vigil_vehicle.watched_vehicles(subjects) AS v
    CROSS JOIN LATERAL (VALUES ('compulsory', v.compulsory_insurance_until),
        ('carrier', CASE WHEN v.kind IN ('coach_tour', 'coach_line', 'hazmat') THEN v.carrier_insurance_until END)) AS p (policy, until)
    WHERE p.until + (parameters ->> 'grace_days')::integer < vigil.local_time(at)::date
    ORDER BY v.plate, p.until, p.policy DESC;
END;
COMMENT ON FUNCTION vigil_vehicle.model_insurance_lapsed(bigint[], timestamptz, jsonb) IS
    'Model 24: vehicles whose compulsory insurance (交强险) or, of coaches and hazmat vehicles, carrier''s liability insurance (承运人责任险) has lapsed';

-- The same by name, over all vehicles, hazards included.

CREATE FUNCTION vigil_vehicle.model_inspection_overdue(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
RETURN vigil.run_model('inspection_overdue', at);
COMMENT ON FUNCTION vigil_vehicle.model_inspection_overdue(timestamptz) IS
    'Run model 20 over all vehicles: hazards opened or closed';
REVOKE ALL ON FUNCTION vigil_vehicle.model_inspection_overdue(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.model_scrap_due(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
RETURN vigil.run_model('scrap_due', at);
COMMENT ON FUNCTION vigil_vehicle.model_scrap_due(timestamptz) IS 'Run model 21 over all vehicles: hazards opened or closed';
REVOKE ALL ON FUNCTION vigil_vehicle.model_scrap_due(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.model_permit_expired(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
RETURN vigil.run_model('permit_expired', at);
COMMENT ON FUNCTION vigil_vehicle.model_permit_expired(timestamptz) IS 'Run model 22 over all vehicles: hazards opened or closed';
REVOKE ALL ON FUNCTION vigil_vehicle.model_permit_expired(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.model_insurance_lapsed(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
RETURN vigil.run_model('insurance_lapsed', at);
COMMENT ON FUNCTION vigil_vehicle.model_insurance_lapsed(timestamptz) IS 'Run model 24 over all vehicles: hazards opened or closed';
REVOKE ALL ON FUNCTION vigil_vehicle.model_insurance_lapsed(timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.warn_scrap(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told integer;
BEGIN
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, profile, subject, kind, situation, body, created_at, next_try_at, region_code)
    SELECT 'enterprise_app', 'organisation', v.enterprise_id, 'vehicle', v.plate::bigint, 'scrap_warning', m.situation,
        jsonb_build_object('label', v.plate::text, 'scrap_on', v.scrap_on, 'days_left', v.scrap_on - vigil.local_time(at)::date),
        clock_timestamp(), clock_timestamp(), v.region_code
    FROM vigil.model AS m
    CROSS JOIN vigil_vehicle.watched_vehicles(NULL) AS v
    WHERE m.domain = 'vehicle' AND m.code = 'scrap_due' AND m.enabled AND v.enterprise_id IS NOT NULL
      AND v.scrap_on > vigil.local_time(at)::date
      AND v.scrap_on - ((m.parameters_default || m.parameters) ->> 'warn_days')::integer <= vigil.local_time(at)::date
      AND NOT EXISTS (SELECT FROM vigil.notice AS n WHERE n.kind = 'scrap_warning' AND n.profile = 'vehicle'
                      AND n.subject = v.plate::bigint AND n.body ->> 'scrap_on' = v.scrap_on::text)
    ORDER BY v.plate;
    GET DIAGNOSTICS told = ROW_COUNT;
    RETURN told;
END $$;
COMMENT ON FUNCTION vigil_vehicle.warn_scrap(timestamptz) IS
    'Tell enterprises, once for each scrap date, of vehicles that reach compulsory scrap within warn_days of model scrap_due; returns how many notices. Runs as job "scrap_warnings"';
REVOKE ALL ON FUNCTION vigil_vehicle.warn_scrap(timestamptz) FROM PUBLIC;
CREATE INDEX notice_scrap_warning_idx ON vigil.notice (subject) WHERE kind = 'scrap_warning';

CREATE FUNCTION vigil_vehicle.inherited_mask(vehicle bigint, driver_id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: a vehicle without a driver has an enterprise all the same
RETURN (
    SELECT coalesce(bit_or(r.own_mask & p.situation_mask), 0)
    FROM (SELECT 'driver', inherited_mask.driver_id
          UNION ALL
          SELECT 'enterprise', v.enterprise_id FROM vigil_vehicle.vehicle AS v
          WHERE v.plate = inherited_mask.vehicle::vigil.plate AND v.status NOT IN ('retired', 'scrapped')) AS source (profile, subject)
    JOIN vigil.risk_state AS r ON r.profile = source.profile AND r.subject = source.subject
    JOIN vigil.profile AS p ON p.code = r.profile
);
COMMENT ON FUNCTION vigil_vehicle.inherited_mask(bigint, bigint) IS
    'The situations, by bit, that a vehicle inherits now from this driver (null: none) and from its enterprise';

CREATE FUNCTION vigil_vehicle.inherited_anew(vehicles bigint[], at timestamptz[])
RETURNS TABLE (vehicle bigint, at timestamptz, mask bigint)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT u.vehicle, u.at, i.mask
    FROM unnest(vehicles, at) AS u (vehicle, at)
    CROSS JOIN LATERAL (SELECT vigil_vehicle.bound_driver(u.vehicle::vigil.plate, u.at)) AS b (driver_id)
    CROSS JOIN LATERAL (SELECT vigil_vehicle.inherited_mask(u.vehicle, b.driver_id)) AS i (mask)
    LEFT JOIN vigil.risk_state AS s ON s.profile = 'vehicle' AND s.subject = u.vehicle
    WHERE i.mask <> coalesce(s.inherited_mask, 0)
    ORDER BY u.vehicle;
END;
COMMENT ON FUNCTION vigil_vehicle.inherited_anew(bigint[], timestamptz[]) IS
    'Of these vehicles, each at its own time, those that inherit something else than they do, and what. Called by the evaluation of a stream when a driver''s card changed';

CREATE FUNCTION vigil_vehicle.inherit_masks(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    WITH bound AS MATERIALIZED (
        SELECT b.plate::bigint AS vehicle, b.driver_id FROM vigil_vehicle.bound_drivers(at) AS b
    ), concerned AS (
        SELECT b.vehicle FROM bound AS b
        JOIN vigil.risk_state AS r ON r.profile = 'driver' AND r.subject = b.driver_id AND r.own_mask <> 0
        UNION
        SELECT v.plate::bigint FROM vigil.risk_state AS r JOIN vigil_vehicle.vehicle AS v ON v.enterprise_id = r.subject
        WHERE r.profile = 'enterprise' AND r.own_mask <> 0
        UNION       -- those that may inherit nothing any more
        SELECT s.subject FROM vigil.risk_state AS s WHERE s.profile = 'vehicle' AND s.inherited_mask <> 0
    )
    SELECT coalesce((SELECT vigil.inherit('vehicle', array_agg(c.vehicle ORDER BY c.vehicle),
                                          array_agg(vigil_vehicle.inherited_mask(c.vehicle, b.driver_id) ORDER BY c.vehicle), at)
                     FROM concerned AS c LEFT JOIN bound AS b ON b.vehicle = c.vehicle HAVING count(*) > 0), 0);
END;
COMMENT ON FUNCTION vigil_vehicle.inherit_masks(timestamptz) IS
    'Let vehicles inherit the situations of the driver bound to them and of their enterprise, as they are at this time; colours follow. A change of the IC card in the positions takes effect at that position already. Returns how many vehicles changed. Runs as job "inherit_masks"';
REVOKE ALL ON FUNCTION vigil_vehicle.inherit_masks(timestamptz) FROM PUBLIC;

-- Far enough that neither drift nor the stay area of a fence explains it: the fence has moved.
CREATE FUNCTION vigil_vehicle.lost_hazards(at timestamptz) RETURNS TABLE (subject bigint, model text, cleared_at timestamptz, reason text)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH open AS (
        SELECT h.subject, h.model, h.last_seen_at, h.lon, h.lat, m.kind, m.feed, h.situation_bit,
            CASE WHEN jsonb_typeof(h.evidence -> 'fence_id') = 'number' THEN (h.evidence ->> 'fence_id')::numeric::bigint END AS fence_id
        FROM vigil.hazard AS h
        LEFT JOIN vigil.model AS m ON m.domain = 'vehicle' AND m.code = h.model
        WHERE h.profile = 'vehicle' AND h.cleared_at IS NULL
    )
    SELECT o.subject, o.model, greatest(at, o.last_seen_at),
        CASE WHEN o.fence_id IS NOT NULL AND (g.id IS NULL OR at NOT BETWEEN g.valid_from AND g.valid_until) THEN 'fence_gone'
             WHEN o.fence_id IS NOT NULL THEN 'fence_changed' ELSE 'stale' END
    FROM open AS o
    LEFT JOIN vigil.geofence AS g ON g.id = o.fence_id
    LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = o.subject::vigil.plate
    LEFT JOIN vigil_vehicle.vehicle_state AS s ON s.plate = o.subject::vigil.plate
    WHERE (o.fence_id IS NOT NULL AND (g.id IS NULL
            OR NOT (g.valid_from <= at AND at < g.valid_until)
            OR NOT coalesce(v.kind, 'other') = ANY (g.subject_kinds)
            OR g.kind = ANY (v.fence_exempt)
            OR ST_Distance(coalesce(g.stay_covered, g.covered)::geography,
                           ST_SetSRID(ST_MakePoint(o.lon, o.lat), 4326)::geography) > 300))
       -- what a position says holds until another says otherwise, but not for ever; a cloned plate and a load do not pass
       -- by themselves
       OR (o.kind <> 'scheduled' AND 'position' = ANY (string_to_array(o.feed, ',')) AND o.situation_bit NOT IN (18, 20)
           AND greatest(s.observed_at, o.last_seen_at) <= at - interval '24 hours');
END;
COMMENT ON FUNCTION vigil_vehicle.lost_hazards(timestamptz) IS
    'Open hazards of vehicles that no observation will clear soon: fence_gone, the fence in their evidence is deleted or no longer valid; fence_changed, it no longer covers the vehicle''s kind, exempts it, or lies more than 300 m from the hazard; stale, of models that go by positions, the vehicle has been silent for 24 hours (not bits 18 overloaded, 20 plate suspect)';

CREATE FUNCTION vigil_vehicle.sweep_hazards(at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT coalesce((
        SELECT vigil.apply_effects('vehicle', array_agg('clear'::text), array_agg(h.subject), array_agg(h.model),
            array_agg(h.cleared_at), array_agg(NULL::jsonb), array_agg(h.reason))
        FROM vigil_vehicle.lost_hazards(at) AS h HAVING count(*) > 0), 0);
END;
COMMENT ON FUNCTION vigil_vehicle.sweep_hazards(timestamptz) IS
    'Close the hazards of vigil_vehicle.lost_hazards() with their reason; returns how many. Runs as job "sweep_hazards"';
REVOKE ALL ON FUNCTION vigil_vehicle.sweep_hazards(timestamptz) FROM PUBLIC;

CREATE INDEX hazard_model_idx ON vigil.hazard (model, raised_at);
CREATE INDEX hazard_cleared_idx ON vigil.hazard (cleared_at) WHERE cleared_at IS NOT NULL;

CREATE FUNCTION vigil_vehicle.model_status(at timestamptz DEFAULT now())
RETURNS TABLE (number integer, code text, zh text, kind text, situation text, profile text, implemented boolean, enabled boolean,
    open bigint, last_raised_at timestamptz, raised_24h bigint, cleared_24h bigint, last_run_at timestamptz, last_error text)
LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 80
BEGIN ATOMIC
    SELECT m.number, m.code, m.zh, m.kind, m.situation, m.profile, m.implemented, m.enabled, coalesce(o.open, 0),
        (SELECT max(h.raised_at) FROM vigil.hazard AS h WHERE h.model = m.code AND h.profile = m.profile AND h.raised_at <= at),
        (SELECT count(*) FROM vigil.hazard AS h
         WHERE h.model = m.code AND h.profile = m.profile AND h.raised_at > at - interval '24 hours' AND h.raised_at <= at),
        coalesce(c.cleared, 0), r.ran_at, coalesce(r.error, e.error)
    FROM vigil.model AS m
    LEFT JOIN (SELECT h.profile, h.model, count(*) AS open FROM vigil.hazard AS h WHERE h.cleared_at IS NULL
               GROUP BY h.profile, h.model) AS o ON o.profile = m.profile AND o.model = m.code
    LEFT JOIN (SELECT h.profile, h.model, count(*) AS cleared FROM vigil.hazard AS h
               WHERE h.cleared_at > at - interval '24 hours' AND h.cleared_at <= at
               GROUP BY h.profile, h.model) AS c ON c.profile = m.profile AND c.model = m.code
    LEFT JOIN vigil.model_run AS r ON r.domain = m.domain AND r.model = m.code
    LEFT JOIN LATERAL (SELECT f.error FROM vigil.model_error AS f
        WHERE m.expression IS NOT NULL AND f.domain = m.domain AND f.model = m.code AND f.version = m.version
          AND f.at > model_status.at - interval '24 hours' ORDER BY f.at DESC LIMIT 1) AS e ON true
    WHERE m.domain = 'vehicle'
    ORDER BY m.number;
END;
COMMENT ON FUNCTION vigil_vehicle.model_status(timestamptz) IS
    'All vehicle models, the 70 of the catalogue and the city''s own: whether they can and do run, hazards open now, last raised, raised and cleared in the 24 hours before this time, the last run of those with a cadence, and the last error';
