-- Lines "ok …" or "not ok …": what must become of the rows that test/tracks/test makes up.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SELECT CASE WHEN x.got = x.want THEN 'ok ' ELSE format('not ok (got %s) ', coalesce(x.got, 'nothing')) END || x.what || ': ' || x.want
FROM (VALUES
    (1, 'austin by COPY and by ingest', '20 + 20 rows, 5 rejected, none late',
        (SELECT format('%s + %s rows, %s rejected, %s late', sum(b.rows) FILTER (WHERE b.way = 'COPY'), sum(b.rows) FILTER (WHERE b.way = 'ingest'),
             sum(b.rejected), CASE sum(b.late) WHEN 0 THEN 'none' ELSE sum(b.late)::text END) FROM tracks.batch AS b WHERE b.file = 'austin')),
    (12, 'austin in the order of its lines', '17 late',
        (SELECT format('%s late', sum(b.late)) FROM tracks.batch AS b WHERE b.file = 'austin_as_filed')),
    (2, 'reasons', '2 bad_speed, 3 no_fix',
        (SELECT string_agg(format('%s %s', r.rows, r.reason), ', ' ORDER BY r.reason)
         FROM (SELECT r.reason, count(*) AS rows FROM vigil.reject AS r WHERE r.source = 'austin' GROUP BY r.reason) AS r)),
    (3, 'standing at 25 Hz', '24 duplicate', (SELECT format('%s duplicate', sum(b.duplicate)) FROM tracks.batch AS b WHERE b.file = 'athens_25hz')),
    (4, 'roads', 'inserted 2, rejected 1 bad_class, rejected 1 bad_limit_kmh',
        (SELECT string_agg(concat_ws(' ', i.action, i.rows, i.reason), ', ' ORDER BY i.action, i.reason) FROM tracks.import AS i WHERE i.what = 'roads')),
    (13, 'refused roads are kept', 'bad_class, bad_limit_kmh',
        (SELECT string_agg(r.reason, ', ' ORDER BY r.reason) FROM vigil.reject AS r WHERE r.source = 'import_road_segments')),
    (5, 'a road against its line', 'one way southwards, limit 50',
        (SELECT format('one way %s, limit %s', CASE WHEN s.one_way AND ST_Y(ST_StartPoint(s.geom)) > ST_Y(ST_EndPoint(s.geom)) THEN 'southwards' END, s.limit_kmh)
         FROM vigil_vehicle.road_segment AS s WHERE s.code = 'w2')),
    (6, 'fences', 'industry inserted, public repaired, school inserted, waterway inserted',
        (SELECT string_agg(format('%s %s', substr(i.what, 9), i.action), ', ' ORDER BY i.what) FROM tracks.import AS i WHERE i.what LIKE 'fences:%')),
    (7, 'time of day of the first bus', '17:00', (SELECT to_char(min(p.observed_at), 'HH24:MI') FROM vigil_vehicle.position AS p WHERE p.source = 'austin')),
    (8, 'the day', 'yesterday', (SELECT CASE WHEN min(p.observed_at)::date = current_date - 1 AND max(p.observed_at)::date = current_date - 1 THEN 'yesterday' END FROM vigil_vehicle.position AS p)),
    (9, 'stays', '1 true, 1 found, 1 right',
        (SELECT format('%s true, %s found, %s right', r.stays, r.found, p.right_ones) FROM tracks.stay_recall AS r JOIN tracks.stay_precision AS p USING (minutes) WHERE r.minutes = 2)),
    (10, 'hazards', 'speeding_kind_cap on 浙EP0002 yellow',
        (SELECT string_agg(format('%s on %s', h.model, h.subject::vigil.plate), ', ' ORDER BY h.model) FROM vigil.hazard AS h)),
    (11, 'units', 'Landespolizei', (SELECT string_agg(u.name, ', ') FROM vigil.unit AS u))
) AS x (number, what, want, got) ORDER BY x.number;
