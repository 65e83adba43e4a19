-- masks, scores, colours; a colour's way down and up again
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();

-- mask → score → colour
SELECT c.name, c.mask, vigil.risk_score('vehicle', c.mask) AS score, vigil.risk_colour('vehicle', c.mask) AS colour,
       vigil.situation_codes('vehicle', c.mask) AS situations
FROM (VALUES ('A', 0::bigint), ('B', 131072), ('C', 524288), ('D', 256), ('E', 32), ('F', 1099512152064), ('G', 8388736), ('H', 1048576), ('I', 8),
             ('J', 1099545182240), ('K', 52776558133248), ('L', 537001984)) AS c (name, mask) ORDER BY c.name;
SELECT vigil.risk_score('vehicle', 70368744177663) AS m, vigil.risk_colour('vehicle', 70368744177663) AS colour;
-- only the situations of the profile weigh; bits without a situation weigh nothing
SELECT vigil.risk_score('driver', 131072 | 32) AS driver, vigil.risk_score('enterprise', 131072 | (1::bigint << 38)) AS enterprise,
       vigil.risk_colour('driver', 1048576) AS no_veto_for_drivers, vigil.risk_score('vehicle', 1::bigint << 62) AS unused;
SELECT vigil.situation_mask('vehicle', ARRAY['driver_fatigue', 'env_night_ban']) AS mask, vigil.situation_mask('vehicle', '{}') AS none,
       vigil.situation_codes('vehicle', vigil.situation_mask('driver', '{driver_fatigue,driver_fatigue}')) AS once;
SELECT vigil.risk_score(NULL, 1) AS score, vigil.risk_colour('vehicle', NULL) AS colour;
SELECT vigil.risk_score('vehicl', 1);
SELECT vigil.risk_score('', 1);
SELECT vigil.risk_score('vehicle', -1);
SELECT vigil.risk_colour('vehicle', -1);
SELECT vigil.situation_mask('vehicle', '{driver_fatigue,driver_fatigued}');
SELECT vigil.situation_mask('vehicle', '{NULL}');
SELECT vigil.situation_mask('boat', '{}');

-- changes are seen at the next statement, also by prepared plans, simple expressions and parallel workers; a rollback takes them back
PREPARE score AS SELECT vigil.risk_score('vehicle', 131072), vigil.risk_colour('vehicle', 131072);
EXECUTE score;
BEGIN;
UPDATE vigil.situation SET weight = 41 WHERE code = 'vehicle_speeding';
EXECUTE score;
SAVEPOINT one;
UPDATE vigil.colour_rule SET yellow_below = 55, red_below = 50 WHERE profile = 'vehicle';
EXECUTE score;
ROLLBACK TO one;
EXECUTE score;
DO $$
DECLARE
    scores integer[] := '{}';
BEGIN
    FOR weight_now IN 1..3 LOOP
        UPDATE vigil.situation SET weight = weight_now WHERE code = 'vehicle_speeding';
        scores := scores || vigil.risk_score('vehicle', 131072);
    END LOOP;
    BEGIN
        UPDATE vigil.situation SET weight = 0 WHERE code = 'vehicle_speeding';
        scores := scores || vigil.risk_score('vehicle', 131072);
        RAISE EXCEPTION 'back';
    EXCEPTION WHEN raise_exception THEN
        scores := scores || vigil.risk_score('vehicle', 131072);
    END;
    RAISE WARNING '%', scores;
END $$;
CREATE TEMP TABLE mask AS SELECT 131072::bigint AS mask FROM generate_series(1, 1000);
CREATE TABLE vigil_risk_mask AS SELECT * FROM mask;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL force_parallel_mode = on;
EXPLAIN (COSTS OFF) SELECT DISTINCT vigil.risk_score('vehicle', mask), vigil.risk_colour('vehicle', mask) FROM vigil_risk_mask;
SELECT DISTINCT vigil.risk_score('vehicle', mask), vigil.risk_colour('vehicle', mask) FROM vigil_risk_mask;
ROLLBACK;
EXECUTE score;
BEGIN ISOLATION LEVEL REPEATABLE READ;
UPDATE vigil.situation SET weight = 40 WHERE code = 'vehicle_speeding';
EXECUTE score;
ROLLBACK;
EXECUTE score;
DEALLOCATE score;

-- timelines: margin and hold, flapping, a dip inside the hold
BEGIN;
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'risk_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('risk_test', 60, 85, 5, 30);
CREATE FUNCTION pg_temp.state(subject bigint) RETURNS TABLE (score integer, colour vigil.colour, better_since text, better vigil.colour, recover_at text)
LANGUAGE sql AS $$ SELECT s.score, s.colour, to_char(s.better_since, 'HH24:MI'), s.better_colour, to_char(s.recover_at, 'HH24:MI')
                   FROM vigil.risk_state AS s WHERE s.profile = 'risk_test' AND s.subject = $1 $$;
CREATE FUNCTION pg_temp.event(subject bigint, at time, effect text[], model text[]) RETURNS TABLE (score integer, colour vigil.colour, better_since text, better vigil.colour, recover_at text)
LANGUAGE plpgsql AS $$
BEGIN
    IF effect IS NULL THEN
        PERFORM vigil.recover_colours('2022-01-20'::date + at);
    ELSE
        PERFORM vigil.apply_effects('risk_test', effect, array_fill(subject, ARRAY[cardinality(effect)]), model,
                                    array_fill(('2022-01-20'::date + at)::timestamptz, ARRAY[cardinality(effect)]), NULL);
    END IF;
    RETURN QUERY SELECT * FROM pg_temp.state(subject);
END $$;
SELECT * FROM pg_temp.event(71000001, '09:00', '{raise}', '{speeding_segment}');
SELECT * FROM pg_temp.event(71000001, '09:04', '{clear}', '{speeding_segment}');
SELECT * FROM pg_temp.event(71000001, '09:33', NULL, NULL);
SELECT * FROM pg_temp.event(71000001, '09:34', NULL, NULL);
SELECT * FROM pg_temp.event(71000002, '10:00', '{raise,raise}', '{fatigue_continuous,harsh_driving}');
SELECT * FROM pg_temp.event(71000002, '10:25', '{clear}', '{fatigue_continuous}');
SELECT * FROM pg_temp.event(71000002, '10:55', NULL, NULL);
SELECT * FROM pg_temp.event(71000002, '12:10', '{clear}', '{harsh_driving}');
SELECT * FROM pg_temp.event(71000002, '12:40', NULL, NULL);
SELECT * FROM pg_temp.event(71000003, '14:00', '{raise}', '{gps_shield}');
SELECT * FROM pg_temp.event(71000003, '14:10', '{clear}', '{gps_shield}');
SELECT * FROM pg_temp.event(71000003, '14:25', '{raise}', '{gps_shield}');
SELECT * FROM pg_temp.event(71000003, '14:30', '{clear}', '{gps_shield}');
SELECT * FROM pg_temp.event(71000003, '15:00', NULL, NULL);
SELECT * FROM pg_temp.event(71000004, '16:00', '{raise}', '{clone_jump}');
SELECT * FROM pg_temp.event(71000004, '16:20', '{clear}', '{clone_jump}');
SELECT * FROM pg_temp.event(71000004, '16:35', '{raise}', '{speeding_segment}');
SELECT * FROM pg_temp.event(71000004, '16:40', '{clear}', '{speeding_segment}');
SELECT * FROM pg_temp.event(71000004, '16:50', NULL, NULL);
SELECT * FROM pg_temp.event(71000004, '17:20', NULL, NULL);
SELECT subject, count(*) AS rows, count(*) FILTER (WHERE colour <> from_colour) AS colour_changes
FROM vigil.risk_change WHERE profile = 'risk_test' AND subject BETWEEN 71000001 AND 71000004 GROUP BY subject ORDER BY subject;
SELECT to_char(at, 'HH24:MI') AS at, from_colour, colour, from_score, score, from_mask, mask, why
FROM vigil.risk_change WHERE profile = 'risk_test' AND subject = 71000004 ORDER BY id;

-- the same in one batch, out of order: the same rows, recoveries at their own time
SELECT vigil.apply_effects('risk_test', '{clear,raise,clear,raise,raise}', '{71000005,71000005,71000005,71000005,71000005}',
    '{speeding_segment,speeding_segment,clone_jump,clone_jump,ice_speed}',
    '{2022-01-20 16:40,2022-01-20 16:35,2022-01-20 16:20,2022-01-20 16:00,2022-01-20 18:00}', NULL);
SELECT to_char(at, 'HH24:MI') AS at, from_colour, colour, from_score, score, why FROM vigil.risk_change
WHERE profile = 'risk_test' AND subject = 71000005 ORDER BY id;

-- a clock that jumps a day gives every recovery its own time
SELECT vigil.apply_effects('risk_test', '{raise,raise,clear,clear}', '{71000006,71000006,71000006,71000006}',
    '{clone_jump,speeding_segment,clone_jump,speeding_segment}', '{2022-01-20 16:00,2022-01-20 16:00,2022-01-20 16:20,2022-01-20 16:40}', NULL);
SELECT vigil.recover_colours('2022-01-21 16:00') AS recovered, vigil.recover_colours('2022-01-21 16:00') AS again;
SELECT to_char(at, 'DD HH24:MI') AS at, from_colour, colour, why FROM vigil.risk_change WHERE profile = 'risk_test' AND subject = 71000006 ORDER BY id;

-- an observation older than the last change: the hazard keeps its time, the colour's clock does not run backwards
SELECT vigil.apply_effects('risk_test', '{raise}', '{71000006}', '{ice_speed}', '{2022-01-20 12:00}', NULL);
SELECT to_char(h.raised_at, 'DD HH24:MI') AS raised_at, to_char(s.changed_at, 'DD HH24:MI') AS changed_at, s.colour
FROM vigil.risk_state AS s JOIN vigil.hazard AS h USING (profile, subject) WHERE s.profile = 'risk_test' AND s.subject = 71000006 AND h.cleared_at IS NULL;
ROLLBACK;

-- veto against score, and what a change of the catalogue does to open subjects
BEGIN;
INSERT INTO vigil.profile (code, domain, situation_mask, zh, en) SELECT 'risk_test', domain, situation_mask, zh, en FROM vigil.profile WHERE code = 'vehicle';
INSERT INTO vigil.colour_rule (profile, red_below, yellow_below, recovery_margin, hold_minutes) VALUES ('risk_test', 60, 85, 5, 30);
SELECT vigil.apply_effects('risk_test', '{raise,raise}', '{71000007,71000008}', '{clone_jump,harsh_driving}', '{2022-01-20 08:00,2022-01-20 08:00}', NULL);
UPDATE vigil.situation SET weight = 0 WHERE code = 'vehicle_plate_suspect';
SELECT vigil.rescore('risk_test', '2022-01-20 08:10') > 0 AS changed;
SELECT score, colour, better_since FROM vigil.risk_state WHERE profile = 'risk_test' AND subject = 71000007;
UPDATE vigil.situation SET veto = false WHERE code = 'vehicle_plate_suspect';
SELECT vigil.rescore('risk_test', '2022-01-20 08:20') IS NOT NULL AS done;
SELECT score, colour, better_since, recover_at FROM vigil.risk_state WHERE profile = 'risk_test' AND subject = 71000007;
SELECT vigil.recover_colours('2022-01-20 08:49') AS early;
SELECT vigil.recover_colours('2022-01-20 08:50') AS due;
SELECT score, colour FROM vigil.risk_state WHERE profile = 'risk_test' AND subject = 71000007;
-- down is at once, and a longer hold moves the promise
UPDATE vigil.situation SET weight = 41 WHERE code = 'driver_aggressive';
SELECT vigil.rescore(at => '2022-01-20 09:00') > 0 AS changed;
SELECT subject, at, from_colour, colour, from_score, score, why FROM vigil.risk_change
WHERE profile = 'risk_test' AND subject IN (71000007, 71000008) ORDER BY subject, id;
UPDATE vigil.situation SET weight = 15 WHERE code = 'driver_aggressive';
SELECT vigil.apply_effects('risk_test', '{clear}', '{71000008}', '{harsh_driving}', '{2022-01-20 09:10}', NULL);
UPDATE vigil.colour_rule SET hold_minutes = 60 WHERE profile = 'risk_test';
SELECT vigil.rescore('risk_test', '2022-01-20 09:20') IS NOT NULL AS done;
SELECT colour, better_since, recover_at FROM vigil.risk_state WHERE profile = 'risk_test' AND subject = 71000008;
SELECT vigil.rescore('boat') AS nobody;

-- inherited situations go through the same step
SELECT vigil.inherit('risk_test', '{71000009,71000010}', ARRAY[8, 0]::bigint[], '2022-01-20 10:00') AS changed;
SELECT vigil.inherit('risk_test', '{71000009,71000010}', ARRAY[8, 0]::bigint[], '2022-01-20 10:05') AS again;
SELECT subject, own_mask, inherited_mask, score, colour, changed_at FROM vigil.risk_state WHERE profile = 'risk_test' AND subject IN (71000009, 71000010);
SELECT vigil.apply_effects('risk_test', '{raise,clear}', '{71000009,71000009}', '{speeding_segment,speeding_segment}', '{2022-01-20 10:10,2022-01-20 10:20}', NULL);
SELECT vigil.inherit('risk_test', '{71000009}', '{0}', '2022-01-20 10:30') AS changed;
SELECT to_char(at, 'HH24:MI') AS at, from_colour, colour, from_score, score, from_mask, mask, why FROM vigil.risk_change
WHERE profile = 'risk_test' AND subject = 71000009 ORDER BY id;
SELECT vigil.inherit('risk_test', '{1}', '{-1}');
SELECT vigil.inherit('risk_test', '{1,2}', '{1}');
SELECT vigil.inherit('boat', '{1}', '{1}');
ROLLBACK;
