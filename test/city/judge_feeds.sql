-- Lines "ok …" or "not ok …": what became of the rows that the feeds sent, and of the tasks that followed.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SELECT CASE WHEN (f.accepted, f.duplicate, f.late, f.rejected) = (f.was_accepted, f.was_duplicate, f.was_late, f.was_rejected)
    THEN 'ok ' ELSE format('not ok (%s accepted, %s duplicate, %s late, %s rejected were sent) ', f.accepted, f.duplicate, f.late, f.rejected) END
    || format('%s: %s rows, %s accepted, %s duplicate, %s late, %s rejected', f.name, f.rows, f.was_accepted, f.was_duplicate,
        f.was_late, f.was_rejected)
FROM city.feed AS f ORDER BY f.name;
SELECT CASE WHEN coalesce(s.rows, 0) = coalesce(k.rows, 0) THEN 'ok ' ELSE 'not ok ' END
    || format('rejected as %s: %s of %s sent', coalesce(s.reason, k.reason), coalesce(k.rows, 0), coalesce(s.rows, 0))
FROM (SELECT r.reason, count(*) AS rows FROM city.reject AS r GROUP BY r.reason) AS s
FULL JOIN (SELECT r.reason, count(*) AS rows FROM vigil.reject AS r GROUP BY r.reason) AS k USING (reason)
ORDER BY coalesce(s.reason, k.reason);
DO $$ BEGIN
    FOR attempt IN 1 .. 200 LOOP    -- at most 20 s
        EXIT WHEN NOT EXISTS (SELECT FROM vigil.task AS t WHERE t.state = 'queued');
        COMMIT;
        PERFORM pg_sleep(0.1);
    END LOOP;
END $$;
SELECT CASE WHEN t.tasks > 0 AND t.queued = 0 AND t.parked = 0 AND w.errors = 0 THEN 'ok ' ELSE 'not ok ' END
    || format('the dispatcher: %s tasks, %s not looked at, %s parked, %s errors', t.tasks, t.queued, t.parked, w.errors)
FROM (SELECT count(*) AS tasks, count(*) FILTER (WHERE t.state = 'queued') AS queued,
          count(*) FILTER (WHERE t.state = 'parked') AS parked FROM vigil.task AS t) AS t,
    (SELECT coalesce(sum(w.errors), -1) AS errors FROM vigil.worker_status() AS w
     WHERE w.worker = 'dispatcher' AND w.database = current_database()) AS w;
