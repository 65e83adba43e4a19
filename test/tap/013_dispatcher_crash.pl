# kill -9 of the dispatcher while tasks are queued: each incident has one open task, no notice is sent twice, the ledger verifies.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

my $node = Vigil::new_node('main', "restart_after_crash = on\nvigil.naptime = 1\nvigil.dispatcher = off\n");
$node->start;
Vigil::create_database($node, 'city');
$node->safe_psql('city', <<'SQL');
INSERT INTO vigil.unit (name, kind, region_code, on_duty, task_limit, geom, located_at)
SELECT 'patrol ' || n, 'police_patrol', 330502, true, 50, ST_SetSRID(ST_Point(120.1 + n * 0.01, 30.8), 4326), now() FROM generate_series(1, 5) AS n;
SQL

# Each offer takes a while, so that a kill finds the dispatcher between its offers and its commit.
$node->safe_psql('city', <<'SQL');
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END $$;
CREATE TRIGGER slow BEFORE UPDATE ON vigil.task FOR EACH ROW WHEN (NEW.state = 'offered') EXECUTE FUNCTION slow();
SELECT count(vigil.open_incident('vehicle.driver', 'red', 'vehicle', format('浙E87%s yellow', lpad(n::text, 3, '0'))::vigil.plate::bigint,
    120.1, 30.8, 330502)) FROM generate_series(1, 100) AS n;
SQL
is($node->safe_psql('city', "SELECT count(*) FROM vigil.task WHERE state = 'queued'"), '100', '100 incidents are queued while the dispatcher is off');

$node->append_conf('postgresql.conf', 'vigil.dispatcher = on');
$node->reload;
my $busy = "FROM pg_stat_activity WHERE backend_type = 'vigil dispatcher' AND datname = 'city' AND wait_event = 'PgSleep'";
ok($node->poll_query_until('city', "SELECT count(*) = 1 $busy"), 'SIGHUP sets the dispatcher to work');
my $pid = $node->safe_psql('city', "SELECT pid $busy");
like($pid, qr/^\d+$/, 'it is in the middle of its offers');
kill 'KILL', $pid;

ok($node->poll_query_until('city', "SELECT count(*) = 0 FROM vigil.task WHERE state = 'queued'"), 'after the crash the queue is drained');
is($node->safe_psql('city', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'vigil dispatcher' AND pid <> $pid"), 't', 'by a new dispatcher');
is($node->safe_psql('city', <<'SQL'), '100|100|100', 'each incident has exactly one open task, offered once and told once');
SELECT count(*) FILTER (WHERE tasks = 1), count(*) FILTER (WHERE offers = 1), count(*) FILTER (WHERE notices = 1) FROM (
    SELECT (SELECT count(*) FROM vigil.task AS t WHERE t.incident_id = i.id AND t.state = 'offered') AS tasks,
        (SELECT count(*) FROM vigil.task AS t JOIN vigil.task_event AS e ON e.task_id = t.id WHERE t.incident_id = i.id AND e.event = 'offer') AS offers,
        (SELECT count(*) FROM vigil.notice AS n WHERE n.incident_id = i.id AND n.kind = 'task_offered') AS notices
    FROM vigil.incident AS i) AS each
SQL
is($node->safe_psql('city', 'SELECT count(*) FROM vigil.verify_ledger()'), '0', 'the ledger verifies');

# a ledger that somebody changed, thinned out or padded does not
$node->safe_psql('city', <<'SQL');
UPDATE vigil.task_event SET actor = 'nobody' WHERE task_id = (SELECT min(id) FROM vigil.task) AND number = 1;
DELETE FROM vigil.task_event WHERE task_id = (SELECT min(id) + 1 FROM vigil.task) AND number = 2;
DELETE FROM vigil.task_event WHERE task_id = (SELECT min(id) + 2 FROM vigil.task) AND number = 1;
INSERT INTO vigil.task_event (task_id, number, at, event, from_state, state, actor, hash)
SELECT min(id) + 3, 3, now(), 'accept', 'offered', 'accepted', 'nobody', '\x00' FROM vigil.task;
SQL
is($node->safe_psql('city', 'SELECT task - (SELECT min(id) FROM vigil.task), number, reason FROM vigil.verify_ledger() ORDER BY 1'),
	"0|1|changed\n1|2|last rows missing\n2|2|row missing before it\n3|2|rows were added after it",
	'a changed, a removed and an inserted row are found');

# a hub's dispatcher does nothing; set back, it goes on where it was
$node->safe_psql('city', 'DROP TRIGGER slow ON vigil.task');
$node->append_conf('postgresql.conf', "vigil.role = 'hub'");
$node->restart;
ok($node->poll_query_until('city', "SELECT count(*) = 1 FROM vigil.worker_status() WHERE database = 'city' AND state = 'hub'"), 'on a hub the dispatcher says so');
$node->safe_psql('city', "SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', '浙E87999 yellow'::vigil.plate::bigint, 120.1, 30.8, 330502)");
my $rounds = $node->safe_psql('city', "SELECT rounds FROM vigil.worker_status() WHERE database = 'city'");
is($node->safe_psql('city', "SELECT count(*) FROM vigil.task WHERE state = 'queued'") . "|$rounds", '1|0', 'and leaves the queue alone');
$node->append_conf('postgresql.conf', "vigil.role = 'cell'");
$node->restart;
ok($node->poll_query_until('city', "SELECT count(*) = 0 FROM vigil.task WHERE state = 'queued'"), 'a restart as a cell drains the queue');

$node->stop;
done_testing();
