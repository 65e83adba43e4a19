-- hazards: opened, seen again, closed; what a batch of effects may contain
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
-- a profile of the test's own, read from the vehicle catalogue: its subjects are mere numbers
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'hazard_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('hazard_test', 60, 85, 5, 30);
CREATE FUNCTION pg_temp.hazards(subject bigint) RETURNS TABLE (model text, situation smallint, raised text, seen text, count integer, cleared text, by text, reason text, evidence jsonb)
LANGUAGE sql AS $$
    SELECT h.model, h.situation_bit, to_char(h.raised_at, 'HH24:MI'), to_char(h.last_seen_at, 'HH24:MI'), h.count,
           to_char(h.cleared_at, 'HH24:MI'), h.cleared_by, h.clear_reason, h.evidence
    FROM vigil.hazard AS h WHERE h.profile = 'hazard_test' AND h.subject = $1 ORDER BY h.raised_at, h.id $$;

-- never raised twice: seen again, the worst values stay, the others follow
SELECT vigil.raise_hazard('hazard_test', 72000001, 'speeding_segment', '{"limit": 60, "speed_max": 80, "over_pct": 33, "minutes": 2, "speed": 80, "points": [1]}', '2022-01-20 09:00') > 0 AS raised;
SELECT vigil.raise_hazard('hazard_test', 72000001, 'speeding_segment', '{"limit": 50, "speed_max": 75, "over_pct": 50, "minutes": 2.5, "speed": 75, "points": [1, 2]}', '2022-01-20 09:02')
     = (SELECT id FROM vigil.hazard WHERE profile = 'hazard_test' AND subject = 72000001) AS same;
SELECT * FROM pg_temp.hazards(72000001);
-- also a sighting that comes late; one without evidence changes none
SELECT vigil.apply_effects('hazard_test', '{touch,raise}', '{72000001,72000001}', '{speeding_segment,speeding_segment}', '{2022-01-20 08:00,2022-01-20 09:01}',
    ARRAY['{"speed_max": "n/a", "new": null}', NULL]::jsonb[]) AS opened_or_closed;
SELECT * FROM pg_temp.hazards(72000001);
SELECT vigil.clear_hazard('hazard_test', 72000001, 'speeding_segment', 'penalised', '2022-01-20 08:30', 'feedback') AS cleared,
       vigil.clear_hazard('hazard_test', 72000001, 'speeding_segment', 'penalised', '2022-01-20 09:30', 'feedback') AS again;
-- a clear that comes before the raise closes it where it began
SELECT * FROM pg_temp.hazards(72000001);

-- two models, one situation: it stays until the last is cleared, and says nothing in between
SELECT vigil.apply_effects('hazard_test', '{raise,raise,clear,clear}', array_fill(72000002::bigint, '{4}'), '{speeding_segment,speeding_kind_cap,speeding_segment,speeding_kind_cap}',
    '{2022-01-20 09:00,2022-01-20 09:01,2022-01-20 09:05,2022-01-20 09:06}', NULL);
SELECT to_char(at, 'HH24:MI') AS at, mask, score, why FROM vigil.risk_change WHERE profile = 'hazard_test' AND subject = 72000002 ORDER BY id;

-- alternations within a batch: the leading clear closes what is open, pairs are closed hazards, the last raise stays open
SELECT vigil.raise_hazard('hazard_test', 72000003, 'harsh_driving', '{"count": 5}', '2022-01-20 08:00') > 0 AS raised;
SELECT vigil.apply_effects('hazard_test', '{raise,touch,clear,raise,clear,clear,touch}', array_fill(72000003::bigint, '{7}'), array_fill('harsh_driving'::text, '{7}'),
    '{2022-01-20 09:30,2022-01-20 09:40,2022-01-20 09:00,2022-01-20 09:10,2022-01-20 09:20,2022-01-20 09:21,2022-01-20 09:25}',
    ARRAY['{"count": 7}', '{"count": 6, "kind": "turn"}', '{"count": 6}', '{"count": 1}', '{"kind": "last"}', NULL, '{"count": 99}']::jsonb[]);
SELECT * FROM pg_temp.hazards(72000003);
-- raised and cleared at one moment: opened, closed, and the mask never moved
SELECT vigil.apply_effects('hazard_test', '{raise,clear}', '{72000004,72000004}', '{harsh_driving,harsh_driving}', '{2022-01-20 09:30,2022-01-20 09:30}', NULL, '{NULL,stale}');
SELECT * FROM pg_temp.hazards(72000004);
SELECT count(*) FROM vigil.risk_change WHERE profile = 'hazard_test' AND subject = 72000004;

-- clear and touch of nothing leave no trace, and neither does what cannot raise
UPDATE vigil.model SET enabled = false WHERE code = 'ice_speed';
SELECT vigil.apply_effects('hazard_test', '{clear,touch,raise,raise}', array_fill(72000005::bigint, '{4}'), '{harsh_driving,harsh_driving,ice_speed,no_such_model}',
    array_fill('2022-01-20 09:00'::timestamptz, '{4}'), NULL);
SELECT count(*) FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject = 72000005;
SELECT vigil.apply_effects('hazard_test', '{}', '{}', '{}', '{}', NULL) AS none, vigil.apply_effects('hazard_test', NULL, '{1}', '{x}', '{now}', NULL) AS nothing;

-- place, region, version and overrides go along
UPDATE vigil.model SET parameters = '{"minutes": 20, "radius_m": 150}' WHERE code = 'water_source_stay';
SELECT vigil.apply_effects('hazard_test', '{raise,raise,clear}', '{72000006,72000006,72000006}', '{water_source_stay,harsh_driving,harsh_driving}',
    '{2022-01-20 09:00,2022-01-20 09:01,2022-01-20 09:02}', ARRAY['{"fence_id": 5}', NULL, NULL]::jsonb[], NULL, '{330502,NULL,330503}', '{120.1,NULL,120.2}', '{30.8,NULL,30.9}');
SELECT model, lon, lat, region_code, evidence FROM vigil.hazard WHERE profile = 'hazard_test' AND subject = 72000006 ORDER BY id;
SELECT lon, lat, region_code FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject = 72000006;
SELECT why, region_code FROM vigil.risk_change WHERE profile = 'hazard_test' AND subject = 72000006 ORDER BY id;

-- a suppression silences one model, at one fence or everywhere, for its time; what is open stays until it is cleared
SELECT vigil.suppress('hazard_test', 72000006, 'water_source_stay', 5, '2022-01-21 09:30', 'stay_lawful', '2022-01-20 09:30') > 0 AS fence,
       vigil.suppress('hazard_test', 72000006, 'harsh_driving', NULL, '2022-01-20 10:30', 'false_alarm', '2022-01-20 09:30') > 0 AS everywhere;
SELECT vigil.clear_hazard('hazard_test', 72000006, 'water_source_stay', 'stay_lawful', '2022-01-20 09:30', 'feedback');
SELECT at, fence, vigil.raise_hazard('hazard_test', 72000006, 'water_source_stay', jsonb_build_object('fence_id', fence), at) IS NOT NULL AS raised
FROM (VALUES ('2022-01-20 09:30'::timestamptz, 5), ('2022-01-21 09:29:59.999', 5)) AS v (at, fence);
SELECT vigil.raise_hazard('hazard_test', 72000006, 'water_source_stay', '{"fence_id": 6}', '2022-01-20 12:00') IS NOT NULL AS other_fence;
SELECT vigil.clear_hazard('hazard_test', 72000006, 'water_source_stay', 'x', '2022-01-20 12:30');
SELECT vigil.raise_hazard('hazard_test', 72000006, 'water_source_stay', '{"fence_id": 5}', '2022-01-21 09:30') IS NOT NULL AS over;
SELECT vigil.raise_hazard('hazard_test', 72000006, 'harsh_driving', '{}', '2022-01-20 10:29') IS NOT NULL AS silent,
       vigil.raise_hazard('hazard_test', 72000006, 'harsh_driving', '{}', '2022-01-20 10:30') IS NOT NULL AS over;

-- switching a model off, or deleting a rule of the city's own, closes what it has open
INSERT INTO vigil.model (code, situation, expression) VALUES ('haz_own_rule', 'vehicle_speeding', 'speed_kmh > 40');
SELECT vigil.apply_effects('hazard_test', '{raise,raise,raise}', '{72000007,72000007,72000008}', '{haz_own_rule,gps_drift,gps_drift}', array_fill('2022-01-20 09:00'::timestamptz, '{3}'), NULL);
UPDATE vigil.model SET parameters = '{"n": 4}' WHERE code = 'gps_drift';
SELECT count(*) AS still_open FROM vigil.hazard WHERE profile = 'hazard_test' AND subject IN (72000007, 72000008) AND cleared_at IS NULL;
UPDATE vigil.model SET enabled = false WHERE code = 'gps_drift';
DELETE FROM vigil.model WHERE code = 'haz_own_rule';
SELECT subject, model, cleared_by, clear_reason, cleared_at = now() AS now FROM vigil.hazard WHERE profile = 'hazard_test' AND subject IN (72000007, 72000008) ORDER BY subject, model;
SELECT subject, own_mask, score, colour, better_colour FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject IN (72000007, 72000008) ORDER BY subject;
ROLLBACK;

-- errors
BEGIN;
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'hazard_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('hazard_test', 60, 85, 5, 30);
SELECT vigil.raise_hazard('boat', 72000001, 'speeding_segment');
SELECT vigil.raise_hazard('hazard_test', 72000001, 'speeding');
SELECT vigil.raise_hazard('hazard_test', 72000001, 'licence_revoked');
UPDATE vigil.model SET enabled = false WHERE code = 'ice_speed';
SELECT vigil.raise_hazard('hazard_test', 72000001, 'ice_speed');
SELECT vigil.raise_hazard('hazard_test', 72000001, 'speeding_segment', '[1]');
SELECT vigil.raise_hazard('hazard_test', 72000001, 'speeding_segment', '{}', 'infinity');
SELECT vigil.raise_hazard('vehicle', 72000001, 'speeding_segment');
SELECT vigil.raise_hazard('driver', -1, 'harsh_driving');
SELECT vigil.raise_hazard('enterprise', -1, 'harsh_driving');
SELECT vigil.clear_hazard('hazard_test', 72000001, 'speeding_segment', ' ');
SELECT vigil.clear_hazard('boat', 72000001, 'speeding_segment', 'why');
SELECT vigil.apply_effects('hazard_test', '{rise}', '{72000001}', '{speeding_segment}', '{2022-01-20}', NULL);
SELECT vigil.apply_effects('hazard_test', '{raise,raise}', '{72000001}', '{speeding_segment,ice_speed}', '{2022-01-20,2022-01-20}', NULL);
SELECT vigil.apply_effects('hazard_test', '{raise}', '{72000001}', '{speeding_segment}', '{2022-01-20}', NULL, '{a,b}');
SELECT vigil.apply_effects('hazard_test', '{raise}', '{NULL}', '{speeding_segment}', '{2022-01-20}', NULL);
SELECT vigil.suppress('hazard_test', 72000001, 'nothing', NULL, 'tomorrow', 'x');
\set VERBOSITY sqlstate
SELECT vigil.suppress('hazard_test', 72000001, 'speeding_segment', NULL, 'yesterday', 'x');     -- 22023
SELECT vigil.step_states('hazard_test', 'sideways', '{1}', now());                              -- 22023
SELECT vigil.step_states('hazard_test', 'recover', '{1}', now(), '{1}');                        -- 2202E
\set VERBOSITY default
SELECT count(*) AS left_behind FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject = 72000001;
ROLLBACK;

-- who may execute may change risks, without any right on the tables; nobody else may
BEGIN;
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'hazard_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('hazard_test', 60, 85, 5, 30);
CREATE ROLE hazard_officer;
GRANT EXECUTE ON FUNCTION vigil.raise_hazard(text, bigint, text, jsonb, timestamptz) TO hazard_officer;
SET ROLE hazard_officer;
SELECT vigil.raise_hazard('hazard_test', 72000009, 'clone_jump', '{}', '2022-01-20 09:00') IS NOT NULL AS raised;
SELECT current_user;
\set VERBOSITY sqlstate
SELECT vigil.clear_hazard('hazard_test', 72000009, 'clone_jump', 'x');                          -- 42501
SELECT count(*) FROM vigil.risk_state;                                                      -- 42501
INSERT INTO vigil.hazard (profile, subject, model, situation_bit, raised_at, last_seen_at, evidence) VALUES ('hazard_test', 1, 'x', 1, now(), now(), '{}');  -- 42501
\set VERBOSITY default
RESET ROLE;
SELECT colour FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject = 72000009;
ROLLBACK;

-- many at once: 20,000 effects on 5,000 subjects in a random order give what the rule says, one subject at a time or all
BEGIN;
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'hazard_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('hazard_test', 60, 85, 5, 30);
CREATE TEMP TABLE effect AS
SELECT (73000000 + i % 5000)::bigint AS subject, CASE i / 5000 WHEN 0 THEN 'raise' WHEN 1 THEN 'raise' WHEN 2 THEN 'clear' ELSE 'raise' END AS effect,
       CASE i / 5000 WHEN 1 THEN 'gps_drift' ELSE 'speeding_segment' END AS model,
       '2022-01-20 09:00'::timestamptz + make_interval(mins => 10 * (i / 5000), secs => i % 7) AS at
FROM generate_series(0, 19999) AS i;
SELECT vigil.apply_effects('hazard_test', array_agg(effect ORDER BY h), array_agg(subject ORDER BY h), array_agg(model ORDER BY h), array_agg(at ORDER BY h), NULL)
FROM (SELECT *, hashtext(subject::text || model || at) AS h FROM effect) AS e;
SELECT count(*), min(score), max(score), count(DISTINCT own_mask), min(colour), max(colour) FROM vigil.risk_state WHERE profile = 'hazard_test' AND subject BETWEEN 73000000 AND 73004999;
SELECT model, count(*), count(cleared_at) AS closed FROM vigil.hazard WHERE profile = 'hazard_test' AND subject BETWEEN 73000000 AND 73004999 GROUP BY model ORDER BY model;
SELECT count(*), count(DISTINCT subject) FROM vigil.risk_change WHERE profile = 'hazard_test' AND subject BETWEEN 73000000 AND 73004999;
ROLLBACK;
