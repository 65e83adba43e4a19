-- Risks: hazards open and close, a subject's mask follows its open hazards, its colour follows the mask. Only the
-- functions of 42-risk-effects.sql write here.

CREATE TABLE vigil.risk_state (
    profile text NOT NULL,
    subject bigint NOT NULL,
    own_mask bigint NOT NULL DEFAULT 0,
    inherited_mask bigint NOT NULL DEFAULT 0,
    score integer NOT NULL DEFAULT 100,
    colour vigil.colour NOT NULL DEFAULT 'green',
    better_since timestamptz,
    better_colour vigil.colour,
    recover_at timestamptz,
    changed_at timestamptz NOT NULL,
    region_code bigint,
    lon double precision,
    lat double precision,
    CONSTRAINT risk_state_pkey PRIMARY KEY (profile, subject),
    CONSTRAINT risk_state_mask_check CHECK (own_mask >= 0 AND inherited_mask >= 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE vigil.risk_state IS
    'Score, colour and active situations of a subject now (当前码); a subject that never had a hazard has no row and is green at 100';
COMMENT ON COLUMN vigil.risk_state.profile IS 'Kind of subject: code of vigil.profile';
COMMENT ON COLUMN vigil.risk_state.subject IS 'Id of the subject in its profile; a vehicle''s is its plate as bigint';
COMMENT ON COLUMN vigil.risk_state.own_mask IS 'Situations of its own open hazards, by bit';
COMMENT ON COLUMN vigil.risk_state.inherited_mask IS 'Situations of its driver and its enterprise that count for it, by bit';
COMMENT ON COLUMN vigil.risk_state.score IS 'Score of own_mask | inherited_mask, 0 to 100';
COMMENT ON COLUMN vigil.risk_state.colour IS 'Colour (码色), worse at once, better after the colour rule''s hold time';
COMMENT ON COLUMN vigil.risk_state.better_since IS 'Since when a recovery is under way; null = none';
COMMENT ON COLUMN vigil.risk_state.better_colour IS 'The colour that the recovery will bring';
COMMENT ON COLUMN vigil.risk_state.recover_at IS 'When it will: better_since + the rule''s hold time';
COMMENT ON COLUMN vigil.risk_state.changed_at IS 'Observation time of the last change of mask, score or colour';
COMMENT ON COLUMN vigil.risk_state.region_code IS 'Region where the subject was at the last change';
COMMENT ON COLUMN vigil.risk_state.lon IS 'Where it was at the last change, WGS84 degrees';
COMMENT ON COLUMN vigil.risk_state.lat IS 'Where it was at the last change, WGS84 degrees';

CREATE TABLE vigil.risk_change (
    id bigint GENERATED ALWAYS AS IDENTITY,
    profile text NOT NULL,
    subject bigint NOT NULL,
    at timestamptz NOT NULL,
    from_colour vigil.colour NOT NULL,
    colour vigil.colour NOT NULL,
    from_score integer NOT NULL,
    score integer NOT NULL,
    from_mask bigint NOT NULL,
    mask bigint NOT NULL,
    why text[] NOT NULL,
    region_code bigint,
    CONSTRAINT risk_change_pkey PRIMARY KEY (id)
);
CREATE INDEX risk_change_subject_idx ON vigil.risk_change (profile, subject, at);
COMMENT ON TABLE vigil.risk_change IS 'Every change of a subject''s mask, score or colour ever (码变更记录); rows are only added';
COMMENT ON COLUMN vigil.risk_change.at IS 'Observation time; per subject never before the change before';
COMMENT ON COLUMN vigil.risk_change.from_mask IS 'Own and inherited situations before';
COMMENT ON COLUMN vigil.risk_change.mask IS 'Own and inherited situations after';
COMMENT ON COLUMN vigil.risk_change.why IS
    'What changed it: +model raised, -model cleared, recover (hold time over), inherit (driver''s or enterprise''s situations), catalogue (weights or thresholds)';

CREATE TABLE vigil.hazard (
    id bigint GENERATED ALWAYS AS IDENTITY,
    profile text NOT NULL,
    subject bigint NOT NULL,
    model text NOT NULL,
    situation_bit smallint NOT NULL,
    raised_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    count integer NOT NULL DEFAULT 1,
    cleared_at timestamptz,
    cleared_by text,
    clear_reason text,
    evidence jsonb NOT NULL,
    lon double precision,
    lat double precision,
    region_code bigint,
    CONSTRAINT hazard_pkey PRIMARY KEY (id),
    CONSTRAINT hazard_cleared_check CHECK (cleared_at >= raised_at)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX hazard_open_idx ON vigil.hazard (profile, subject, model) WHERE cleared_at IS NULL;
CREATE INDEX hazard_subject_idx ON vigil.hazard (profile, subject, raised_at);
COMMENT ON TABLE vigil.hazard IS
    'Hazard (隐患): one model raised on one subject, from raised_at to cleared_at; at most one open per (profile, subject, model)';
COMMENT ON COLUMN vigil.hazard.model IS 'Code of the model that raised it';
COMMENT ON COLUMN vigil.hazard.situation_bit IS 'Bit of the situation that the model raised then';
COMMENT ON COLUMN vigil.hazard.raised_at IS 'Observation time, as all times here';
COMMENT ON COLUMN vigil.hazard.last_seen_at IS 'The latest observation that says it is still so';
COMMENT ON COLUMN vigil.hazard.count IS 'Observations that said so';
COMMENT ON COLUMN vigil.hazard.cleared_at IS 'Null while it is open';
COMMENT ON COLUMN vigil.hazard.cleared_by IS 'rule (its own), feedback, person, job';
COMMENT ON COLUMN vigil.hazard.clear_reason IS 'Feedback code, or a word such as model_disabled, stale, fence_gone';
COMMENT ON COLUMN vigil.hazard.evidence IS
    'What the model saw (证据), the worst of it while it was open; model_version; parameters that differed from the defaults';
COMMENT ON COLUMN vigil.hazard.lon IS 'Where it was raised, WGS84 degrees';
COMMENT ON COLUMN vigil.hazard.lat IS 'Where it was raised, WGS84 degrees';

CREATE TABLE vigil.suppression (
    id bigint GENERATED ALWAYS AS IDENTITY,
    profile text NOT NULL,
    subject bigint NOT NULL,
    model text NOT NULL,
    fence_id bigint,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    CONSTRAINT suppression_pkey PRIMARY KEY (id),
    CONSTRAINT suppression_until_check CHECK (since < until)
);
CREATE INDEX suppression_subject_idx ON vigil.suppression (profile, subject, until);
COMMENT ON TABLE vigil.suppression IS
    'A model that stays silent on a subject from since to until, at one fence or everywhere (feedback such as stay_lawful, false_alarm)';
COMMENT ON COLUMN vigil.suppression.fence_id IS 'Only hazards whose evidence names this fence; null = all';
