CREATE TABLE vigil.notice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    channel text NOT NULL,              -- police_app, zheding, enterprise_app, sms, bi
    receiver_kind text NOT NULL,        -- unit, organisation, person
    receiver_id bigint,
    profile text,
    subject bigint,
    incident_id bigint,
    task_id bigint,
    kind text NOT NULL,                 -- task_offered, task_cancelled, colour_changed, escalated, ...
    body jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    answer jsonb,
    error text,
    region_code bigint,
    CONSTRAINT notice_pkey PRIMARY KEY (id),
    CONSTRAINT notice_state_check CHECK (state IN ('pending', 'leased', 'acknowledged', 'dead'))
);
