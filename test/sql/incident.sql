-- incidents: opened, joined, re-planned, taken up again and closed as the colours of their subjects say
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET intervalstyle = 'postgres'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
CREATE FUNCTION pg_temp.incidents(subject bigint, profile text DEFAULT 'vehicle') RETURNS TABLE (kind text, severity vigil.colour, state text, situation text, codes text, level smallint, opened text, closed text, reason text, reopened integer)
LANGUAGE sql AS $$
    SELECT i.kind, i.severity, i.state, i.situation, array_to_string(vigil.situation_codes(i.profile, i.mask), ' '), i.level,
        to_char(i.opened_at, 'HH24:MI'), to_char(i.closed_at, 'HH24:MI'), i.close_reason, i.reopened
    FROM vigil.incident AS i WHERE i.profile = $2 AND i.subject = $1 ORDER BY i.id $$;
CREATE FUNCTION pg_temp.tasks(subject bigint, profile text DEFAULT 'vehicle') RETURNS TABLE (level smallint, ordinal smallint, place smallint, state text, unit_kind text, capability text, area text, priority integer, reasons text)
LANGUAGE sql AS $$
    SELECT t.level, t.ordinal, t.place, t.state, t.unit_kind, t.capability, t.area, t.priority,
        (SELECT string_agg(e.event || ' ' || (e.detail ->> 'reason'), ', ' ORDER BY e.number) FROM vigil.task_event AS e WHERE e.task_id = t.id)
    FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE i.profile = $2 AND i.subject = $1 ORDER BY t.id $$;
CREATE FUNCTION pg_temp.car(n bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT format('浙E47%s yellow', lpad(n::text, 3, '0'))::vigil.plate::bigint $$;
SELECT pg_temp.car(1) AS tank, pg_temp.car(2) AS coach, pg_temp.car(3) AS truck \gset
UPDATE vigil.model SET implemented = true, enabled = true WHERE code IN ('key_listed', 'points_full');
INSERT INTO vigil.organisation (kind, name, region_code) VALUES ('enterprise', '安行物流', 330502) RETURNING id AS firm \gset
INSERT INTO vigil_vehicle.vehicle (plate, kind, status, enterprise_id, tank_no) VALUES (:tank::vigil.plate, 'hazmat', 'registered', :firm, 'T-1');
INSERT INTO vigil_vehicle.vehicle (plate, kind, status) VALUES (:coach::vigil.plate, 'coach_line', 'registered'), (:truck::vigil.plate, 'truck_heavy', 'registered');

-- yellow opens one, at the first level of the plan of its leading situation
SELECT vigil.raise_hazard('vehicle', :tank, 'speeding_segment', '{}', '2022-01-20 09:00') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);
SELECT * FROM pg_temp.tasks(:tank);
SELECT i.traits, i.detail, i.organisation_id = :firm AS firm, i.opened_at FROM vigil.incident AS i WHERE i.subject = :tank;
-- a further hazard joins it
SELECT vigil.raise_hazard('vehicle', :tank, 'dangerous_section', '{}', '2022-01-20 09:01') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);
SELECT count(*) FROM pg_temp.tasks(:tank);
-- red plans again from level 1 of the red plan; hazmat: two units that can
SELECT vigil.raise_hazard('vehicle', :tank, 'water_source_stay', '{"fence_id": 1}', '2022-01-20 09:02') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);
SELECT * FROM pg_temp.tasks(:tank);
-- what is gone is called off; the incident stays until the colour recovers, with the worst severity
SELECT bool_and(vigil.clear_hazard('vehicle', :tank, m, 'test', '2022-01-20 09:10')) FROM unnest('{speeding_segment,dangerous_section,water_source_stay}'::text[]) AS m;
SELECT * FROM pg_temp.incidents(:tank);
SELECT state, reasons FROM pg_temp.tasks(:tank);
-- what comes back while it is open is planned anew
SELECT vigil.raise_hazard('vehicle', :tank, 'speeding_kind_cap', '{}', '2022-01-20 09:15') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);
SELECT level, state, unit_kind FROM pg_temp.tasks(:tank) WHERE state = 'queued';
SELECT vigil.clear_hazard('vehicle', :tank, 'speeding_kind_cap', 'test', '2022-01-20 09:16');
-- green closes it; yellow, to which red recovers first, does not
SELECT vigil.recover_colours('2022-01-20 09:46') > 0 AS recovered;
SELECT * FROM pg_temp.incidents(:tank);
-- what comes back before that joins it, later it is a new one
SELECT vigil.raise_hazard('vehicle', :tank, 'speeding_segment', '{}', '2022-01-20 10:05') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);
SELECT vigil.clear_hazard('vehicle', :tank, 'speeding_segment', 'test', '2022-01-20 10:06'), vigil.recover_colours('2022-01-20 10:36') > 0 AS recovered;
SELECT vigil.raise_hazard('vehicle', :tank, 'speeding_segment', '{}', '2022-01-20 11:30') > 0 AS raised;
SELECT * FROM pg_temp.incidents(:tank);

SELECT vigil.clear_hazard('vehicle', :tank, 'speeding_segment', 'test', '2022-01-20 11:31'), vigil.recover_colours('2022-01-20 13:00') > 0 AS recovered;
-- closed when the hold was over, not when somebody looked
SELECT opened, closed, reason, reopened FROM pg_temp.incidents(:tank);
-- closed and back again: 30 minutes after it closed it is taken up again, a second later it is a new one; how many is data
SELECT pg_temp.car(5) AS van \gset
CREATE FUNCTION pg_temp.spell(raised timestamptz, model text DEFAULT 'speeding_segment') RETURNS boolean LANGUAGE sql AS $$
    SELECT vigil.raise_hazard('vehicle', pg_temp.car(5), model, '{}', raised) > 0 AND vigil.clear_hazard('vehicle', pg_temp.car(5), model, 'test', raised + interval '1 min') AND vigil.recover_colours(raised + interval '31 min') > 0 $$;
SELECT pg_temp.spell('2022-01-20 09:00');
SELECT vigil.raise_hazard('vehicle', :van, 'speeding_segment', '{}', '2022-01-20 10:01') > 0 AS raised;
SELECT opened, closed, reopened, severity, level FROM pg_temp.incidents(:van);
SELECT state, count(*) FROM pg_temp.tasks(:van) GROUP BY 1 ORDER BY 1;
SELECT vigil.clear_hazard('vehicle', :van, 'speeding_segment', 'test', '2022-01-20 10:02'), vigil.recover_colours('2022-01-20 10:32') > 0 AS recovered;
SELECT pg_temp.spell('2022-01-20 11:02:01');
SELECT opened, closed, reopened FROM pg_temp.incidents(:van);
UPDATE vigil.colour_rule SET reopen_minutes = 120 WHERE profile = 'vehicle';
SELECT pg_temp.spell('2022-01-20 13:33', 'fatigue_continuous');
UPDATE vigil.colour_rule SET reopen_minutes = 0 WHERE profile = 'vehicle';
SELECT pg_temp.spell('2022-01-20 15:00');
SELECT kind, severity, opened, closed, reopened FROM pg_temp.incidents(:van);
UPDATE vigil.colour_rule SET reopen_minutes = 30 WHERE profile = 'vehicle';

-- §5.3: a terminal that fails twice is one incident
SELECT count(vigil.apply_effects('vehicle', ARRAY[effect], ARRAY[:coach], '{gps_shield}', ARRAY[at::timestamptz], NULL)) FROM (VALUES
    ('raise', '2022-01-20 14:00'), ('clear', '2022-01-20 14:10'), ('raise', '2022-01-20 14:25'), ('clear', '2022-01-20 14:30')) AS v (effect, at);
SELECT vigil.recover_colours('2022-01-20 15:00') > 0 AS recovered;
SELECT * FROM pg_temp.incidents(:coach);

-- veto leads, then weight, then the lower bit: a cloned plate beside a heavier sum; two units for it
SELECT vigil.apply_effects('vehicle', '{raise,raise,raise}', ARRAY[:truck, :truck, :truck]::bigint[], '{speeding_segment,fatigue_continuous,clone_jump}', array_fill('2022-01-20 09:00'::timestamptz, '{3}'), NULL);
SELECT kind, severity, situation FROM pg_temp.incidents(:truck);
SELECT level, ordinal, place, unit_kind, area FROM pg_temp.tasks(:truck);

-- many at once: one call, an incident each
SELECT vigil.apply_effects('vehicle', array_fill('raise'::text, '{50}'), array_agg(pg_temp.car(100 + s)), array_fill('stop_expressway'::text, '{50}'), array_fill('2022-01-20 09:00'::timestamptz, '{50}'), NULL, NULL,
    array_fill(330503::bigint, '{50}'), array_fill(120.2::float8, '{50}'), array_fill(30.9::float8, '{50}')) AS opened FROM generate_series(1, 50) AS s;
SELECT i.kind, i.severity, i.region_code, count(*), count(DISTINCT i.subject) AS subjects, sum((SELECT count(*) FROM vigil.task AS t WHERE t.incident_id = i.id AND t.state = 'queued')) AS queued
FROM vigil.incident AS i WHERE i.subject IN (SELECT pg_temp.car(100 + s) FROM generate_series(1, 50) AS s) GROUP BY 1, 2, 3;

-- case 48: supervision opens one on the enterprise, none on its vehicles
SELECT vigil.raise_hazard('enterprise', :firm, m, '{}', '2022-01-20 09:00') > 0 AS raised FROM unnest('{key_listed}'::text[]) AS m;
SELECT vigil.inherit('vehicle', ARRAY[pg_temp.car(60), pg_temp.car(61), pg_temp.car(62)], array_fill(1::bigint << 45, '{3}'), '2022-01-20 09:05');
SELECT subject::vigil.plate AS vehicle, colour, score FROM vigil.risk_state WHERE profile = 'vehicle' AND subject IN (pg_temp.car(60), pg_temp.car(61), pg_temp.car(62)) ORDER BY 1;
SELECT kind, severity, situation FROM pg_temp.incidents(:firm, 'enterprise');
SELECT unit_kind, area FROM pg_temp.tasks(:firm, 'enterprise');
SELECT count(*) FROM vigil.incident WHERE subject IN (pg_temp.car(60), pg_temp.car(61), pg_temp.car(62));
-- what a vehicle does itself opens one if it colours it, by itself or together
SELECT vigil.raise_hazard('vehicle', pg_temp.car(60), 'dangerous_section', '{}', '2022-01-20 09:10') > 0 AS little,
       vigil.raise_hazard('vehicle', pg_temp.car(61), 'gps_shield', '{}', '2022-01-20 09:10') > 0 AS enough,
       vigil.raise_hazard('vehicle', pg_temp.car(62), 'gps_shield', '{}', '2022-01-20 09:10') > 0 AS both,
       vigil.raise_hazard('vehicle', pg_temp.car(62), 'speeding_segment', '{}', '2022-01-20 09:11') > 0 AS red;
SELECT i.subject::vigil.plate AS vehicle, r.score, r.colour, i.kind, i.situation, vigil.situation_codes('vehicle', i.mask) AS about
FROM vigil.incident AS i JOIN vigil.risk_state AS r USING (profile, subject) WHERE i.subject IN (pg_temp.car(60), pg_temp.car(61), pg_temp.car(62)) ORDER BY 1;
-- a driver's own colour opens none; on the vehicle that inherits it it does
INSERT INTO vigil.person (id, kind) VALUES (47001, 'driver');
SELECT vigil.raise_hazard('driver', 47001, 'points_full', '{}', '2022-01-20 09:00') > 0 AS raised;
SELECT count(*) FROM vigil.incident WHERE profile = 'driver' AND subject = 47001;
SELECT vigil.inherit('vehicle', ARRAY[pg_temp.car(63)], ARRAY[8::bigint], '2022-01-20 09:05');
SELECT kind, severity, situation FROM pg_temp.incidents(pg_temp.car(63));

-- who is told: once in 30 minutes for a subject, situation and receiver, unless it gets worse
SELECT n.channel, n.receiver_kind, n.receiver, n.receiver_id = :firm AS firm, n.situation, n.severity, count(*), bool_and(n.escalate_at - n.created_at = '30 min') AS escalates
FROM vigil.notice AS n WHERE n.subject = :tank AND n.kind = 'incident' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY n.severity, n.receiver, n.situation;
SELECT n.receiver, n.situation, count(*) FROM vigil.notice AS n WHERE n.subject = :truck AND n.kind = 'incident' GROUP BY 1, 2 ORDER BY 1;

-- by hand: ends with its tasks, takes what is open
SELECT vigil.open_incident('vehicle.driver', 'yellow', 'vehicle', pg_temp.car(70), 120.1, 30.8, 330502, '{"why": "phone call"}') AS manual \gset
SELECT kind, severity, state, codes, level FROM pg_temp.incidents(pg_temp.car(70));
SELECT vigil.open_incident('vehicle.driver', 'yellow', 'vehicle', pg_temp.car(70)) = :manual AS same, vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(70)) = :manual AS worse;
SELECT level, state, unit_kind, reasons FROM pg_temp.tasks(pg_temp.car(70));
SELECT vigil.open_incident('vehicle.nothing', 'red', 'vehicle', 1);

-- the plans are the DBA's: own ones and changed ones survive a refresh, others follow what is shipped
INSERT INTO vigil.plan (incident_kind, severity, zh, en) VALUES ('vehicle.own', 'red', '自定', 'own') RETURNING id AS own \gset
INSERT INTO vigil.plan_step (plan_id, level, ordinal, unit_kind, area, accept_within) VALUES (:own, 1, 1, 'command', 'citywide', '1 min');
UPDATE vigil.plan_step AS s SET accept_within = '90 s' FROM vigil.plan AS p WHERE p.id = s.plan_id AND p.incident_kind = 'vehicle.driver' AND p.severity = 'red' AND s.level = 1;
UPDATE vigil.feedback SET zh = '已离开' WHERE code = 'moved';
UPDATE vigil.incident_rule SET own_mask = own_mask - 1 WHERE profile = 'enterprise';
UPDATE vigil.situation_lead SET department = 'transport' WHERE situation = 'env_weather';
SELECT * FROM vigil.setup_plans();
SELECT s.accept_within FROM vigil.plan_step AS s JOIN vigil.plan AS p ON p.id = s.plan_id WHERE p.incident_kind = 'vehicle.driver' AND p.severity = 'red' ORDER BY level;
-- one that is shipped anew replaces what nobody changed
UPDATE vigil.plan SET edition = 'of last year' WHERE incident_kind = 'vehicle.vehicle';
UPDATE vigil.feedback SET en = 'x', shipped = jsonb_set(shipped, '{en}', '"x"') WHERE code = 'towed';
SELECT * FROM vigil.setup_plans();
SELECT en FROM vigil.feedback WHERE code = 'towed';
-- a profile without a rule opens none; a plan that is switched off opens without tasks
UPDATE vigil.plan SET enabled = false WHERE incident_kind = 'vehicle.environment';
SELECT vigil.raise_hazard('vehicle', pg_temp.car(71), 'stop_expressway', '{}', '2022-01-20 09:00') > 0 AS raised;
SELECT state, (SELECT count(*) FROM pg_temp.tasks(pg_temp.car(71))) AS tasks FROM pg_temp.incidents(pg_temp.car(71));
SELECT * FROM vigil.verify_ledger();
ROLLBACK;
