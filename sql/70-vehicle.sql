CREATE TABLE vigil_vehicle.vehicle (
    plate vigil.plate NOT NULL,
    plate_class text,                   -- GA/T 16.7
    vin text,
    vin_ok boolean,
    kind text,                          -- coach_tour, coach_line, hazmat, school_bus, truck_heavy, other; null = not known yet
    subkind text,
    status text NOT NULL DEFAULT 'transit',     -- transit, registered, suspended, retired, scrapped
    brand text,
    body_colour text,
    body_type text,
    seats integer,
    gross_mass_kg integer,
    curb_mass_kg integer,
    load_kg integer,
    axles smallint,
    drive_axles smallint,
    is_train boolean,
    length_mm integer,
    width_mm integer,
    height_mm integer,
    enterprise_id bigint REFERENCES vigil.organisation (id),
    region_code bigint,                 -- home county
    first_registered_on date,
    inspection_until date,
    scrap_on date,
    compulsory_insurance_until date,
    carrier_insurance_until date,
    permit_no text,
    permit_until date,
    permit_scope text[],
    school_plate_until date,
    school_route_id bigint,
    school_name text,
    tank_no text,
    tank_media text[],
    tank_inspection_until date,
    terminal_phone text UNIQUE,
    terminal_id text,
    crs text NOT NULL DEFAULT 'wgs84',
    fence_exempt text[] NOT NULL DEFAULT '{}',  -- fence kinds, and relay_point, feeder, airport_rail_express
    CONSTRAINT vehicle_pkey PRIMARY KEY (plate)
);
