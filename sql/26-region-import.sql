CREATE FUNCTION vigil.boundary_try(boundary jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE  -- a subtransaction cannot start in a parallel plan
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN ST_Multi(ST_CollectionExtract(ST_MakeValid(ST_Force2D(ST_SetSRID(ST_GeomFromGeoJSON(boundary), 4326))), 3))::text;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;    -- whatever PostGIS makes of it, it is no area
END $$;
COMMENT ON FUNCTION vigil.boundary_try(jsonb) IS
    'A GeoJSON geometry as a valid MultiPolygon in WGS84, in PostGIS'' text form; null where it is none';

CREATE FUNCTION vigil.region_code_try(code text) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN code ~ '^[0-9]{2}$' THEN code::bigint * 10000
            WHEN code ~ '^[0-9]{4}$' THEN code::bigint * 100
            WHEN code ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$' THEN code::bigint END;
COMMENT ON FUNCTION vigil.region_code_try(text) IS
    'A region code from text: 2 (province) and 4 digits (city) are filled up to 6; null for other lengths';

CREATE FUNCTION vigil.import_regions(regions jsonb, source text DEFAULT 'import_regions',
    OUT accepted bigint, OUT updated bigint, OUT rejected bigint)
LANGUAGE sql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT i.accepted, i.updated, i.rejected
    FROM (
        SELECT array_agg(ROW (e.line, e.element || jsonb_build_object('code', c.code,
                'parent_code', coalesce(vigil.region_code_try(e.element ->> 'parent_code'), vigil.region_parent(c.code)))
                || CASE WHEN e.element ? 'boundary' THEN jsonb_build_object('boundary', c.boundary) ELSE '{}' END,
            NULL, e.element,
            CASE WHEN e.reason IS NOT NULL THEN e.reason
                 WHEN c.code IS NULL THEN 'bad_code'
                 WHEN c.boundary IS NULL AND jsonb_typeof(e.element -> 'boundary') <> 'null' THEN 'bad_boundary' END,
            CASE WHEN e.reason IS NOT NULL THEN e.detail
                 WHEN c.code IS NULL THEN 'A region code has 2, 4, 6, 9 or 12 digits.'
                 WHEN c.boundary IS NULL THEN 'The boundary is no GeoJSON polygon.' END)::vigil.import_line ORDER BY e.line) AS lines
        FROM vigil.import_elements(regions) AS e
        CROSS JOIN LATERAL (SELECT vigil.region_code_try(e.element ->> 'code') AS code,
                                   vigil.boundary_try(e.element -> 'boundary') AS boundary) AS c
    ) AS l
    CROSS JOIN LATERAL vigil.import_register(source, 'vigil.region', 'code', l.lines) AS i;
END;
COMMENT ON FUNCTION vigil.import_regions(jsonb, text) IS
    'Load administrative divisions (行政区划) from an array of {code, name, name_en, parent_code, boundary}: code of 2, 4, 6, 9 or 12 digits, parent_code by the code where it is left out, boundary a GeoJSON polygon in WGS84. Counts new, known and rejected lines; reasons in vigil.reject: bad_code, bad_boundary, missing_name, …';
REVOKE ALL ON FUNCTION vigil.import_regions(jsonb, text) FROM PUBLIC;
