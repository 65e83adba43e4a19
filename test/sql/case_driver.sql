-- acceptance cases 1 to 11: the driver.  Each says what is expected; hours are those of the case's day (case.psql).
\set ECHO none
\getenv abs_srcdir PG_ABS_SRCDIR
\set helpers :abs_srcdir '/sql/case.psql'
\i :helpers
\set ECHO all
CREATE VIEW pg_temp.fatigue AS SELECT plate, model, situation, raised, cleared, cleared_by, evidence -> 'driving_min' AS driving_min, evidence -> 'night_min' AS night_min FROM pg_temp.hazard;

-- case 1: 70 km/h from 08:00.  Expected: nothing up to 11:59:30; fatigue_continuous at 12:00:00, 240 min, 55, red
SELECT pg_temp.register('浙EC0001 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0001 yellow', '08:00=70', '08:00', '11:59:30');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0001 yellow';
SELECT pg_temp.drive('浙EC0001 yellow', '08:00=70', '12:00', '12:00');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0001 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0001 yellow';

-- case 2: as 1, standing 11:00:00 to 11:19:30.  Expected: raises at 12:00:00, the stop of 19.5 min counts as driving
SELECT pg_temp.register('浙EC0002 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0002 yellow', '08:00=70 11:00=0 11:19:30=70', '08:00', '12:00');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0002 yellow';
-- "added at 11:19:30": with a limit of 200 min it is passed at 11:20:00, when those 19.5 min and half a minute are added to 180
SELECT b.subject::vigil.plate AS plate, pg_temp.hour(b.raised_at) AS raised FROM vigil.backtest('vehicle', pg_temp.day(), pg_temp.at('13:00'), '{"fatigue_continuous": {"drive_min": 200}}') AS b
WHERE b.subject = '浙EC0002 yellow'::vigil.plate::bigint AND b.what = 'hazard';
SELECT b.subject::vigil.plate AS plate, pg_temp.hour(b.raised_at) AS raised FROM vigil.backtest('vehicle', pg_temp.day(), pg_temp.at('13:00'), '{"fatigue_continuous": {"drive_min": 199}}') AS b
WHERE b.subject = '浙EC0002 yellow'::vigil.plate::bigint AND b.what = 'hazard';

-- case 3: as 1, standing 11:00:00 to 11:20:00.  Expected: none at 12:00:00; raises at 15:20:00
SELECT pg_temp.register('浙EC0003 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0003 yellow', '08:00=70 11:00=0 11:20=70', '08:00', '15:19:30');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0003 yellow';
SELECT pg_temp.drive('浙EC0003 yellow', '08:00=70 11:00=0 11:20=70', '15:20', '15:20');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0003 yellow';

-- case 4: as 1, another driver's IC card from 11:30:00.  Expected: none to 13:00 (90 min for the new driver), then at 15:30:00
SELECT pg_temp.register('浙EC0004 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0004 yellow', '08:00=70', '08:00', '13:00', cards => '08:00=41 11:30=42');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0004 yellow';
SELECT pg_temp.drive('浙EC0004 yellow', '08:00=70', '13:00:30', '15:30', cards => '08:00=41 11:30=42');
SELECT plate, model, raised, evidence -> 'driving_min' AS driving_min, evidence -> 'driver_id' AS driver_id FROM pg_temp.hazard WHERE plate = '浙EC0004 yellow';

-- case 5: case 1 goes on, standing from 12:10:00.  Expected: cleared at 12:30:00 by its own rule, still red; green at 13:00:00
SELECT pg_temp.drive('浙EC0001 yellow', '08:00=70 12:10=0', '12:00:30', '12:29:30');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0001 yellow';
SELECT pg_temp.drive('浙EC0001 yellow', '08:00=70 12:10=0', '12:30', '12:30');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0001 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0001 yellow';
SELECT vigil.recover_colours(pg_temp.at('12:59:59')) IS NOT NULL AS too_early;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0001 yellow';
SELECT vigil.recover_colours(pg_temp.at('13:00')) > 0 AS recovered;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0001 yellow';

-- case 6: coach_line, 80 km/h from 21:00:00.  Expected: fatigue_night at 00:00:00 with 120 night minutes, no fatigue_continuous (180)
SELECT pg_temp.register('浙EC0006 yellow', 'coach_line');
SELECT pg_temp.drive('浙EC0006 yellow', '21:00=80', '21:00', '23:59:30');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0006 yellow';
SELECT pg_temp.drive('浙EC0006 yellow', '21:00=80', '24:00', '24:00');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0006 yellow';

-- case 7: silent 11:00 to 11:40, 46 km further on (69 km/h).  Expected: neither added nor reset, 180 min; raises at 12:40:00
SELECT pg_temp.register('浙EC0007 yellow', 'hazmat');
SELECT pg_temp.drive('浙EC0007 yellow', '08:00=70 11:00=69 11:40=70', '08:00', '11:00');
SELECT pg_temp.drive('浙EC0007 yellow', '08:00=70 11:00=69 11:40=70', '11:40', '12:39:30');
SELECT round(ST_DistanceSphere(ST_MakePoint(a.lon, a.lat), ST_MakePoint(b.lon, b.lat))::numeric / 1000) AS km FROM vigil_vehicle.position AS a, vigil_vehicle.position AS b
WHERE a.plate = '浙EC0007 yellow' AND b.plate = a.plate AND a.observed_at = pg_temp.at('11:00') AND b.observed_at = pg_temp.at('11:40');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0007 yellow';
SELECT pg_temp.drive('浙EC0007 yellow', '08:00=70 11:00=69 11:40=70', '12:40', '12:40');
SELECT * FROM pg_temp.fatigue WHERE plate = '浙EC0007 yellow';

-- case 9: the driver's points go from 11 (bit 4) to 12 (bit 3).  Expected: driver red; V has bit 3, not 4, and is red by veto; its reason is the driver's.
-- The register's daily run that finds the points (models 7 and 8) is not there yet: here it is told by hand what it would find
INSERT INTO vigil.person (kind, name_masked) VALUES ('driver', '陈*') RETURNING id AS driver \gset
INSERT INTO vigil_vehicle.driver (person_id, points) VALUES (:driver, 11);
SELECT pg_temp.register('浙EC0009 yellow', 'hazmat');
SELECT vigil_vehicle.bind_driver('浙EC0009 yellow', :driver, 'ic_card', now() - interval '1 hour') AS bound;
UPDATE vigil.model SET implemented = true, enabled = true WHERE code IN ('points_full', 'points_high');
SELECT vigil.raise_hazard('driver', :driver, 'points_high', '{"points": 11}', now() - interval '30 min') > 0 AS raised, vigil_vehicle.inherit_masks(now() - interval '25 min') > 0 AS changed;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0009 yellow';
UPDATE vigil_vehicle.driver SET points = 12 WHERE person_id = :driver;
SELECT vigil.clear_hazard('driver', :driver, 'points_high', 'twelve points', now() - interval '10 min') AS cleared, vigil.raise_hazard('driver', :driver, 'points_full', '{"points": 12}', now() - interval '10 min') > 0 AS raised;
SELECT score, colour FROM vigil.risk_state WHERE profile = 'driver' AND subject = :driver;
SELECT vigil_vehicle.inherit_masks() > 0 AS changed;
SELECT * FROM pg_temp.state WHERE plate = '浙EC0009 yellow';
SELECT situation, model, weight, veto, source_profile, source_subject = :driver AS the_driver, evidence -> 'points' AS points FROM vigil.explain('vehicle', '浙EC0009 yellow'::vigil.plate::bigint);

-- case 10: coach at 90 km/h, 01:50 to 02:15, no exemption.  Expected: night_ban_coach at 02:10:00, the first with 10 moving minutes since 02:00; 55, red
SELECT pg_temp.register('浙EC0010 yellow', 'coach_line');
SELECT pg_temp.drive('浙EC0010 yellow', '01:50=90', '01:50', '02:15');
SELECT plate, model, situation, raised, cleared, evidence -> 'moving_min' AS moving_min FROM pg_temp.hazard WHERE plate = '浙EC0010 yellow';
SELECT * FROM pg_temp.state WHERE plate = '浙EC0010 yellow';

-- case 11: the same, exempt at relay points, standing at one from 02:00 to 02:20.  Expected: none.
-- Nor while it moves about there at 25 km/h; but another coach without the exemption, and this one away from there, are not excused
SELECT pg_temp.register('浙EC0011 yellow', 'coach_line', '{relay_point}'), pg_temp.register('浙EC1011 yellow', 'coach_line');
INSERT INTO vigil.geofence (kind, code, area) VALUES ('relay_point', 'case-11', ST_Multi(ST_MakeEnvelope(100.13, 30.09, 100.2, 30.11, 4326)));
SELECT pg_temp.drive('浙EC0011 yellow', '01:50=90 02:00=0', '01:50', '02:20', lat => 30.1);
SELECT inside FROM (SELECT vigil.inside(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 'relay_point') AS inside FROM vigil_vehicle.position WHERE plate = '浙EC0011 yellow' AND observed_at = pg_temp.at('02:20')) AS p;
SELECT pg_temp.drive('浙EC0011 yellow', '01:50=90 02:00=0 02:20:30=25', '02:20:30', '02:35', lat => 30.1);
SELECT pg_temp.drive('浙EC1011 yellow', '01:50=90 02:00=25', '01:50', '02:12', lat => 30.1);
SELECT plate, model, raised FROM pg_temp.hazard WHERE plate::text LIKE '浙EC_011 yellow';
SELECT pg_temp.drive('浙EC0011 yellow', '03:00=90', '03:00', '03:15', lat => 31);
SELECT plate, model, raised FROM pg_temp.hazard WHERE plate::text LIKE '浙EC_011 yellow';
-- a relay point that is no longer one, or not at this hour, excuses nobody
SELECT pg_temp.register('浙EC2011 yellow', 'coach_line', '{relay_point}'), pg_temp.register('浙EC3011 yellow', 'coach_line', '{relay_point}');
INSERT INTO vigil.geofence (kind, code, area, valid_until, active_hours)
SELECT 'relay_point', v.code, ST_Multi(ST_MakeEnvelope(100, v.lat - 0.01, 101, v.lat + 0.01, 4326)), v.valid_until, v.active_hours
FROM (VALUES ('case-11-past', 30.3, '2020-01-01'::timestamptz, NULL::jsonb), ('case-11-day', 30.5, 'infinity', '[{"from": "06:00", "to": "22:00"}]'))
    AS v (code, lat, valid_until, active_hours);
SELECT pg_temp.drive('浙EC2011 yellow', '01:50=90 02:00=25', '01:50', '02:12', lat => 30.3);
SELECT pg_temp.drive('浙EC3011 yellow', '01:50=90 02:00=25', '01:50', '02:12', lat => 30.5);
SELECT plate, model, raised FROM pg_temp.hazard WHERE plate::text SIMILAR TO '浙EC[23]011 yellow' ORDER BY plate;

-- nothing else was raised by any of these
SELECT model, count(*) FROM vigil.hazard WHERE profile = 'vehicle' AND subject IN (SELECT plate::bigint FROM vigil_vehicle.vehicle WHERE plate::text LIKE '浙EC_0%') GROUP BY model ORDER BY model COLLATE "C";
ROLLBACK;
