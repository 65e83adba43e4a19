-- What is done to a fence when it is written: its hours are checked, its area is checked or repaired, its buffers are drawn.

CREATE FUNCTION vigil.coordinates_problem(ewkb bytea) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'vigil_coordinates_problem';
COMMENT ON FUNCTION vigil.coordinates_problem(bytea)
    IS 'What is wrong with the first bad coordinate of a geometry cast to bytea: outside -180 … 180 or -90 … 90, not a number; null = nothing. Error 22P03: not well-known binary.';

-- Minutes of a day of 'HH:MM'.
CREATE FUNCTION vigil.minute_of_day(clock text) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN clock ~ '^([01]?[0-9]|2[0-3]):[0-5][0-9]$|^24:00$'
            THEN split_part(clock, ':', 1)::integer * 60 + split_part(clock, ':', 2)::integer END;
COMMENT ON FUNCTION vigil.minute_of_day(text) IS 'Minutes since midnight of HH:MM, 0 to 1440 (24:00); null for any other text';

CREATE FUNCTION vigil.hours_packed(hours jsonb) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(n.number ORDER BY h.ordinality, n.ordinality)
    FROM jsonb_array_elements(hours) WITH ORDINALITY AS h (span, ordinality)
    CROSS JOIN LATERAL unnest(ARRAY[
        CASE WHEN h.span ? 'days'
             THEN (SELECT bit_or(1 << (d.day::integer - 1)) FROM jsonb_array_elements_text(h.span -> 'days') AS d (day))
             ELSE 127 END,
        vigil.minute_of_day(coalesce(h.span ->> 'from', '00:00')),
        vigil.minute_of_day(coalesce(h.span ->> 'to', '24:00'))]) WITH ORDINALITY AS n (number, ordinality);
END;
COMMENT ON FUNCTION vigil.hours_packed(jsonb)
    IS 'Active hours that vigil.hours_problem() finds nothing wrong with, as the fence index takes them: for each window days (bit 0 = Monday), from and to in minutes of the day';

CREATE FUNCTION vigil.hours_problem(hours jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    span jsonb;
BEGIN
    IF jsonb_typeof(hours) <> 'array' OR jsonb_array_length(hours) NOT BETWEEN 1 AND 100 THEN
        RETURN 'active hours are an array of 1 to 100 windows, or null for always';
    END IF;
    FOR span IN SELECT e.value FROM jsonb_array_elements(hours) AS e
    LOOP
        IF jsonb_typeof(span) <> 'object' OR span = '{}' OR (span - ARRAY['days', 'from', 'to']) <> '{}' THEN
            RETURN format('%s is no window with days, from and to', span);
        ELSIF vigil.minute_of_day(coalesce(span ->> 'from', '00:00')) IS NULL OR span ->> 'from' = '24:00' THEN
            RETURN format('from is %s, but 00:00 to 23:59 is possible', span -> 'from');
        ELSIF coalesce(vigil.minute_of_day(coalesce(span ->> 'to', '24:00')), 0) = 0 THEN
            RETURN format('to is %s, but 00:01 to 24:00 is possible', span -> 'to');
        ELSIF vigil.minute_of_day(coalesce(span ->> 'from', '00:00')) = vigil.minute_of_day(coalesce(span ->> 'to', '24:00')) THEN
            RETURN format('from and to are both %s', span -> 'to');
        ELSIF span ? 'days' AND (jsonb_typeof(span -> 'days') <> 'array' OR span -> 'days' = '[]'
                                 OR NOT span -> 'days' <@ '[1, 2, 3, 4, 5, 6, 7]') THEN
            RETURN format('days are %s, but 1 (Monday) to 7 are possible', span -> 'days');
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil.hours_problem(jsonb)
    IS 'What is wrong with active hours as in vigil.geofence.active_hours, in words; null = nothing';

-- ST_IsValid says with a notice what it found; the area is repaired, so nobody needs to hear it.
CREATE FUNCTION vigil.fence_area(source geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
SET search_path FROM CURRENT
SET client_min_messages = warning
AS $$
DECLARE
    problem text := vigil.coordinates_problem(source::bytea);
    area geometry;
BEGIN
    IF ST_IsEmpty(source) THEN      -- first: an empty point's coordinates are NaN
        RAISE EXCEPTION 'area is empty' USING ERRCODE = 'invalid_parameter_value';
    ELSIF problem IS NOT NULL THEN
        RAISE EXCEPTION 'area cannot be used: %', problem USING ERRCODE = 'numeric_value_out_of_range',
            HINT = 'Coordinates are WGS84 degrees, longitude first.';
    ELSIF ST_Dimension(source) < 2 THEN
        RAISE EXCEPTION 'area is no polygon but a %', GeometryType(source) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- An edge below 1e-10 degrees (a hundredth of a millimetre) is more than ST_Covers can be relied on to see.
    area := ST_RemoveRepeatedPoints(ST_CollectionExtract(ST_CurveToLine(ST_Force2D(source)), 3), 1e-10);
    IF NOT ST_IsValid(area) THEN
        area := ST_CollectionExtract(ST_MakeValid(area, 'method=structure keepcollapsed=false'), 3);
        IF ST_IsEmpty(area) THEN            -- as where a hole comes before its shell
            area := ST_CollectionExtract(ST_MakeValid(ST_CollectionExtract(ST_CurveToLine(ST_Force2D(source)), 3)), 3);
        END IF;
        area := ST_RemoveRepeatedPoints(area, 1e-10);
    END IF;
    IF ST_IsEmpty(area) OR NOT ST_IsValid(area) OR ST_Area(area) = 0 THEN
        RAISE EXCEPTION 'area has no inside and cannot be repaired' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN ST_Multi(area);
END $$;
COMMENT ON FUNCTION vigil.fence_area(geometry)
    IS 'An area fit for a fence: the polygons of a geometry, valid (ST_MakeValid where they are not), two-dimensional. Errors: 22003 a coordinate outside -180 … 180 or -90 … 90 or not a number; 22023 empty, no polygon, or without an inside.';

CREATE FUNCTION vigil.fence_widened(area geometry, metres double precision) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN CASE WHEN metres = 0 THEN area ELSE vigil.fence_area(ST_Buffer(area::geography, metres)::geometry) END;
END $$;
COMMENT ON FUNCTION vigil.fence_widened(geometry, double precision)
    IS 'An area (WGS84) and what lies within so many metres of it; PostGIS''s buffer on geography, round corners as 8 segments a quarter';

CREATE FUNCTION vigil.geofence_draw() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
DECLARE
    stay_m double precision := (SELECT k.stay_buffer_m FROM vigil.fence_kind AS k WHERE k.code = NEW.kind);
BEGIN
    NEW.area := vigil.fence_area(NEW.area);
    -- A buffer out of range is the constraint's to refuse.
    NEW.covered := CASE WHEN NEW.buffer_m BETWEEN 0 AND 50000 THEN vigil.fence_widened(NEW.area, NEW.buffer_m) ELSE NEW.area END;
    NEW.stay_covered := CASE WHEN stay_m > NEW.buffer_m THEN vigil.fence_widened(NEW.area, stay_m) END;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil.geofence_draw()
    IS 'Trigger: repair or refuse a fence''s area (errors of vigil.fence_area), draw covered and stay_covered from it';
REVOKE ALL ON FUNCTION vigil.geofence_draw() FROM PUBLIC;
CREATE TRIGGER geofence_draw BEFORE INSERT OR UPDATE OF kind, area, buffer_m, covered, stay_covered ON vigil.geofence
    FOR EACH ROW EXECUTE FUNCTION vigil.geofence_draw();

CREATE FUNCTION vigil.geofence_check_hours() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    problem text := vigil.hours_problem(NEW.active_hours);
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'active hours cannot be used: %', problem USING ERRCODE = 'invalid_datetime_format',
            DETAIL = format('Fence of kind "%s", code %L.', NEW.kind, NEW.code),
            HINT = 'Write [{"days": [1, 2, 3, 4, 5], "from": "07:00", "to": "08:30"}].';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil.geofence_check_hours() IS 'Trigger: refuse active hours that cannot be used. Error 22007 says which part.';
REVOKE ALL ON FUNCTION vigil.geofence_check_hours() FROM PUBLIC;
CREATE TRIGGER geofence_check_hours BEFORE INSERT OR UPDATE OF active_hours ON vigil.geofence
    FOR EACH ROW WHEN (NEW.active_hours IS NOT NULL) EXECUTE FUNCTION vigil.geofence_check_hours();

CREATE FUNCTION vigil.fence_kind_redraw() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE vigil.geofence AS g SET stay_covered = NULL WHERE g.kind = NEW.code;     -- its trigger draws it
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil.fence_kind_redraw() IS 'Trigger: redraw the stay areas of a kind''s fences when its stay_buffer_m changes';
REVOKE ALL ON FUNCTION vigil.fence_kind_redraw() FROM PUBLIC;
CREATE TRIGGER fence_kind_redraw AFTER UPDATE OF stay_buffer_m ON vigil.fence_kind
    FOR EACH ROW WHEN (NEW.stay_buffer_m <> OLD.stay_buffer_m) EXECUTE FUNCTION vigil.fence_kind_redraw();

-- Which fences count: with a time at, those in force then, as for the models; without, those valid now, at whatever hours.
CREATE FUNCTION vigil.fence_list(lon double precision, lat double precision, kinds text[] DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS bigint[]
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_fence_list';
COMMENT ON FUNCTION vigil.fence_list(double precision, double precision, text[], timestamptz)
    IS 'What vigil.fences_at() answers as one array, ascending; null where there is no fence. Errors as there';
-- One SELECT, so that the planner puts it into a FROM clause as it stands; a function that returns a set would be given a
-- tuplestore of its own for each point there.
CREATE FUNCTION vigil.fences_at(lon double precision, lat double precision, kinds text[] DEFAULT NULL, at timestamptz DEFAULT NULL) RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
RETURN unnest(vigil.fence_list(lon, lat, kinds, at));
COMMENT ON FUNCTION vigil.fences_at(double precision, double precision, text[], timestamptz) IS 'Ids of the fences (with their buffers) that cover a point in WGS84 degrees, as ST_Covers(covered, point) says; kinds null = all. With at those in force at that time (valid and in their active hours, as the models take them), without it those valid now, whatever their hours. Fast in FROM; for an array in each row vigil.fence_list() is faster. Errors 22003: point out of range; 22023: unknown kind; 22008: at is infinite';
CREATE FUNCTION vigil.inside(lon double precision, lat double precision, kind text, at timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_inside';
COMMENT ON FUNCTION vigil.inside(double precision, double precision, text, timestamptz) IS 'Whether a fence of the kind covers the point (WGS84 degrees); null where point or kind are null. With at a fence in force at that time (valid and in its active hours, as the models take it), without it one valid now, whatever its hours; a rule on rows of a stream gives observed_at. Errors 22003: point out of range; 22023: unknown kind; 22008: at is infinite';
CREATE FUNCTION vigil.inside(point geometry, kind text, at timestamptz DEFAULT NULL) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_inside_geometry';
COMMENT ON FUNCTION vigil.inside(geometry, text, timestamptz) IS 'Whether a fence of the kind covers the point; null for an empty one; as inside(lon, lat, kind, at). Error 22023 also: the geometry is no point, or its SRID none of 4326, 4490, 0';
CREATE FUNCTION vigil.fence_distance_m(lon double precision, lat double precision, kind text, at timestamptz DEFAULT NULL) RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_fence_distance_m';
COMMENT ON FUNCTION vigil.fence_distance_m(double precision, double precision, text, timestamptz) IS 'Metres on the ellipsoid from a point (WGS84 degrees) to the nearest fence (with its buffer) of the kind, 0 in it and on its border, null where there is none. With at a fence in force at that time (valid and in its active hours), without it one valid now, whatever its hours. Edges are straight in degrees; so the answer is that of ST_Distance on geography for edges of a few km, and differs by up to a tenth near edges of half a degree. Errors 22003: point out of range; 22023: unknown kind; 22008: at is infinite';
CREATE FUNCTION vigil.fence_distance_m(point geometry, kind text, at timestamptz DEFAULT NULL) RETURNS double precision
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_fence_distance_geometry_m';
COMMENT ON FUNCTION vigil.fence_distance_m(geometry, text, timestamptz) IS 'Metres from a point to the nearest fence of the kind; null for an empty point; as fence_distance_m(lon, lat, kind, at). Error 22023 also: the geometry is no point, or its SRID none of 4326, 4490, 0';

CREATE FUNCTION vigil.from_gcj02_bytes(ewkb bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_from_gcj02';
COMMENT ON FUNCTION vigil.from_gcj02_bytes(bytea) IS 'The conversion behind vigil.from_gcj02(geometry), on the bytes that PostGIS casts a geometry to';
CREATE FUNCTION vigil.from_gcj02(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.from_gcj02_bytes(geom::bytea)::geometry;
COMMENT ON FUNCTION vigil.from_gcj02(geometry) IS 'Coordinates from GCJ02 to WGS84; any type of geometry in degrees, z, m and SRID stay. Points outside China stay where they are. Errors 22023: an SRID other than 4326, 4490 (CGCS2000) or none; 22003: a coordinate outside -180 … 180 or -90 … 90';

CREATE FUNCTION vigil.to_gcj02_bytes(ewkb bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_to_gcj02';
COMMENT ON FUNCTION vigil.to_gcj02_bytes(bytea) IS 'The conversion behind vigil.to_gcj02(geometry), on the bytes that PostGIS casts a geometry to';
CREATE FUNCTION vigil.to_gcj02(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.to_gcj02_bytes(geom::bytea)::geometry;
COMMENT ON FUNCTION vigil.to_gcj02(geometry) IS 'Coordinates to GCJ02 from WGS84; any type of geometry in degrees, z, m and SRID stay. Points outside China stay where they are. Errors 22023: an SRID other than 4326, 4490 (CGCS2000) or none; 22003: a coordinate outside -180 … 180 or -90 … 90';

CREATE FUNCTION vigil.from_bd09_bytes(ewkb bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_from_bd09';
COMMENT ON FUNCTION vigil.from_bd09_bytes(bytea) IS 'The conversion behind vigil.from_bd09(geometry), on the bytes that PostGIS casts a geometry to';
CREATE FUNCTION vigil.from_bd09(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.from_bd09_bytes(geom::bytea)::geometry;
COMMENT ON FUNCTION vigil.from_bd09(geometry) IS 'Coordinates from BD09 to WGS84; any type of geometry in degrees, z, m and SRID stay. Points outside China stay where they are. Errors 22023: an SRID other than 4326, 4490 (CGCS2000) or none; 22003: a coordinate outside -180 … 180 or -90 … 90';

CREATE FUNCTION vigil.to_bd09_bytes(ewkb bytea) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_to_bd09';
COMMENT ON FUNCTION vigil.to_bd09_bytes(bytea) IS 'The conversion behind vigil.to_bd09(geometry), on the bytes that PostGIS casts a geometry to';
CREATE FUNCTION vigil.to_bd09(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.to_bd09_bytes(geom::bytea)::geometry;
COMMENT ON FUNCTION vigil.to_bd09(geometry) IS 'Coordinates to BD09 from WGS84; any type of geometry in degrees, z, m and SRID stay. Points outside China stay where they are. Errors 22023: an SRID other than 4326, 4490 (CGCS2000) or none; 22003: a coordinate outside -180 … 180 or -90 … 90';
