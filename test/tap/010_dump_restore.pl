# pg_dump and pg_restore bring back every row of every table and every sequence, and evaluate nothing twice.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

# with a dispatcher at work the queue would move on between two looks at it
my $node = Vigil::new_node('main', "vigil.dispatcher = off\n");
$node->start;
Vigil::create_database($node, 'city');
$node->command_ok([ 'psql', '-qX', '-d', $node->connstr('city'), '-f', "$FindBin::RealBin/fill.sql" ], 'every table is filled');

my $before = Vigil::digest($node, 'city');
my @empty = grep { !/_template$|position_p\d|_default$/ } map { /^(\S+)\|0\|d41d8cd9/ ? $1 : () } split /\n/, $before;
is(join(" ", @empty), "", "no table was left empty");

my $dump = $node->basedir . '/city';
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.dump", $node->connstr('city') ], 'dump, custom format');
$node->command_ok([ 'pg_dump', '-f', "$dump.sql", $node->connstr('city') ], 'dump, plain format');

$node->safe_psql('postgres', 'CREATE DATABASE custom; CREATE DATABASE plain; CREATE DATABASE again');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('custom'), "$dump.dump" ], 'restore, custom format');
$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('plain'), '-f', "$dump.sql" ], 'restore, plain format');
is(Vigil::digest($node, 'custom'), $before, 'custom format: every row and every sequence is as before');
is(Vigil::digest($node, 'plain'), $before, 'plain format: every row and every sequence is as before');

# a restored database is a working one, and its dump restores too
my $said = $node->safe_psql('custom', 'SELECT vigil.setup()');
like($said, qr/stream vigil_vehicle\.position: unchanged/, 'setup after a restore leaves the partitions');
unlike($said, qr/rows loaded/, 'setup after a restore leaves the catalogues');
is(Vigil::digest($node, 'custom'), $before, 'setup after a restore changes no row');
is($node->safe_psql('custom', "SELECT weight - weight_default FROM vigil.situation WHERE bit = 30"), '1', 'a tuned weight stays tuned');
is($node->safe_psql('custom', "SELECT vigil.run_job('partitions')"), '1 streams maintained', 'pg_partman still knows the streams');
$node->safe_psql('custom', q{INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E12345 yellow', now(), 120.5, 30.8)});
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dump.again", $node->connstr('custom') ], 'dump of the restored database');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('again'), "$dump.again" ], 'restore of that');
is(Vigil::digest($node, 'again'), Vigil::digest($node, 'custom'), 'and the rows are the same');

$node->stop;
done_testing();
