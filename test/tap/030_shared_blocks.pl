# Indexes that backends share: built once, seen by all, right after commit, rollback and on a standby; without preload each
# backend has its own.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Vigil;

my $node = Vigil::new_node('blocks', "vigil.naptime = 1\n", allows_streaming => 1);
$node->start;
Vigil::create_database($node, 'city');
$node->safe_psql('city', <<'SQL');
INSERT INTO vigil_vehicle.road_segment (code, class, geom, limit_kmh)
SELECT 'r' || i, 'urban', ST_SetSRID(ST_MakeLine(ST_MakePoint(120, 30 + i * 0.001), ST_MakePoint(120.01, 30 + i * 0.001)), 4326), 50
FROM generate_series(1, 3000) AS i;
SQL
my $here = q{SELECT coalesce((SELECT code FROM vigil_vehicle.road_at(120.005, 30.001, 90)), 'none')};
my $built = q{SELECT built_at FROM vigil.shared_blocks() WHERE kind = 'road'};

# two sessions, one block
my $one = $node->background_psql('city', on_error_stop => 1);
my $two = $node->background_psql('city', on_error_stop => 1);
is($one->query_safe($here), 'r1', 'the first session builds');
my $first = $node->safe_psql('city', $built);
is($two->query_safe($here), 'r1', 'the second session reads');
is($node->safe_psql('city', "$here; $built"), "r1\n$first", 'and so does a new one: nothing was built again');

# a change is private until it is committed, and gone with a rollback
$one->query_safe("BEGIN; UPDATE vigil_vehicle.road_segment SET code = 'changed' WHERE code = 'r1'; DELETE FROM vigil_vehicle.road_segment WHERE code = 'r2'");
is($one->query_safe($here), 'changed', 'a session sees its own change');
is($two->query_safe($here), 'r1', 'nobody else does');
is($node->safe_psql('city', $built), $first, 'and the block of the others stays');
$one->query_safe('ROLLBACK');
is($one->query_safe($here), 'r1', 'a rollback brings the block back');
is($node->safe_psql('city', $built), $first, 'without building it again');
$one->query_safe("UPDATE vigil_vehicle.road_segment SET code = 'changed' WHERE code = 'r1'");
is($two->query_safe($here), 'changed', 'a commit is seen at the next statement');
isnt($node->safe_psql('city', $built), $first, 'from a new block');

# writers never wait for one another, and both changes count
$one->query_safe("BEGIN; UPDATE vigil_vehicle.road_segment SET code = 'one' WHERE code = 'changed'");
$two->query_safe("SET lock_timeout = '5s'; UPDATE vigil_vehicle.road_segment SET geom = ST_Translate(geom, 1, 0) WHERE code = 'r3'");
is($node->safe_psql('city', q{SELECT count(*) FROM vigil_vehicle.road_at(120.005, 30.003)}), '0', 'the second writer did not wait');
$one->query_safe('COMMIT');
is($two->query_safe($here), 'one', 'the change that began earlier and ended later is seen');
$two->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
$one->query_safe("UPDATE vigil_vehicle.road_segment SET code = 'newest' WHERE code = 'one'");
$two->query_safe("DELETE FROM vigil_vehicle.road_segment WHERE code = 'r4'; COMMIT");
is($two->query_safe($here), 'newest', 'a transaction with an old snapshot neither fails nor hides what came after it');

# many at once after a change: one builds, all answer
my @many = map { $node->background_psql('city', on_error_stop => 1) } 1 .. 6;
$_->query_safe('SELECT 1') for @many;
$one->query_safe("UPDATE vigil_vehicle.road_segment SET code = 'crowd' WHERE code = 'newest'");
is(join(' ', map { $_->query_safe($here) } @many), join(' ', ('crowd') x 6), 'a crowd agrees');
$_->quit for @many;

# a backend killed while it is in a block takes nothing along
my $pid = $two->query_safe('SELECT pg_backend_pid()');
$node->safe_psql('city', "SELECT pg_terminate_backend($pid, 5000)");
is($node->safe_psql('city', $here), 'crowd', 'the block outlives a backend');

# dropping the extension and creating it again never brings old blocks back
$node->safe_psql('postgres', 'CREATE DATABASE twin');
for my $code (qw(before after))
{
	$node->safe_psql('twin', <<"SQL");
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS vigil CASCADE;
CREATE EXTENSION vigil CASCADE;
INSERT INTO vigil_vehicle.road_segment (code, class, geom, limit_kmh) VALUES ('$code', 'urban', 'SRID=4326;LINESTRING(120 30.001, 120.01 30.001)', 50);
SQL
	is($node->safe_psql('twin', $here), $code, "$code the extension was created again");
}
is($node->safe_psql('city', $here), 'crowd', 'each database has its own');

# a standby builds and shares like a primary, and follows it
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('blocks_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
my $reader = $standby->background_psql('city', on_error_stop => 1);
is($reader->query_safe($here), 'crowd', 'a standby answers');
$first = $standby->safe_psql('city', $built);
isnt($first, '', 'and shares');
is($standby->safe_psql('city', "$here; $built"), "crowd\n$first", 'with its other sessions');
$one->query_safe("UPDATE vigil_vehicle.road_segment SET code = 'followed' WHERE code = 'crowd'");
$node->wait_for_catchup($standby);
is($reader->query_safe($here), 'followed', 'and sees what its primary commits');
$reader->quit;
$standby->promote;
is($standby->safe_psql('city', "UPDATE vigil_vehicle.road_segment SET code = 'promoted' WHERE code = 'followed'; $here"), 'promoted',
	'also as a primary of its own');
$standby->stop;

# without preload: the same answers, nothing shared
$one->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$node->restart;
$one = $node->background_psql('city', on_error_stop => 1);
is($one->query_safe($here), 'followed', 'a library that is not preloaded answers');
$node->safe_psql('city', "UPDATE vigil_vehicle.road_segment SET code = 'private' WHERE code = 'followed'");
is($one->query_safe($here), 'private', 'and sees changes');
is($node->safe_psql('city', 'SELECT count(*) FROM vigil.shared_blocks()'), '0', 'with nothing shared');
$one->quit;
$node->stop;
done_testing();
