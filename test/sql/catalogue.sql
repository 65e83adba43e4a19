-- the catalogue: what vigil ships, what a DBA may change, what a refresh keeps
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;

-- the numbers that everything is tested against
SELECT count(*) AS situations, sum(weight), bit_or(1::bigint << bit) AS mask, bit_or(1::bigint << bit) FILTER (WHERE veto) AS veto
FROM vigil.situation WHERE domain = 'vehicle';
SELECT dimension, count(*), sum(weight), min(bit), max(bit) FROM vigil.situation WHERE domain = 'vehicle' GROUP BY dimension ORDER BY min(bit);
SELECT kind, count(*) FROM vigil.model WHERE domain = 'vehicle' AND number < 1001 GROUP BY kind ORDER BY kind;
SELECT s.dimension, count(*), min(m.number), max(m.number) FROM vigil.model AS m JOIN vigil.situation AS s ON (s.domain, s.code) = (m.domain, m.situation)
WHERE m.domain = 'vehicle' AND m.number < 1001 GROUP BY s.dimension ORDER BY 3;
SELECT p.code, p.domain, p.situation_mask, p.zh, red_below, yellow_below, recovery_margin, hold_minutes, reopen_minutes
FROM vigil.profile AS p JOIN vigil.colour_rule AS r ON r.profile = p.code WHERE p.domain = 'vehicle' ORDER BY p.code;
SELECT bit, code, zh, en, weight, veto, legal_basis FROM vigil.situation WHERE domain = 'vehicle' ORDER BY bit;
SELECT number, code, situation, kind, profile, coalesce(feed, cadence) AS on, zh, parameters_default FROM vigil.model
WHERE domain = 'vehicle' AND number < 1001 ORDER BY number;
-- every situation is raised by some model, every model says what it does, what it runs on, and only what runs is enabled
SELECT count(*) AS never_raised FROM vigil.situation AS s WHERE NOT EXISTS (SELECT FROM vigil.model AS m WHERE (m.domain, m.situation) = (s.domain, s.code));
SELECT count(*) AS incomplete FROM vigil.model WHERE number < 1001 AND (rule = '' OR clear_rule = '' OR zh !~ '[一-龥]' OR en = ''
    OR (feed IS NULL) = (function IS NULL) OR (cadence IS NULL) <> (function IS NULL) OR enabled <> implemented);

-- a DBA tunes with UPDATE; a refresh keeps it and says so
SELECT * FROM vigil.setup_catalogue();
UPDATE vigil.situation SET weight = 25, zh = '超速' WHERE code = 'vehicle_speeding';
UPDATE vigil.situation SET veto = true WHERE code = 'driver_fatigue';
UPDATE vigil.colour_rule SET hold_minutes = 20 WHERE profile = 'driver';
UPDATE vigil.model SET parameters = '{"minutes": 20}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET enabled = false WHERE code = 'ice_speed';
UPDATE vigil.model SET cadence = '0 5 * * *' WHERE code = 'scrap_due';
SELECT * FROM vigil.setup_catalogue();
SELECT code, weight, weight_default, zh FROM vigil.situation WHERE code = 'vehicle_speeding';

-- what vigil shipped before and nobody touched follows the new version; what a DBA set stays
UPDATE vigil.situation SET weight = 20, weight_default = 20 WHERE code = 'vehicle_terminal_abnormal';
UPDATE vigil.situation SET weight = 7, weight_default = 11 WHERE code = 'env_weather';
UPDATE vigil.situation SET cleared_by = 'old words', texts_default = texts_default || '{"cleared_by": "old words"}' WHERE code = 'env_night_ban';
UPDATE vigil.colour_rule SET hold_minutes = 10, rule_default = rule_default || '{"hold_minutes": 10}' WHERE profile = 'enterprise';
UPDATE vigil.model SET parameters_default = '{"minutes": 10, "radius": 1}', parameters = '{"minutes": 12, "radius": 2}' WHERE code = 'school_stay';
UPDATE vigil.model SET implemented = true, enabled = true, enabled_default = true WHERE code = 'licence_revoked';
SELECT * FROM vigil.setup_catalogue();
SELECT code, weight, weight_default, cleared_by FROM vigil.situation WHERE code IN ('vehicle_terminal_abnormal', 'env_weather', 'env_night_ban') ORDER BY code;
SELECT code, parameters, parameters_default, enabled FROM vigil.model WHERE code IN ('school_stay', 'licence_revoked') ORDER BY code;
ROLLBACK;

-- parameters: keys and forms of the defaults, nothing else
BEGIN;
UPDATE vigil.model SET parameters = '{"minute": 20}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"minutes": "20"}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"minutes": null}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"minutes": 1e12}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"kinds": ["hazmat", 3]}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '[20]' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"cap": {"hazmat": [80, 60]}}' WHERE code = 'speeding_kind_cap';
UPDATE vigil.model SET parameters = '{"from": "25:00"}' WHERE code = 'fatigue_night';
UPDATE vigil.model SET parameters = '{"steps": [[200, 60], [100]]}' WHERE code = 'low_visibility_speed';
UPDATE vigil.model SET parameters = '{"probation_block": 1}' WHERE code = 'qualification_mismatch';
SELECT code, version, parameters FROM vigil.model WHERE parameters <> '{}' AND number < 1001;
-- what fits is taken, and counts a version; writing the same again does not
UPDATE vigil.model SET parameters = '{"steps": [[300, 70], [200, 60], [100, 40], [50, 20]], "n": 2}' WHERE code = 'low_visibility_speed';
UPDATE vigil.model SET parameters = '{"kinds": []}' WHERE code = 'water_source_stay';
UPDATE vigil.model SET parameters = '{"ignore_classes": ["3", 8]}' WHERE code = 'permit_scope_mismatch';
UPDATE vigil.model SET parameters = '{"from": "21:30", "to": "24:00"}' WHERE code = 'fatigue_night';
UPDATE vigil.model SET parameters = parameters, zh = zh, rule = rule || '.' WHERE number < 1001;
SELECT code, version, parameters FROM vigil.model WHERE version > 1 AND number < 1001 ORDER BY number;
UPDATE vigil.model SET enabled = false WHERE code = 'fatigue_night';
UPDATE vigil.model SET enabled = true, version = 99 WHERE code = 'fatigue_night';
SELECT version FROM vigil.model WHERE code = 'fatigue_night';

-- what is not implemented cannot be enabled
UPDATE vigil.model SET enabled = true WHERE code = 'licence_revoked';

-- rules of the city's own: one INSERT
INSERT INTO vigil.model (code, situation, expression) VALUES ('cat_bridge_speed', 'vehicle_speeding', 'speed_kmh > 40');
CREATE FUNCTION public.cat_model(subjects bigint[], at timestamptz, parameters jsonb)
    RETURNS TABLE (subject_id bigint, active boolean, evidence jsonb) LANGUAGE sql STABLE
    AS $$ SELECT u, true, '{}'::jsonb FROM unnest(subjects) AS u $$;
INSERT INTO vigil.model (code, situation, profile, function, cadence) VALUES ('cat_own_job', 'sup_index_low', 'enterprise', 'public.cat_model', '0 6 * * *');
SELECT number - min(number) OVER () AS nth, code, kind, profile, feed, function, expression, rule, implemented, enabled, version
FROM vigil.model WHERE code LIKE 'cat\_%' ORDER BY number;
SELECT min(number) >= 1001 AS own_numbers FROM vigil.model WHERE code LIKE 'cat\_%';
INSERT INTO vigil.model (code, situation) VALUES ('cat_no_rule', 'vehicle_speeding');
INSERT INTO vigil.model (code, situation, function, cadence) VALUES ('cat_no_function', 'vehicle_speeding', 'nowhere.nothing', '0 6 * * *');
\set VERBOSITY sqlstate
INSERT INTO vigil.model (code, situation, function) VALUES ('cat_no_cadence', 'vehicle_speeding', 'public.cat_model');    -- 23514
INSERT INTO vigil.model (code, situation, expression) VALUES ('Cat Bad', 'vehicle_speeding', 'true');                   -- 23514
INSERT INTO vigil.model (code, situation, expression) VALUES ('cat_bad', 'no_situation', 'true');                       -- 23503
-- weights and thresholds have ranges; a margin that no score can reach is refused
UPDATE vigil.situation SET weight = 101 WHERE bit = 0;                                                                  -- 23514
UPDATE vigil.colour_rule SET red_below = 90 WHERE profile = 'vehicle';                                                  -- 23514
UPDATE vigil.colour_rule SET recovery_margin = 16 WHERE profile = 'vehicle';                                            -- 23514
UPDATE vigil.colour_rule SET hold_minutes = -1 WHERE profile = 'vehicle';                                               -- 23514
SELECT vigil.catalogue_changed();                                                                                       -- 39P01
\set VERBOSITY default
ROLLBACK;
