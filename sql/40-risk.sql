CREATE TABLE vigil.risk_state (
    profile text NOT NULL REFERENCES vigil.profile (code),
    subject bigint NOT NULL,
    own_mask bigint NOT NULL DEFAULT 0,
    inherited_mask bigint NOT NULL DEFAULT 0,
    score integer NOT NULL DEFAULT 100,
    colour vigil.colour NOT NULL DEFAULT 'green',
    better_since timestamptz,           -- recovery under way since, and towards which colour
    better_colour vigil.colour,
    recover_at timestamptz,             -- better_since + hold
    changed_at timestamptz NOT NULL,    -- observation time of the last change of mask or colour
    region_code bigint,
    lon double precision,               -- where the subject was at the last change
    lat double precision,
    CONSTRAINT risk_state_pkey PRIMARY KEY (profile, subject)
);

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
    why text[] NOT NULL,                -- '+speeding_segment', '-fatigue_continuous', 'recover', 'catalogue', 'inherit'
    region_code bigint,
    CONSTRAINT risk_change_pkey PRIMARY KEY (id)
);
CREATE INDEX risk_change_subject_idx ON vigil.risk_change (profile, subject, at);

CREATE TABLE vigil.hazard (
    id bigint GENERATED ALWAYS AS IDENTITY,
    profile text NOT NULL,
    subject bigint NOT NULL,
    model text NOT NULL,
    situation_bit smallint NOT NULL,
    raised_at timestamptz NOT NULL,     -- observation time, as all times here
    last_seen_at timestamptz NOT NULL,
    count integer NOT NULL DEFAULT 1,
    cleared_at timestamptz,
    cleared_by text,                    -- rule, feedback, person, job
    clear_reason text,
    evidence jsonb NOT NULL,
    lon double precision,
    lat double precision,
    region_code bigint,
    CONSTRAINT hazard_pkey PRIMARY KEY (id),
    CONSTRAINT hazard_cleared_check CHECK (cleared_at >= raised_at)
);
CREATE UNIQUE INDEX hazard_open_idx ON vigil.hazard (profile, subject, model) WHERE cleared_at IS NULL;
CREATE INDEX hazard_subject_idx ON vigil.hazard (profile, subject, raised_at);

-- A model that must stay silent on a subject for a while, at one fence or at all (feedback, false alarm).
CREATE TABLE vigil.suppression (
    id bigint GENERATED ALWAYS AS IDENTITY,
    profile text NOT NULL,
    subject bigint NOT NULL,
    model text NOT NULL,
    fence_id bigint,                    -- null = anywhere
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    CONSTRAINT suppression_pkey PRIMARY KEY (id),
    CONSTRAINT suppression_until_check CHECK (since < until)
);
CREATE INDEX suppression_subject_idx ON vigil.suppression (profile, subject, until);
