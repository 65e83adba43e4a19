\set v :v + 1
\if :v > 5000
\set v 1
\set tick :tick + 1
\endif
\set plate :base + (:v % 10) * :w0 + (:v / 10 % 10) * :w1 + (:v / 100 % 10) * :w2 + (:v / 1000 % 10) * :w3
\set at :start + :tick * 30 + :v % 30
\set m (:v * 7919 + :tick * 500) % 160000
\set d (80000 - abs(:m - 80000)) / 95620.0
INSERT INTO :TABLE (plate, observed_at, lon, lat, speed_kmh, heading_deg, altitude_m, mileage_km, alarm_bits, status_bits, source)
VALUES (CAST(:plate::bigint AS vigil.plate), to_timestamp(:at), 119.3 + :d, 30.4 + (:v % 30) * 0.0243, 60, 90, 12, 1000, 0, 3, 'bench');
