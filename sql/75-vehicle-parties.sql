-- Drivers and enterprises: what the vehicle domain knows of a vigil.person and a vigil.organisation, under the same id.

CREATE TABLE vigil_vehicle.driver (
    person_id bigint NOT NULL,
    licence_class text[] NOT NULL DEFAULT '{}',
    licence_status text NOT NULL DEFAULT 'normal',
    licence_first_on date,
    licence_until date,
    review_until date,
    points integer NOT NULL DEFAULT 0,
    points_cycle_from date,
    qualification text[] NOT NULL DEFAULT '{}',
    qualification_until date,
    school_bus_qualified_until date,
    birth_year integer,
    medical_until date,
    training_until date,
    probation_until date,
    CONSTRAINT driver_pkey PRIMARY KEY (person_id),
    CONSTRAINT driver_person_id_fkey FOREIGN KEY (person_id) REFERENCES vigil.person (id),
    CONSTRAINT driver_bad_licence_class_check CHECK ((licence_class <@
        '{A1,A2,A3,B1,B2,C1,C2,C3,C4,C5,C6,D,E,F,M,N,P}'::text[]) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_licence_class', 'licence_class', licence_class::text)),
    CONSTRAINT driver_bad_licence_status_check CHECK ((licence_status IN
        ('normal', 'over_points', 'suspended', 'revoked', 'cancelled', 'detained', 'expired', 'review_overdue', 'locked')) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_licence_status', 'licence_status', licence_status)),
    CONSTRAINT driver_bad_points_check CHECK ((points BETWEEN 0 AND 99) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_points', 'points', points::text)),
    CONSTRAINT driver_bad_qualification_check CHECK ((qualification <@
        '{passenger,goods,hazmat_driver,hazmat_escort,hazmat_loader}'::text[]) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_qualification', 'qualification', qualification::text)),
    CONSTRAINT driver_bad_birth_year_check CHECK ((birth_year BETWEEN 1900 AND 2100) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_birth_year', 'birth_year', birth_year::text)),
    CONSTRAINT driver_bad_date_check CHECK ((vigil.dates_plausible(licence_first_on, licence_until, review_until, points_cycle_from, qualification_until,
                              school_bus_qualified_until, medical_until, training_until, probation_until)
        AND least(licence_until, review_until, points_cycle_from, probation_until) >= licence_first_on) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.driver', person_id::text, 'bad_date', 'licence_first_on', licence_first_on::text, 'licence_until', licence_until::text,
            'review_until', review_until::text, 'points_cycle_from', points_cycle_from::text,
            'qualification_until', qualification_until::text, 'school_bus_qualified_until', school_bus_qualified_until::text,
            'medical_until', medical_until::text, 'training_until', training_until::text,
            'probation_until', probation_until::text))
);
COMMENT ON TABLE vigil_vehicle.driver IS 'Drivers (驾驶人) of key vehicles: a vigil.person with licence and qualifications; subject of the profile driver. The employer is person.organisation_id';
COMMENT ON COLUMN vigil_vehicle.driver.licence_class IS 'Classes held (准驾车型): A1 A2 A3 B1 B2 C1 …';
COMMENT ON COLUMN vigil_vehicle.driver.licence_status IS 'normal, over_points, suspended, revoked, cancelled, detained, expired, review_overdue, locked (驾驶证状态)';
COMMENT ON COLUMN vigil_vehicle.driver.licence_first_on IS 'First issue (初次领证日期)';
COMMENT ON COLUMN vigil_vehicle.driver.licence_until IS 'The licence is valid through this day';
COMMENT ON COLUMN vigil_vehicle.driver.review_until IS 'Review (审验) is due by this day';
COMMENT ON COLUMN vigil_vehicle.driver.points IS 'Points of the present cycle (累积记分), 0 … 99';
COMMENT ON COLUMN vigil_vehicle.driver.points_cycle_from IS 'First day of the present cycle of 12 months (记分周期)';
COMMENT ON COLUMN vigil_vehicle.driver.qualification IS 'Professional qualifications (从业资格): passenger, goods, hazmat_driver, hazmat_escort, hazmat_loader';
COMMENT ON COLUMN vigil_vehicle.driver.qualification_until IS 'They are valid through this day';
COMMENT ON COLUMN vigil_vehicle.driver.school_bus_qualified_until IS 'School-bus qualification (校车驾驶资格) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.driver.birth_year IS 'The year only';
COMMENT ON COLUMN vigil_vehicle.driver.medical_until IS 'The medical check (体检) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.driver.training_until IS 'Safety training (安全教育培训) is valid through this day';
COMMENT ON COLUMN vigil_vehicle.driver.probation_until IS 'Probation (实习期) lasts through this day: no commercial coach, no hazmat, no trailer';
COMMENT ON CONSTRAINT driver_bad_licence_class_check ON vigil_vehicle.driver IS 'A licence class is A1 … A3, B1, B2, C1 … C6, D, E, F, M, N or P.';
COMMENT ON CONSTRAINT driver_bad_licence_status_check ON vigil_vehicle.driver IS 'A licence status is normal, over_points, suspended, revoked, cancelled, detained, expired, review_overdue or locked.';
COMMENT ON CONSTRAINT driver_bad_points_check ON vigil_vehicle.driver IS 'Points are from 0 to 99.';
COMMENT ON CONSTRAINT driver_bad_qualification_check ON vigil_vehicle.driver IS 'A qualification is passenger, goods, hazmat_driver, hazmat_escort or hazmat_loader.';
COMMENT ON CONSTRAINT driver_bad_birth_year_check ON vigil_vehicle.driver IS 'The birth year is not plausible.';
COMMENT ON CONSTRAINT driver_bad_date_check ON vigil_vehicle.driver IS 'A date lies before 1980-01-01, more than 30 years ahead, or an end before the first issue of the licence.';

CREATE TABLE vigil_vehicle.driver_record (
    person_id bigint NOT NULL,
    flag text NOT NULL,
    occurred_on date NOT NULL,
    source text NOT NULL,
    withdrawn_on date,
    detail jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT driver_record_pkey PRIMARY KEY (person_id, flag, occurred_on),
    CONSTRAINT driver_record_person_id_fkey FOREIGN KEY (person_id) REFERENCES vigil_vehicle.driver (person_id),
    CONSTRAINT driver_record_bad_flag_check CHECK (flag IN ('drink', 'drug', 'hit_and_run', 'fatal_liable')),
    CONSTRAINT driver_record_bad_date_check CHECK (vigil.dates_plausible(occurred_on, withdrawn_on) AND withdrawn_on >= occurred_on)
);
COMMENT ON TABLE vigil_vehicle.driver_record IS 'Serious violations and liable accidents on a driver''s record (严重违法或责任事故记录)';
COMMENT ON COLUMN vigil_vehicle.driver_record.flag IS 'drink (酒驾), drug (毒驾), hit_and_run (肇事逃逸), fatal_liable (负有责任的死亡事故)';
COMMENT ON COLUMN vigil_vehicle.driver_record.source IS 'Who reported it';
COMMENT ON COLUMN vigil_vehicle.driver_record.withdrawn_on IS 'From this day on it no longer counts';
COMMENT ON COLUMN vigil_vehicle.driver_record.detail IS 'Decision number, place; no names';
COMMENT ON CONSTRAINT driver_record_bad_flag_check ON vigil_vehicle.driver_record IS 'A flag is drink, drug, hit_and_run or fatal_liable.';
COMMENT ON CONSTRAINT driver_record_bad_date_check ON vigil_vehicle.driver_record IS 'A date is not plausible, or the withdrawal lies before the event.';

CREATE FUNCTION vigil_vehicle.record_flags(person_id bigint, since date, on_date date DEFAULT current_date) RETURNS text[]
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(DISTINCT r.flag ORDER BY r.flag), '{}') FROM vigil_vehicle.driver_record AS r
    WHERE r.person_id = record_flags.person_id AND r.occurred_on BETWEEN since AND on_date
      AND coalesce(r.withdrawn_on > on_date, true);
END;
COMMENT ON FUNCTION vigil_vehicle.record_flags(bigint, date, date) IS
    'Flags on a driver''s record since a day that still count on another; empty where there are none';

CREATE TABLE vigil_vehicle.enterprise (
    organisation_id bigint NOT NULL,
    business_kinds text[] NOT NULL DEFAULT '{}',
    permit_no text,
    permit_until date,
    permit_scope text[],
    safety_officer_count integer,
    monitor_staff_count integer,
    platform_last_seen_at timestamptz,
    index_score numeric(4, 1),
    index_month date,
    grade text,
    supervision_level smallint NOT NULL DEFAULT 0,
    township_region_code bigint,
    lead_unit text,
    CONSTRAINT enterprise_pkey PRIMARY KEY (organisation_id),
    CONSTRAINT enterprise_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES vigil.organisation (id),
    CONSTRAINT enterprise_bad_business_kinds_check CHECK ((business_kinds <@
        '{coach_tour,coach_line,hazmat,school_bus,truck_heavy,shipper,site}'::text[]) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_business_kinds', 'business_kinds', business_kinds::text)),
    CONSTRAINT enterprise_bad_date_check CHECK ((vigil.dates_plausible(permit_until, index_month)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_date', 'permit_until', permit_until::text, 'index_month', index_month::text)),
    CONSTRAINT enterprise_bad_permit_scope_check CHECK ((vigil_vehicle.permit_scope_valid(permit_scope)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_permit_scope', 'permit_scope', permit_scope::text)),
    CONSTRAINT enterprise_bad_staff_check CHECK ((safety_officer_count BETWEEN 0 AND 100000 AND monitor_staff_count BETWEEN 0 AND 100000) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_staff', 'safety_officer_count', safety_officer_count::text, 'monitor_staff_count', monitor_staff_count::text)),
    CONSTRAINT enterprise_bad_index_check CHECK ((index_score BETWEEN 0 AND 100 AND extract(day FROM index_month) = 1 AND grade IN ('A', 'B', 'C', 'D')) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_index', 'index_score', index_score::text, 'index_month', index_month::text, 'grade', grade)),
    CONSTRAINT enterprise_bad_supervision_level_check CHECK ((supervision_level BETWEEN 0 AND 3) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_supervision_level', 'supervision_level', supervision_level::text)),
    CONSTRAINT enterprise_bad_township_region_code_check CHECK ((vigil.region_valid(township_region_code)) IS NOT FALSE
        OR vigil.refuse('vigil_vehicle.enterprise', organisation_id::text, 'bad_township_region_code', 'township_region_code', township_region_code::text))
);
COMMENT ON TABLE vigil_vehicle.enterprise IS 'Transport enterprises (运输企业), shippers and cargo sites: a vigil.organisation with its licence and check-up; subject of the profile enterprise';
COMMENT ON COLUMN vigil_vehicle.enterprise.business_kinds IS 'coach_tour, coach_line, hazmat, school_bus, truck_heavy, shipper (托运), site (货运源头)';
COMMENT ON COLUMN vigil_vehicle.enterprise.permit_no IS 'Road transport business licence (道路运输经营许可证)';
COMMENT ON COLUMN vigil_vehicle.enterprise.permit_until IS 'It is valid through this day';
COMMENT ON COLUMN vigil_vehicle.enterprise.permit_scope IS 'line, charter, goods, hazmat:1 … hazmat:9';
COMMENT ON COLUMN vigil_vehicle.enterprise.safety_officer_count IS 'Safety officers (安全管理人员)';
COMMENT ON COLUMN vigil_vehicle.enterprise.monitor_staff_count IS 'People who watch the vehicles (监控人员): one for 100 vehicles, at least 2';
COMMENT ON COLUMN vigil_vehicle.enterprise.platform_last_seen_at IS 'Last heartbeat of its monitoring platform';
COMMENT ON COLUMN vigil_vehicle.enterprise.index_score IS 'Score of the monthly check-up (月体检), 0 … 100';
COMMENT ON COLUMN vigil_vehicle.enterprise.index_month IS 'First day of the month that the score is for';
COMMENT ON COLUMN vigil_vehicle.enterprise.grade IS 'A ≥ 90, B 80 … 89.9, C 60 … 79.9, D < 60';
COMMENT ON COLUMN vigil_vehicle.enterprise.supervision_level IS '0 none, 1 interview (约谈), 2 notice (通报), 3 listed supervision (挂牌督办)';
COMMENT ON COLUMN vigil_vehicle.enterprise.township_region_code IS 'The township (乡镇、街道) that answers for it';
COMMENT ON COLUMN vigil_vehicle.enterprise.lead_unit IS 'Code of the department that leads its supervision (vigil.organisation.code)';
COMMENT ON CONSTRAINT enterprise_bad_business_kinds_check ON vigil_vehicle.enterprise IS 'A business kind is coach_tour, coach_line, hazmat, school_bus, truck_heavy, shipper or site.';
COMMENT ON CONSTRAINT enterprise_bad_date_check ON vigil_vehicle.enterprise IS 'A date lies before 1980-01-01 or more than 30 years ahead.';
COMMENT ON CONSTRAINT enterprise_bad_permit_scope_check ON vigil_vehicle.enterprise IS 'The scope has line, charter, goods, hazmat:1 … hazmat:9.';
COMMENT ON CONSTRAINT enterprise_bad_staff_check ON vigil_vehicle.enterprise IS 'Numbers of staff are from 0 to 100000.';
COMMENT ON CONSTRAINT enterprise_bad_index_check ON vigil_vehicle.enterprise IS 'The score is from 0 to 100, its month a first of the month, the grade A, B, C or D.';
COMMENT ON CONSTRAINT enterprise_bad_supervision_level_check ON vigil_vehicle.enterprise IS 'A supervision level is from 0 to 3.';
COMMENT ON CONSTRAINT enterprise_bad_township_region_code_check ON vigil_vehicle.enterprise IS 'A region code has 6, 9 or 12 digits and begins with 11 to 82.';

CREATE TABLE vigil_vehicle.driver_binding (
    plate vigil.plate NOT NULL,
    source text NOT NULL,
    trust smallint GENERATED ALWAYS AS (CASE source WHEN 'ic_card' THEN 1 WHEN 'dsm' THEN 2 WHEN 'waybill' THEN 3 ELSE 4 END) STORED,
    driver_id bigint NOT NULL,
    bound_at timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT driver_binding_pkey PRIMARY KEY (plate, source),
    CONSTRAINT driver_binding_bad_source_check CHECK (source IN ('ic_card', 'dsm', 'waybill', 'roster')),
    CONSTRAINT driver_binding_bad_until_check CHECK (bound_at <= until)
);
CREATE INDEX driver_binding_driver_id_idx ON vigil_vehicle.driver_binding (driver_id);
COMMENT ON TABLE vigil_vehicle.driver_binding IS 'Who is at the wheel: the newest word of each source. A binding counts for 24 hours, at most until it ends. IC cards in positions need no row: vigil_vehicle.bound_drivers() knows them from the vehicle''s state';
COMMENT ON COLUMN vigil_vehicle.driver_binding.source IS 'ic_card (从业资格IC卡, in the frame), dsm (driver change seen by the camera), waybill (driver of the running waybill), roster (排班)';
COMMENT ON COLUMN vigil_vehicle.driver_binding.trust IS '1 counts before 2, 3, 4, in the order of the sources';
COMMENT ON COLUMN vigil_vehicle.driver_binding.driver_id IS 'vigil_vehicle.driver.person_id; no foreign key: a device may name a driver before the register does';
COMMENT ON COLUMN vigil_vehicle.driver_binding.bound_at IS 'Observation time';
COMMENT ON COLUMN vigil_vehicle.driver_binding.until IS 'End known from the start: of the waybill, of the shift';

CREATE FUNCTION vigil_vehicle.bind_driver(plate vigil.plate, driver_id bigint, source text, at timestamptz,
    until timestamptz DEFAULT 'infinity') RETURNS boolean
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
    WITH written AS (
        INSERT INTO vigil_vehicle.driver_binding AS b (plate, source, driver_id, bound_at, until)
        VALUES (bind_driver.plate, bind_driver.source, bind_driver.driver_id, at, bind_driver.until)
        ON CONFLICT ON CONSTRAINT driver_binding_pkey DO UPDATE
        SET driver_id = excluded.driver_id, bound_at = excluded.bound_at, until = excluded.until
        WHERE b.bound_at <= excluded.bound_at
        RETURNING true
    )
    SELECT EXISTS (SELECT FROM written);
END;
COMMENT ON FUNCTION vigil_vehicle.bind_driver(vigil.plate, bigint, text, timestamptz, timestamptz) IS
    'Say who is at the wheel, by ic_card, dsm, waybill or roster; false when something newer of that source is known already. Error 23514: unknown source, or an end before the beginning';
REVOKE ALL ON FUNCTION vigil_vehicle.bind_driver(vigil.plate, bigint, text, timestamptz, timestamptz) FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.card_of(engine bytea, OUT driver_id bigint, OUT since timestamptz, OUT shown_at timestamptz)
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_card_of';
COMMENT ON FUNCTION vigil_vehicle.card_of(bytea) IS
    'The driver whose IC card the positions of a vehicle showed last, from vigil_vehicle.vehicle_state.engine: since when it is shown and when it was last; nulls where none is known';

-- A card is shown in the positions themselves: the newest of a vehicle is in its state, no row of driver_binding is written.
CREATE FUNCTION vigil_vehicle.known_drivers(at timestamptz)
RETURNS TABLE (plate vigil.plate, driver_id bigint, source text, trust smallint, bound_at timestamptz, said_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT: it would not be inlined, and a plate not looked up by its key
BEGIN ATOMIC
    SELECT b.plate, b.driver_id, b.source, b.trust, b.bound_at, b.bound_at
    FROM vigil_vehicle.driver_binding AS b
    WHERE b.bound_at <= at AND b.until > at AND b.bound_at > at - interval '24 hours'
    UNION ALL
    SELECT s.plate, c.driver_id, 'ic_card', 1::smallint, c.since, least(c.shown_at, at)
    FROM vigil_vehicle.vehicle_state AS s CROSS JOIN LATERAL vigil_vehicle.card_of(s.engine) AS c
    WHERE c.since <= at AND c.shown_at > at - interval '24 hours';
END;
COMMENT ON FUNCTION vigil_vehicle.known_drivers(timestamptz) IS
    'Everyone who is said to drive a vehicle at a time: bindings not older than 24 hours and not ended, and the IC card that the positions showed in the 24 hours before, bound_at since when they show it; said_at: the newest that was heard of it by then';

CREATE FUNCTION vigil_vehicle.bound_drivers(at timestamptz)
RETURNS TABLE (plate vigil.plate, driver_id bigint, source text, bound_at timestamptz)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT DISTINCT ON (k.plate) k.plate, k.driver_id, k.source, k.bound_at
    FROM vigil_vehicle.known_drivers(at) AS k
    ORDER BY k.plate, k.trust, k.said_at DESC;
END;
COMMENT ON FUNCTION vigil_vehicle.bound_drivers(timestamptz) IS
    'The driver of each vehicle at a time: of vigil_vehicle.known_drivers() the one of the most trusted source, the newest of that';

CREATE FUNCTION vigil_vehicle.bound_driver(plate vigil.plate, at timestamptz) RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT k.driver_id FROM vigil_vehicle.known_drivers(at) AS k
    WHERE k.plate = bound_driver.plate
    ORDER BY k.trust, k.said_at DESC LIMIT 1;
END;
COMMENT ON FUNCTION vigil_vehicle.bound_driver(vigil.plate, timestamptz) IS
    'The driver of one vehicle at a time, as vigil_vehicle.bound_drivers(); null where nobody is known';
