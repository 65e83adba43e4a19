-- From schema city into vigil: regions, parties, registers, roads, fences.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
INSERT INTO vigil.region (code, parent_code, name, name_en, boundary)
SELECT r.code, r.parent_code, r.name, r.name_en, ST_Multi(ST_GeomFromText(r.wkt, 4326)) FROM city.region AS r
ON CONFLICT (code) DO UPDATE SET boundary = excluded.boundary;
INSERT INTO vigil.organisation (kind, code, credit_code, name, region_code)
SELECT o.kind, o.code, o.credit_code, o.name, o.region_code FROM city.organisation AS o
ON CONFLICT DO NOTHING;
INSERT INTO vigil.unit (organisation_id, kind, name, region_code, capabilities, on_duty, geom, located_at)
SELECT o.id, u.kind, u.name, u.region_code, u.capabilities, true, ST_SetSRID(ST_MakePoint(u.lon, u.lat), 4326), now()
FROM city.unit AS u
JOIN vigil.organisation AS o ON u.organisation IN (o.code, o.credit_code);
INSERT INTO vigil_vehicle.vehicle (plate, plate_class, vin, kind, subkind, status, brand, body_type, seats, gross_mass_kg,
    axles, enterprise_id, region_code, first_registered_on, inspection_until, scrap_on, compulsory_insurance_until,
    carrier_insurance_until, permit_until, school_plate_until, permit_scope, terminal_phone, crs, fence_exempt)
SELECT v.plate::vigil.plate, v.plate_class, v.vin, v.kind, v.subkind, v.status, v.brand, v.body_type, v.seats,
    v.gross_mass_kg, v.axles, o.id, v.region_code, v.first_registered_on, v.inspection_until, v.scrap_on,
    v.compulsory_insurance_until, v.carrier_insurance_until, v.permit_until, v.school_plate_until, v.permit_scope,
    v.terminal_phone, v.crs, v.fence_exempt
FROM city.vehicle AS v
LEFT JOIN vigil.organisation AS o ON o.credit_code = v.credit_code;
INSERT INTO vigil_vehicle.road_segment (code, name, class, geom, lanes, one_way, limit_kmh, truck_limit_kmh,
    hazmat_forbidden, flags, mountain_grade)
SELECT s.code, s.name, s.class, ST_GeomFromText(s.wkt, 4326), s.lanes, s.one_way, s.limit_kmh, s.truck_limit_kmh,
    s.hazmat_forbidden, s.flags, s.mountain_grade
FROM city.road_segment AS s;
INSERT INTO vigil_vehicle.road_state (segment_id, observed_at, visibility_m, surface)
SELECT r.id, s.observed_at, s.visibility_m, s.surface
FROM city.road_state AS s
JOIN vigil_vehicle.road_segment AS r ON r.code = s.code;
INSERT INTO vigil.geofence (kind, code, name, area, active_hours, subject_kinds)
SELECT f.kind, f.code, f.name, ST_GeomFromText(f.wkt, 4326), f.active_hours, f.subject_kinds FROM city.fence AS f;
