-- The catalogue: what can be wrong, how it is found, what it weighs. Rows come from vigil.setup(); the *_default
-- columns hold what vigil ships, so that a refresh can tell a DBA's own change from an old default.

CREATE TABLE vigil.profile (
    code text NOT NULL,
    domain text NOT NULL,
    situation_mask bigint NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    texts_default jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT profile_pkey PRIMARY KEY (code),
    CONSTRAINT profile_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT profile_situation_mask_check CHECK (situation_mask >= 0)
);
COMMENT ON TABLE vigil.profile IS
    'A kind of subject that is scored and coloured (赋码对象): vehicle, driver, enterprise, …; hazards and risk states belong to one';
COMMENT ON COLUMN vigil.profile.domain IS 'Whose catalogue of situations and models it reads: vehicle, elevator, enforcement';
COMMENT ON COLUMN vigil.profile.situation_mask IS
    'The situations that count for it: bit b is set for the domain''s situation with bit b; others weigh nothing';
COMMENT ON COLUMN vigil.profile.zh IS 'Name in Chinese';
COMMENT ON COLUMN vigil.profile.en IS 'Name in English';
COMMENT ON COLUMN vigil.profile.texts_default IS
    'Texts as vigil last shipped them, by column; a text that differs is the DBA''s own and survives vigil.setup()';

CREATE TABLE vigil.situation (
    domain text NOT NULL,
    bit smallint NOT NULL,
    code text NOT NULL,
    dimension text NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    weight integer NOT NULL,
    veto boolean NOT NULL,
    legal_basis text NOT NULL,
    cleared_by text NOT NULL,
    weight_default integer NOT NULL,
    veto_default boolean NOT NULL,
    texts_default jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT situation_pkey PRIMARY KEY (domain, bit),
    CONSTRAINT situation_code_key UNIQUE (domain, code),
    CONSTRAINT situation_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT situation_bit_check CHECK (bit BETWEEN 0 AND 62),
    CONSTRAINT situation_weight_check CHECK (weight BETWEEN 0 AND 100)
);
COMMENT ON TABLE vigil.situation IS
    'Situation (情形): what can be wrong with a subject, one bit of its mask. Tuned with UPDATE; every session sees it at its next statement';
COMMENT ON COLUMN vigil.situation.domain IS 'Whose catalogue the row belongs to: vehicle, elevator, enforcement';
COMMENT ON COLUMN vigil.situation.bit IS 'Its place in situation masks, 0 to 62; never re-used';
COMMENT ON COLUMN vigil.situation.code IS 'Its stable name, such as driver_fatigue';
COMMENT ON COLUMN vigil.situation.dimension IS 'Group that decides the kind of incident; for vehicles driver, vehicle, environment, supervision';
COMMENT ON COLUMN vigil.situation.zh IS 'Name in Chinese, as people read it';
COMMENT ON COLUMN vigil.situation.en IS 'Name in English';
COMMENT ON COLUMN vigil.situation.weight IS 'Points off the score of 100 while it is active, 0 to 100; the DBA''s to change';
COMMENT ON COLUMN vigil.situation.veto IS 'Red at any score while it is active (一票否决); the DBA''s to change';
COMMENT ON COLUMN vigil.situation.legal_basis IS
    'Laws and articles that it rests on (法律依据); check an article before quoting it to a citizen';
COMMENT ON COLUMN vigil.situation.cleared_by IS 'What clears it, in words';
COMMENT ON COLUMN vigil.situation.weight_default IS 'Weight as vigil last shipped it';
COMMENT ON COLUMN vigil.situation.veto_default IS 'Veto as vigil last shipped it';
COMMENT ON COLUMN vigil.situation.texts_default IS
    'Texts as vigil last shipped them, by column; a text that differs is the DBA''s own and survives vigil.setup()';

CREATE TABLE vigil.model (
    domain text NOT NULL DEFAULT 'vehicle',
    code text NOT NULL,
    number integer NOT NULL,
    situation text NOT NULL,
    kind text NOT NULL DEFAULT 'custom',
    profile text NOT NULL,
    feed text,
    cadence text,
    function text,
    expression text,
    zh text NOT NULL,
    en text NOT NULL,
    rule text NOT NULL,
    clear_rule text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '{}',
    parameters_default jsonb NOT NULL DEFAULT '{}',
    implemented boolean NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    enabled_default boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    texts_default jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT model_pkey PRIMARY KEY (domain, code),
    CONSTRAINT model_number_key UNIQUE (domain, number),
    CONSTRAINT model_situation_fkey FOREIGN KEY (domain, situation) REFERENCES vigil.situation (domain, code),
    CONSTRAINT model_profile_fkey FOREIGN KEY (profile) REFERENCES vigil.profile (code),
    CONSTRAINT model_code_check CHECK (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT model_kind_check CHECK (kind IN ('row', 'window', 'scheduled', 'custom')),
    -- a rule of the city's own is an expression over a feed's observations, or a function that a job calls
    CONSTRAINT model_custom_check CHECK (number < 1001 OR kind = 'custom' AND (expression IS NULL) <> (function IS NULL)),
    CONSTRAINT model_expression_check CHECK (expression IS NULL OR kind = 'custom' AND feed IS NOT NULL),
    CONSTRAINT model_function_check CHECK (function IS NULL OR kind IN ('scheduled', 'custom') AND cadence IS NOT NULL)
);
COMMENT ON TABLE vigil.model IS
    'Model (模型): a rule that raises one situation on a subject. A DBA tunes parameters and enabled with UPDATE and adds rules of the city''s own with INSERT (number 1001 and up, kind custom, expression)';
COMMENT ON COLUMN vigil.model.domain IS 'Whose catalogue the row belongs to: vehicle, elevator, enforcement';
COMMENT ON COLUMN vigil.model.code IS 'Its stable name, such as fatigue_continuous; lower-case letters, digits and _';
COMMENT ON COLUMN vigil.model.number IS 'Catalogue number; rules of the city''s own count from 1001, given by vigil when left out';
COMMENT ON COLUMN vigil.model.situation IS 'Code of the situation that it raises';
COMMENT ON COLUMN vigil.model.kind IS
    'row: decides on one observation; window: keeps a state per subject; scheduled: a function over all subjects at its cadence; custom: an expression or a function of the city''s own';
COMMENT ON COLUMN vigil.model.profile IS 'On whom the hazard sits; left out, the profile named as the domain';
COMMENT ON COLUMN vigil.model.feed IS
    'Observations it runs on (row, window, custom expression): position, camera_pass, …; several separated by commas, the main one first';
COMMENT ON COLUMN vigil.model.cadence IS 'When its function runs (scheduled, custom): a cron schedule in local time';
COMMENT ON COLUMN vigil.model.function IS 'Schema-qualified function (scheduled, custom)';
COMMENT ON COLUMN vigil.model.expression IS
    'Custom rule: a boolean SQL expression over the observation, the state and the subject';
COMMENT ON COLUMN vigil.model.zh IS 'Name in Chinese';
COMMENT ON COLUMN vigil.model.en IS 'Name in English';
COMMENT ON COLUMN vigil.model.rule IS 'When it raises, in words; names in it are parameters and fields';
COMMENT ON COLUMN vigil.model.clear_rule IS 'What clears its hazard, in words';
COMMENT ON COLUMN vigil.model.parameters IS
    'The DBA''s overrides: the rule runs with parameters_default || parameters. Unknown keys and wrong types are refused (22023)';
COMMENT ON COLUMN vigil.model.parameters_default IS
    'Parameters as vigil last shipped them; unit in the key''s ending: _min, _s, _h minutes, seconds, hours; _m, _km; _kmh km/h';
COMMENT ON COLUMN vigil.model.implemented IS
    'Whether this version of vigil can run it; a model that is not implemented cannot be enabled (0A000)';
COMMENT ON COLUMN vigil.model.enabled IS
    'Whether it raises hazards; switching it off clears its open hazards with reason model_disabled';
COMMENT ON COLUMN vigil.model.enabled_default IS 'enabled as vigil last shipped it';
COMMENT ON COLUMN vigil.model.version IS
    'Counts changes of parameters, expression, function and enabled; hazards carry it in their evidence';
COMMENT ON COLUMN vigil.model.texts_default IS
    'Texts and cadence as vigil last shipped them, by column; one that differs is the DBA''s own and survives vigil.setup()';

CREATE TABLE vigil.colour_rule (
    profile text NOT NULL REFERENCES vigil.profile (code),
    red_below integer NOT NULL,
    yellow_below integer NOT NULL,
    recovery_margin integer NOT NULL,
    hold_minutes integer NOT NULL,
    reopen_minutes integer NOT NULL DEFAULT 30,
    rule_default jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT colour_rule_pkey PRIMARY KEY (profile),
    CONSTRAINT colour_rule_order_check CHECK (0 <= red_below AND red_below <= yellow_below AND yellow_below <= 100),
    -- a margin past 100 would keep a subject from ever turning green again
    CONSTRAINT colour_rule_recovery_check CHECK (recovery_margin >= 0 AND yellow_below + recovery_margin <= 100
        AND hold_minutes BETWEEN 0 AND 10080),
    CONSTRAINT colour_rule_reopen_check CHECK (reopen_minutes BETWEEN 0 AND 10080)
);
COMMENT ON TABLE vigil.colour_rule IS
    'Colour rule (赋码规则) of a profile: worse at once, better only after the score stayed above the threshold by the margin for the hold time';
COMMENT ON COLUMN vigil.colour_rule.red_below IS 'Red (红码) below this score';
COMMENT ON COLUMN vigil.colour_rule.yellow_below IS 'Yellow (黄码) below this score, else green (绿码)';
COMMENT ON COLUMN vigil.colour_rule.recovery_margin IS 'Points above the threshold that a better colour needs on the way up (升分调色)';
COMMENT ON COLUMN vigil.colour_rule.hold_minutes IS 'Minutes that the score must stay there, 0 to 10080';
COMMENT ON COLUMN vigil.colour_rule.reopen_minutes IS 'A colour that worsens again within this many minutes re-uses its incident';
COMMENT ON COLUMN vigil.colour_rule.rule_default IS
    'The rule as vigil last shipped it, by column; a number that differs is the DBA''s own and survives vigil.setup()';

-- Every backend caches these four tables; a change reaches it through relcache invalidation at its next statement.
CREATE FUNCTION vigil.catalogue_changed() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'vigil_catalogue_changed';
COMMENT ON FUNCTION vigil.catalogue_changed() IS
    'Statement trigger of the catalogue''s tables: tells every session to read them again. Error 39P01: not called as a statement trigger';
REVOKE ALL ON FUNCTION vigil.catalogue_changed() FROM PUBLIC;

-- AFTER: an invalidation sent before the rows change could be answered with the old ones. ALWAYS: a session that works
-- with session_replication_role = replica changes the rows all the same.
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.profile
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.catalogue_changed();
ALTER TABLE vigil.profile ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.situation
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.catalogue_changed();
ALTER TABLE vigil.situation ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.model
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.catalogue_changed();
ALTER TABLE vigil.model ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON vigil.colour_rule
    FOR EACH STATEMENT EXECUTE FUNCTION vigil.catalogue_changed();
ALTER TABLE vigil.colour_rule ENABLE ALWAYS TRIGGER catalogue_changed;
