#!/bin/sh
# All benchmarks, or those named, in a database of their own; prints one table of ratios against named floors.
# usage: test/with_cluster STAGE test/bench/bench.sh [copy batch single growth fence score dispatch]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- copy batch single score fence growth dispatch
export PGDATABASE=bench PGOPTIONS='-c client_min_messages=warning'
psql -qX -d postgres -c 'CREATE DATABASE bench'
psql -qX -f "$here/setup.sql"
for part; do
	case $part in
		copy | batch | single | growth) "$here/stream.sh" "$part" ;;
		*) if [ -x "$here/$part.sh" ]; then "$here/$part.sh"; else psql -qXAt -v ON_ERROR_STOP=1 -f "$here/$part.sql"; fi ;;
	esac
done
psql -qX -f "$here/report.sql"
