-- Imports of the registers: JSON arrays of objects with the column names. A field that is left out keeps its value, null clears
-- it; enterprise and employer are credit codes; a line that cannot be stored goes to vigil.reject and stops no other.

CREATE FUNCTION vigil_vehicle.vehicle_lines(vehicles jsonb) RETURNS vigil.import_line[]
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT array_agg(ROW (e.line,
        e.element - 'enterprise'::text
            || CASE WHEN p.plate IS NULL THEN '{}' ELSE jsonb_build_object('plate', p.plate) END
            || CASE WHEN e.element ? 'enterprise' THEN jsonb_build_object('enterprise_id', o.id) ELSE '{}' END
            || CASE WHEN e.element ? 'vin' THEN jsonb_build_object('vin', upper(btrim(e.element ->> 'vin'))) ELSE '{}' END
            || CASE WHEN e.element ? 'status' THEN '{}' WHEN v.status = 'transit' OR v.plate IS NULL THEN '{"status": "registered"}'::jsonb ELSE '{}' END,
        NULL, e.element, coalesce(e.reason, f.reason), coalesce(e.detail, f.detail))::vigil.import_line ORDER BY e.line)
    FROM vigil.import_elements(vehicles) AS e
    CROSS JOIN LATERAL (SELECT vigil.plate_try(e.element ->> 'plate') AS plate) AS p
    LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = p.plate
    LEFT JOIN vigil.organisation AS o ON o.credit_code = upper(btrim(e.element ->> 'enterprise'))
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.plate IS NULL THEN 'bad_plate'
                    WHEN o.id IS NULL AND e.element ->> 'enterprise' <> '' THEN 'unknown_enterprise'
                    WHEN NOT vigil_vehicle.status_may_follow(v.status, e.element ->> 'status') THEN 'bad_status_change' END AS reason,
               CASE WHEN p.plate IS NULL THEN format('%s is no plate.', coalesce(e.element ->> 'plate', 'null'))
                    WHEN o.id IS NULL AND e.element ->> 'enterprise' <> '' THEN format('No organisation has the credit code %s.', e.element ->> 'enterprise')
                    WHEN NOT vigil_vehicle.status_may_follow(v.status, e.element ->> 'status') THEN format('Its status is %s.', v.status) END AS detail
    ) AS f;
END;
COMMENT ON FUNCTION vigil_vehicle.vehicle_lines(jsonb) IS
    'Elements as lines for vigil_vehicle.vehicle: plate read, enterprise found by its credit code, a vehicle that is new or in transit registered';
REVOKE ALL ON FUNCTION vigil_vehicle.vehicle_lines(jsonb) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.import_vehicles(vehicles jsonb, source text DEFAULT 'import_vehicles',
    OUT accepted bigint, OUT updated bigint, OUT rejected bigint)
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT i.accepted, i.updated, i.rejected
    FROM vigil.import_register(source, 'vigil_vehicle.vehicle', 'plate', vigil_vehicle.vehicle_lines(vehicles)) AS i;
END;
COMMENT ON FUNCTION vigil_vehicle.import_vehicles(jsonb, text) IS
    'Load vehicles (车辆) from an array of objects with the columns of vigil_vehicle.vehicle; enterprise may stand for enterprise_id as a credit code. A new or transit vehicle becomes registered unless status says otherwise. Counts new, known and rejected lines; reasons in vigil.reject: bad_plate, bad_vin, bad_date, bad_status_change, unknown_enterprise, unknown_field, duplicate_terminal_phone, superseded, …';
REVOKE ALL ON FUNCTION vigil_vehicle.import_vehicles(jsonb, text) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.register_vehicle(vehicle jsonb) RETURNS vigil.plate
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM vigil.import_register(NULL, 'vigil_vehicle.vehicle', 'plate', vigil_vehicle.vehicle_lines(vehicle));
    RETURN vehicle ->> 'plate';
END $$;
COMMENT ON FUNCTION vigil_vehicle.register_vehicle(jsonb) IS
    'Register or change one vehicle, fields as in vigil_vehicle.import_vehicles(); returns its plate. Error 22023 with the reason code';
REVOKE ALL ON FUNCTION vigil_vehicle.register_vehicle(jsonb) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.import_enterprises(enterprises jsonb, source text DEFAULT 'import_enterprises',
    OUT accepted bigint, OUT updated bigint, OUT rejected bigint)
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT i.accepted, i.updated, i.rejected
    FROM (
        SELECT array_agg(ROW (e.line,
            vigil.subset(e.element, 'code', 'credit_code_exempt', 'name', 'region_code', 'detail')
                || jsonb_build_object('kind', 'enterprise', 'credit_code', upper(btrim(e.element ->> 'credit_code')))
                || CASE WHEN e.element ? 'parent' THEN jsonb_build_object('parent_id', o.id) ELSE '{}' END
                || CASE WHEN g.geom IS NULL THEN '{}' ELSE jsonb_build_object('geom', g.geom) END,
            e.element - '{code,credit_code,credit_code_exempt,name,region_code,detail,parent,lon,lat}'::text[],
            e.element,
            CASE WHEN e.reason IS NOT NULL THEN e.reason
                 WHEN o.id IS NULL AND e.element ->> 'parent' <> '' THEN 'unknown_parent'
                 WHEN g.geom IS NULL AND e.element ?| '{lon,lat}' THEN 'out_of_range' END,
            CASE WHEN e.reason IS NOT NULL THEN e.detail
                 WHEN o.id IS NULL AND e.element ->> 'parent' <> '' THEN format('No organisation has the credit code %s.', e.element ->> 'parent')
                 WHEN g.geom IS NULL AND e.element ?| '{lon,lat}' THEN 'lon is from 73 to 136, lat from 3 to 54 degrees.' END)::vigil.import_line ORDER BY e.line) AS lines
        FROM vigil.import_elements(enterprises) AS e
        LEFT JOIN vigil.organisation AS o ON o.credit_code = upper(btrim(e.element ->> 'parent'))
        CROSS JOIN LATERAL (
            SELECT CASE WHEN jsonb_typeof(e.element -> 'lon') = 'number' AND jsonb_typeof(e.element -> 'lat') = 'number'
                         AND (e.element -> 'lon')::double precision BETWEEN 73 AND 136
                         AND (e.element -> 'lat')::double precision BETWEEN 3 AND 54
                        THEN format('SRID=4326;POINT(%s %s)', e.element ->> 'lon', e.element ->> 'lat') END AS geom
        ) AS g
    ) AS l
    CROSS JOIN LATERAL vigil.import_register(source, 'vigil.organisation', 'credit_code', l.lines,
                                             'vigil_vehicle.enterprise', 'organisation_id') AS i;
END;
COMMENT ON FUNCTION vigil_vehicle.import_enterprises(jsonb, text) IS
    'Load enterprises (企业) from an array of objects with the columns of vigil.organisation and vigil_vehicle.enterprise; key is credit_code, parent a credit code, lon and lat WGS84. Counts new, known and rejected lines; reasons in vigil.reject: bad_credit_code, bad_date, missing_name, unknown_parent, out_of_range, …';
REVOKE ALL ON FUNCTION vigil_vehicle.import_enterprises(jsonb, text) FROM PUBLIC;

-- A number may stand in the wrong field: whatever looks like one, or stands where no field is, is not kept.
CREATE FUNCTION vigil_vehicle.driver_payload(element jsonb) RETURNS jsonb
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT coalesce(jsonb_object_agg(f.key, CASE
        WHEN f.key = 'identity' THEN to_jsonb(vigil.identity_mask(f.value #>> '{}'))
        WHEN f.key = 'name' THEN to_jsonb(vigil.name_mask(f.value #>> '{}'))
        WHEN f.key = 'employer' AND NOT vigil.identity_valid(f.value #>> '{}') THEN f.value
        WHEN f.key = ANY (vigil.import_fields('vigil_vehicle.driver')) AND f.value::text !~ '[0-9]{14}' THEN f.value
        ELSE '"***"' END), '{}')
    FROM jsonb_each(element) AS f;
END;
COMMENT ON FUNCTION vigil_vehicle.driver_payload(jsonb) IS 'A driver''s line as vigil.reject may keep it';
REVOKE ALL ON FUNCTION vigil_vehicle.driver_payload(jsonb) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.import_drivers(drivers jsonb, source text DEFAULT 'import_drivers',
    OUT accepted bigint, OUT updated bigint, OUT rejected bigint)
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT i.accepted, i.updated, i.rejected
    FROM (
        SELECT array_agg(ROW (e.line,
            CASE WHEN f.reason IS NULL THEN jsonb_build_object('kind', 'driver',
                'identity_hash', vigil.identity_hash(e.element ->> 'identity'),
                'identity_masked', vigil.identity_mask(e.element ->> 'identity'))
                || CASE WHEN e.element ? 'name' THEN jsonb_build_object('name_masked', vigil.name_mask(e.element ->> 'name')) ELSE '{}' END
                || CASE WHEN e.element ? 'employer' THEN jsonb_build_object('organisation_id', o.id) ELSE '{}' END END,
            e.element - '{identity,name,employer}'::text[]
                || CASE WHEN f.reason IS NULL AND NOT e.element ? 'birth_year'
                        THEN jsonb_build_object('birth_year', substr(e.element ->> 'identity', 7, 4)::integer) ELSE '{}' END,
            vigil_vehicle.driver_payload(e.element),
            f.reason, coalesce(e.detail, f.detail))::vigil.import_line ORDER BY e.line) AS lines
        FROM vigil.import_elements(drivers) AS e
        LEFT JOIN vigil.organisation AS o ON o.credit_code = upper(btrim(e.element ->> 'employer'))
        CROSS JOIN LATERAL (
            SELECT CASE WHEN e.reason IS NOT NULL THEN e.reason
                        WHEN vigil.identity_valid(e.element ->> 'identity') IS NOT TRUE THEN 'bad_identity'
                        WHEN o.id IS NULL AND e.element ->> 'employer' <> '' THEN 'unknown_employer' END AS reason,
                   CASE WHEN vigil.identity_valid(e.element ->> 'identity') IS NOT TRUE
                        THEN format('What is wrong: %s.', coalesce(vigil.identity_fault(e.element ->> 'identity'), 'missing'))
                        WHEN o.id IS NULL THEN 'No organisation has this credit code.' END AS detail
        ) AS f
    ) AS l
    CROSS JOIN LATERAL vigil.import_register(source, 'vigil.person', 'identity_hash', l.lines,
                                             'vigil_vehicle.driver', 'person_id') AS i;
END;
COMMENT ON FUNCTION vigil_vehicle.import_drivers(jsonb, text) IS
    'Load drivers (驾驶人) from an array of objects with identity, name, employer (credit code) and the columns of vigil_vehicle.driver. The identity number is the key: it is stored as hash and masked form only, in vigil.reject too. Counts new, known and rejected lines; reasons: bad_identity, bad_date, unknown_employer, … Error 55000: no_identity_key';
REVOKE ALL ON FUNCTION vigil_vehicle.import_drivers(jsonb, text) FROM PUBLIC;
