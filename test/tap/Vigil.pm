# What the TAP tests share: nodes that see the staged extension, databases that have it, digests of all its rows.
package Vigil;
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A node, initialised but not started.  $conf: more lines of configuration; the rest goes to init().
sub new_node
{
	my ($name, $conf, %init) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(%init);
	configure($node, $conf);
	return $node;
}

# A restored backup has its primary's configuration already; a new node needs this.
sub configure
{
	my ($node, $conf) = @_;
	my $stage = $ENV{VIGIL_STAGE} or die 'VIGIL_STAGE is not set: run through test/with_tap';
	chomp(my $lib = `pg_config --pkglibdir`);
	$node->append_conf('postgresql.conf', <<"CONF" . ($conf // ''));
extension_destdir = '$stage'
dynamic_library_path = '$stage$lib:\$libdir'
shared_preload_libraries = 'vigil'
max_worker_processes = 32
CONF
	return;
}

# A database with vigil, set up.
sub create_database
{
	my ($node, $database) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database,
		'SET client_min_messages = warning; CREATE EXTENSION vigil CASCADE; SELECT vigil.setup();');
	return;
}

# The tables of vigil that hold rows: its own and the partitions of its streams.
sub tables
{
	my ($node, $database) = @_;
	my $rows = $node->safe_psql($database, <<'SQL');
SELECT c.oid::regclass
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'vigil%' AND c.relkind = 'r' AND c.relname <> 'block_version'
ORDER BY 1
SQL
	return split /\n/, $rows;
}

# One line for each table: name, rows, digest of all rows.
sub digest_rows
{
	my ($node, $database) = @_;
	my $tables = join "\nUNION ALL ", map {
		"SELECT '$_', count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text COLLATE \"C\"), '')) FROM $_ AS t"
	} tables($node, $database);
	return $node->safe_psql($database, "SET timezone = 'UTC'; $tables ORDER BY 1");
}

# The same, and one line for each sequence: name, where it stands. (A standby's sequences run ahead: WAL tells them in steps.)
sub digest
{
	my ($node, $database) = @_;
	my $sequences = $node->safe_psql($database, <<'SQL');
SELECT string_agg(format('SELECT %L, last_value, is_called FROM %s', c.oid::regclass, c.oid::regclass), ' UNION ALL ')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname LIKE 'vigil%' AND c.relkind = 'S'
SQL
	return digest_rows($node, $database) . "\n" . $node->safe_psql($database, "$sequences ORDER BY 1");
}

# Kill the postmaster; back once it is gone: it counts as running until its parent has taken notice.
sub crash
{
	my ($node) = @_;
	chomp(my $pid = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0]);
	$node->kill9;
	for (1 .. 300)
	{
		return if kill(0, $pid) == 0;
		PostgreSQL::Test::Utils::system_or_bail('sleep', '0.1');
	}
	die "process $pid does not end";
}

# A killed postmaster's children need a moment to notice, and hold its shared memory until then. Clients that were connected
# must have ended before: the new server would keep their pipes open.
sub start_after_crash
{
	my ($node) = @_;
	for (1 .. 100)
	{
		return if $node->start(fail_ok => 1);
		PostgreSQL::Test::Utils::system_or_bail('sleep', '0.2');
	}
	die 'the server does not start after the crash';
}

1;
