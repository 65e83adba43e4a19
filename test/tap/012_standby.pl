# A standby answers as its primary does and writes nothing; after promotion it is a whole primary.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

# no dispatcher: it would write on while rows are compared
my $primary = Vigil::new_node('primary', "vigil.dispatcher = off\n", allows_streaming => 1);
$primary->start;
Vigil::create_database($primary, 'city');
$primary->command_ok([ 'psql', '-qX', '-d', $primary->connstr('city'), '-f', "$FindBin::RealBin/fill.sql" ], 'the primary is filled');
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);
my $before = Vigil::digest_rows($primary, 'city');
is(Vigil::digest_rows($standby, 'city'), $before, 'the standby holds every row');

is($standby->safe_psql('city', "SELECT vigil.risk_colour('vehicle', 1)"), $primary->safe_psql('city', "SELECT vigil.risk_colour('vehicle', 1)"),
	'catalogue functions answer on a standby');
is($standby->safe_psql('city', q{SELECT count(*) FROM vigil.health() WHERE "check" LIKE 'partitions%' AND ok}), '1', 'health answers on a standby');
my ($code, undef, $error) = $standby->psql('city',
	q{INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E99999 yellow', now(), 120.5, 30.8)}, on_error_stop => 1);
isnt($code, 0, 'a standby takes no row');
like($error, qr/read-only/, 'and says why');

# the primary tunes a weight: the standby's next statement knows it
my $score = $standby->safe_psql('city', "SELECT vigil.risk_score('vehicle', 1)");
$primary->safe_psql('city', 'UPDATE vigil.situation SET weight = weight + 7 WHERE bit = 0');
$primary->wait_for_catchup($standby);
is($standby->safe_psql('city', "SELECT vigil.risk_score('vehicle', 1)"), $score - 7, 'a tuned weight reaches the standby');

$primary->wait_for_catchup($standby);
$before = Vigil::digest_rows($primary, 'city');
$primary->stop('immediate');
$standby->promote;
is(Vigil::digest_rows($standby, 'city'), $before, 'promotion lost nothing and did nothing twice');
$standby->safe_psql('city',
	q{INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat) VALUES ('浙E99999 yellow', now(), 120.5, 30.8)});
is($standby->safe_psql('city', q{SELECT count(*) FROM vigil_vehicle.position WHERE plate = '浙E99999 yellow'}), '1', 'the promoted server takes rows');
like($standby->safe_psql('city', 'SELECT vigil.setup()'), qr/unchanged/, 'and setup finds everything in place');

$standby->stop;
done_testing();
