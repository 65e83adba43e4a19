# ALTER EXTENSION vigil UPDATE under load, to a next version that replaces every function and adds columns to the tables of tasks: the
# running dispatcher goes on with the new version, and no task is lost or offered twice.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

# A stage of its own, with a script to a next version beside the one that is there.
my $stage = PostgreSQL::Test::Utils::tempdir . '/stage';
PostgreSQL::Test::Utils::system_or_bail('cp', '-a', $ENV{VIGIL_STAGE}, $stage);
chomp(my $share = `pg_config --sharedir`);
my $folder = "$stage$share/extension";
my $script = slurp_file("$folder/vigil--1.0.sql");
# it takes a while; tables in the order in which an incident is opened, or it might meet a client half way
my $update = "SELECT pg_sleep(4);\n" . join '', map { "ALTER TABLE vigil.$_ ADD COLUMN update_note text;\n" } qw(incident task task_event);
my $functions = 0;
while ($script =~ /^(CREATE FUNCTION .*?)(?=^(?:COMMENT|REVOKE|CREATE TYPE))/msg)
{
	my $some = $1;
	$functions += $some =~ s/^CREATE FUNCTION/CREATE OR REPLACE FUNCTION/mg;
	$update .= $some;
}
# what a replaced function forgets: the settings that sql/59-plans.sql gave it
$update .= $1 if $script =~ /^(DO \$\$\nDECLARE\n    hot regprocedure;.*?^END \$\$;\n)/ms;
# and something that shows that it is at work
$update .= <<'SQL';
CREATE FUNCTION vigil.update_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.update_note := 'new version'; RETURN NEW; END $$;
CREATE TRIGGER update_note BEFORE UPDATE ON vigil.task FOR EACH ROW EXECUTE FUNCTION vigil.update_note();
SQL
append_to_file("$folder/vigil--1.0--1.0.1.sql", $update);
cmp_ok($functions, '>', 200, 'the update replaces the functions');
like($update, qr/hot regprocedure/, 'and sets their settings again');

local $ENV{VIGIL_STAGE} = $stage;
my $node = Vigil::new_node('main', "vigil.naptime = 60\n");
$node->start;
Vigil::create_database($node, 'city');
$node->safe_psql('city', <<'SQL');
INSERT INTO vigil.unit (name, kind, region_code, on_duty, task_limit, geom, located_at)
SELECT 'patrol ' || n, 'police_patrol', 330502, true, 1000, ST_SetSRID(ST_Point(120.1 + n * 0.01, 30.8), 4326), now() FROM generate_series(1, 20) AS n;
SQL
my $worker = "FROM vigil.worker_status() WHERE database = 'city' AND worker = 'dispatcher'";
ok($node->poll_query_until('city', "SELECT count(*) = 1 $worker AND state = 'idle'"), 'the dispatcher runs');
my $pid = $node->safe_psql('city', "SELECT pid $worker");

# two clients open incidents, one takes tasks and finishes them; each statement is a transaction
my $files = PostgreSQL::Test::Utils::tempdir;
append_to_file("$files/open.sql", "\\set v random(1, 1000000000)\n"
	  . "SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', (:v)::bigint, 120.1, 30.8, 330502);\n");
append_to_file("$files/finish.sql", <<'SQL');
SELECT count(vigil.task_accept(t.id, t.unit_id)), count(vigil.task_finish(t.id, t.unit_id, 'handed_over'))
FROM (SELECT id, unit_id FROM vigil.task WHERE state = 'offered' ORDER BY id LIMIT 1) AS t;
SQL
my %said = (open => '', finish => '');
my %error = %said;
my %load;
foreach my $what ([ open => 2, 40 ], [ finish => 1, 20 ])
{
	my ($name, $clients, $rate) = @$what;
	$load{$name} = IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-R', $rate, '-T', '15', '-f', "$files/$name.sql",
			$node->connstr('city') ], '>', \$said{$name}, '2>', \$error{$name});
}
ok($node->poll_query_until('city', "SELECT count(*) > 30 FROM vigil.task WHERE offered_at IS NOT NULL"), 'tasks are offered under load');
my $session = IPC::Run::start([ 'psql', '-qX', '-d', $node->connstr('city'), '-c', "ALTER EXTENSION vigil UPDATE TO '1.0.1'" ]);
ok($node->poll_query_until('city', "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND (wait_event_type, wait_event) = ('Lock', 'object')"),
	'the dispatcher waits at the beginning of a round while the update runs');
ok($session->finish, 'the update runs through');
is($node->safe_psql('city', "SELECT extversion FROM pg_extension WHERE extname = 'vigil'"), '1.0.1', 'the update is made while tasks come in');
my $at = $node->safe_psql('city', 'SELECT count(*) FROM vigil.task');
ok($node->poll_query_until('city', "SELECT count(*) > $at + 30 FROM vigil.task WHERE offered_at IS NOT NULL"), 'tasks are opened and offered after it');
foreach my $name (sort keys %load)
{
	ok($load{$name}->finish, "the clients that $name tasks saw no error") or diag($error{$name});
	like($said{$name}, qr/number of failed transactions: 0 /, 'nor lost a transaction');
}

ok($node->poll_query_until('city', "SELECT count(*) = 0 FROM vigil.task WHERE state = 'queued'"), 'the queue is drained');
is($node->safe_psql('city', <<'SQL'), '0|0|0', 'each incident has a task, each task was offered once and told once');
SELECT count(*) FILTER (WHERE tasks <> 1), count(*) FILTER (WHERE offers <> 1), count(*) FILTER (WHERE notices <> 1) FROM (
    SELECT (SELECT count(*) FROM vigil.task AS t WHERE t.incident_id = i.id) AS tasks,
        (SELECT count(*) FROM vigil.task AS t JOIN vigil.task_event AS e ON e.task_id = t.id WHERE t.incident_id = i.id AND e.event = 'offer') AS offers,
        (SELECT count(*) FROM vigil.notice AS n WHERE n.incident_id = i.id AND n.kind = 'task_offered') AS notices
    FROM vigil.incident AS i) AS each
SQL
is($node->safe_psql('city', 'SELECT count(*) FROM vigil.verify_ledger()'), '0', 'the ledger verifies');
is($node->safe_psql('city', "SELECT pid, errors, last_error $worker"), "$pid|0|", 'the same dispatcher goes on, without an error');
is($node->safe_psql('city', "SELECT count(*) > 0, count(update_note) = 0 FROM vigil.task WHERE id > (SELECT max(id) - 10 FROM vigil.task) AND offered_at IS NOT NULL"),
	't|f', 'with the functions and columns of the new version');

$node->stop;
done_testing();
