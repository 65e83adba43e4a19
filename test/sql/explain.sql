-- why is it red, and how did it come to that
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
SELECT '浙E74001 yellow'::vigil.plate::bigint AS v \gset
INSERT INTO vigil.organisation (kind, code, name, region_code) VALUES ('enterprise', 'explain-firm', '湖州某运输公司', 330502) RETURNING id AS firm \gset
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', '张**') RETURNING id AS driver \gset
INSERT INTO vigil_vehicle.vehicle (plate, kind, status, enterprise_id) VALUES (:v::bigint::vigil.plate, 'hazmat', 'registered', :firm);
CREATE FUNCTION public.explain_model(subjects bigint[], at timestamptz, parameters jsonb)
    RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb) LANGUAGE sql STABLE
    AS $$ SELECT u, true, '{}'::jsonb FROM unnest(subjects) AS u $$;
INSERT INTO vigil.model (code, situation, profile, function, cadence) VALUES
    ('explain_points', 'driver_points_full', 'driver', 'public.explain_model', '0 2 * * *'),
    ('explain_platform', 'sup_monitoring_absent', 'enterprise', 'public.explain_model', '0 2 * * *');

-- a clean vehicle has no reasons
SELECT count(*) FROM vigil.explain('vehicle', :v);

-- own hazards, worst first; the vehicle has no position yet, so only its firm is a source
SELECT vigil.apply_effects('vehicle', '{raise,raise,raise}', ARRAY[:v, :v, :v], '{gps_drift,water_source_stay,speeding_segment}',
    '{2022-01-20 09:00,2022-01-20 09:05,2022-01-20 09:10}', ARRAY['{"count": 3}', '{"fence_id": 5, "minutes": 15}', '{"limit": 60, "speed_max": 90, "over_pct": 50}']::jsonb[],
    NULL, '{330502,330502,330502}', '{120.1,120.1,120.1}', '{30.8,30.8,30.8}');
SELECT vigil.raise_hazard('enterprise', :firm, 'explain_platform', '{"staff": 1, "needed": 2}', '2022-01-20 08:00') IS NOT NULL AS firm,
       vigil.raise_hazard('driver', :driver, 'explain_points', '{"points": 12}', '2022-01-20 02:10') IS NOT NULL AS driver;
SELECT vigil.inherit('vehicle', ARRAY[:v], ARRAY[vigil.situation_mask('vehicle', '{driver_points_full,sup_monitoring_absent}')], '2022-01-20 09:20');
SELECT situation, model, weight, veto, since, last_seen_at, count, source_profile, source_subject = CASE source_profile WHEN 'enterprise' THEN :firm ELSE :driver END AS right_source
FROM vigil.explain('vehicle', :v);
\x on
SELECT situation, zh, en, model, weight, veto, evidence - 'inherited_from' AS evidence, evidence -> 'inherited_from' ->> 'profile' AS inherited_from, legal_basis, since, cleared_by,
       bit, dimension, model_zh, model_en, rule, clear_rule
FROM vigil.explain('vehicle', :v) WHERE situation IN ('vehicle_speeding', 'driver_points_full', 'sup_monitoring_absent');
\x off

-- the driver's card in a position names the driver, for 24 hours after it was last shown
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, driver_id) VALUES (:v::bigint::vigil.plate, now() - interval '4 days', 120.1, 30.8, :driver), (:v::bigint::vigil.plate, now() - interval '4 days' + interval '1 min', 120.1, 30.8, NULL);
SELECT situation, model, evidence -> 'points' AS points, source_profile, source_subject = :driver AS right_source, evidence -> 'inherited_from' ->> 'profile' AS named
FROM vigil.explain('vehicle', :v) WHERE situation = 'driver_points_full';
SELECT source_profile FROM vigil.risk_sources('vehicle', :v) ORDER BY 1;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES (:v::bigint::vigil.plate, now() - interval '3 days', 120.1, 30.8);
SELECT source_profile FROM vigil.risk_sources('vehicle', :v) ORDER BY 1;

-- firm and driver explain themselves; a weight is the one that counts for the profile
SELECT situation, model, weight, veto FROM vigil.explain('enterprise', :firm);
SELECT situation, model, weight, veto FROM vigil.explain('driver', :driver);
UPDATE vigil.profile SET situation_mask = situation_mask & ~(1::bigint << 17) WHERE code = 'vehicle';
SELECT situation, weight FROM vigil.explain('vehicle', :v) WHERE model = 'speeding_segment';

-- no such profile, no such subject: no reasons
SELECT count(*) FROM vigil.explain('boat', 1);
SELECT count(*) FROM vigil.explain('vehicle', 74999999);

-- the story: observation time for hazards and colours; since is inclusive, until is not
SELECT vigil.apply_effects('vehicle', '{clear,clear}', ARRAY[:v, :v], '{gps_drift,water_source_stay}', '{2022-01-20 09:40,2022-01-20 09:45}', NULL, '{NULL,stay_lawful}', cleared_by => 'feedback');
SELECT at, what, detail - 'hazard' - 'incident' AS detail FROM vigil.timeline('vehicle', :v, until => '2022-01-20 10:00') WHERE what NOT LIKE 'incident%';
SELECT what, count(*) FROM vigil.timeline('vehicle', :v, '2022-01-20 09:05', '2022-01-20 09:10') WHERE what NOT LIKE 'incident%' GROUP BY what ORDER BY what;
SELECT DISTINCT what FROM vigil.timeline('vehicle', :v) WHERE what LIKE 'incident%' OR what LIKE 'task%' ORDER BY what;
SELECT count(*) FROM vigil.timeline('vehicle', 74999999);
SELECT bool_and(at >= before) AS in_order FROM (SELECT at, lag(at, 1, at) OVER () AS before FROM vigil.timeline('vehicle', :v)) AS t;
ROLLBACK;
