-- One red incident with one task for a patrol: a commit a task.
\set v random(1, 1000000000)
\set east random(0, 7000)
\set north random(0, 6000)
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', bench.plate(0)::bigint + :v, 119.3 + :east / 10000.0, 30.4 + :north / 10000.0, 330502);
