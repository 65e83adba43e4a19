-- risk_score against int4pl over the same 10 M rows; each also without any function, so that the scan can be taken off.
\set ON_ERROR_STOP 1
SET max_parallel_workers_per_gather = 0;
CREATE UNLOGGED TABLE bench.mask AS
    SELECT (n * 2654435761::bigint) & ((1::bigint << 46) - 1) AS mask, n::integer % 100 AS a
    FROM generate_series(1, 10000000) AS n;
VACUUM ANALYZE bench.mask;
DO $$
DECLARE
    started timestamptz;
BEGIN
    FOR run IN 0 .. 5 LOOP
        started := clock_timestamp();
        PERFORM count(m.a + 1) FROM bench.mask AS m;
        INSERT INTO bench.result (what, side, run, value)
        VALUES ('score', 'raw', run, extract(epoch FROM clock_timestamp() - started) * 1000);
        started := clock_timestamp();
        PERFORM count(vigil.risk_score('vehicle', m.mask)) FROM bench.mask AS m;
        INSERT INTO bench.result (what, side, run, value)
        VALUES ('score', 'vigil', run, extract(epoch FROM clock_timestamp() - started) * 1000);
    END LOOP;
    DELETE FROM bench.result WHERE what = 'score' AND run = 0;
END $$;
DROP TABLE bench.mask;
