CREATE TABLE vigil.job (
    name text NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    schedule text NOT NULL,             -- cron, in the server's cron.timezone
    schedule_default text NOT NULL,
    command text NOT NULL,              -- one SQL statement
    enabled boolean NOT NULL DEFAULT true,
    last_started_at timestamptz,
    last_ended_at timestamptz,
    last_result text,
    last_error text,
    CONSTRAINT job_pkey PRIMARY KEY (name)
);

CREATE TABLE vigil.reject (
    id bigint GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz NOT NULL DEFAULT now(),
    source text NOT NULL,               -- ingest, import_geofences, ...
    reason text NOT NULL,               -- a code such as bad_plate, out_of_range, future
    detail text,
    payload jsonb NOT NULL,
    CONSTRAINT reject_pkey PRIMARY KEY (id)
);
CREATE INDEX reject_received_at_idx ON vigil.reject USING brin (received_at);
