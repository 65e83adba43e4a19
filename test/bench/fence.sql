-- 100,000 points against 2,000 and then 20,000 fences of one kind: which lie in a fence (vigil.inside), and in which fences
-- (vigil.fences_at), each against ST_Covers over GiST; both sides must find the same. Neither side converts: inside() takes
-- the geometry that ST_Covers takes, fences_at() the doubles beside it.
\set ON_ERROR_STOP 1
SET max_parallel_workers_per_gather = 0;
CREATE UNLOGGED TABLE bench.point AS
    SELECT p.lon, p.lat, ST_SetSRID(ST_Point(p.lon, p.lat), 4326) AS geom
    FROM generate_series(1, 100000) AS n
    CROSS JOIN LATERAL (SELECT 119.3::float8 + n::bigint * 15485863 % 8300000 / 1e7::float8, 30.4::float8 + n::bigint * 32452843 % 7100000 / 1e7::float8)
        AS p (lon, lat);
VACUUM ANALYZE bench.point;
CREATE PROCEDURE bench.compare_fences(label text, statement text[])
LANGUAGE plpgsql
AS $$
DECLARE
    started timestamptz;
    ours bigint;
    theirs bigint;
BEGIN
    FOR run IN 0 .. 6 LOOP      -- the first one warms up
        started := clock_timestamp();
        EXECUTE statement[1] INTO ours;
        INSERT INTO bench.result (what, side, run, value) VALUES (label, 'vigil', run, extract(epoch FROM clock_timestamp() - started) * 1000);
        started := clock_timestamp();
        EXECUTE statement[2] INTO theirs;
        INSERT INTO bench.result (what, side, run, value) VALUES (label, 'raw', run, extract(epoch FROM clock_timestamp() - started) * 1000);
    END LOOP;
    DELETE FROM bench.result AS r WHERE r.what = label AND r.run = 0;
    IF ours <> theirs THEN
        RAISE EXCEPTION '%: the index finds %, ST_Covers %', label, ours, theirs;
    END IF;
    RAISE WARNING '%: % answers on both sides', label, ours;
END $$;
\set inside '{"SELECT count(*) FROM bench.point AS p WHERE vigil.inside(p.geom, ''key_area'')","SELECT count(*) FROM bench.point AS p WHERE EXISTS (SELECT FROM vigil.geofence AS g WHERE g.kind = ''key_area'' AND ST_Covers(g.covered, p.geom))"}'
\set which '{"SELECT count(f) FROM bench.point AS p, vigil.fences_at(p.lon, p.lat, ''{key_area}'') AS f","SELECT count(g.id) FROM bench.point AS p JOIN vigil.geofence AS g ON g.kind = ''key_area'' AND ST_Covers(g.covered, p.geom)"}'
UPDATE vigil.geofence SET kind = 'key_area' WHERE code LIKE 'bench-%';
VACUUM ANALYZE vigil.geofence;
CALL bench.compare_fences('fence 2000', :'inside');
CALL bench.compare_fences('fence which 2000', :'which');
CALL bench.make_fences(2001, 20000);
UPDATE vigil.geofence SET kind = 'key_area' WHERE code LIKE 'bench-%' AND kind <> 'key_area';
VACUUM ANALYZE vigil.geofence;
CALL bench.compare_fences('fence 20000', :'inside');
CALL bench.compare_fences('fence which 20000', :'which');
-- the fences of the other parts again
DELETE FROM vigil.geofence WHERE code LIKE 'bench-%';
CALL bench.make_fences(1, 2000);
VACUUM ANALYZE vigil.geofence;
DROP PROCEDURE bench.compare_fences;
DROP TABLE bench.point;
