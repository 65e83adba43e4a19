-- The register of vehicles. A transit vehicle is a row that the first sight made: everything but its plate may be null.

CREATE TABLE vigil_vehicle.vehicle_rule (
    rule text NOT NULL,
    kind text NOT NULL,
    subkind text NOT NULL DEFAULT '',
    from_age_years integer NOT NULL DEFAULT 0,
    months integer NOT NULL,
    months_default integer,
    CONSTRAINT vehicle_rule_pkey PRIMARY KEY (rule, kind, subkind, from_age_years),
    CONSTRAINT vehicle_rule_bad_rule_check CHECK (rule IN ('inspection_interval', 'scrap_age')),
    CONSTRAINT vehicle_rule_bad_months_check CHECK (months BETWEEN 1 AND 600 AND from_age_years BETWEEN 0 AND 50)
);
COMMENT ON TABLE vigil_vehicle.vehicle_rule IS 'Inspection intervals (检验周期, 道路交通安全法实施条例 16) and scrap ages (报废年限, 机动车强制报废标准规定 5) by kind; vigil.setup() loads them and keeps a DBA''s own. After a change of a scrap age: UPDATE vigil_vehicle.vehicle SET scrap_on = NULL WHERE … computes it anew';
COMMENT ON COLUMN vigil_vehicle.vehicle_rule.rule IS 'inspection_interval, scrap_age';
COMMENT ON COLUMN vigil_vehicle.vehicle_rule.subkind IS 'Empty: all subkinds that have no row of their own';
COMMENT ON COLUMN vigil_vehicle.vehicle_rule.from_age_years IS 'The row counts from this age on, in whole years since first registration';
COMMENT ON COLUMN vigil_vehicle.vehicle_rule.months IS 'Months between inspections; months from first registration to scrap';
COMMENT ON COLUMN vigil_vehicle.vehicle_rule.months_default IS 'As shipped; null for a row of the DBA''s own';

CREATE FUNCTION vigil_vehicle.rule_months(rule text, kind text, subkind text, age_years integer) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE       -- subkind may be null
BEGIN ATOMIC
    SELECT r.months FROM vigil_vehicle.vehicle_rule AS r
    WHERE r.rule = rule_months.rule AND r.kind = rule_months.kind AND r.subkind IN ('', rule_months.subkind)
      AND r.from_age_years <= rule_months.age_years
    ORDER BY r.subkind DESC, r.from_age_years DESC LIMIT 1;
END;
COMMENT ON FUNCTION vigil_vehicle.rule_months(text, text, text, integer) IS 'Months of the rule that fits best; null where there is none';

CREATE FUNCTION vigil_vehicle.inspection_interval(kind text, subkind text, first_registered_on date, on_date date DEFAULT current_date)
RETURNS interval
LANGUAGE sql STABLE PARALLEL SAFE
RETURN make_interval(months => vigil_vehicle.rule_months('inspection_interval', kind, subkind,
    greatest(extract(year FROM age(on_date, first_registered_on))::integer, 0)));
COMMENT ON FUNCTION vigil_vehicle.inspection_interval(text, text, date, date) IS
    'Time from one inspection to the next (检验周期) for a vehicle of this age; null where no rule fits or the age is not known';

CREATE FUNCTION vigil_vehicle.scrap_date(kind text, subkind text, first_registered_on date) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (first_registered_on + make_interval(months => vigil_vehicle.rule_months('scrap_age', kind, subkind, 0)))::date;
COMMENT ON FUNCTION vigil_vehicle.scrap_date(text, text, date) IS
    'The day on which a vehicle reaches compulsory scrap (强制报废); null where no rule fits or the first registration is not known';

CREATE FUNCTION vigil_vehicle.permit_scope_valid(scope text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(bool_and(coalesce(s.code ~ '^(line|charter|goods|hazmat:[1-9])$', false)), true) FROM unnest(scope) AS s (code);
END;
COMMENT ON FUNCTION vigil_vehicle.permit_scope_valid(text[]) IS
    'Whether each code of a transport permit''s scope (经营范围) is line, charter, goods or hazmat:1 … hazmat:9';

CREATE FUNCTION vigil_vehicle.un_numbers_valid(media text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(bool_and(coalesce(m.number ~ '^[0-9]{4}$', false)), true) FROM unnest(media) AS m (number);
END;
COMMENT ON FUNCTION vigil_vehicle.un_numbers_valid(text[]) IS 'Whether each is a UN number (联合国编号) of four digits';

CREATE TABLE vigil_vehicle.vehicle (
    plate vigil.plate NOT NULL,
    plate_class text,
    vin text,
    vin_ok boolean GENERATED ALWAYS AS (vigil.vin_valid(vin)) STORED,
    kind text,
    subkind text,
    status text NOT NULL DEFAULT 'transit',
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
    region_code bigint,
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
    terminal_phone text,
    terminal_id text,
    crs text NOT NULL DEFAULT 'wgs84',
    fence_exempt text[] NOT NULL DEFAULT '{}',
    CONSTRAINT vehicle_pkey PRIMARY KEY (plate),
    CONSTRAINT vehicle_bad_plate_class_check CHECK ((plate_class ~ '^[0-9]{2}$') IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_plate_class', 'plate_class', plate_class)),
    CONSTRAINT vehicle_bad_vin_check CHECK ((vigil.vin_valid(vin) OR status = 'transit') IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_vin', 'vin', vin)),
    CONSTRAINT vehicle_bad_kind_check CHECK ((kind IN ('coach_tour', 'coach_line', 'hazmat', 'school_bus', 'truck_heavy', 'other')) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_kind', 'kind', kind)),
    CONSTRAINT vehicle_bad_subkind_check CHECK ((subkind ~ '^[a-z][a-z_]*$') IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_subkind', 'subkind', subkind)),
    CONSTRAINT vehicle_bad_status_check CHECK ((status IN ('transit', 'registered', 'suspended', 'retired', 'scrapped')) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_status', 'status', status)),
    CONSTRAINT vehicle_bad_seats_check CHECK ((seats BETWEEN 1 AND 80) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_seats', 'seats', seats::text)),
    CONSTRAINT vehicle_bad_gross_mass_check CHECK ((gross_mass_kg BETWEEN 500 AND 100000) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_gross_mass', 'gross_mass_kg', gross_mass_kg::text)),
    CONSTRAINT vehicle_bad_curb_mass_check CHECK ((curb_mass_kg BETWEEN 1 AND coalesce(gross_mass_kg, 100000)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_curb_mass', 'curb_mass_kg', curb_mass_kg::text, 'gross_mass_kg', gross_mass_kg::text)),
    CONSTRAINT vehicle_bad_load_check CHECK ((load_kg BETWEEN 0 AND 100000) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_load', 'load_kg', load_kg::text)),
    CONSTRAINT vehicle_bad_axles_check CHECK ((axles BETWEEN 2 AND 12) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_axles', 'axles', axles::text)),
    CONSTRAINT vehicle_bad_drive_axles_check CHECK ((drive_axles BETWEEN 1 AND 3) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_drive_axles', 'drive_axles', drive_axles::text)),
    CONSTRAINT vehicle_bad_size_check CHECK ((length_mm BETWEEN 1 AND 100000 AND width_mm BETWEEN 1 AND 20000 AND height_mm BETWEEN 1 AND 20000) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_size', 'length_mm', length_mm::text, 'width_mm', width_mm::text, 'height_mm', height_mm::text)),
    CONSTRAINT vehicle_bad_region_code_check CHECK ((vigil.region_valid(region_code)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_region_code', 'region_code', region_code::text)),
    CONSTRAINT vehicle_bad_date_check CHECK ((
        vigil.dates_plausible(first_registered_on, inspection_until, scrap_on, compulsory_insurance_until, carrier_insurance_until,
                              permit_until, school_plate_until, tank_inspection_until)
        AND least(inspection_until, scrap_on, compulsory_insurance_until, carrier_insurance_until, permit_until,
                  school_plate_until, tank_inspection_until) >= first_registered_on) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_date', 'first_registered_on', first_registered_on::text, 'inspection_until', inspection_until::text,
        'scrap_on', scrap_on::text, 'compulsory_insurance_until', compulsory_insurance_until::text,
        'carrier_insurance_until', carrier_insurance_until::text, 'permit_until', permit_until::text,
        'school_plate_until', school_plate_until::text, 'tank_inspection_until', tank_inspection_until::text)),
    CONSTRAINT vehicle_bad_permit_scope_check CHECK ((vigil_vehicle.permit_scope_valid(permit_scope)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_permit_scope', 'permit_scope', permit_scope::text)),
    CONSTRAINT vehicle_bad_tank_media_check CHECK ((vigil_vehicle.un_numbers_valid(tank_media)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_tank_media', 'tank_media', tank_media::text)),
    CONSTRAINT vehicle_bad_terminal_phone_check CHECK ((terminal_phone ~ '^([0-9]{12}|[0-9]{20})$') IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_terminal_phone', 'terminal_phone', terminal_phone)),
    CONSTRAINT vehicle_bad_terminal_id_check CHECK ((octet_length(terminal_id) BETWEEN 1 AND 30) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_terminal_id', 'terminal_id', terminal_id)),
    CONSTRAINT vehicle_bad_crs_check CHECK ((crs IN ('wgs84', 'gcj02', 'bd09')) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_crs', 'crs', crs)),
    CONSTRAINT vehicle_bad_fence_exempt_check CHECK (array_position(fence_exempt, NULL) IS NULL
        OR vigil.refuse('vigil_vehicle.vehicle', plate::text, 'bad_fence_exempt', 'fence_exempt', fence_exempt::text))
);
-- leading zeros do not count: a terminal of 2011 sends 12 digits, one of 2019 the same number in 20
CREATE UNIQUE INDEX vehicle_terminal_phone_idx ON vigil_vehicle.vehicle (ltrim(terminal_phone, '0'));
CREATE INDEX vehicle_enterprise_id_idx ON vigil_vehicle.vehicle (enterprise_id);

COMMENT ON TABLE vigil_vehicle.vehicle IS 'Key vehicles (两客一危一校一货) and whatever else was seen on the road; the plate is the key and, as bigint, the subject''s id';
COMMENT ON COLUMN vigil_vehicle.vehicle.plate IS 'Number and colour (号牌号码, 号牌颜色)';
COMMENT ON COLUMN vigil_vehicle.vehicle.plate_class IS 'Class (号牌种类), GA/T 16.7: 01 large, 02 small, 15 trailer, 16 learner, 51 and 52 large and small new-energy';
COMMENT ON COLUMN vigil_vehicle.vehicle.vin IS 'Vehicle identification number (车辆识别代号), GB 16735; of a transit vehicle whatever a feed said';
COMMENT ON COLUMN vigil_vehicle.vehicle.vin_ok IS 'Whether the VIN''s form and check digit are right';
COMMENT ON COLUMN vigil_vehicle.vehicle.kind IS 'coach_tour 旅游包车, coach_line 班线客车, hazmat 危险货物运输车, school_bus 校车, truck_heavy 重型货车, other; null is not known yet';
COMMENT ON COLUMN vigil_vehicle.vehicle.subkind IS 'truck_heavy: dump 工程渣土车, mixer, tractor, van, container, flat, trailer, container_trailer; hazmat: tank, box, tractor, trailer';
COMMENT ON COLUMN vigil_vehicle.vehicle.status IS 'transit (过境, made on first sight), registered, suspended, retired, scrapped; vigil_vehicle.status_may_follow() says which change is possible';
COMMENT ON COLUMN vigil_vehicle.vehicle.brand IS 'As a camera would name it (品牌)';
COMMENT ON COLUMN vigil_vehicle.vehicle.body_colour IS 'As a camera would name it (车身颜色)';
COMMENT ON COLUMN vigil_vehicle.vehicle.body_type IS 'As a camera would name it (车型)';
COMMENT ON COLUMN vigil_vehicle.vehicle.seats IS 'Persons that it may carry (核定载客), 1 … 80';
COMMENT ON COLUMN vigil_vehicle.vehicle.gross_mass_kg IS 'Permitted gross mass (总质量), 500 … 100000; of a train with its trailer';
COMMENT ON COLUMN vigil_vehicle.vehicle.curb_mass_kg IS 'Mass ready to run (整备质量), not above the gross mass';
COMMENT ON COLUMN vigil_vehicle.vehicle.load_kg IS 'Permitted load (核定载质量)';
COMMENT ON COLUMN vigil_vehicle.vehicle.axles IS 'Axles of the vehicle, or of the train, 2 … 12';
COMMENT ON COLUMN vigil_vehicle.vehicle.drive_axles IS 'Driven axles of the tractor, 1 … 3';
COMMENT ON COLUMN vigil_vehicle.vehicle.is_train IS 'A tractor with its trailer (汽车列车)';
COMMENT ON COLUMN vigil_vehicle.vehicle.length_mm IS 'Above 18100 it is oversize';
COMMENT ON COLUMN vigil_vehicle.vehicle.width_mm IS 'Above 2550 it is oversize';
COMMENT ON COLUMN vigil_vehicle.vehicle.height_mm IS 'Above 4000 it is oversize';
COMMENT ON COLUMN vigil_vehicle.vehicle.enterprise_id IS 'The enterprise that runs it (vigil.organisation)';
COMMENT ON COLUMN vigil_vehicle.vehicle.region_code IS 'Home county';
COMMENT ON COLUMN vigil_vehicle.vehicle.first_registered_on IS 'First registration (初次登记日期)';
COMMENT ON COLUMN vigil_vehicle.vehicle.inspection_until IS 'Safety inspection is valid through this day (检验有效期止), the last of the month on the licence';
COMMENT ON COLUMN vigil_vehicle.vehicle.scrap_on IS 'Compulsory scrap (强制报废期止): as given, else vigil_vehicle.scrap_date()';
COMMENT ON COLUMN vigil_vehicle.vehicle.compulsory_insurance_until IS 'Compulsory traffic insurance (交强险) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.vehicle.carrier_insurance_until IS 'Carrier''s liability insurance (承运人责任险) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.vehicle.permit_no IS 'Road transport permit (道路运输证)';
COMMENT ON COLUMN vigil_vehicle.vehicle.permit_until IS 'The permit is valid through this day';
COMMENT ON COLUMN vigil_vehicle.vehicle.permit_scope IS 'line, charter, goods, hazmat:1 … hazmat:9 (class of GB 6944)';
COMMENT ON COLUMN vigil_vehicle.vehicle.school_plate_until IS 'The school-bus plate (校车标牌) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.vehicle.school_route_id IS 'Its approved route';
COMMENT ON COLUMN vigil_vehicle.vehicle.school_name IS 'The school that it serves';
COMMENT ON COLUMN vigil_vehicle.vehicle.tank_no IS 'Tank body number (罐体编号)';
COMMENT ON COLUMN vigil_vehicle.vehicle.tank_media IS 'What the tank may carry: UN numbers of four digits';
COMMENT ON COLUMN vigil_vehicle.vehicle.tank_inspection_until IS 'The tank''s inspection is valid through this day';
COMMENT ON COLUMN vigil_vehicle.vehicle.terminal_phone IS 'Number of its JT/T 808 terminal: 12 digits (2011, 2013) or 20 (2019); unique without leading zeros';
COMMENT ON COLUMN vigil_vehicle.vehicle.terminal_id IS 'The terminal''s own number, up to 30 bytes';
COMMENT ON COLUMN vigil_vehicle.vehicle.crs IS 'Coordinates that its terminal sends: wgs84, gcj02, bd09; converted at the door';
COMMENT ON COLUMN vigil_vehicle.vehicle.fence_exempt IS 'Standing exemptions: fence kinds, and relay_point, feeder, airport_rail_express';
COMMENT ON CONSTRAINT vehicle_bad_plate_class_check ON vigil_vehicle.vehicle IS 'A plate class has two digits (GA/T 16.7).';
COMMENT ON CONSTRAINT vehicle_bad_vin_check ON vigil_vehicle.vehicle IS 'The VIN has a wrong length, character or check digit (vigil.vin_fault() names it); only a transit vehicle may keep such a one.';
COMMENT ON CONSTRAINT vehicle_bad_kind_check ON vigil_vehicle.vehicle IS 'A kind is coach_tour, coach_line, hazmat, school_bus, truck_heavy or other.';
COMMENT ON CONSTRAINT vehicle_bad_subkind_check ON vigil_vehicle.vehicle IS 'A subkind is a word of small letters and underscores.';
COMMENT ON CONSTRAINT vehicle_bad_status_check ON vigil_vehicle.vehicle IS 'A status is transit, registered, suspended, retired or scrapped.';
COMMENT ON CONSTRAINT vehicle_bad_seats_check ON vigil_vehicle.vehicle IS 'Seats are from 1 to 80.';
COMMENT ON CONSTRAINT vehicle_bad_gross_mass_check ON vigil_vehicle.vehicle IS 'The gross mass is from 500 to 100000 kg.';
COMMENT ON CONSTRAINT vehicle_bad_curb_mass_check ON vigil_vehicle.vehicle IS 'The curb mass is positive and not above the gross mass.';
COMMENT ON CONSTRAINT vehicle_bad_load_check ON vigil_vehicle.vehicle IS 'The load is from 0 to 100000 kg.';
COMMENT ON CONSTRAINT vehicle_bad_axles_check ON vigil_vehicle.vehicle IS 'Axles are from 2 to 12.';
COMMENT ON CONSTRAINT vehicle_bad_drive_axles_check ON vigil_vehicle.vehicle IS 'Driven axles are from 1 to 3.';
COMMENT ON CONSTRAINT vehicle_bad_size_check ON vigil_vehicle.vehicle IS 'Length is up to 100000 mm, width and height up to 20000 mm.';
COMMENT ON CONSTRAINT vehicle_bad_region_code_check ON vigil_vehicle.vehicle IS 'A region code has 6, 9 or 12 digits and begins with 11 to 82.';
COMMENT ON CONSTRAINT vehicle_bad_date_check ON vigil_vehicle.vehicle IS 'A date lies before 1980-01-01, more than 30 years ahead, or an end before the first registration.';
COMMENT ON CONSTRAINT vehicle_bad_permit_scope_check ON vigil_vehicle.vehicle IS 'The scope has line, charter, goods, hazmat:1 … hazmat:9.';
COMMENT ON CONSTRAINT vehicle_bad_tank_media_check ON vigil_vehicle.vehicle IS 'A UN number has four digits.';
COMMENT ON CONSTRAINT vehicle_bad_terminal_phone_check ON vigil_vehicle.vehicle IS 'A terminal''s number has 12 or 20 digits.';
COMMENT ON CONSTRAINT vehicle_bad_terminal_id_check ON vigil_vehicle.vehicle IS 'A terminal''s id has 1 to 30 bytes.';
COMMENT ON CONSTRAINT vehicle_bad_crs_check ON vigil_vehicle.vehicle IS 'A coordinate system is wgs84, gcj02 or bd09.';
COMMENT ON CONSTRAINT vehicle_bad_fence_exempt_check ON vigil_vehicle.vehicle IS 'An exemption is null.';

CREATE FUNCTION vigil_vehicle.status_may_follow(status text, new_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN status = new_status OR status = 'transit' OR CASE status
    WHEN 'registered' THEN new_status IN ('suspended', 'retired', 'scrapped')
    WHEN 'suspended' THEN new_status IN ('registered', 'retired', 'scrapped')
    WHEN 'retired' THEN new_status IN ('registered', 'scrapped')
    ELSE false END;
COMMENT ON FUNCTION vigil_vehicle.status_may_follow(text, text) IS
    'Which status may follow: after transit any; registered ↔ suspended, registered ↔ retired, suspended → retired; scrapped is the end, and no vehicle becomes transit again';

CREATE FUNCTION vigil_vehicle.vehicle_check_status() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT vigil_vehicle.status_may_follow(OLD.status, NEW.status) THEN
        RAISE EXCEPTION 'vehicle % cannot become % (bad_status_change)', OLD.plate, NEW.status
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', OLD.status);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil_vehicle.vehicle_check_status() IS 'Trigger: error 55000 for a change of status that vigil_vehicle.status_may_follow() refuses';
CREATE TRIGGER vehicle_check_status BEFORE UPDATE OF status ON vigil_vehicle.vehicle
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION vigil_vehicle.vehicle_check_status();

CREATE FUNCTION vigil_vehicle.vehicle_fill_scrap_on() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- a date that was computed follows what it was computed from; one that was given stays
    IF NEW.scrap_on IS NULL OR TG_OP = 'UPDATE' AND NEW.scrap_on = OLD.scrap_on
       AND OLD.scrap_on = vigil_vehicle.scrap_date(OLD.kind, OLD.subkind, OLD.first_registered_on) THEN
        NEW.scrap_on := vigil_vehicle.scrap_date(NEW.kind, NEW.subkind, NEW.first_registered_on);
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION vigil_vehicle.vehicle_fill_scrap_on() IS 'Trigger: computes scrap_on where it is not given';
CREATE TRIGGER vehicle_fill_scrap_on BEFORE INSERT OR UPDATE OF kind, subkind, first_registered_on, scrap_on ON vigil_vehicle.vehicle
    FOR EACH ROW WHEN (NEW.first_registered_on IS NOT NULL) EXECUTE FUNCTION vigil_vehicle.vehicle_fill_scrap_on();

CREATE FUNCTION vigil_vehicle.shipped_vehicle_rules()
RETURNS TABLE (rule text, kind text, subkind text, from_age_years integer, months integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    VALUES ('inspection_interval', 'coach_tour', '', 0, 12), ('inspection_interval', 'coach_tour', '', 5, 6),
           ('inspection_interval', 'coach_line', '', 0, 12), ('inspection_interval', 'coach_line', '', 5, 6),
           ('inspection_interval', 'hazmat', '', 0, 12), ('inspection_interval', 'hazmat', '', 10, 6),
           ('inspection_interval', 'truck_heavy', '', 0, 12), ('inspection_interval', 'truck_heavy', '', 10, 6),
           ('inspection_interval', 'school_bus', '', 0, 6),
           ('scrap_age', 'coach_tour', '', 0, 180), ('scrap_age', 'coach_line', '', 0, 180), ('scrap_age', 'school_bus', '', 0, 180),
           ('scrap_age', 'truck_heavy', '', 0, 180), ('scrap_age', 'truck_heavy', 'container_trailer', 0, 240),
           ('scrap_age', 'hazmat', '', 0, 120);
END;
COMMENT ON FUNCTION vigil_vehicle.shipped_vehicle_rules() IS 'vigil_vehicle.vehicle_rule as vigil ships it';

CREATE FUNCTION vigil_vehicle.setup_registers() RETURNS SETOF text
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    WITH written AS (
        INSERT INTO vigil_vehicle.vehicle_rule AS old (rule, kind, subkind, from_age_years, months, months_default)
        SELECT s.rule, s.kind, s.subkind, s.from_age_years, s.months, s.months FROM vigil_vehicle.shipped_vehicle_rules() AS s
        ON CONFLICT ON CONSTRAINT vehicle_rule_pkey DO UPDATE
        SET months = vigil.kept(old.months, old.months_default, excluded.months), months_default = excluded.months_default
        WHERE old.months_default IS DISTINCT FROM excluded.months_default
        RETURNING old.xmax = 0 AS loaded
    )
    SELECT vigil.setup_line('vehicle_rule', (SELECT count(*) FROM vigil_vehicle.shipped_vehicle_rules()),
        count(*) FILTER (WHERE w.loaded), count(*) FILTER (WHERE NOT w.loaded),
        (SELECT string_agg(format('%s %s %s months instead of %s', r.rule, concat_ws(' ', r.kind, NULLIF(r.subkind, '')), r.months,
                                  r.months_default), ', ' ORDER BY r.rule, r.kind, r.subkind, r.from_age_years)
         FROM vigil_vehicle.vehicle_rule AS r WHERE r.months <> r.months_default))
    FROM written AS w;
END;
COMMENT ON FUNCTION vigil_vehicle.setup_registers() IS 'Load or refresh inspection intervals and scrap ages; a DBA''s own are kept; says what it did';
REVOKE ALL ON FUNCTION vigil_vehicle.setup_registers() FROM PUBLIC;
