# kill -9 of a backend in the middle of a COPY, and of the postmaster: nothing is lost, nothing is done twice.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use IPC::Run qw(start);
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

my $columns = 'plate, observed_at, lon, lat, speed_kmh, source';
# the dispatcher would recover colours whenever it gets to it, and this test is about what the statement itself writes
my $conf = "restart_after_crash = on\nvigil.batch_rows = 256\nvigil.dispatcher = off\n";

# 40 vehicles for an hour, every 30 s; half of them rest in a protected area, and every fourth speeds: hazards, incidents.
my $feed = <<'SQL';
SELECT format('浙E7%s yellow', lpad(v::text, 4, '0')), date_trunc('hour', now()) - interval '2 h' + tick * interval '30 s',
    120.0 + v * 0.01 + CASE WHEN v % 2 = 0 THEN least(tick, 20) ELSE tick END * 0.004, 30.8,
    CASE WHEN v % 2 = 0 AND tick >= 20 THEN 0 WHEN v % 4 = 1 THEN 110 ELSE 46 END, 'crash'
FROM generate_series(0, 119) AS tick, generate_series(1, 40) AS v
SQL

# What evaluation wrote about those vehicles, without ids, ledger hashes and wall clock times.
my $written = <<'SQL';
WITH seen AS (SELECT v.plate, v.plate::bigint AS subject FROM vigil_vehicle.vehicle AS v WHERE v.plate::text LIKE '浙E7%')
SELECT what, count(*), md5(string_agg(line, '' ORDER BY line COLLATE "C")) FROM (
    SELECT 'position', (p.plate, p.observed_at, p.lon, p.lat)::text FROM vigil_vehicle.position AS p WHERE p.source = 'crash'
    UNION ALL SELECT 'vehicle_state', s::text FROM vigil_vehicle.vehicle_state AS s JOIN seen USING (plate)
    UNION ALL SELECT 'hazard', (h.profile, h.subject, h.model, h.raised_at, h.last_seen_at, h.cleared_at, h.count)::text
        FROM vigil.hazard AS h JOIN seen USING (subject)
    UNION ALL SELECT 'risk_state', (r.profile, r.subject, r.own_mask, r.score, r.colour, r.changed_at)::text
        FROM vigil.risk_state AS r JOIN seen USING (subject)
    UNION ALL SELECT 'risk_change', (c.profile, c.subject, c.at, c.colour, c.score, c.mask)::text
        FROM vigil.risk_change AS c JOIN seen USING (subject)
    UNION ALL SELECT 'incident', (i.kind, i.profile, i.subject, i.opened_at)::text
        FROM vigil.incident AS i JOIN seen USING (subject)) AS t (what, line)
GROUP BY what ORDER BY what
SQL

sub prepare
{
	my ($name) = @_;
	my $node = Vigil::new_node($name, $conf);
	$node->start;
	Vigil::create_database($node, 'city');
	$node->command_ok([ 'psql', '-qX', '-d', $node->connstr('city'), '-f', "$FindBin::RealBin/fill.sql" ], "$name is filled");
	return $node;
}

# Start a COPY and feed it $rows: the backend has stored and evaluated pieces of it, and waits for more.
sub half_a_copy
{
	my ($node, $rows) = @_;
	my $in = "COPY vigil_vehicle.position ($columns) FROM STDIN;\n" . join('', map { "$_\n" } @$rows[ 0 .. @$rows / 2 ]);
	my ($out, $err) = ('', '');
	my $psql = start [ 'psql', '-qX', '-d', $node->connstr('city') ], \$in, \$out, \$err;
	for my $attempt (1 .. 600)
	{
		$psql->pump_nb;
		last if $node->safe_psql('city', 'SELECT coalesce(max(tuples_processed), 0) > 2000 FROM pg_stat_progress_copy') eq 't';
		die "the COPY does not get on: $err" if $attempt == 600;
	}
	my $pid = $node->safe_psql('city', 'SELECT pid FROM pg_stat_progress_copy');
	return ($psql, $pid);
}

sub copy_all
{
	my ($node, $rows) = @_;
	my $file = $node->basedir . '/feed';
	append_to_file($file, join('', map { "$_\n" } @$rows)) unless -e $file;
	return $node->safe_psql('city', "COPY vigil_vehicle.position ($columns) FROM '$file'");
}

my $calm = prepare('calm');
my @rows = map { s/\|/\t/gr } split /\n/, $calm->safe_psql('city', $feed);
copy_all($calm, \@rows);
my $want = $calm->safe_psql('city', $written);
like($want, qr/^hazard/m, 'the feed raises hazards where nothing crashes');
$calm->stop;

my $node = prepare('crash');
my $before = $node->safe_psql('city', $written);
is($before, '', 'no row of the feed is there yet');

my ($psql, $pid) = half_a_copy($node, \@rows);
kill 'KILL', $pid;
$psql->finish;
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
is($node->safe_psql('city', $written), $before, 'a killed backend leaves nothing of its COPY');

($psql, $pid) = half_a_copy($node, \@rows);
Vigil::crash($node);
$psql->finish;
Vigil::start_after_crash($node);
is($node->safe_psql('city', $written), $before, 'a killed postmaster leaves nothing of a COPY under way');

copy_all($node, \@rows);
is($node->safe_psql('city', $written), $want, 'the COPY after the crashes writes what it writes without them');
my $after = $node->safe_psql('city', $written);
Vigil::crash($node);
Vigil::start_after_crash($node);
is($node->safe_psql('city', $written), $after, 'what was committed before a crash is there after it');

my ($code, undef, $error) = $node->psql('city', "COPY vigil_vehicle.position ($columns) FROM '" . $node->basedir . "/feed'");
isnt($code, 0, 'the same file again is refused');
like($error, qr/duplicate key/, 'as a duplicate');
is($node->safe_psql('city', $written), $after, 'and evaluates nothing twice');

$node->stop;
done_testing();
