-- Fences from GeoJSON and WKT: each feature is judged, those that cannot be stored go to vigil.reject, the others are stored in
-- one statement, so that the index is built once.

CREATE FUNCTION vigil.fence_features(document jsonb) RETURNS TABLE (line bigint, feature jsonb, shape jsonb, properties jsonb, code text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT e.ordinality, e.value, CASE WHEN e.value ->> 'type' = 'Feature' THEN e.value -> 'geometry' ELSE e.value END,
        CASE WHEN e.value ->> 'type' = 'Feature' THEN coalesce(nullif(e.value -> 'properties', 'null'), '{}') ELSE '{}' END,
        nullif(btrim(CASE WHEN e.value ->> 'type' = 'Feature'
                          THEN coalesce(e.value -> 'properties' ->> 'code', e.value ->> 'id', e.value -> 'properties' ->> 'id') END), '')
    FROM jsonb_array_elements(
        CASE WHEN jsonb_typeof(document) = 'array' THEN document
             WHEN document ->> 'type' = 'FeatureCollection' AND jsonb_typeof(document -> 'features') = 'array' THEN document -> 'features'
             ELSE jsonb_build_array(document) END) WITH ORDINALITY AS e;
END;
COMMENT ON FUNCTION vigil.fence_features(jsonb) IS
    'The features of a GeoJSON document (FeatureCollection, Feature, geometry, or an array of them; a string is WKT): shape, properties ({} where there are none), and the code: properties.code, else id, else properties.id. For import_geofences()';

CREATE FUNCTION vigil.fence_shape_try(shape jsonb, crs text, OUT area geometry, OUT flaw text, OUT reason text, OUT detail text)
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE COST 10000   -- not STRICT: no shape is a reason; a subtransaction fits no parallel plan
SET search_path FROM CURRENT
SET client_min_messages = warning
AS $$
BEGIN
    IF jsonb_path_exists(shape, '$.**.coordinates.** ? (@.type() != "number" && @.type() != "array")') THEN
        reason := 'bad_geometry';       -- PostGIS would read 0
        detail := 'A coordinate is no number.';
        RETURN;
    END IF;
    area := CASE jsonb_typeof(shape) WHEN 'string' THEN ST_GeomFromEWKT(shape #>> '{}') WHEN 'object' THEN ST_GeomFromGeoJSON(shape) END;
    IF area IS NULL THEN
        reason := 'no_geometry';
        detail := format('The geometry is %s, but a GeoJSON object or WKT is needed.', coalesce(left(shape::text, 60), 'missing'));
        RETURN;
    ELSIF ST_SRID(area) NOT IN (0, 4326, 4490) THEN
        reason := 'bad_crs';
        detail := format('SRID %s is not WGS84 (4326); ST_Transform converts it.', ST_SRID(area));
        area := NULL;
        RETURN;
    END IF;
    area := ST_SetSRID(area, 4326);
    area := CASE crs WHEN 'gcj02' THEN vigil.from_gcj02(area) WHEN 'bd09' THEN vigil.from_bd09(area) ELSE area END;
    flaw := CASE WHEN NOT ST_IsValid(area) THEN ST_IsValidReason(area) END;
    area := vigil.fence_area(area);
EXCEPTION
    WHEN insufficient_resources THEN
        RAISE;
    WHEN numeric_value_out_of_range OR invalid_parameter_value THEN     -- what fence_area() says
        area := NULL; flaw := NULL; reason := 'bad_area'; detail := SQLERRM;
    WHEN OTHERS THEN                                                    -- PostGIS throws on whatever is no geometry
        area := NULL; flaw := NULL; reason := 'bad_geometry'; detail := SQLERRM;
END $$;
COMMENT ON FUNCTION vigil.fence_shape_try(jsonb, text) IS
    'A GeoJSON geometry, or WKT as a string, in crs (wgs84, gcj02, bd09) as an area fit for a fence and what was wrong with it before its repair; or the reason why it is none: no_geometry, bad_geometry, bad_crs, bad_area. For import_geofences()';

CREATE FUNCTION vigil.fence_drawing_problem(area geometry, buffer_m double precision, stay_buffer_m double precision) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE COST 10000
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM vigil.fence_widened(area, buffer_m), vigil.fence_widened(area, greatest(buffer_m, stay_buffer_m));
    RETURN NULL;
EXCEPTION
    WHEN insufficient_resources THEN
        RAISE;
    WHEN OTHERS THEN
        RETURN SQLERRM;
END $$;
COMMENT ON FUNCTION vigil.fence_drawing_problem(geometry, double precision, double precision) IS
    'Why an area cannot be widened by its own buffer and that of its kind''s stays, in metres; null = it can. For import_geofences()';

CREATE FUNCTION vigil.fence_properties_problem(properties jsonb, OUT reason text, OUT detail text)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT 'bad_' || f.field, format('Field %s %s.', f.field, f.fault)
    FROM (VALUES
        (1, 'properties', CASE WHEN jsonb_typeof(properties) <> 'object' THEN 'is no object' END),
        (2, 'code', CASE WHEN jsonb_typeof(properties -> 'code') IN ('object', 'array') THEN 'is no text' END),
        (3, 'name', CASE WHEN jsonb_typeof(properties -> 'name') IN ('object', 'array') THEN 'is no text' END),
        (4, 'buffer_m', CASE WHEN NOT vigil.json_readable(properties -> 'buffer_m', 'double precision'::regtype) THEN 'is no number'
                             WHEN (properties ->> 'buffer_m')::double precision NOT BETWEEN 0 AND 50000
                             THEN format('is %s, but 0 to 50,000 metres are possible', properties ->> 'buffer_m') END),
        (5, 'active_hours', 'is wrong: ' || vigil.hours_problem(nullif(properties -> 'active_hours', 'null'))),
        (6, 'valid_from', CASE WHEN properties ? 'valid_from' AND NOT vigil.json_readable(properties -> 'valid_from', 'timestamptz'::regtype)
                               THEN 'is no time with its zone, such as 2026-01-01T00:00:00+08:00' END),
        (7, 'valid_until', CASE WHEN properties ? 'valid_until' AND NOT vigil.json_readable(properties -> 'valid_until', 'timestamptz'::regtype)
                                THEN 'is no time with its zone, such as 2026-01-01T00:00:00+08:00' END),
        (8, 'subject_kinds', CASE WHEN jsonb_typeof(properties -> 'subject_kinds') <> 'null'
                                   AND NOT coalesce(vigil.json_readable(properties -> 'subject_kinds', 'text[]'::regtype)
                                                    AND vigil.subject_kinds_valid(vigil.json_texts(properties -> 'subject_kinds')), false)
                                  THEN 'is no array of kinds of vehicles' END),
        (9, 'region_code', CASE WHEN jsonb_typeof(properties -> 'region_code') <> 'null'
                                 AND vigil.region_code_try(properties ->> 'region_code') IS NULL
                                THEN 'is no division code of 2, 4, 6, 9 or 12 digits' END)
    ) AS f (ordinal, field, fault)
    WHERE f.fault IS NOT NULL ORDER BY f.ordinal LIMIT 1;
END;
COMMENT ON FUNCTION vigil.fence_properties_problem(jsonb) IS
    'The first property of a feature that cannot become a column of vigil.geofence: bad_FIELD, and why; null = all can. For import_geofences()';

-- Given, else stored, else the default: a property that is left out leaves the stored fence as it is, null clears it.
CREATE FUNCTION vigil.fence_merged(properties jsonb, buffer_m double precision, area geometry, stored vigil.geofence)
RETURNS vigil.geofence
LANGUAGE sql STABLE PARALLEL SAFE   -- not STRICT: nothing may be stored yet
BEGIN ATOMIC
    SELECT ROW (stored.id, stored.kind, stored.code,
        CASE WHEN properties ? 'name' THEN nullif(btrim(properties ->> 'name'), '') ELSE stored.name END,
        area, coalesce((properties ->> 'buffer_m')::double precision, buffer_m), stored.covered, stored.stay_covered,
        CASE WHEN properties ? 'active_hours' THEN nullif(properties -> 'active_hours', 'null') ELSE stored.active_hours END,
        CASE WHEN properties ? 'subject_kinds' THEN vigil.json_texts(properties -> 'subject_kinds') ELSE stored.subject_kinds END,
        coalesce(CASE WHEN properties ? 'valid_from' THEN (properties ->> 'valid_from')::timestamptz ELSE stored.valid_from END, '-infinity'),
        coalesce(CASE WHEN properties ? 'valid_until' THEN (properties ->> 'valid_until')::timestamptz ELSE stored.valid_until END, 'infinity'),
        CASE WHEN properties ? 'region_code' THEN vigil.region_code_try(properties ->> 'region_code') ELSE stored.region_code END,
        properties - ARRAY['code', 'name', 'buffer_m', 'active_hours', 'subject_kinds', 'valid_from', 'valid_until', 'region_code']
    )::vigil.geofence;
END;
COMMENT ON FUNCTION vigil.fence_merged(jsonb, double precision, geometry, vigil.geofence) IS
    'The stored fence (null = none yet) with a feature''s area and properties over it; what is no column stays in properties. For import_geofences()';

CREATE FUNCTION vigil.fence_lines(document jsonb, kind text, buffer_m double precision, crs text)
RETURNS TABLE (line bigint, code text, stored_id bigint, fence vigil.geofence, changed boolean, flaw text, reason text, detail text,
    payload jsonb)
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    WITH judged AS MATERIALIZED (
        SELECT f.line, f.feature, f.code, s.area, s.flaw, coalesce(p.reason, s.reason) AS reason,
            CASE WHEN p.reason IS NOT NULL THEN p.detail ELSE s.detail END AS detail,
            CASE WHEN p.reason IS NULL THEN f.properties END AS properties
        FROM vigil.fence_features(document) AS f
        LEFT JOIN LATERAL vigil.fence_properties_problem(f.properties) AS p ON true
        CROSS JOIN LATERAL vigil.fence_shape_try(f.shape, crs) AS s
    ), latest AS (      -- of features with one code, or without a code and with one area, the last counts
        SELECT j.*, j.reason IS NULL AND lead(j.line) OVER (
            PARTITION BY j.reason, j.code, CASE WHEN j.code IS NULL THEN j.area::bytea END ORDER BY j.line) IS NOT NULL AS superseded
        FROM judged AS j
    ), merged AS MATERIALIZED (
        SELECT l.*, g.stored_id, g.fence AS stored,
            CASE WHEN l.reason IS NULL THEN vigil.fence_merged(l.properties, buffer_m, l.area, g.fence) END AS fence
        FROM latest AS l
        LEFT JOIN LATERAL (
            SELECT g.id AS stored_id, g AS fence FROM vigil.geofence AS g WHERE g.kind = fence_lines.kind AND g.code = l.code
            UNION ALL
            SELECT g.id, g FROM vigil.geofence AS g
            WHERE l.code IS NULL AND g.kind = fence_lines.kind AND g.code IS NULL AND g.covered && l.area
              AND g.area::bytea = l.area::bytea
            LIMIT 1
        ) AS g ON l.reason IS NULL AND NOT l.superseded
    ), compared AS (
        SELECT m.*, m.stored_id IS NULL
                OR ((m.fence).area::bytea, (m.fence).name, (m.fence).buffer_m, (m.fence).active_hours, (m.fence).subject_kinds,
                    (m.fence).valid_from, (m.fence).valid_until, (m.fence).region_code, (m.fence).properties)
                IS DISTINCT FROM ((m.stored).area::bytea, (m.stored).name, (m.stored).buffer_m, (m.stored).active_hours,
                    (m.stored).subject_kinds, (m.stored).valid_from, (m.stored).valid_until, (m.stored).region_code, (m.stored).properties)
            AS changed
        FROM merged AS m
    ), drawn AS (
        SELECT c.*, k.code AS kind_code,
            CASE WHEN c.reason IS NULL AND NOT c.superseded AND c.changed
                 THEN vigil.fence_drawing_problem(c.area, (c.fence).buffer_m, k.stay_buffer_m) END AS drawing_problem
        FROM compared AS c JOIN vigil.fence_kind AS k ON k.code = fence_lines.kind
    )
    SELECT d.line, d.code, d.stored_id, d.fence, d.changed, d.flaw,
        CASE WHEN d.reason IS NOT NULL THEN d.reason
             WHEN d.superseded THEN 'superseded'
             WHEN (d.fence).valid_from >= (d.fence).valid_until THEN 'bad_valid_until'
             WHEN d.drawing_problem IS NOT NULL THEN 'bad_buffer' END,
        CASE WHEN d.reason IS NOT NULL THEN d.detail
             WHEN d.superseded THEN 'A later feature has the same code, or no code and the same area.'
             WHEN (d.fence).valid_from >= (d.fence).valid_until
             THEN format('valid_until %s is not after valid_from %s.', (d.fence).valid_until, (d.fence).valid_from)
             ELSE d.drawing_problem END,
        d.feature
    FROM drawn AS d;
END;
COMMENT ON FUNCTION vigil.fence_lines(jsonb, text, double precision, text) IS
    'The features of a document judged: the fence as it would be stored, the stored one''s id, whether they differ, what was repaired, and the reason why it cannot be stored. For import_geofences()';
REVOKE ALL ON FUNCTION vigil.fence_lines(jsonb, text, double precision, text) FROM PUBLIC;

CREATE FUNCTION vigil.import_geofences(geojson jsonb, kind text, buffer_m double precision DEFAULT 0, crs text DEFAULT 'wgs84')
RETURNS TABLE (geofence_id bigint, action text, reason text, detail text, code text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER      -- not STRICT: a null argument is an error
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF import_geofences.geojson IS NULL THEN
        RAISE EXCEPTION 'there is no document to import' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM vigil.fence_kind AS k WHERE k.code = import_geofences.kind) OR import_geofences.kind IS NULL THEN
        RAISE EXCEPTION 'there is no fence kind "%"', import_geofences.kind USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Table vigil.fence_kind lists the kinds; vigil.setup() loads those of vigil.';
    ELSIF import_geofences.buffer_m BETWEEN 0 AND 50000 IS NOT TRUE THEN
        RAISE EXCEPTION 'buffer of % m is out of range', import_geofences.buffer_m USING ERRCODE = 'numeric_value_out_of_range',
            HINT = 'A fence reaches 0 to 50,000 metres outside its area.';
    ELSIF import_geofences.crs IN ('wgs84', 'gcj02', 'bd09') IS NOT TRUE THEN
        RAISE EXCEPTION 'coordinate system "%" is not known', import_geofences.crs USING ERRCODE = 'invalid_parameter_value',
            HINT = 'crs is wgs84, gcj02 or bd09.';
    ELSIF import_geofences.geojson #>> '{crs,properties,name}' !~* '(CRS84|EPSG:[0-9.]*:?(4326|4490))$' THEN
        RAISE EXCEPTION 'the document is in %', import_geofences.geojson #>> '{crs,properties,name}' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Transform it to WGS84 (EPSG:4326) first; GCJ-02 and BD-09 are named by the argument crs.';
    END IF;
    LOCK TABLE vigil.geofence IN SHARE ROW EXCLUSIVE MODE;      -- what is judged stays so until it is written
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT l.*, coalesce(l.stored_id, CASE WHEN l.reason IS NULL
                    THEN nextval(pg_get_serial_sequence('vigil.geofence', 'id')) END) AS id
        FROM vigil.fence_lines(import_geofences.geojson, import_geofences.kind, import_geofences.buffer_m, import_geofences.crs) AS l
    ), inserted AS (
        INSERT INTO vigil.geofence (id, kind, code, name, area, buffer_m, covered, active_hours, subject_kinds, valid_from, valid_until,
            region_code, properties)
        SELECT j.id, import_geofences.kind, j.code, (j.fence).name, (j.fence).area, (j.fence).buffer_m, (j.fence).area,
            (j.fence).active_hours, (j.fence).subject_kinds, (j.fence).valid_from, (j.fence).valid_until, (j.fence).region_code,
            (j.fence).properties
        FROM judged AS j WHERE j.reason IS NULL AND j.stored_id IS NULL ORDER BY j.id
    ), updated AS (
        UPDATE vigil.geofence AS g SET name = (j.fence).name, area = (j.fence).area, buffer_m = (j.fence).buffer_m,
            active_hours = (j.fence).active_hours, subject_kinds = (j.fence).subject_kinds, valid_from = (j.fence).valid_from,
            valid_until = (j.fence).valid_until, region_code = (j.fence).region_code, properties = (j.fence).properties
        FROM judged AS j WHERE j.reason IS NULL AND j.stored_id IS NOT NULL AND j.changed AND g.id = j.stored_id
    ), refused AS (
        INSERT INTO vigil.reject (source, reason, detail, payload)
        SELECT 'import_geofences', j.reason, j.detail, j.payload FROM judged AS j WHERE j.reason IS NOT NULL ORDER BY j.line
    )
    SELECT CASE WHEN j.reason IS NULL THEN j.id END,
        CASE WHEN j.reason IS NOT NULL THEN 'refused' WHEN NOT j.changed THEN 'unchanged' WHEN j.flaw IS NOT NULL THEN 'repaired'
             WHEN j.stored_id IS NULL THEN 'inserted' ELSE 'updated' END,
        CASE WHEN j.reason IS NULL AND j.changed AND j.flaw IS NOT NULL THEN 'invalid_polygon' ELSE j.reason END,
        CASE WHEN j.reason IS NULL AND j.changed AND j.flaw IS NOT NULL THEN j.flaw ELSE j.detail END,
        j.code
    FROM judged AS j ORDER BY j.line;
END $$;
COMMENT ON FUNCTION vigil.import_geofences(jsonb, text, double precision, text) IS
    'Add or update fences of one kind from GeoJSON (FeatureCollection, Feature, geometry or an array of them; polygons of any ring order; a string is WKT) in crs wgs84, gcj02 or bd09. A fence is known again by its code (properties.code, else id), without one by its area. buffer_m in metres, 0 to 50,000, where properties.buffer_m says no other. Properties name, active_hours, subject_kinds, valid_from, valid_until, region_code as the columns of vigil.geofence: left out = as stored, null = none; others stay in properties. One row a feature: inserted, updated, unchanged, repaired (written after ST_MakeValid, detail says what was wrong), refused (also in vigil.reject) with reason no_geometry, bad_geometry, bad_area, bad_crs, bad_buffer, bad_FIELD or superseded (a later feature is the same fence). Errors 22004: no document; 22023: unknown kind or crs; 22003: buffer out of range';
REVOKE ALL ON FUNCTION vigil.import_geofences(jsonb, text, double precision, text) FROM PUBLIC;

CREATE FUNCTION vigil.import_geofences(document text, kind text, buffer_m double precision DEFAULT 0, crs text DEFAULT 'wgs84')
RETURNS TABLE (geofence_id bigint, action text, reason text, detail text, code text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
    SELECT i.geofence_id, i.action, i.reason, i.detail, i.code
    FROM vigil.import_geofences(CASE WHEN document ~ '^\s*[[{]' THEN document::jsonb ELSE to_jsonb(btrim(document)) END, kind, buffer_m, crs) AS i;
END;
COMMENT ON FUNCTION vigil.import_geofences(text, text, double precision, text) IS
    'Add or update fences from text: GeoJSON where it starts with { or [, else one area in WKT (or EWKT), which is known again by its area. The rest as import_geofences(jsonb, …). Error 22P02: neither';
REVOKE ALL ON FUNCTION vigil.import_geofences(text, text, double precision, text) FROM PUBLIC;
