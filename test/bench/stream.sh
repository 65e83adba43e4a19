#!/bin/sh
# What evaluation costs on top of storing: the same rows into vigil_vehicle.position and into a plain table with the same
# partitions and keys, by turns.  Runs against the server of $PGHOST whose database $PGDATABASE was made by setup.sql.
# usage: test/bench/stream.sh copy|batch|single|growth ...      settings: $RUNS (5), $ROWS (1000000), $SECONDS_EACH (10)
set -eu
runs=${RUNS:-5} rows=${ROWS:-1000000} each=${SECONDS_EACH:-10}
here=$(cd "$(dirname "$0")" && pwd)
columns="plate, observed_at, lon, lat, speed_kmh, heading_deg, altitude_m, mileage_km, alarm_bits, status_bits, source"
raw=bench.position vigil=vigil_vehicle.position

sql() { psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

# pieces WHAT RUN DAYS_AGO VEHICLES TICKS_PER_FILE FILES: statements that load the same files into both tables, by turns
# also in which goes first, and note the time of each
pieces() {
	first=$(($2 * $5 * $6)) file=0
	while [ "$file" -lt "$6" ]; do
		echo "COPY (SELECT * FROM bench.feed($4, bench.morning($3), $((first + file * $5)), $5)) TO '$PGHOST/feed.$file';"
		file=$((file + 1))
	done
	order="$raw $vigil"; [ $(($2 % 2)) = 0 ] || order="$vigil $raw"
	for table in $order; do
		side=raw; [ "$table" = "$raw" ] || side=vigil
		[ -n "${keep:-}" ] || echo "TRUNCATE $table;"
		echo "CHECKPOINT;"
		echo 'SELECT clock_timestamp() AS started \gset'
		file=0
		while [ "$file" -lt "$6" ]; do
			echo "COPY $table ($columns) FROM '$PGHOST/feed.$file';"
			file=$((file + 1))
		done
		echo "INSERT INTO bench.result (what, side, run, value)
			SELECT '$1', '$side', $2, extract(epoch FROM clock_timestamp() - :'started') * 1000;"
	done
	echo "SELECT format('%s run %s: raw %s ms, vigil %s ms', '$1', $2,
			round(min(value) FILTER (WHERE side = 'raw')), round(min(value) FILTER (WHERE side = 'vigil')))
		FROM bench.result WHERE what = '$1' AND run = $2;"
}

# load WHAT DAYS_AGO VEHICLES TICKS FILES: one run to warm up, then the measured ones
load() {
	sql -c "CALL bench.make_vehicles(1, $3)"
	run=0
	while [ "$run" -le "$runs" ]; do
		pieces "$1" "$run" "$2" "$3" "$4" "$5"
		run=$((run + 1))
	done | sql
	sql -c "DELETE FROM bench.result WHERE what = '$1' AND run = 0"
	rm -f "$PGHOST"/feed.*
}

copy() { load copy 9 5000 $((rows / 5000)) 1; }
batch() { load batch 7 10000 1 50; }

# One row a transaction, prepared, client and server on one core.  A plate is its base plus its digits' weights, so that
# the client can make it without the server's help.
single() {
	weights=$(sql -F ' ' -c "SELECT string_agg(format('-D w%s=%s', k, bench.plate((10 ^ k)::integer)::bigint - bench.plate(0)::bigint), ' ')
		|| format(' -D base=%s -D start=%s', bench.plate(0)::bigint, extract(epoch FROM bench.morning(5))::bigint) FROM generate_series(0, 4) AS k")
	postmaster=$(head -n 1 "$PGHOST/data/postmaster.pid") core=$(($(nproc) - 1))
	before=$(taskset -cp "$postmaster" | sed 's/.*: //')
	taskset -cp "$core" "$postmaster" >/dev/null
	tick=0 run=0
	while [ "$run" -le "$runs" ]; do
		for side in raw vigil; do
			table=$raw; [ $side = raw ] || table=$vigil
			sed "s/:TABLE/$table/" "$here/single.sql" >"$PGHOST/single.sql"
			# shellcheck disable=SC2086
			tps=$(taskset -c "$core" pgbench -n -M prepared -T "$each" -f "$PGHOST/single.sql" $weights -D tick=$tick -D v=0 |
				sed -n 's/^tps = \([0-9.]*\).*/\1/p')
			sql -c "INSERT INTO bench.result (what, side, run, value) VALUES ('single', '$side', $run, 1000 / $tps)"
			echo "single run $run: $side $tps rows/s"
		done
		run=$((run + 1))
		# past the newest row of either side
		tick=$(sql -c "SELECT (extract(epoch FROM max(p.observed_at) - bench.morning(5)) / 30)::integer + 1
			FROM (SELECT observed_at FROM $vigil UNION ALL SELECT observed_at FROM $raw) AS p
			WHERE p.observed_at >= bench.morning(5) AND p.observed_at < bench.morning(4)")
	done
	taskset -cp "$before" "$postmaster" >/dev/null
	sql -c "DELETE FROM bench.result WHERE what = 'single' AND run = 0"
}

# The same COPY against ten times the history of the day, the fences, the vehicles.
growth() {
	keep=yes
	sql -c "TRUNCATE $raw, $vigil"
	for day in 6 3 2; do
		sql -c "CALL bench.make_history($rows, $day)"
	done
	sql -c "CALL bench.make_history(10 * $rows, 4)"
	load 'growth: base' 6 5000 $((rows / 5000)) 1
	load 'growth: history x 10' 4 5000 $((rows / 5000)) 1
	load 'growth: vehicles x 10' 3 50000 $((rows / 50000)) 1
	sql -c "CALL bench.make_fences(2001, 20000)" -c "ANALYZE vigil.geofence"
	load 'growth: fences x 10' 2 5000 $((rows / 5000)) 1
	keep=
}

for part; do
	case $part in
		copy | batch | single | growth) "$part" ;;
		*) echo "unknown part: $part" >&2; exit 2 ;;
	esac
done
