-- what the clock finds: papers past their date, inherited situations, hazards whose fence or vehicle is gone
\set SHOW_CONTEXT never
SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS set_up FROM vigil.setup();

INSERT INTO vigil.organisation (kind, name, region_code, code) VALUES ('enterprise', 'Jobs Freight', 330502, 'VJ-1');
SELECT id AS firm FROM vigil.organisation WHERE code = 'VJ-1' \gset
INSERT INTO vigil_vehicle.vehicle (plate, kind, status, enterprise_id, inspection_until, scrap_on, permit_until, school_plate_until,
    compulsory_insurance_until, carrier_insurance_until) VALUES
    ('浙E7J001 yellow', 'truck_heavy', 'registered', :firm, '2022-01-31', '2022-03-01', '2022-01-31', NULL, '2022-01-31', '2021-01-01'),
    ('浙E7J002 yellow', 'coach_line', 'registered', NULL, '2023-01-31', '2030-03-01', '2023-01-31', NULL, '2023-01-31', '2022-01-15'),
    ('浙E7J003 yellow', 'school_bus', 'registered', NULL, NULL, NULL, '2021-01-31', '2022-01-31', NULL, NULL),
    ('浙E7J004 yellow', 'hazmat', 'retired', NULL, '2021-01-31', '2021-01-31', '2021-01-31', NULL, '2021-01-31', '2021-01-31'),
    ('浙E7J005 yellow', 'hazmat', 'transit', NULL, NULL, NULL, NULL, NULL, '2022-01-20', '2022-01-10'),
    ('浙E7J006 yellow', 'other', 'transit', NULL, '2021-01-31', '2021-01-31', '2021-01-31', NULL, '2021-01-31', '2021-01-31'),
    ('浙E7J07警 white', 'truck_heavy', 'registered', NULL, '2021-01-31', '2021-01-31', '2021-01-31', NULL, '2021-01-31', '2021-01-31');
CREATE FUNCTION pg_temp.vj_plates() RETURNS bigint[] LANGUAGE sql
AS $$ SELECT array_agg(v.plate::bigint ORDER BY v.plate) FROM vigil_vehicle.vehicle AS v WHERE v.plate::text LIKE '浙E7J0%' $$;
CREATE FUNCTION pg_temp.vj_run(at timestamptz) RETURNS TABLE (model text, changed integer) LANGUAGE sql
AS $$ SELECT m, vigil.run_model(m, at, pg_temp.vj_plates())
      FROM unnest('{inspection_overdue, scrap_due, permit_expired, insurance_lapsed}'::text[]) AS m $$;
CREATE VIEW pg_temp.vj_hazard AS
SELECT h.subject::vigil.plate AS plate, h.model, h.raised_at, h.cleared_at, h.cleared_by, h.clear_reason, h.evidence - 'model_version' AS evidence
FROM vigil.hazard AS h WHERE h.profile = 'vehicle' AND h.subject = ANY (pg_temp.vj_plates());
CREATE VIEW pg_temp.vj_state AS
SELECT s.subject::vigil.plate AS plate, s.score, s.colour, vigil.situation_codes(s.profile, s.own_mask) AS own, vigil.situation_codes(s.profile, s.inherited_mask) AS inherited
FROM vigil.risk_state AS s WHERE s.profile = 'vehicle' AND s.subject = ANY (pg_temp.vj_plates());

-- acceptance case 22: valid through the last day, overdue on the next; null is never overdue
SELECT * FROM pg_temp.vj_run('2022-01-31 23:59:59');
SELECT plate, model, evidence FROM pg_temp.vj_hazard ORDER BY plate, model;
SELECT * FROM pg_temp.vj_run('2022-02-01 02:20');
SELECT plate, model, raised_at, evidence FROM pg_temp.vj_hazard ORDER BY plate, model;
SELECT plate, score, colour FROM pg_temp.vj_state ORDER BY plate;
-- the same run again changes nothing; the other way round: papers renewed, one scrapped, grace granted
SELECT sum(changed) AS again FROM pg_temp.vj_run('2022-02-01 02:30');
UPDATE vigil_vehicle.vehicle SET inspection_until = '2023-01-31', permit_until = '2023-01-31' WHERE plate = '浙E7J001 yellow';
UPDATE vigil_vehicle.vehicle SET carrier_insurance_until = '2022-02-02' WHERE plate = '浙E7J002 yellow';
UPDATE vigil.model SET parameters = '{"grace_days": 15}' WHERE code = 'insurance_lapsed';
SELECT * FROM pg_temp.vj_run('2022-02-02 02:20');
SELECT plate, model, cleared_at, cleared_by, evidence FROM pg_temp.vj_hazard ORDER BY plate, model;
UPDATE vigil.model SET parameters = '{}' WHERE code = 'insurance_lapsed';
SELECT * FROM pg_temp.vj_run('2022-03-01 02:20');
SELECT plate, score, colour, own FROM pg_temp.vj_state ORDER BY plate;
UPDATE vigil_vehicle.vehicle SET status = 'retired' WHERE plate = '浙E7J001 yellow';
SELECT * FROM pg_temp.vj_run('2022-03-02 02:20');
SELECT plate, model, cleared_at FROM pg_temp.vj_hazard WHERE cleared_at IS NULL ORDER BY plate, model;
UPDATE vigil.model SET enabled = false WHERE code = 'permit_expired';
SELECT plate, cleared_by, clear_reason FROM pg_temp.vj_hazard WHERE model = 'permit_expired' ORDER BY plate;
SELECT * FROM pg_temp.vj_run('2022-03-03 02:20') WHERE changed <> 0;
UPDATE vigil.model SET enabled = true WHERE code = 'permit_expired';
SELECT vigil.run_model('speeding_segment');
SELECT vigil.run_model('no_such');

-- scrap warnings: within warn_days, once a scrap date
UPDATE vigil_vehicle.vehicle SET status = 'registered', scrap_on = '2022-06-30' WHERE plate = '浙E7J001 yellow';
SELECT vigil_vehicle.warn_scrap('2022-04-30 10:00') AS too_early, vigil_vehicle.warn_scrap('2022-05-01 10:00') AS warned,
    vigil_vehicle.warn_scrap('2022-05-02 10:00') AS again;
SELECT channel, receiver_kind, receiver_id = :firm AS to_the_firm, kind, situation, body FROM vigil.notice
WHERE kind = 'scrap_warning' AND subject = ANY (pg_temp.vj_plates());

-- cadences: local time, once however often missed, at once when tuned
SELECT vigil.cron_due('20 2 * * *', '2022-02-01 02:19:59') AS daily, vigil.cron_due('20 2 * * *', '2022-02-01 02:20') AS at_it,
    vigil.cron_due('*/10 * * * *', '2022-02-01 02:19:59') AS ten, vigil.cron_due('0 4 1 * *', '2022-02-01 02:20') AS monthly,
    vigil.cron_due('0 0 29 2 *', '2022-02-01') AS leap, vigil.cron_due('0 12 1 * 0', '2022-02-10') AS day_or_sunday,
    vigil.cron_due('0 0 31 2 *', '2022-02-01') AS never;
SELECT vigil.cron_due('20 2 * *', now());
SELECT vigil.cron_due('60 2 * * *', now());
SELECT vigil.cron_due('*/0 2 * * *', now());
SELECT vigil.cron_due('5-1 2 * * *', now());
UPDATE vigil.model SET cadence = 'daily' WHERE code = 'scrap_due';
-- a function of the city's own: what it must look like, what it finds, and that its failure stops no other
INSERT INTO vigil.model (code, situation, function, cadence) VALUES ('vj_rule', 'vehicle_operation_illegal', 'public.vj_rule', '*/10 * * * *');
CREATE FUNCTION public.vj_rule() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
INSERT INTO vigil.model (code, situation, function, cadence) VALUES ('vj_rule', 'vehicle_operation_illegal', 'public.vj_rule', '*/10 * * * *');
DROP FUNCTION public.vj_rule();
CREATE FUNCTION public.vj_rule(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb) LANGUAGE sql STABLE AS
$$ SELECT v.plate::bigint, v.brand = 'odd', jsonb_build_object('brand', v.brand) FROM vigil_vehicle.vehicle AS v
   WHERE v.plate::text LIKE '浙E7J0%' AND (subjects IS NULL OR v.plate::bigint = ANY (subjects)) $$;
INSERT INTO vigil.model (code, situation, function, cadence) VALUES ('vj_rule', 'vehicle_operation_illegal', 'public.vj_rule', '*/10 * * * *');
UPDATE vigil_vehicle.vehicle SET brand = CASE WHEN plate = '浙E7J002 yellow' THEN 'odd' ELSE 'plain' END WHERE plate::text LIKE '浙E7J0%';
DELETE FROM vigil.model_run;
UPDATE vigil_vehicle.vehicle SET status = 'retired' WHERE plate::text LIKE '浙E7J00%' AND plate <> '浙E7J002 yellow';
SELECT regexp_replace(vigil.run_models('2022-03-05 02:30'), ', \d+', ', some');
SELECT model, due_at, ran_at, found > 0 AS found, error FROM vigil.model_run ORDER BY model;
SELECT plate, model, raised_at, evidence FROM pg_temp.vj_hazard WHERE cleared_at IS NULL ORDER BY plate, model;
SELECT vigil.run_models('2022-03-05 02:39');
SELECT vigil.run_models('2022-03-05 02:40');
CREATE OR REPLACE FUNCTION public.vj_rule(subjects bigint[], at timestamptz, parameters jsonb)
RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb) LANGUAGE sql STABLE AS $$ SELECT 1 / length(''), true, '{}'::jsonb $$;
SELECT regexp_replace(vigil.run_models('2022-03-06 02:30'), ', \d+ hazards', ', some hazards');
SELECT model, due_at, error FROM vigil.model_run ORDER BY model;
SELECT code, enabled, open, last_raised_at, last_run_at, last_error FROM vigil_vehicle.model_status() WHERE code = 'vj_rule';
DELETE FROM vigil.model WHERE code = 'vj_rule';
SELECT plate, model, clear_reason FROM pg_temp.vj_hazard WHERE model = 'vj_rule';
DROP FUNCTION public.vj_rule;

-- inheritance (acceptance cases 9 and 48): of the driver at the wheel, for 24 hours, and of the enterprise
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', 'vj*');
SELECT id AS driver FROM vigil.person WHERE name_masked = 'vj*' \gset
UPDATE vigil_vehicle.vehicle SET enterprise_id = :firm, status = 'registered', carrier_insurance_until = '2030-01-01',
    inspection_until = '2030-01-01', compulsory_insurance_until = '2030-01-01', scrap_on = NULL WHERE plate IN ('浙E7J002 yellow', '浙E7J005 yellow');
UPDATE vigil_vehicle.vehicle SET enterprise_id = :firm WHERE plate = '浙E7J004 yellow';
SELECT sum(changed) > 0 AS cleared FROM pg_temp.vj_run('2022-04-01 02:20');
INSERT INTO vigil.risk_state (profile, subject, own_mask, score, colour, changed_at) VALUES
    ('driver', :driver, vigil.situation_mask('driver', '{driver_points_full}'), 50, 'red', '2022-04-02'),
    ('enterprise', :firm, vigil.situation_mask('enterprise', '{sup_key_listed}'), 80, 'yellow', '2022-04-02');
SELECT vigil_vehicle.bind_driver('浙E7J005 yellow', :driver, 'ic_card', '2022-04-02 08:00');
SELECT vigil_vehicle.inherit_masks('2022-04-02 08:05') AS changed;
SELECT plate, score, colour, own, inherited FROM pg_temp.vj_state WHERE inherited <> '{}' ORDER BY plate;
SELECT vigil_vehicle.inherit_masks('2022-04-02 08:10') AS nothing_new;
UPDATE vigil.risk_state SET own_mask = vigil.situation_mask('driver', '{driver_points_high}'), score = 85, colour = 'green'
WHERE profile = 'driver' AND subject = :driver;
SELECT vigil_vehicle.inherit_masks('2022-04-02 08:15') AS changed;
SELECT plate, score, inherited FROM pg_temp.vj_state WHERE inherited <> '{}' ORDER BY plate;
UPDATE vigil.risk_state SET own_mask = 0, score = 100, colour = 'green' WHERE profile = 'enterprise' AND subject = :firm;
SELECT vigil_vehicle.inherit_masks('2022-04-03 08:00') AS binding_is_24_hours_old;
SELECT plate, score, inherited FROM pg_temp.vj_state WHERE plate IN ('浙E7J002 yellow', '浙E7J005 yellow') ORDER BY plate;

-- a driver known by the card in the positions alone: at the wheel at once, for 24 hours after the card was last shown, and
-- explain names whom the vehicle inherits from
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', 'vk*');
SELECT id AS other FROM vigil.person WHERE name_masked = 'vk*' \gset
CREATE FUNCTION pg_temp.vj_shown(ago interval, card bigint) RETURNS void LANGUAGE sql
AS $$ INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, driver_id) VALUES ('浙E7J008 yellow', now() - ago, 100.005, 20.005, 0, card) $$;
CREATE VIEW pg_temp.vj_explained AS
SELECT s.score, s.inherited, (SELECT array_agg(e.situation || ' of ' || (e.source_subject = (SELECT p.id FROM vigil.person AS p WHERE p.name_masked = 'vj*'))::text)
                     FROM vigil.explain('vehicle', s.plate::bigint) AS e WHERE e.source_profile = 'driver') AS explained
FROM pg_temp.vj_state AS s WHERE s.plate = '浙E7J008 yellow';
BEGIN;
UPDATE vigil.risk_state SET own_mask = 0 WHERE profile = 'driver' AND subject = :driver;
UPDATE vigil.model SET implemented = true, enabled = true WHERE code = 'points_full';
SELECT vigil.raise_hazard('driver', :driver, 'points_full', '{"points": 12}', now() - interval '40 hours') IS NOT NULL AS raised;
SELECT pg_temp.vj_shown('31 hours', NULL);
SELECT * FROM pg_temp.vj_explained;
SELECT pg_temp.vj_shown('30 hours', :driver);
SELECT * FROM pg_temp.vj_explained;
SELECT c.at = now() - interval '30 hours' AS when_it_was_shown, c.why FROM vigil.risk_change AS c WHERE c.profile = 'vehicle' AND c.subject = '浙E7J008 yellow'::vigil.plate::bigint ORDER BY c.id DESC LIMIT 1;
-- most trusted: a roster does not change that; nor a silence of less than 24 hours
SELECT vigil_vehicle.bind_driver('浙E7J008 yellow', :other, 'roster', now() - interval '29 hours');
SELECT pg_temp.vj_shown('28 hours', NULL), vigil_vehicle.inherit_masks(now() - interval '28 hours') >= 0 AS ran;
SELECT * FROM pg_temp.vj_explained;
SELECT vigil_vehicle.inherit_masks(now() - interval '6 hours 1 second') >= 0 AS ran;
SELECT * FROM pg_temp.vj_explained;
SELECT b.source, b.driver_id = :driver AS the_driver FROM vigil_vehicle.bound_drivers(now() - interval '28 hours') AS b WHERE b.plate = '浙E7J008 yellow';
SELECT b.source, b.driver_id = :other AS the_other FROM vigil_vehicle.bound_drivers(now() - interval '5 hours 59 min') AS b WHERE b.plate = '浙E7J008 yellow';
SELECT vigil_vehicle.inherit_masks(now() - interval '5 hours 59 min') > 0 AS lapsed;
SELECT * FROM pg_temp.vj_explained;
-- shown again after that; then another card, of a driver without any hazard
SELECT pg_temp.vj_shown('5 hours', :driver);
SELECT * FROM pg_temp.vj_explained;
SELECT pg_temp.vj_shown('4 hours', :other);
SELECT * FROM pg_temp.vj_explained;
-- a card that was told of by hand counts until the positions show one again, also if they have shown it since before
SELECT vigil_vehicle.bind_driver('浙E7J008 yellow', :driver, 'ic_card', now() - interval '3 hours 30 min');
SELECT at - now() AS at, b.driver_id = :other AS shown, b.driver_id = :driver AS told FROM unnest(ARRAY[now() - interval '3 hours 31 min', now() - interval '3 hours 29 min']) AS at, vigil_vehicle.bound_drivers(at) AS b WHERE b.plate = '浙E7J008 yellow';
SELECT pg_temp.vj_shown('3 hours 20 min', :other);
SELECT b.driver_id = :other AS shown, b.bound_at - now() AS since FROM vigil_vehicle.bound_drivers(now() - interval '3 hours 19 min') AS b WHERE b.plate = '浙E7J008 yellow';
DELETE FROM vigil_vehicle.driver_binding WHERE plate = '浙E7J008 yellow';
-- many at once, in one statement, the clean driver's vehicle among them
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh, driver_id) VALUES
    ('浙E7J009 yellow', now() - interval '3 hours', 100.005, 20.005, 0, :driver), ('浙E7J008 yellow', now() - interval '3 hours', 100.005, 20.005, 0, :driver),
    ('浙E7J010 yellow', now() - interval '3 hours', 100.005, 20.005, 0, :other), ('浙E7J008 yellow', now() - interval '2 hours 59 min', 100.005, 20.005, 0, :driver);
SELECT plate, inherited FROM pg_temp.vj_state WHERE inherited <> '{}' ORDER BY plate;
SELECT vigil_vehicle.inherit_masks() >= 0 AS ran;
SELECT plate, inherited FROM pg_temp.vj_state WHERE inherited <> '{}' ORDER BY plate;
SELECT vigil.clear_hazard('driver', :driver, 'points_full', 'test over') AS cleared, vigil_vehicle.inherit_masks() > 0 AS healed;
ROLLBACK;

-- the sweep (acceptance case 34): fences that are gone or no longer mean this vehicle, vehicles that fell silent
INSERT INTO vigil.fence_kind (code, bit, zh, en) VALUES ('vj_kind', 61, '测试', 'test');
INSERT INTO vigil.geofence (kind, code, area, covered) SELECT 'vj_kind', 'vj-' || i, a, a FROM generate_series(1, 6) AS i,
    CAST('SRID=4326;MULTIPOLYGON(((100 20, 100.01 20, 100.01 20.01, 100 20.01, 100 20)))' AS geometry) AS a;
CREATE FUNCTION pg_temp.vj_raise(plate vigil.plate, model text, fence text, ago interval) RETURNS boolean LANGUAGE sql
AS $$ SELECT vigil.apply_effects('vehicle', '{raise}', ARRAY[plate::bigint], ARRAY[model], ARRAY[now() - ago],
             ARRAY[coalesce((SELECT jsonb_build_object('fence_id', g.id) FROM vigil.geofence AS g WHERE g.code = fence), '{}')],
             lon => '{100.005}', lat => '{20.005}') = 1 $$;
UPDATE vigil_vehicle.vehicle SET status = 'registered' WHERE plate = '浙E7J001 yellow';
SELECT pg_temp.vj_raise('浙E7J001 yellow', 'water_source_stay', 'vj-1', '1 hour') AS deleted,
    pg_temp.vj_raise('浙E7J002 yellow', 'water_source_stay', 'vj-2', '1 hour') AS kept,
    pg_temp.vj_raise('浙E7J003 yellow', 'water_source_stay', 'vj-3', '1 hour') AS of_other_kinds,
    pg_temp.vj_raise('浙E7J004 yellow', 'water_source_stay', 'vj-4', '1 hour') AS moved,
    pg_temp.vj_raise('浙E7J005 yellow', 'water_source_stay', 'vj-5', '1 hour') AS outdated,
    pg_temp.vj_raise('浙E7J006 yellow', 'water_source_stay', 'vj-6', '1 hour') AS exempt;
SELECT count(*) AS nothing_lost FROM vigil_vehicle.lost_hazards(now()) AS l WHERE l.subject = ANY (pg_temp.vj_plates());
DELETE FROM vigil.geofence WHERE code = 'vj-1';
UPDATE vigil.geofence SET subject_kinds = '{truck_heavy}' WHERE code = 'vj-3';
UPDATE vigil.geofence SET area = a, covered = a FROM CAST('SRID=4326;MULTIPOLYGON(((101 20, 101.01 20, 101.01 20.01, 101 20.01, 101 20)))' AS geometry) AS a
WHERE code = 'vj-4';
UPDATE vigil.geofence SET valid_until = now() - interval '30 min' WHERE code = 'vj-5';
UPDATE vigil_vehicle.vehicle SET fence_exempt = '{vj_kind}' WHERE plate = '浙E7J006 yellow';
SELECT vigil_vehicle.sweep_hazards() >= 5 AS swept;
SELECT plate, cleared_at IS NOT NULL AS cleared, cleared_by, clear_reason FROM pg_temp.vj_hazard WHERE model = 'water_source_stay' ORDER BY plate;
SELECT pg_temp.vj_raise('浙E7J001 yellow', m, NULL, '24 hours') AS raised, m
FROM unnest('{gps_drift, dangerous_section, overload_people, clone_jump, inspection_overdue}'::text[]) AS m;
SELECT pg_temp.vj_raise('浙E7J002 yellow', 'gps_drift', NULL, '25 hours') AND pg_temp.vj_raise('浙E7J003 yellow', 'gps_drift', NULL, '23 hours') AS raised;
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES ('浙E7J002 yellow', now() - interval '23 hours', 100.005, 20.005, 0);
SELECT vigil_vehicle.sweep_hazards() >= 2 AS swept;
SELECT plate, model, cleared_at IS NOT NULL AS cleared, clear_reason FROM pg_temp.vj_hazard WHERE raised_at > now() - interval '2 days' ORDER BY plate, model;
SELECT vigil_vehicle.sweep_hazards(now() + interval '1 hour 1 min') >= 2 AS an_hour_later;
SELECT plate, model, cleared_at > now() AS at_that_time, clear_reason FROM pg_temp.vj_hazard WHERE model = 'gps_drift' ORDER BY plate;

-- every model says whether it runs
SELECT count(*) FILTER (WHERE number <= 70) AS catalogue, count(*) FILTER (WHERE enabled AND NOT implemented) AS dead,
    bool_and(open >= 0 AND raised_24h >= 0) AS counted FROM vigil_vehicle.model_status();
SELECT code, zh, kind, situation, enabled, open > 0 AS open, last_raised_at > now() - interval '2 hours' AS raised_lately,
    raised_24h >= 6 AS raised, cleared_24h >= 5 AS cleared, last_run_at, last_error
FROM vigil_vehicle.model_status() WHERE code = 'water_source_stay';

-- leave nothing red behind
SELECT count(vigil.apply_effects('vehicle', '{clear}', ARRAY[h.plate::bigint], ARRAY[h.model], ARRAY[now() + interval '2 hours'], NULL, '{test_over}')) > 0 AS closed
FROM pg_temp.vj_hazard AS h WHERE h.cleared_at IS NULL;
DELETE FROM vigil.geofence WHERE code LIKE 'vj-%';
DELETE FROM vigil.fence_kind WHERE code = 'vj_kind';
DELETE FROM vigil.risk_state WHERE profile = 'driver' AND subject = :driver OR profile = 'enterprise' AND subject = :firm;
