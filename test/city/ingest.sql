-- The feed in GCJ-02, :batch rows a call, as an application would send them. Run in the folder that holds the file.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE TEMP TABLE sent (
    number bigint GENERATED ALWAYS AS IDENTITY, plate text, observed_at text, lon text, lat text, speed_kmh text,
    heading_deg text, mileage_km text, recorder_speed_kmh text, alarm_bits text, status_bits text, source text, video_bits text,
    satellites text
);
\copy sent (plate, observed_at, lon, lat, speed_kmh, heading_deg, mileage_km, recorder_speed_kmh, alarm_bits, status_bits, source, video_bits, satellites) FROM ingest_gcj02.csv (FORMAT csv, HEADER)
UPDATE city.feed SET started_at = clock_timestamp() WHERE name = 'ingest';
SELECT format($sql$
    WITH answer AS (
        SELECT i.*
        FROM (SELECT jsonb_agg(jsonb_strip_nulls(to_jsonb(s) - 'number') ORDER BY s.number) AS positions
              FROM sent AS s WHERE s.number BETWEEN %s AND %s) AS b
        CROSS JOIN LATERAL vigil_vehicle.ingest(b.positions, 'gcj02', 'gcj02-feed') AS i
    )
    UPDATE city.feed AS f SET was_accepted = f.was_accepted + a.accepted, was_duplicate = f.was_duplicate + a.duplicate,
        was_late = f.was_late + a.late, was_rejected = f.was_rejected + a.rejected
    FROM answer AS a WHERE f.name = 'ingest'
$sql$, b.first, b.first + :batch - 1)
FROM generate_series(1, (SELECT max(s.number) FROM sent AS s), :batch) AS b (first) \gexec
UPDATE city.feed SET ended_at = clock_timestamp() WHERE name = 'ingest';
