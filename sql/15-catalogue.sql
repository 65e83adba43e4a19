-- The catalogue: what can be wrong, how it is found, what it weighs. Rows come from vigil.setup(); the *_default
-- columns hold what vigil ships, so that a refresh can tell a DBA's own change from an old default.

CREATE TABLE vigil.profile (
    code text NOT NULL,
    domain text NOT NULL,               -- which catalogue it reads: vehicle, elevator, enforcement
    situation_mask bigint NOT NULL,     -- bits of the catalogue that count for this profile
    zh text NOT NULL,
    en text NOT NULL,
    CONSTRAINT profile_pkey PRIMARY KEY (code)
);

CREATE TABLE vigil.situation (
    domain text NOT NULL,
    bit smallint NOT NULL,
    code text NOT NULL,
    dimension text NOT NULL,            -- driver, vehicle, environment, supervision
    zh text NOT NULL,
    en text NOT NULL,
    weight integer NOT NULL,
    veto boolean NOT NULL,
    legal_basis text NOT NULL,
    cleared_by text NOT NULL,           -- what clears it, in words
    weight_default integer NOT NULL,
    veto_default boolean NOT NULL,
    CONSTRAINT situation_pkey PRIMARY KEY (domain, bit),
    CONSTRAINT situation_code_key UNIQUE (domain, code),
    CONSTRAINT situation_bit_check CHECK (bit BETWEEN 0 AND 62),
    CONSTRAINT situation_weight_check CHECK (weight BETWEEN 0 AND 100)
);

CREATE TABLE vigil.model (
    domain text NOT NULL,
    code text NOT NULL,
    number integer NOT NULL,            -- catalogue number; custom models of the user's count from 1001
    situation text NOT NULL,
    kind text NOT NULL,                 -- row, window, scheduled, custom
    profile text NOT NULL,              -- on whom the hazard sits
    feed text,                          -- observation it runs on (row, window, custom expression)
    cadence text,                       -- cron schedule (scheduled, custom function), local time
    function text,                      -- schema-qualified function (scheduled, custom)
    expression text,                    -- custom: boolean SQL expression over the observation, the state, the subject
    rule text NOT NULL,                 -- the rule in words
    parameters jsonb NOT NULL DEFAULT '{}',     -- overrides of parameters_default; unknown keys and types are refused
    parameters_default jsonb NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL,
    enabled_default boolean NOT NULL,
    version integer NOT NULL DEFAULT 1, -- counts changes of parameters, expression, enabled
    CONSTRAINT model_pkey PRIMARY KEY (domain, code),
    CONSTRAINT model_number_key UNIQUE (domain, number),
    CONSTRAINT model_situation_fkey FOREIGN KEY (domain, situation) REFERENCES vigil.situation (domain, code),
    CONSTRAINT model_profile_fkey FOREIGN KEY (profile) REFERENCES vigil.profile (code),
    CONSTRAINT model_kind_check CHECK (kind IN ('row', 'window', 'scheduled', 'custom'))
);

CREATE TABLE vigil.colour_rule (
    profile text NOT NULL REFERENCES vigil.profile (code),
    red_below integer NOT NULL,
    yellow_below integer NOT NULL,
    recovery_margin integer NOT NULL,
    hold_minutes integer NOT NULL,
    reopen_minutes integer NOT NULL DEFAULT 30,  -- a colour that worsens again within this time re-uses its incident
    CONSTRAINT colour_rule_pkey PRIMARY KEY (profile),
    CONSTRAINT colour_rule_order_check CHECK (0 <= red_below AND red_below <= yellow_below AND yellow_below <= 100),
    CONSTRAINT colour_rule_recovery_check CHECK (recovery_margin BETWEEN 0 AND 100 AND hold_minutes BETWEEN 0 AND 10080)
);
