# The jobs that vigil.setup() hands to pg_cron are run by it, by the clock; a failing one is recorded and stops no other; one that is
# disabled is taken off. (pg_cron counts in minutes, so this test waits for the next full one.)
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

my $node = Vigil::new_node('jobs', <<'CONF');
shared_preload_libraries = 'pg_cron,vigil'
cron.database_name = 'city'
cron.use_background_workers = on
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE city');
$node->safe_psql('city', 'CREATE EXTENSION pg_cron');
my $said = $node->safe_psql('city', "SET client_min_messages = warning; CREATE EXTENSION vigil CASCADE; SELECT vigil.setup();");
my $jobs = $node->safe_psql('city', 'SELECT count(*) FROM vigil.job WHERE enabled');
cmp_ok($jobs, '>', 5, 'setup() loads jobs');
like($said, qr/^schedule: $jobs jobs handed to pg_cron$/m, 'and hands them to pg_cron');
is($node->safe_psql('city', <<'SQL'), '0', 'each with its schedule, to run in this database');
SELECT count(*) FROM vigil.job AS j FULL JOIN cron.job AS c ON c.jobname = 'vigil: ' || j.name
WHERE (j.enabled AND c.active AND c.schedule = j.schedule AND c.database = current_database()
    AND c.command = format('SELECT vigil.run_job(%L)', j.name)) IS NOT TRUE
SQL
is($node->safe_psql('city', 'SELECT count(*) FROM vigil.job WHERE last_started_at IS NOT NULL'), '0', 'none has run yet');

# all of them at the next minute, and one of the city's own that fails
$node->safe_psql('city', <<'SQL');
UPDATE vigil.job SET schedule = '* * * * *';
INSERT INTO vigil.job (name, zh, en, schedule, command) VALUES ('broken', '故障', 'always fails', '* * * * *', 'SELECT 1 / 0');
SELECT vigil.schedule_jobs();
SQL
ok($node->poll_query_until('city', "SELECT count(*) = 0 FROM vigil.job WHERE enabled AND last_ended_at IS NULL"),
	'the clock runs every job');
is($node->safe_psql('city', "SELECT string_agg(name || ' ' || last_error, ', ') FROM vigil.job WHERE last_error IS NOT NULL"),
	'broken 22012 division by zero', 'all went well but the one that fails, which says why');
is($node->safe_psql('city', <<'SQL'), 't|t', 'run by pg_cron, at a full minute, with the rights of who set it up');
SELECT count(DISTINCT c.jobname) = (SELECT count(*) FROM vigil.job), bool_and(d.username = current_user)
FROM cron.job_run_details AS d JOIN cron.job AS c USING (jobid)
WHERE date_trunc('minute', d.start_time) + interval '30 s' > d.start_time
SQL

# what is disabled is taken off, and a schedule that changes is changed in place
like($node->safe_psql('city', <<'SQL'), qr/^schedule: vigil: broken taken off$/m, 'a job that is disabled is taken off');
UPDATE vigil.job SET enabled = false WHERE name = 'broken';
UPDATE vigil.job SET schedule = schedule_default WHERE schedule_default IS NOT NULL;
SELECT vigil.schedule_jobs();
SQL
is($node->safe_psql('city', "SELECT count(*), count(*) FILTER (WHERE c.schedule = j.schedule) FROM cron.job AS c LEFT JOIN vigil.job AS j ON c.jobname = 'vigil: ' || j.name"),
	"$jobs|$jobs", 'the others keep their places with their own schedules');

$node->stop;
done_testing();
