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

COMMENT ON TABLE vigil_vehicle.position IS 'Positions of vehicles (定位数据, GPS/Beidou), WGS84; append-only, partitioned by day, evaluated as they are stored; key (plate, observed_at)';
COMMENT ON COLUMN vigil_vehicle.position.observed_at IS 'Within the last 30 days, at most vigil.max_clock_skew in the future';
COMMENT ON COLUMN vigil_vehicle.position.lon IS 'Degrees, 73 to 136; null with lat = not located';
COMMENT ON COLUMN vigil_vehicle.position.lat IS 'Degrees, 3 to 54';
COMMENT ON COLUMN vigil_vehicle.position.speed_kmh IS 'GPS speed, 0 to 220';
COMMENT ON COLUMN vigil_vehicle.position.heading_deg IS 'Clockwise from true north, 0 to 360; 360 is 0';
COMMENT ON COLUMN vigil_vehicle.position.altitude_m IS 'Metres above the ellipsoid, -500 to 9000; else not believed';
COMMENT ON COLUMN vigil_vehicle.position.mileage_km IS 'Odometer, 0 to 4,000,000; else not believed';
COMMENT ON COLUMN vigil_vehicle.position.recorder_speed_kmh IS 'Speed of the driving recorder (行驶记录仪), 0 to 220; else not believed';
COMMENT ON COLUMN vigil_vehicle.position.alarm_bits IS 'Alarm bits of JT/T 808, 0 to 2^32 - 1';
COMMENT ON COLUMN vigil_vehicle.position.status_bits IS 'Status bits of JT/T 808: bit 0 ACC on, bit 1 located (0 = the point is not believed)';
COMMENT ON COLUMN vigil_vehicle.position.source IS 'Name of the feed';
COMMENT ON COLUMN vigil_vehicle.position.video_bits IS 'Video alarm bits of JT/T 1078 (item 0x14)';
COMMENT ON COLUMN vigil_vehicle.position.satellites IS 'Satellites in the fix, 0 to 64; else not believed';
COMMENT ON COLUMN vigil_vehicle.position.signal IS 'Strength of the network, 0 to 31; else not believed';
COMMENT ON COLUMN vigil_vehicle.position.driver_id IS 'vigil_vehicle.driver.person_id by the card in the terminal, 1 and up: a change of it ends the old driver''s clocks';
COMMENT ON COLUMN vigil_vehicle.position.backfill IS 'Sent later from a blind area: stored, evaluated by the backtest only';
COMMENT ON TABLE vigil_vehicle.position_template IS 'What pg_partman gives every partition of vigil_vehicle.position: its key';
