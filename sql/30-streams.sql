-- Streams are partitioned by time by pg_partman; the parent has no key (the template carries it to every leaf), so that
-- dump and restore of an extension-owned parent stay clean.
CREATE TABLE vigil_vehicle.position (
    plate vigil.plate NOT NULL,
    observed_at timestamptz NOT NULL,
    lon double precision,               -- null, null = not located
    lat double precision,
    speed_kmh real,
    heading_deg smallint,
    altitude_m real,
    mileage_km real,
    recorder_speed_kmh real,
    alarm_bits bigint,
    status_bits bigint,
    source text,
    video_bits bigint,
    satellites smallint,
    signal smallint,
    driver_id bigint,                   -- from the terminal's IC card
    backfill boolean,
    received_at timestamptz NOT NULL DEFAULT statement_timestamp()
) PARTITION BY RANGE (observed_at);

CREATE TABLE vigil_vehicle.position_template (LIKE vigil_vehicle.position);
ALTER TABLE vigil_vehicle.position_template ADD CONSTRAINT position_template_pkey PRIMARY KEY (plate, observed_at);
