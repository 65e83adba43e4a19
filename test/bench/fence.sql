-- 100,000 points against 2,000 and then 20,000 fences: the index, asked by vigil.fences_at(), and ST_Covers over GiST; both must
-- find the same. A third of the points lies in the neighbourhood of some fence.
\set ON_ERROR_STOP 1
SET max_parallel_workers_per_gather = 0;
CREATE UNLOGGED TABLE bench.point AS
    SELECT p.lon, p.lat, ST_SetSRID(ST_Point(p.lon, p.lat), 4326) AS geom
    FROM generate_series(1, 100000) AS n
    CROSS JOIN LATERAL (SELECT 119.3 + n::bigint * 15485863 % 8300000 / 1e7, 30.4 + n::bigint * 32452843 % 7100000 / 1e7) AS p (lon, lat);
VACUUM ANALYZE bench.point;
CREATE PROCEDURE bench.compare_fences(label text)
LANGUAGE plpgsql
AS $$
DECLARE
    started timestamptz;
    ours bigint;
    theirs bigint;
BEGIN
    FOR run IN 0 .. 3 LOOP      -- the first one warms up
        started := clock_timestamp();
        SELECT count(f) INTO ours FROM bench.point AS p, vigil.fences_at(p.lon, p.lat) AS f;
        IF run > 0 THEN
            INSERT INTO bench.result (what, side, run, value) VALUES (label, 'vigil', run, extract(epoch FROM clock_timestamp() - started) * 1000);
        END IF;
        started := clock_timestamp();
        SELECT count(g.id) INTO theirs FROM bench.point AS p JOIN vigil.geofence AS g ON ST_Covers(g.covered, p.geom);
        IF run > 0 THEN
            INSERT INTO bench.result (what, side, run, value) VALUES (label, 'raw', run, extract(epoch FROM clock_timestamp() - started) * 1000);
        END IF;
    END LOOP;
    IF ours <> theirs THEN
        RAISE EXCEPTION 'the index finds % fences, ST_Covers %', ours, theirs;
    END IF;
    RAISE WARNING '%: % answers on both sides', label, ours;
END $$;
CALL bench.compare_fences('fence 2000');
CALL bench.make_fences(2001, 20000);
ANALYZE vigil.geofence;
CALL bench.compare_fences('fence 20000');
DELETE FROM vigil.geofence WHERE substr(code, 7)::integer > 2000 AND code LIKE 'bench-%';
ANALYZE vigil.geofence;
DROP PROCEDURE bench.compare_fences;
DROP TABLE bench.point;
