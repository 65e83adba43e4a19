-- Where a unit has arrived the vehicle is made to stand: no real row says so, the feeds end before. One row a minute after its
-- last, for 25 minutes, of a feed called stand.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SELECT count(DISTINCT p.vehicle) AS vehicles, i.accepted
FROM (SELECT array_agg((s.plate, s.observed_at + make_interval(mins => m), s.lon, s.lat, 0, NULL, NULL, NULL, NULL, NULL, NULL, 'stand', NULL, NULL,
          NULL, NULL, NULL, now())::vigil_vehicle.position ORDER BY s.plate, m) AS rows, array_agg(s.plate) AS vehicles
      FROM vigil_vehicle.vehicle_state AS s CROSS JOIN generate_series(1, 25) AS m
      WHERE EXISTS (SELECT FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
                    WHERE t.state = 'arrived' AND i.profile = 'vehicle' AND i.subject = s.plate::bigint)) AS r
CROSS JOIN LATERAL vigil_vehicle.ingest(r.rows) AS i
CROSS JOIN LATERAL unnest(r.vehicles) AS p (vehicle)
GROUP BY i.accepted \gset
\if :{?vehicles}
    \echo :vehicles vehicles whose unit waits beside them are made to stand: :accepted rows made up, one a minute after their last real one
\endif
