-- What became of each batch, and the second way for one that COPY refused.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE TABLE tracks.batch (
    number bigint GENERATED ALWAYS AS IDENTITY, file text, rows bigint, way text, seconds numeric, accepted bigint, duplicate bigint,
    late bigint, rejected bigint
);
CREATE FUNCTION tracks.ingest(file text, first bigint, rows bigint, OUT accepted bigint, OUT duplicate bigint, OUT late bigint,
    OUT rejected bigint)
LANGUAGE sql VOLATILE
AS $$
    SELECT i.*
    FROM (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('plate', r.plate, 'observed_at', r.at AT TIME ZONE 'Asia/Shanghai',
              'lon', r.lon, 'lat', r.lat, 'speed_kmh', r.speed_kmh, 'heading_deg', r.heading_deg)) ORDER BY r.number) AS positions
          FROM tracks.row AS r
          WHERE r.file = ingest.file AND r.number >= ingest.first AND r.number < ingest.first + ingest.rows) AS b
    CROSS JOIN LATERAL vigil_vehicle.ingest(b.positions, 'wgs84', ingest.file) AS i;
$$;
COMMENT ON FUNCTION tracks.ingest(text, bigint, bigint) IS 'Rows of a file as an application would send them';
