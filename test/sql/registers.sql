-- registers: what a row must hold, and the imports that judge line by line
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai';
SELECT count(*) > 0 AS ready FROM vigil.setup();
SELECT vigil_vehicle.setup_registers();

-- regions: codes, ranges, parents
SELECT code, vigil.region_full(code), vigil.region_range(code), vigil.region_parent(code)
FROM unnest(ARRAY[330000, 330500, 330502, 330502001, 330502001002]) AS code;
SELECT vigil.region_within(330502001, 330500) AS below, vigil.region_within(330502, 330502) AS itself,
    vigil.region_within(330500, 330502) AS above, vigil.region_within(330600, 330500) AS beside;
SELECT * FROM vigil.import_regions('[{"code": "33", "name": "浙江省"}, {"code": "3305", "parent_code": "33", "name": "湖州市"},
    {"code": 330502, "name": "吴兴区", "name_en": "Wuxing", "boundary":
        {"type": "Polygon", "coordinates": [[[120, 30.8], [120.3, 30.8], [120.3, 30.9], [120, 30.8]]]}},
    {"code": "330502001", "name": "月河街道"}, {"code": "33050", "name": "五位"}, {"code": "990101", "name": "无"}, {"code": "330503"},
    {"code": "330521", "name": "德清县", "boundary": {"type": "Circle"}}, {"code": "330522", "name": "长兴县", "size": 1}, "330523"]',
    'test_regions');
SELECT * FROM vigil.import_regions('[{"code": "330502", "name": "吴兴"}]', 'test_regions');
SELECT code, parent_code, name, name_en, ST_NumGeometries(boundary) AS parts FROM vigil.region
WHERE vigil.region_within(code, 330000) AND code IN (330000, 330500, 330502, 330502001) ORDER BY code;
SELECT reason, detail, payload ->> 'code' AS code FROM vigil.reject WHERE source = 'test_regions' ORDER BY id;

-- organisations and enterprises
INSERT INTO vigil.organisation (kind, name, credit_code) VALUES ('enterprise', '湖州甲运输', '91330500MA2B3C4D1X');
INSERT INTO vigil.organisation (kind, name, credit_code, credit_code_exempt) VALUES ('enterprise', '试点', '91330500M0001A2B3X', true)
    RETURNING credit_code_exempt;
INSERT INTO vigil.organisation (kind, name, region_code) VALUES ('department', '公安局', 33050);
SELECT * FROM vigil_vehicle.import_enterprises('[
    {"credit_code": "91330500ma2b3c4d1y", "name": "湖州甲运输", "region_code": 330502, "lon": 120.1, "lat": 30.87,
     "business_kinds": ["hazmat"], "permit_until": "2027-06-30", "permit_scope": ["goods", "hazmat:3"], "monitor_staff_count": 2},
    {"credit_code": "91330500MA2D1X7K66", "name": "湖州乙客运", "parent": "91330500MA2B3C4D1Y"},
    {"credit_code": "91330500MA2B3C4D1X", "name": "错码"},
    {"credit_code": "91330500MA2D1X7K66"},
    {"name": "无码"}]', 'test_enterprises');
SELECT * FROM vigil_vehicle.import_enterprises('[
    {"credit_code": "91330500MA2D1X7K66", "name": "湖州乙客运", "parent": "91330500MA2B3C4D1Y", "business_kinds": ["coach_line"]},
    {"credit_code": "91330500MA2B3C4D1Y", "monitor_staff_count": 3},
    {"credit_code": "91330500MA2B3C4D1Y", "lon": 10, "lat": 30},
    {"credit_code": "91330500MA2B3C4D1Y", "permit_until": "2027-02-29"},
    {"credit_code": "91330500MA2B3C4D1Y", "permit_until": "1979-12-31"},
    {"credit_code": "91330500MA2B3C4D1Y", "permit_scope": ["hazmat:10"]},
    {"credit_code": "91330500MA2B3C4D1Y", "business_kinds": "coach_line"}]', 'test_enterprises');
SELECT o.credit_code, o.name, p.name AS parent, ST_AsText(o.geom) AS geom, e.business_kinds, e.permit_until, e.permit_scope,
    e.monitor_staff_count, e.supervision_level
FROM vigil.organisation AS o JOIN vigil_vehicle.enterprise AS e ON e.organisation_id = o.id
LEFT JOIN vigil.organisation AS p ON p.id = o.parent_id
WHERE o.credit_code IN ('91330500MA2B3C4D1Y', '91330500MA2D1X7K66') ORDER BY o.credit_code;
SELECT reason, detail, payload - 'name' AS payload FROM vigil.reject WHERE source = 'test_enterprises' ORDER BY id;

-- drivers: the number is never kept, not even in a reject
SELECT * FROM vigil_vehicle.import_drivers('[{"identity": "330501198001010013"}]', 'test_drivers');
SET vigil.identity_key = 'test';
SELECT * FROM vigil_vehicle.import_drivers('[
    {"identity": "330501198001010013", "name": "张三丰", "employer": "91330500MA2B3C4D1Y", "licence_class": ["A2"], "points": 3,
     "licence_first_on": "2001-05-01", "licence_until": "2031-05-01", "qualification": ["goods", "hazmat_driver"]},
    {"identity": "11010519491231002x", "name": "李四", "licence_class": ["A1", "B2"]},
    {"identity": "330501198001010014", "name": "王五"},
    {"identity": "330501198001010013", "idcard": "330501198001010013"},
    {"identity": "330501198001010013", "points": 120},
    {"identity": "330501198001010013", "licence_class": ["330501198001010013"]},
    {"identity": "330501198001010013", "employer": "330501198001010013"},
    {"identity": "330501198001010013", "licence_until": "2000-05-01"},
    {"identity": 330501198001010013, "points": 7}, "330501198001010013", {}]', 'test_drivers');
SELECT p.identity_masked, p.name_masked, o.name AS employer, d.birth_year, d.licence_class, d.points, d.licence_until
FROM vigil.person AS p JOIN vigil_vehicle.driver AS d ON d.person_id = p.id LEFT JOIN vigil.organisation AS o ON o.id = p.organisation_id
WHERE p.identity_hash IN (vigil.identity_hash('330501198001010013'), vigil.identity_hash('11010519491231002X'))
ORDER BY p.identity_masked DESC;
SELECT reason, detail, payload FROM vigil.reject WHERE source = 'test_drivers' ORDER BY id;
SELECT count(*) AS leaks FROM vigil.reject WHERE payload::text ~ '19800101001' OR detail ~ '19800101001';
INSERT INTO vigil.person (id, kind, name_masked) VALUES (90001, 'driver', '张三丰');
INSERT INTO vigil.person (id, kind, identity_masked) VALUES (90001, 'driver', '330501198001010013');
INSERT INTO vigil_vehicle.driver_record (person_id, flag, occurred_on, source, withdrawn_on)
SELECT p.id, f.flag, f.day::date, 'test', f.gone::date
FROM vigil.person AS p, (VALUES ('drink', '2021-03-01', NULL), ('drug', '2019-03-01', NULL), ('hit_and_run', '2021-05-01', '2021-08-01'))
    AS f (flag, day, gone) WHERE p.identity_hash = vigil.identity_hash('330501198001010013');
SELECT vigil_vehicle.record_flags(p.id, '2020-01-01', '2021-06-01') AS june, vigil_vehicle.record_flags(p.id, '2020-01-01', '2022-01-01') AS later
FROM vigil.person AS p WHERE p.identity_hash = vigil.identity_hash('330501198001010013');

-- vehicles: a transit row needs its plate alone; registration completes it
INSERT INTO vigil_vehicle.vehicle (plate) VALUES ('浙E90001 yellow') RETURNING status, kind, crs;
INSERT INTO vigil_vehicle.vehicle (plate, vin) VALUES ('浙E90009 yellow', 'LFWSRXRJ0M1E12345') RETURNING vin_ok;
UPDATE vigil_vehicle.vehicle SET status = 'registered' WHERE plate = '浙E90009 yellow';
SELECT * FROM vigil_vehicle.import_vehicles('[
    {"plate": "浙E·90001黄", "kind": "hazmat", "subkind": "tank", "vin": "lfwsrxrj7m1e12345", "enterprise": "91330500MA2B3C4D1Y",
     "region_code": "330502", "first_registered_on": "2015-03-20", "gross_mass_kg": 31000, "curb_mass_kg": 12000, "load_kg": 18000,
     "axles": 4, "permit_scope": ["hazmat:3"], "tank_media": ["1203"], "terminal_phone": "013800000001", "crs": "gcj02"},
    {"plate": "浙E90002 yellow", "kind": "coach_line", "seats": 57, "first_registered_on": "20180110", "scrap_on": "2030-01-01"},
    {"plate": "浙E90003 yellow", "kind": "truck_heavy", "subkind": "container_trailer", "first_registered_on": "2010-05-01"},
    {"plate": "浙I90001"},
    {"plate": "浙E90004 yellow", "vin": "LFWSRXRJ0M1E12345"},
    {"plate": "浙E90004 yellow", "seats": 81},
    {"plate": "浙E90004 yellow", "seats": "many"},
    {"plate": "浙E90004 yellow", "seat": 5},
    {"plate": "浙E90004 yellow", "gross_mass_kg": 20000, "curb_mass_kg": 20001},
    {"plate": "浙E90004 yellow", "kind": "tank"},
    {"plate": "浙E90004 yellow", "first_registered_on": "2020-02-01", "inspection_until": "2019-12-31"},
    {"plate": "浙E90004 yellow", "enterprise": "91330500MA2B3C4D1X"},
    {"plate": "浙E90004 yellow", "enterprise_id": -1},
    {"plate": "浙E90005 yellow", "terminal_phone": "013800000005"},
    {"plate": "浙E90006 yellow", "terminal_phone": "013800000005"},
    {"plate": "浙E90004 yellow", "crs": null},
    {"plate": "浙E90007 yellow", "kind": "school_bus"},
    {"plate": "浙E90007黄", "kind": "truck_heavy"},
    {"plate": null}, 5]', 'test_vehicles');
SELECT v.plate, v.kind, v.subkind, v.status, v.vin_ok, o.name AS enterprise, v.first_registered_on, v.scrap_on, v.region_code, v.crs
FROM vigil_vehicle.vehicle AS v LEFT JOIN vigil.organisation AS o ON o.id = v.enterprise_id
WHERE v.plate BETWEEN '浙E90001' AND '浙E90008' ORDER BY v.plate;
SELECT reason, detail, payload - 'plate' AS payload FROM vigil.reject WHERE source = 'test_vehicles' ORDER BY id;

-- a second import changes what it names; a computed scrap date follows, a given one stays
SELECT * FROM vigil_vehicle.import_vehicles('[{"plate": "浙E90001 yellow", "load_kg": null, "first_registered_on": "2016-03-20"},
    {"plate": "浙E90002 yellow", "first_registered_on": "2019-01-10", "status": "suspended"},
    {"plate": "浙E90003 yellow", "status": "scrapped"},
    {"plate": "浙E90007 yellow", "terminal_phone": "00000000013800000001"}]', 'test_again');
SELECT reason, detail FROM vigil.reject WHERE source = 'test_again';
SELECT plate, status, load_kg, first_registered_on, scrap_on, vin FROM vigil_vehicle.vehicle
WHERE plate BETWEEN '浙E90001' AND '浙E90004' ORDER BY plate;
SELECT vigil_vehicle.register_vehicle('{"plate": "浙E90008黄", "kind": "truck_heavy"}');
SELECT vigil_vehicle.register_vehicle('{"plate": "浙E90008黄", "kind": "lorry"}');
\set VERBOSITY default
SELECT vigil_vehicle.register_vehicle('{"plate": "浙E90003 yellow", "status": "registered"}');
UPDATE vigil_vehicle.vehicle SET status = 'registered' WHERE plate = '浙E90003 yellow';
\set VERBOSITY terse
SELECT status, string_agg(new_status, ' ' ORDER BY new_status) AS may_follow
FROM unnest('{transit,registered,suspended,retired,scrapped}'::text[]) AS status, unnest('{transit,registered,suspended,retired,scrapped}'::text[]) AS new_status
WHERE vigil_vehicle.status_may_follow(status, new_status) GROUP BY status ORDER BY status;

-- inspection intervals and scrap ages are the DBA's to change
SELECT kind, vigil_vehicle.inspection_interval(kind, NULL, '2015-06-01', '2016-06-01') AS young,
    vigil_vehicle.inspection_interval(kind, NULL, '2015-06-01', '2020-06-01') AS five,
    vigil_vehicle.inspection_interval(kind, NULL, '2015-06-01', '2025-06-01') AS ten,
    vigil_vehicle.scrap_date(kind, NULL, '2015-06-01') AS scrap
FROM unnest('{coach_tour,coach_line,hazmat,school_bus,truck_heavy,other}'::text[]) AS kind;
UPDATE vigil_vehicle.vehicle_rule SET months = 96 WHERE rule = 'scrap_age' AND kind = 'hazmat';
SELECT vigil_vehicle.setup_registers();
UPDATE vigil_vehicle.vehicle SET scrap_on = NULL WHERE plate = '浙E90001 yellow' RETURNING scrap_on;
UPDATE vigil_vehicle.vehicle_rule SET months = months_default;

-- who is at the wheel
SELECT vigil_vehicle.bind_driver('浙E90001 yellow', 1, 'roster', '2022-01-20 08:00') AS roster,
    vigil_vehicle.bind_driver('浙E90001 yellow', 2, 'waybill', '2022-01-20 07:00', '2022-01-20 12:00') AS waybill,
    vigil_vehicle.bind_driver('浙E90001 yellow', 3, 'ic_card', '2022-01-19 10:00') AS card,
    vigil_vehicle.bind_driver('浙E90001 yellow', 4, 'ic_card', '2022-01-19 09:59') AS older_card;
SELECT at, vigil_vehicle.bound_driver('浙E90001 yellow', at), b.driver_id, b.source
FROM unnest('{2022-01-20 09:59,2022-01-20 10:00,2022-01-20 12:00,2022-01-21 08:00}'::timestamptz[]) AS at
LEFT JOIN LATERAL (SELECT * FROM vigil_vehicle.bound_drivers(at) AS d WHERE d.plate = '浙E90001 yellow') AS b ON true;
SELECT vigil_vehicle.bind_driver('浙E90001 yellow', 3, 'hearsay', '2022-01-20 10:00');

-- leave nothing behind
DELETE FROM vigil_vehicle.driver_binding WHERE plate = '浙E90001 yellow';
DELETE FROM vigil_vehicle.vehicle WHERE plate BETWEEN '浙E90001' AND '浙E90010';
DELETE FROM vigil_vehicle.driver_record WHERE source = 'test';
DELETE FROM vigil_vehicle.driver AS d USING vigil.person AS p WHERE p.id = d.person_id
    AND p.identity_hash IN (vigil.identity_hash('330501198001010013'), vigil.identity_hash('11010519491231002X'));
DELETE FROM vigil.person WHERE identity_hash IN (vigil.identity_hash('330501198001010013'), vigil.identity_hash('11010519491231002X'));
DELETE FROM vigil_vehicle.enterprise AS e USING vigil.organisation AS o WHERE o.id = e.organisation_id AND o.credit_code LIKE '91330500M%';
DELETE FROM vigil.organisation WHERE credit_code LIKE '91330500M%';
DELETE FROM vigil.region WHERE vigil.region_within(code, 330000);
DELETE FROM vigil.reject WHERE source LIKE 'test\_%';
