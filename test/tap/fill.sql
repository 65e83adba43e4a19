-- A row and more in every table, by the ways that users have; the DBA's own changes of the catalogues included.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';

-- the DBA tunes the catalogues
UPDATE vigil.situation SET weight = weight + 1 WHERE bit IN (0, 30);
UPDATE vigil.colour_rule SET hold_minutes = 11 WHERE profile = 'vehicle';
UPDATE vigil.job SET schedule = '5 4 * * *', enabled = false WHERE name = 'rejects';
UPDATE vigil.model SET enabled = NOT enabled WHERE number = 12;
SELECT vigil.run_job('partitions');

INSERT INTO vigil.region (code, name, name_en) VALUES (330500, '湖州市', 'Huzhou'), (330502, '吴兴区', 'Wuxing');
INSERT INTO vigil.organisation (kind, name, region_code) VALUES ('enterprise', 'Taihu Freight', 330502);
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', '张*');
INSERT INTO vigil.unit (kind, name, region_code, on_duty, geom)
VALUES ('police_patrol', 'Wuxing 1', 330502, true, ST_SetSRID(ST_Point(120.1, 30.9), 4326));
INSERT INTO vigil.reject (source, reason, payload) VALUES ('test', 'bad_plate', '{"plate": "?"}');
INSERT INTO vigil_vehicle.vehicle (plate, kind, status) VALUES ('浙E12345 yellow', 'hazmat', 'registered');
INSERT INTO vigil_vehicle.road_segment (code, class, geom, limit_kmh)
VALUES ('S1', 'provincial', ST_GeomFromText('LINESTRING(120 30.8, 120.2 30.8)', 4326), 80);
INSERT INTO vigil_vehicle.road_state (segment_id, observed_at, visibility_m) SELECT id, now(), 90 FROM vigil_vehicle.road_segment;

-- positions: today's, a week old, and one older than every partition (it lands in the default one)
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh)
SELECT '浙E12345 yellow', now() - n * interval '30 s', 120.0 + n * 0.001, 30.8, 50 FROM generate_series(0, 99) AS n;

-- a fence, a hazard with what follows from it, a model told to be silent, an error of a model of the user's
INSERT INTO vigil.geofence (kind, code, area, buffer_m)
VALUES ('water_source', 'fill', 'SRID=4326;MULTIPOLYGON(((120 30,120.1 30,120.1 30.1,120 30.1,120 30)))', 200);
SELECT vigil.raise_hazard('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'fatigue_continuous', '{"driving_min": 240}');
SELECT vigil.suppress('vehicle', '浙E12345 yellow'::vigil.plate::bigint, 'gps_drift', NULL, now() + interval '1 h', 'test');

-- who drives for whom, what is on record, who may see it
INSERT INTO vigil_vehicle.driver (person_id, licence_class, points) SELECT id, '{A2}', 3 FROM vigil.person;
INSERT INTO vigil_vehicle.driver_record (person_id, flag, occurred_on, source)
SELECT person_id, 'drink', current_date - 100, 'court' FROM vigil_vehicle.driver;
INSERT INTO vigil_vehicle.enterprise (organisation_id, business_kinds) SELECT id, '{hazmat}' FROM vigil.organisation WHERE kind = 'enterprise';
SELECT vigil_vehicle.bind_driver('浙E12345 yellow', (SELECT min(person_id) FROM vigil_vehicle.driver), 'roster', now());
INSERT INTO vigil.operator_scope (role, region_code) VALUES ('vigil_operator', 330502);

-- a model of the city's own that fails on a row, and the models that run by the clock
SELECT vigil.add_model('vehicle', 'fill_ratio', 'vehicle_speeding', 'speed_kmh / (speed_kmh - 51) > 2');
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES ('浙E12345 yellow', now() + interval '1 s', 120.0, 30.8, 51);
SELECT vigil.run_job('models');
