-- What the engine knows of a vehicle now. Written by the stream's trigger without SPI (extension/vehicle_state.c knows the
-- columns by their order); nothing that changes is indexed and pages keep room, so that updates stay on their page.
CREATE TABLE vigil_vehicle.vehicle_state (
    plate vigil.plate NOT NULL,
    fence_exempt bigint NOT NULL,       -- what seldom changes comes first: the log of an update leaves it out
    region_code bigint,
    flags integer NOT NULL,
    kind smallint NOT NULL,
    heading_deg smallint,
    late_count integer NOT NULL DEFAULT 0,
    duplicate_count integer NOT NULL DEFAULT 0,
    speed_kmh real,
    observed_at timestamptz,
    lon double precision,
    lat double precision,
    segment_id bigint,
    orders bytea,
    engine bytea,
    custom bytea,
    CONSTRAINT vehicle_state_pkey PRIMARY KEY (plate)
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE vigil_vehicle.vehicle_state ALTER COLUMN orders SET STORAGE PLAIN, ALTER COLUMN engine SET STORAGE PLAIN,
    ALTER COLUMN custom SET STORAGE PLAIN;
COMMENT ON TABLE vigil_vehicle.vehicle_state IS 'Where each vehicle is now and what the engine remembers of it (车辆实时状态); one row a vehicle, made at its first observation';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.late_count IS 'Observations that came after a newer one: stored, not evaluated; within a statement only those of a later piece of vigil.batch_rows rows';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.duplicate_count IS 'Observations under a second after another at the same place: stored, not evaluated';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.observed_at IS 'Newest observation; null before the first';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.lon IS 'Newest plausible point, WGS84 degrees; jumps do not move it';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.lat IS 'Newest plausible point, WGS84 degrees';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.speed_kmh IS 'Speed that the models took: recorder''s, else GPS, else derived from the way';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.heading_deg IS 'Degrees clockwise from true north';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.segment_id IS 'Matched vigil_vehicle.road_segment; null = off the mapped roads';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.kind IS 'Number of the vehicle''s kind: 0 coach_tour, 1 coach_line, 2 hazmat, 3 school_bus, 4 truck_heavy, 5 other or not known';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.flags IS 'Bits: 0 relay point, 1 feeder, 2 airport or rail express (exemptions of the night ban), 3 not scored (police, military)';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.fence_exempt IS 'Bits of vigil.fence_kind from which the vehicle is exempt';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.region_code IS 'Home county';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.orders IS 'What people decided that the next observation obeys: hazards closed by hand, models to be silent; packed by vigil_vehicle.state_order';
COMMENT ON COLUMN vigil_vehicle.vehicle_state.engine IS 'The engine''s counters, packed and versioned (extension/engine/vehicle_pack.c)';

COMMENT ON COLUMN vigil_vehicle.vehicle_state.custom IS 'Of each custom model: how often in a row it said the same, and whether it is raised; packed';

-- The register's columns as the engine takes them.
CREATE VIEW vigil_vehicle.vehicle_traits AS
SELECT v.plate,
    coalesce(array_position(ARRAY['coach_tour', 'coach_line', 'hazmat', 'school_bus', 'truck_heavy'], v.kind) - 1, 5)::smallint AS kind,
    (CASE WHEN 'relay_point' = ANY (v.fence_exempt) THEN 1 ELSE 0 END
        | CASE WHEN 'feeder' = ANY (v.fence_exempt) THEN 2 ELSE 0 END
        | CASE WHEN 'airport_rail_express' = ANY (v.fence_exempt) THEN 4 ELSE 0 END
        | CASE WHEN vigil.plate_kind(v.plate) IN ('police', 'military') THEN 8 ELSE 0 END) AS flags,
    coalesce((SELECT bit_or(1::bigint << k.bit) FROM vigil.fence_kind AS k
              WHERE k.code = ANY (v.fence_exempt) AND k.code <> 'relay_point'), 0) AS fence_exempt,
    v.region_code
FROM vigil_vehicle.vehicle AS v;
COMMENT ON VIEW vigil_vehicle.vehicle_traits IS 'What of a vehicle''s register entry the models need at each observation, coded as in vehicle_state';
COMMENT ON COLUMN vigil_vehicle.vehicle_traits.kind IS 'As vehicle_state.kind';
COMMENT ON COLUMN vigil_vehicle.vehicle_traits.flags IS 'As vehicle_state.flags';
COMMENT ON COLUMN vigil_vehicle.vehicle_traits.fence_exempt IS 'As vehicle_state.fence_exempt';

CREATE FUNCTION vigil_vehicle.first_sight(vehicles bigint[]) RETURNS void
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    -- a feed of positions names key vehicles only; which kind it is the register will say
    INSERT INTO vigil_vehicle.vehicle (plate, status, kind)
        SELECT seen.id::vigil.plate, 'transit', NULL FROM unnest(vehicles) AS seen (id) ORDER BY 1
        ON CONFLICT (plate) DO NOTHING;
    INSERT INTO vigil_vehicle.vehicle_state (plate, kind, flags, fence_exempt, region_code)
        SELECT t.plate, t.kind, t.flags, t.fence_exempt, t.region_code FROM vigil_vehicle.vehicle_traits AS t
        WHERE t.plate = ANY (vehicles::vigil.plate[]) ORDER BY t.plate
        ON CONFLICT (plate) DO NOTHING;
END;
COMMENT ON FUNCTION vigil_vehicle.first_sight(bigint[]) IS 'Make the states of vehicles that are seen for the first time, and register entries with status transit (过境) for those not registered. Called by the evaluation of a stream';

CREATE FUNCTION vigil_vehicle.vehicle_changed() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE vigil_vehicle.vehicle_state AS s
    SET kind = t.kind, flags = t.flags, fence_exempt = t.fence_exempt, region_code = t.region_code
    FROM vigil_vehicle.vehicle_traits AS t
    WHERE t.plate = NEW.plate AND s.plate = NEW.plate
        AND (s.kind, s.flags, s.fence_exempt, s.region_code)
            IS DISTINCT FROM (t.kind, t.flags, t.fence_exempt, t.region_code);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION vigil_vehicle.vehicle_changed() IS 'Trigger: the engine''s copy of the register''s columns follows the register at the vehicle''s next observation';
CREATE TRIGGER vehicle_changed AFTER INSERT OR UPDATE ON vigil_vehicle.vehicle
    FOR EACH ROW EXECUTE FUNCTION vigil_vehicle.vehicle_changed();
REVOKE ALL ON FUNCTION vigil_vehicle.first_sight(bigint[]), vigil_vehicle.vehicle_changed() FROM PUBLIC;
