# Workers come and go with the extension and the database, and never stand in anybody's way.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('workers');
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
extension_destdir = '$ENV{VIGIL_STAGE}'
dynamic_library_path = '$ENV{VIGIL_STAGE}/usr/lib/postgresql/15/lib:\$libdir'
shared_preload_libraries = 'vigil'
vigil.naptime = 60s
max_worker_processes = 8
CONF
$node->start;

# The dispatcher of a database is there, and does nothing at this moment.
sub wait_idle
{
	my ($database, $state) = @_;
	$state //= 'idle';
	return $node->poll_query_until('one', "SELECT count(*) = 1 FROM vigil.worker_status()"
		  . " WHERE database = '$database' AND state = '$state' AND pid IS NOT NULL");
}

sub no_dispatcher
{
	my ($database) = @_;
	return $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity"
		  . " WHERE backend_type = 'vigil dispatcher' AND datname = '$database'");
}

ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity"
		  . " WHERE backend_type = 'vigil launcher' AND datname IS NULL"),
	'the launcher runs and is connected to no database');

# CREATE EXTENSION
$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('one', 'CREATE EXTENSION vigil CASCADE');
ok(wait_idle('one'), 'CREATE EXTENSION starts a dispatcher at once');
is($node->safe_psql('one', "SELECT count(*), max(application_name) FROM pg_stat_activity"
		  . " WHERE backend_type = 'vigil dispatcher' AND datname = 'one'"),
	'1|vigil dispatcher', 'pg_stat_activity names it');
$node->safe_psql('one', 'SELECT vigil.setup()');

# a wake-up at commit, none at rollback
my $wakeups = "SELECT wakeups FROM vigil.worker_status() WHERE database = 'one'";
my $before = $node->safe_psql('one', $wakeups);
$node->safe_psql('one', 'SELECT vigil.wake_dispatcher()');
is($node->safe_psql('one', $wakeups), $before + 1, 'a commit wakes the dispatcher');
$node->safe_psql('one', 'BEGIN; SELECT vigil.wake_dispatcher(); ROLLBACK');
is($node->safe_psql('one', $wakeups), $before + 1, 'a rollback does not');

# work: a task is offered without anybody polling
$node->safe_psql('one', q{
	INSERT INTO vigil.unit (kind, name, region_code, on_duty, geom, located_at)
	VALUES ('police_patrol', 'P', 330502, true, ST_SetSRID(ST_MakePoint(120.1, 30.8), 4326), now());
	SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', 1, 120.1, 30.81, 330502)});
ok($node->poll_query_until('one', "SELECT state = 'offered' AND unit_id = 1 FROM vigil.task"),
	'the dispatcher offers a task');
is($node->safe_psql('one', "SELECT offered, errors FROM vigil.worker_status() WHERE database = 'one'"),
	'1|0', 'and counts it');

# the deadline of an offer is met with no further commit, whatever naptime says
$node->safe_psql('one', "UPDATE vigil.task SET due_at = now() + interval '1 second';"
	  . "SELECT vigil.wake_dispatcher()");
ok($node->poll_query_until('one', "SELECT state = 'timed_out' FROM vigil.task WHERE id = 1"),
	'an offer times out on time');

# nobody for a task: it costs nothing while it waits, and is offered when a unit comes on duty, or is freed
$node->safe_psql('one', q{
	UPDATE vigil.unit SET on_duty = false;
	SELECT count(vigil.open_incident('vehicle.driver', 'red', 'vehicle', n, 120.1, 30.81, 330502)) FROM generate_series(10, 29) AS n});
my $waiting = "SELECT count(*) FROM vigil.task WHERE state = 'parked' AND error = 'no_unit'";
ok($node->poll_query_until('one', $waiting, '21'), 'tasks without a unit wait at the last level');
my $cost = "SELECT rounds || ' ' || (SELECT max(id) FROM vigil.task_event) FROM vigil.worker_status() WHERE database = 'one'";
my ($rounds, $ledger) = split / /, $node->safe_psql('one', $cost);
my $since = $node->safe_psql('one', 'SELECT clock_timestamp()');
$node->poll_query_until('one', "SELECT clock_timestamp() > '$since'::timestamptz + interval '5 seconds'");
my ($more_rounds, $more_ledger) = split / /, $node->safe_psql('one', $cost);
cmp_ok($more_rounds - $rounds, '<=', 4, 'the dispatcher hardly wakes while they wait');
is($more_ledger, $ledger, 'nor writes about them');
$node->safe_psql('one', q{INSERT INTO vigil.unit (kind, name, region_code, on_duty, task_limit) VALUES ('command', 'C', 330500, true, 1)});
ok($node->poll_query_until('one', $waiting, '20'), 'a unit comes on duty: one is offered');
$node->safe_psql('one', q{SELECT vigil.task_accept(id, unit_id), vigil.task_finish(id, unit_id, 'handed_over') FROM vigil.task
	WHERE state = 'offered' AND unit_kind = 'command'});
ok($node->poll_query_until('one', $waiting, '19'), 'it has finished: the next');
$node->safe_psql('one', "UPDATE vigil.unit SET task_limit = 100 WHERE kind = 'command'");
ok($node->poll_query_until('one', $waiting, '0'), 'it can hold more: the others');

# a second database
$node->safe_psql('postgres', 'CREATE DATABASE two');
$node->safe_psql('two', 'CREATE EXTENSION vigil CASCADE');
ok(wait_idle('two'), 'a second database has a dispatcher of its own');
is($node->safe_psql('one', "SELECT string_agg(worker || coalesce(' ' || database, ''), ', ' ORDER BY worker, database)"
		  . " FROM vigil.worker_status()"),
	'dispatcher one, dispatcher two, launcher', 'worker_status() shows all');

# a copy of a database has one too; copying needs the original alone for a moment
$node->safe_psql('postgres', 'CREATE DATABASE three TEMPLATE two');
ok(wait_idle('three'), 'CREATE DATABASE TEMPLATE works and the copy has a dispatcher');
ok(wait_idle('two'), 'the dispatcher of the original comes back');
$node->safe_psql('postgres', 'ALTER DATABASE three RENAME TO four');
ok(wait_idle('four'), 'ALTER DATABASE RENAME works and the dispatcher comes back');

# DROP DATABASE
$node->safe_psql('postgres', 'DROP DATABASE four');
pass('plain DROP DATABASE works while a dispatcher is there');
my $session = $node->background_psql('two');
my ($code, $out, $error) = $node->psql('postgres', 'DROP DATABASE two');
like($error, qr/being accessed by other users/, 'DROP DATABASE fails where a client is connected');
ok(wait_idle('two'), 'after a failed DROP DATABASE the dispatcher comes back');
$session->quit;
$node->safe_psql('postgres', "CREATE ROLE stranger LOGIN");
my $started = $node->safe_psql('one', "SELECT started_at FROM vigil.worker_status() WHERE database = 'two'");
($code, $out, $error) = $node->psql('postgres', 'DROP DATABASE two', extra_params => ['-U', 'stranger']);
like($error, qr/must be owner/, 'who does not own a database cannot drop it');
is($node->safe_psql('one', "SELECT started_at FROM vigil.worker_status() WHERE database = 'two'"),
	$started, 'nor make its dispatcher leave');
$node->safe_psql('postgres', 'DROP DATABASE two WITH (FORCE)');
ok(no_dispatcher('two'), 'DROP DATABASE WITH (FORCE) ends it');

# settings
$node->append_conf('postgresql.conf', "vigil.role = 'hub'");
$node->reload;
ok(wait_idle('one', 'hub'), 'on a hub the dispatcher waits');
$node->append_conf('postgresql.conf', "vigil.role = 'cell'\nvigil.dispatcher = off");
$node->reload;
ok(wait_idle('one', 'paused'), 'vigil.dispatcher = off pauses it');
$node->append_conf('postgresql.conf', 'vigil.dispatcher = on');
$node->reload;
ok(wait_idle('one'), 'and on sets it going again');

# a dispatcher that is ended comes back
my $pid = $node->safe_psql('one', "SELECT pid FROM vigil.worker_status() WHERE database = 'one'");
$node->safe_psql('one', "SELECT pg_terminate_backend($pid)");
ok($node->poll_query_until('one', "SELECT count(*) = 1 FROM vigil.worker_status()"
		  . " WHERE database = 'one' AND state = 'idle' AND pid <> $pid"),
	'a terminated dispatcher is started again');
$pid = $node->safe_psql('one', "SELECT pid FROM vigil.worker_status() WHERE worker = 'launcher'");
$node->safe_psql('one', "SELECT pg_terminate_backend($pid)");
ok($node->poll_query_until('one', "SELECT count(*) = 1 FROM vigil.worker_status()"
		  . " WHERE worker = 'launcher' AND pid <> $pid"),
	'a terminated launcher is started again');

# DROP EXTENSION
$node->safe_psql('one', 'BEGIN; DROP EXTENSION vigil; ROLLBACK');
ok(wait_idle('one'), 'a DROP EXTENSION rolled back changes nothing');
$node->safe_psql('one', 'DROP EXTENSION vigil');
ok(no_dispatcher('one'), 'DROP EXTENSION ends the dispatcher');
$node->safe_psql('one', 'CREATE EXTENSION vigil');
ok(wait_idle('one'), 'and CREATE EXTENSION starts it again');

# no room: one warning, and a worker as soon as there is room
$node->safe_psql('postgres', 'CREATE DATABASE five');
$node->safe_psql('five', 'CREATE EXTENSION vigil CASCADE');
$node->append_conf('postgresql.conf', 'max_worker_processes = 3');    # launcher, logical replication, one more
my $offset = -s $node->logfile;
$node->restart;
ok($node->wait_for_log(qr/WARNING: .*could not start the vigil dispatcher/, $offset), 'no free worker gives a warning');
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'vigil dispatcher'"),
	'one database is served');
my $served = $node->safe_psql('postgres', "SELECT datname FROM pg_stat_activity WHERE backend_type = 'vigil dispatcher'");
$node->safe_psql('postgres', "DROP DATABASE $served");
my $other = $served eq 'one' ? 'five' : 'one';
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity"
		  . " WHERE backend_type = 'vigil dispatcher' AND datname = '$other'"),
	'when it is gone the other one is');
my $log = slurp_file($node->logfile, $offset);
my @warnings = $log =~ /could not start the vigil dispatcher/g;
is(scalar(@warnings), 1, 'one warning only');
unlike($log, qr/PANIC|TRAP|segmentation/i, 'nothing broke');

$node->stop;
done_testing();
