-- Places: administrative divisions, kinds of fences, fences.

-- A code as twelve digits: its own and, above a village, zeros. A subtree is the range of that many codes from there.
CREATE FUNCTION vigil.region_first(code bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN code BETWEEN 100000 AND 999999 THEN code * 1000000
            WHEN code BETWEEN 100000000 AND 999999999 THEN code * 1000
            WHEN code BETWEEN 100000000000 AND 999999999999 THEN code END;
COMMENT ON FUNCTION vigil.region_first(bigint)
    IS 'A division code (行政区划代码) as twelve digits: 6 digits (GB/T 2260), 9 or 12 (GB/T 10114) filled up with zeros; null for any other number';

CREATE FUNCTION vigil.region_span(code bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN vigil.region_first(code) % 10000000000 = 0 THEN 10000000000
            WHEN vigil.region_first(code) % 100000000 = 0 THEN 100000000
            WHEN vigil.region_first(code) % 1000000 = 0 THEN 1000000
            WHEN vigil.region_first(code) % 1000 = 0 THEN 1000
            WHEN vigil.region_first(code) IS NOT NULL THEN 1 END;
COMMENT ON FUNCTION vigil.region_span(bigint)
    IS 'How many twelve-digit codes a division holds, from vigil.region_first(code) on: 10^10 a province, 10^8 a city, 10^6 a county, 1000 a township, 1 a village; null for no code';

CREATE FUNCTION vigil.region_level(code bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE vigil.region_span(code)
    WHEN 10000000000 THEN 'province' WHEN 100000000 THEN 'city' WHEN 1000000 THEN 'county'
    WHEN 1000 THEN 'township' WHEN 1 THEN 'village' END;
COMMENT ON FUNCTION vigil.region_level(bigint)
    IS 'Level of a division by its code: province (省), city (市), county (区县), township (乡镇街道), village (村社区); null for no code';

CREATE FUNCTION vigil.region_contains(ancestor bigint, code bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.region_first(code) >= vigil.region_first(ancestor)
    AND vigil.region_first(code) < vigil.region_first(ancestor) + vigil.region_span(ancestor)
    AND vigil.region_span(code) <= vigil.region_span(ancestor);
COMMENT ON FUNCTION vigil.region_contains(bigint, bigint)
    IS 'Whether the division code is the ancestor or lies in it, by the codes alone; null where one of them is no code';

CREATE FUNCTION vigil.region_county(code bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN vigil.region_span(code) <= 1000000 THEN vigil.region_first(code) / 1000000 END;
COMMENT ON FUNCTION vigil.region_county(bigint)
    IS 'The county (区县), six digits, that a county, township or village is or lies in; null for a city, a province or no code';

CREATE TABLE vigil.region (
    code bigint NOT NULL,
    parent_code bigint,
    name text NOT NULL,
    name_en text,
    boundary geometry(MultiPolygon, 4326),
    CONSTRAINT region_pkey PRIMARY KEY (code),
    CONSTRAINT region_code_check CHECK (vigil.region_span(code) IS NOT NULL),
    CONSTRAINT region_parent_code_check CHECK (parent_code <> code AND vigil.region_contains(parent_code, code)),
    CONSTRAINT region_name_check CHECK (name <> '')
);
CREATE INDEX region_parent_code_idx ON vigil.region (parent_code);
CREATE INDEX region_boundary_idx ON vigil.region USING gist (boundary);
COMMENT ON TABLE vigil.region IS 'Administrative division (行政区划): city, county, township … A subtree is a range of codes: vigil.region_contains()';
COMMENT ON COLUMN vigil.region.code IS 'Division code: 6 digits (GB/T 2260), 9 or 12 (GB/T 10114)';
COMMENT ON COLUMN vigil.region.parent_code IS 'Code of the division above, in which this code must lie; null at the top';
COMMENT ON COLUMN vigil.region.name IS 'Chinese name';
COMMENT ON COLUMN vigil.region.name_en IS 'English name';
COMMENT ON COLUMN vigil.region.boundary IS 'Its area in WGS84; null = not known';

CREATE TABLE vigil.fence_kind (
    code text NOT NULL,
    bit smallint NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    stay_buffer_m double precision NOT NULL DEFAULT 0,
    CONSTRAINT fence_kind_pkey PRIMARY KEY (code),
    CONSTRAINT fence_kind_bit_key UNIQUE (bit),
    CONSTRAINT fence_kind_bit_check CHECK (bit BETWEEN 0 AND 62),
    CONSTRAINT fence_kind_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT fence_kind_stay_buffer_m_check CHECK (stay_buffer_m BETWEEN 0 AND 50000)
);
COMMENT ON TABLE vigil.fence_kind IS 'Kinds of fences. vigil.setup() adds its own; a DBA may add more, from bit 32 on';
COMMENT ON COLUMN vigil.fence_kind.code IS 'Name in rules and functions: water_source, school, …; up to 63 of a-z, 0-9, _';
COMMENT ON COLUMN vigil.fence_kind.bit IS 'Its place in sets of kinds, 0 to 62; 0 to 31 are vigil''s own';
COMMENT ON COLUMN vigil.fence_kind.zh IS 'Chinese name';
COMMENT ON COLUMN vigil.fence_kind.en IS 'English name';
COMMENT ON COLUMN vigil.fence_kind.stay_buffer_m IS 'A stay counts this far outside the fence, in metres, 0 to 50,000; a change redraws vigil.geofence.stay_covered';

CREATE FUNCTION vigil.subject_kinds_valid(kinds text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN kinds <> '{}' AND array_position(kinds, NULL) IS NULL
    AND kinds <@ ARRAY['coach_tour', 'coach_line', 'hazmat', 'school_bus', 'truck_heavy', 'other'];
COMMENT ON FUNCTION vigil.subject_kinds_valid(text[])
    IS 'Whether these are one or more kinds of subjects that a fence can apply to: coach_tour, coach_line, hazmat, school_bus, truck_heavy, other';

CREATE TABLE vigil.geofence (
    id bigint GENERATED BY DEFAULT AS IDENTITY,
    kind text NOT NULL REFERENCES vigil.fence_kind (code),
    code text,
    name text,
    area geometry(MultiPolygon, 4326) NOT NULL,
    buffer_m double precision NOT NULL DEFAULT 0,
    covered geometry(MultiPolygon, 4326) NOT NULL,
    stay_covered geometry(MultiPolygon, 4326),
    active_hours jsonb,
    subject_kinds text[],
    valid_from timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    region_code bigint,
    properties jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT geofence_pkey PRIMARY KEY (id),
    CONSTRAINT geofence_code_key UNIQUE (kind, code),
    CONSTRAINT geofence_buffer_m_check CHECK (buffer_m BETWEEN 0 AND 50000),
    CONSTRAINT geofence_valid_check CHECK (valid_from < valid_until),
    CONSTRAINT geofence_region_code_check CHECK (vigil.region_span(region_code) IS NOT NULL OR region_code IS NULL),
    CONSTRAINT geofence_subject_kinds_check CHECK (vigil.subject_kinds_valid(subject_kinds))
);
CREATE INDEX geofence_covered_idx ON vigil.geofence USING gist (covered);
COMMENT ON TABLE vigil.geofence IS 'Fence (电子围栏): a protected, forbidden or named area. Every session sees a change at its next statement';
COMMENT ON COLUMN vigil.geofence.kind IS 'What it is for: a code of vigil.fence_kind';
COMMENT ON COLUMN vigil.geofence.code IS 'The owner''s own number; unique within the kind, an import updates by it';
COMMENT ON COLUMN vigil.geofence.area IS 'The area itself in WGS84; repaired with ST_MakeValid when written, refused when empty or out of range';
COMMENT ON COLUMN vigil.geofence.buffer_m IS 'The fence reaches this far outside its area, in metres, 0 to 50,000';
COMMENT ON COLUMN vigil.geofence.covered IS 'The area widened by buffer_m: what fences_at, inside and the models test. Written by vigil, whatever is given';
COMMENT ON COLUMN vigil.geofence.stay_covered
    IS 'The area widened by the kind''s stay_buffer_m, where a stay counts; null where that is no more than buffer_m. Written by vigil, whatever is given';
COMMENT ON COLUMN vigil.geofence.active_hours
    IS 'When it applies, local time: [{"days": [1, 2, 3, 4, 5], "from": "07:00", "to": "08:30"}, …], 1 = Monday, days left out = every day, from later than to = past midnight; null = always';
COMMENT ON COLUMN vigil.geofence.subject_kinds IS 'Applies only to subjects of these kinds: coach_tour, coach_line, hazmat, school_bus, truck_heavy, other; null = to all';
COMMENT ON COLUMN vigil.geofence.valid_from IS 'In force from this time on';
COMMENT ON COLUMN vigil.geofence.valid_until IS 'In force before this time';
COMMENT ON COLUMN vigil.geofence.region_code IS 'The division that it belongs to, a code as in vigil.region';
COMMENT ON COLUMN vigil.geofence.properties IS 'Whatever else its source said of it';

CREATE TRIGGER geofence_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.geofence
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.block_changed('fence');
ALTER TABLE vigil.geofence ENABLE ALWAYS TRIGGER geofence_changed;
CREATE TRIGGER fence_kind_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.fence_kind
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.block_changed('fence');
ALTER TABLE vigil.fence_kind ENABLE ALWAYS TRIGGER fence_kind_changed;

CREATE FUNCTION vigil.setup_places() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    loaded integer;
BEGIN
    INSERT INTO vigil.fence_kind (bit, code, zh, en, stay_buffer_m) VALUES
        (0, 'water_source', '饮用水水源保护区', 'drinking water protection zone', 200),
        (1, 'school', '学校', 'school', 100),
        (2, 'government', '党政机关', 'government seat', 100),
        (3, 'key_area', '重点区域', 'key area', 100),
        (4, 'hazmat_forbidden', '危化品车辆禁行区', 'area forbidden to hazardous goods', 0),
        (5, 'truck_forbidden', '货车禁行区', 'area forbidden to trucks', 0),
        (6, 'restricted_hours', '限时通行区', 'area with restricted hours', 0),
        (7, 'normal_stop', '正常停靠点', 'place of normal stops', 0),
        (8, 'relay_point', '接驳点', 'relay point', 0),
        (9, 'hazmat_parking', '危化品停车场', 'parking for hazardous goods', 0),
        (10, 'service_area', '高速公路服务区', 'motorway service area', 0),
        (11, 'yard', '企业停车场', 'yard of an enterprise', 0),
        (12, 'tank_cleaning', '罐体清洗点', 'tank cleaning station', 0),
        (13, 'toll_gate', '收费站', 'toll gate', 0),
        (14, 'bridge', '桥梁', 'bridge', 0)
    ON CONFLICT (code) DO NOTHING;
    GET DIAGNOSTICS loaded = ROW_COUNT;
    RETURN NEXT CASE loaded WHEN 0 THEN 'fence kinds: unchanged' ELSE format('fence kinds: %s rows loaded', loaded) END;
END $$;
COMMENT ON FUNCTION vigil.setup_places() IS 'Load the kinds of fences that are missing; what a DBA changed or added stays. Part of vigil.setup().';
REVOKE ALL ON FUNCTION vigil.setup_places() FROM PUBLIC;
