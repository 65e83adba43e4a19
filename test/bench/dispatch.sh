#!/bin/sh
# From a task's commit to the commit of its offer to a unit, at a steady rate, in ms.  Both times are the server's own commit
# timestamps of the two entries in the task's ledger, so no client's clock and no time before the commit is in them.
# Clients that fall behind the rate take the processor from the dispatcher: as few as reach it, and the rate they reached is printed.
# usage: test/bench/dispatch.sh      settings: $TASKS_PER_SECOND (1000), $SECONDS_EACH (10), $CLIENTS (4)
set -eu
rate=${TASKS_PER_SECOND:-1000} each=${SECONDS_EACH:-10} clients=${CLIENTS:-4}
here=$(cd "$(dirname "$0")" && pwd)
sql() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

# more patrols than tasks, everywhere; whatever the other parts left in the queue is closed first
sql -c "UPDATE vigil.incident SET state = 'closed', closed_at = now(), close_reason = 'bench' WHERE state = 'open'" \
	-c "UPDATE vigil.task SET state = 'cancelled', ended_at = now() WHERE state IN ('queued', 'parked', 'offered', 'accepted', 'arrived')" \
	-c "INSERT INTO vigil.organisation (kind, name, region_code) VALUES ('department', 'bench', 330502)" \
	-c "INSERT INTO vigil.unit (organisation_id, kind, name, region_code, on_duty, task_limit, geom, located_at)
		SELECT (SELECT max(o.id) FROM vigil.organisation AS o), 'police_patrol', 'patrol ' || n, 330502, true, 20,
			ST_SetSRID(ST_Point(119.3 + n % 70 / 100.0, 30.4 + n / 70 / 100.0), 4326), now() FROM generate_series(0, 4199) AS n" \
	-c "VACUUM ANALYZE vigil.task, vigil.incident, vigil.unit, vigil.task_event, vigil.notice"
sql -c "ALTER SYSTEM SET vigil.dispatcher = on" -c "SELECT pg_reload_conf()" >/dev/null
newest=$(sql -c "SELECT coalesce(max(id), 0) FROM vigil.task")

# what the dispatcher did: tasks offered, rounds, hundredths of a second of processor time (where /proc tells)
worker() {
	sql -F ' ' -c "SELECT offered, rounds, pid FROM vigil.worker_status() WHERE worker = 'dispatcher' AND database = current_database()" |
		while read -r offered rounds pid; do
			echo "$offered $rounds $(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || echo 0)"
		done
}
before=$(worker)

pgbench -n -M prepared -c "$clients" -j 1 -R "$rate" -T "$each" -f "$here/dispatch.sql" 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/dispatch: \1 tasks\/s committed/p'
tries=0
while [ "$(sql -c "SELECT count(*) FROM vigil.task WHERE id > $newest AND offered_at IS NULL")" != 0 ] && [ "$tries" -lt 60 ]; do
	sleep 1
	tries=$((tries + 1))
done
echo "$before $(worker)" | awk '$4 > $1 { printf "dispatch: %d tasks in %d rounds, %d us of processor time a task\n", $4 - $1, $5 - $2, ($6 - $3) * 10000 / ($4 - $1) }'

# the first second warms up
sql -c "WITH taken AS (
		SELECT t.id, pg_xact_commit_timestamp(q.xmin) AS committed, pg_xact_commit_timestamp(o.xmin) AS offered
		FROM vigil.task AS t JOIN vigil.task_event AS q ON q.task_id = t.id AND q.event = 'queue'
		LEFT JOIN LATERAL (SELECT e.xmin FROM vigil.task_event AS e WHERE e.task_id = t.id AND e.event = 'offer' ORDER BY e.number LIMIT 1) AS o ON true
		WHERE t.id > $newest
	), ms AS (
		SELECT extract(epoch FROM k.offered - k.committed)::float8 * 1000 AS value FROM taken AS k
		WHERE k.committed >= (SELECT min(f.committed) FROM taken AS f) + interval '1 s'
	)
	INSERT INTO bench.result (what, side, run, value)
	SELECT 'dispatch p50', 'vigil', 1, percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(m.value, 'infinity')) FROM ms AS m
	UNION ALL SELECT 'dispatch p99', 'vigil', 1, percentile_cont(0.99) WITHIN GROUP (ORDER BY coalesce(m.value, 'infinity')) FROM ms AS m" \
	-c "ALTER SYSTEM RESET vigil.dispatcher" -c "SELECT pg_reload_conf()" >/dev/null
sql -c "SELECT format('dispatch: %s %s ms', substr(what, 10), round(value::numeric, 2)) FROM bench.result WHERE what LIKE 'dispatch%' ORDER BY id DESC LIMIT 2"
