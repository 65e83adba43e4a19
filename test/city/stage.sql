-- The simulator's tables as they come, in schema city. Run in the folder that holds the files.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE SCHEMA city;
CREATE TABLE city.region (code bigint, parent_code bigint, name text, name_en text, wkt text);
CREATE TABLE city.organisation (kind text, code text, credit_code text, name text, region_code bigint);
CREATE TABLE city.unit (
    organisation text, kind text, name text, region_code bigint, capabilities text[], lon double precision,
    lat double precision
);
CREATE TABLE city.vehicle (
    plate text, plate_class text, vin text, kind text, subkind text, status text, brand text, body_type text, seats integer,
    gross_mass_kg integer, axles smallint, credit_code text, region_code bigint, first_registered_on date,
    inspection_until date, scrap_on date, compulsory_insurance_until date, carrier_insurance_until date, permit_until date,
    school_plate_until date, permit_scope text[], terminal_phone text, crs text, fence_exempt text[]
);
CREATE TABLE city.road_segment (
    code text, name text, class text, lanes smallint, one_way boolean, limit_kmh smallint, truck_limit_kmh smallint,
    hazmat_forbidden boolean, mountain_grade smallint, flags text[], wkt text
);
CREATE TABLE city.road_state (code text, observed_at timestamptz, visibility_m real, surface text);
CREATE TABLE city.fence (kind text, code text, name text, active_hours jsonb, subject_kinds text[], wkt text);
CREATE TABLE city.truth (
    plate text, model text, raised_from timestamptz, raised_until timestamptz, cleared_from timestamptz,
    cleared_until timestamptz, note text
);
CREATE TABLE city.reject (reason text);
-- what must become of a feed's rows, and what did
CREATE TABLE city.feed (
    name text, rows bigint, accepted bigint, duplicate bigint, late bigint, rejected bigint, started_at timestamptz,
    ended_at timestamptz, was_accepted bigint DEFAULT 0, was_duplicate bigint DEFAULT 0, was_late bigint DEFAULT 0,
    was_rejected bigint DEFAULT 0
);
\copy city.region FROM regions.csv (FORMAT csv, HEADER)
\copy city.organisation FROM organisations.csv (FORMAT csv, HEADER)
\copy city.unit FROM units.csv (FORMAT csv, HEADER)
\copy city.vehicle FROM vehicles.csv (FORMAT csv, HEADER)
\copy city.road_segment FROM road_segments.csv (FORMAT csv, HEADER)
\copy city.road_state FROM road_states.csv (FORMAT csv, HEADER)
\copy city.fence FROM fences.csv (FORMAT csv, HEADER)
\copy city.truth FROM truth.csv (FORMAT csv, HEADER)
\copy city.reject FROM rejects.csv (FORMAT csv, HEADER)
\copy city.feed (name, rows, accepted, duplicate, late, rejected) FROM feeds.csv (FORMAT csv, HEADER)
