-- A deterministic city for the benchmarks: a grid of 60 roads of 80 km, fences, vehicles that drive 2.5 h and rest 0.5 h.
-- Every row is a function of (vehicle, tick): the same call gives the same rows.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vigil CASCADE;
SELECT count(*) > 0 AS set_up FROM vigil.setup() \g /dev/null
CREATE SCHEMA bench;

-- what was measured: value is a time in ms, or rows per second where the unit says so
CREATE TABLE bench.result (
    id integer GENERATED ALWAYS AS IDENTITY,
    what text NOT NULL,
    side text NOT NULL,
    run integer NOT NULL,
    value double precision NOT NULL
);

CREATE FUNCTION bench.plate(v integer) RETURNS vigil.plate
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('浙E' || lpad(v::text, 5, '0') || ' yellow')::vigil.plate;

-- The floor: the same columns, partitions and keys, and no trigger.
CREATE TABLE bench.position (LIKE vigil_vehicle.position INCLUDING DEFAULTS) PARTITION BY RANGE (observed_at);
DO $$
DECLARE
    leaf record;
BEGIN
    FOR leaf IN
        SELECT replace(c.relname, 'position_', 'raw_') AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'vigil_vehicle.position'::regclass
    LOOP
        EXECUTE format('CREATE TABLE bench.%I PARTITION OF bench.position %s', leaf.name, leaf.bound);
        EXECUTE format('ALTER TABLE bench.%I ADD PRIMARY KEY (plate, observed_at)', leaf.name);
    END LOOP;
END $$;

-- Road r: 0-29 run east, 30-59 run north; 2.7 km and 4 km apart. m = metres from its start.
CREATE FUNCTION bench.lon(r integer, m double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN r < 30 THEN 119.3 + m / 95620 ELSE 119.3 + (r - 30) * 0.0283 END;
CREATE FUNCTION bench.lat(r integer, m double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN r < 30 THEN 30.4 + r * 0.0243 ELSE 30.4 + m / 111200 END;

CREATE PROCEDURE bench.make_roads()
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO vigil_vehicle.road_segment (code, class, geom, limit_kmh, truck_limit_kmh)
    SELECT format('bench-%s-%s', r, s), 'provincial',
        ST_SetSRID(ST_MakeLine(ST_Point(bench.lon(r, s * 1600), bench.lat(r, s * 1600)),
            ST_Point(bench.lon(r, (s + 1) * 1600), bench.lat(r, (s + 1) * 1600))), 4326), 90, 80
    FROM generate_series(0, 59) AS r, generate_series(0, 49) AS s;
END;

-- Fences first_one … last_one: a third each of protected places anywhere, of ordinary places, and of forbidden areas in
-- the middle of the blocks, where no road runs. Circles of 100-400 m with 33 vertices.
CREATE PROCEDURE bench.make_fences(first_one integer, last_one integer)
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO vigil.geofence (kind, code, area, covered, region_code)
    SELECT k.code, 'bench-' || i, f.area, f.area, 330502
    FROM generate_series(first_one, last_one) AS i
    JOIN vigil.fence_kind AS k ON k.code =
        (ARRAY['water_source', 'hazmat_forbidden', 'normal_stop', 'school', 'truck_forbidden', 'service_area'])[1 + i % 6]
    CROSS JOIN LATERAL (SELECT ST_Multi(ST_Buffer(ST_Point(
            CASE WHEN i % 3 = 1 THEN 119.3 + (i * 7 % 29 + 0.5) * 0.0283 ELSE 119.3 + i::bigint * 7919 % 8300 / 10000.0 END,
            CASE WHEN i % 3 = 1 THEN 30.4 + (i / 3 % 29 + 0.5) * 0.0243 ELSE 30.4 + i::bigint * 104729 % 7100 / 10000.0 END,
            4326)::geography, 100 + i % 300)::geometry) AS area) AS f;
END;

CREATE PROCEDURE bench.make_vehicles(first_one integer, last_one integer)
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO vigil_vehicle.vehicle (plate, kind, status, region_code)
    SELECT bench.plate(v), (ARRAY['truck_heavy', 'hazmat', 'coach_line', 'truck_heavy', 'coach_tour'])[1 + v % 5], 'registered', 330502
    FROM generate_series(first_one, last_one) AS v
    ON CONFLICT DO NOTHING;
END;

-- Metres driven by vehicle v up to this tick of 30 s: 45-74 km/h for 300 ticks, then 60 ticks of rest.
CREATE FUNCTION bench.driven(v integer, tick integer) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN v * 7919 % 80000
    + ((tick + v * 13 % 360) / 360 * 300 + least((tick + v * 13 % 360) % 360, 300)) * (45 + v % 30) / 0.12;

-- Rows of vehicles 1 … vehicles for ticks first_tick … first_tick + ticks - 1 after start, in order of arrival.
CREATE FUNCTION bench.feed(vehicles integer, start timestamptz, first_tick integer, ticks integer)
RETURNS TABLE (plate vigil.plate, observed_at timestamptz, lon double precision, lat double precision, speed_kmh real,
    heading_deg smallint, altitude_m real, mileage_km real, alarm_bits bigint, status_bits bigint, source text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1000000
BEGIN ATOMIC
    SELECT bench.plate(v), start + tick * interval '30 s' + v % 30 * interval '1 s',
        round((bench.lon(v % 60, p.m) + (v * 31 + tick * 17) % 7 * 1e-5)::numeric, 6)::double precision,
        round((bench.lat(v % 60, p.m) + (v * 37 + tick * 11) % 7 * 1e-5)::numeric, 6)::double precision,
        CASE WHEN (tick + v * 13 % 360) % 360 >= 300 THEN 0
             WHEN v % 100 = 0 AND tick % 40 BETWEEN 10 AND 16 THEN 112      -- one in a hundred speeds now and then
             ELSE 45 + v % 30 END,
        CASE WHEN v % 60 < 30 THEN CASE WHEN p.back THEN 270 ELSE 90 END ELSE CASE WHEN p.back THEN 180 ELSE 0 END END,
        12, round((p.d / 1000)::numeric, 1), 0, 3, 'bench'
    FROM generate_series(first_tick, first_tick + ticks - 1) AS tick
    CROSS JOIN generate_series(1, vehicles) AS v
    CROSS JOIN LATERAL (SELECT bench.driven(v, tick) AS d) AS driven
    CROSS JOIN LATERAL (SELECT d, d - floor(d / 160000) * 160000 > 80000 AS back,
        80000 - abs(d - floor(d / 160000) * 160000 - 80000) AS m) AS p;
END;

-- Eight in the morning in China, this many days ago.
CREATE FUNCTION bench.morning(days_ago integer) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN (date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') - days_ago * interval '1 day' + interval '8 h') AT TIME ZONE 'Asia/Shanghai';

-- Rows that are simply there: both tables get them leaf by leaf, so nothing is evaluated. The evening of that day.
CREATE PROCEDURE bench.make_history(history_rows integer, days_ago integer)
LANGUAGE plpgsql
AS $$
DECLARE
    leaf text;
BEGIN
    FOR leaf IN
        SELECT format('%I.%I', n.nspname, c.relname)
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname || '.' || c.relname IN (
            'bench.' || to_char(bench.morning(days_ago) AT TIME ZONE 'UTC', '"raw_p"YYYY_MM_DD'),
            'vigil_vehicle.' || to_char(bench.morning(days_ago) AT TIME ZONE 'UTC', '"position_p"YYYY_MM_DD'))
    LOOP
        EXECUTE format('INSERT INTO %s (plate, observed_at, lon, lat, speed_kmh, source)'
            ' SELECT bench.plate(1 + n %% 5000), bench.morning($1) + interval ''12 h'' + n / 5000 * interval ''10 s'','
            ' 120, 30.8, 60, ''history'' FROM generate_series(0, $2 - 1) AS n', leaf) USING days_ago, history_rows;
    END LOOP;
END $$;

CALL bench.make_roads();
CALL bench.make_fences(1, 2000);
CALL bench.make_vehicles(1, 10000);
ANALYZE;
