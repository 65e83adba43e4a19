-- the plate type: forms, normalising, colour, order, casts, binary form
\set VERBOSITY terse
SELECT wanted, vigil.plate_try(wanted) AS plate FROM (VALUES
    (1, '浙E12345'), (2, '浙ED12345'), (3, '浙E12345D'), (4, '浙E1234挂'), (5, '浙E1O345'), (6, 'AB12345'), (7, '浙E1234警'),
    (8, '粤Z1234港'), (9, 'DE:BXY123'), (10, '浙E12345 yellow'), (11, '浙E·12345黄'), (12, '浙Ｅ·１２３４５　黄色'),
    (13, '浙e 12345 blue'), (14, '浙ED12345渐变绿'), (15, '浙I12345'), (16, '浙E1234'), (17, '浙E123456'), (18, 'E12345'),
    (19, ''), (20, '浙E12345 purple')) AS v (ordinal, wanted) ORDER BY ordinal;
SELECT vigil.plate_normalise('浙e·i234o 黄牌');
SELECT vigil.plate_normalise('浙e·i234o黄') AS good;

-- errors say what is wrong and show the form
\set VERBOSITY default
SELECT 'E12345'::vigil.plate;
SELECT '浙I12345'::vigil.plate;
SELECT 'E1234567'::text::vigil.plate;
SELECT 42::bigint::vigil.plate;
SELECT (-'浙E12345'::vigil.plate::bigint)::vigil.plate;
SELECT vigil.plate_with_colour('浙E12345', 7);
\set VERBOSITY terse

-- the parts
SELECT p, vigil.plate_letters(p) AS letters, vigil.plate_region(p) AS region, vigil.plate_kind(p) AS kind,
    vigil.plate_class(p) AS class, vigil.plate_colour(p) AS colour, vigil.plate_colour_code(p) AS code
FROM unnest('{浙E12345 yellow,浙E12345 blue,浙E12345,浙E1234挂 yellow,浙E1234学,浙E1234警 white,粤Z1234港 black,粤Z1234澳,
    浙ED12345 gradient-green,浙E12345D yellow-green,AB12345 white,DE:BXY123}'::vigil.plate[]) AS p ORDER BY p;
SELECT vigil.plate_with_colour('浙E12345', 94) AS green, vigil.plate_with_colour('浙E12345 yellow', 0) AS none,
    vigil.plate_with_colour('DE:BXY123', 2) AS foreign;

-- a plate is its own number
SELECT '浙E12345 yellow'::vigil.plate::bigint AS number, '浙E12345 yellow'::vigil.plate::bigint::vigil.plate AS plate,
    '浙E12345黄'::text::vigil.plate::text AS text;

-- operators, aggregates, indexes, joins, with nothing on the search path
CREATE TEMP TABLE plate_test AS
    SELECT format('浙%s%s %s', chr(64 + place), lpad(serial::text, 5, '0'), colour)::vigil.plate AS plate, serial
    FROM (VALUES (1), (5)) AS p (place), generate_series(1, 2000) AS serial, (VALUES ('yellow'), ('blue')) AS c (colour);
SET search_path = '';
CREATE UNIQUE INDEX plate_test_idx ON pg_temp.plate_test (plate);
CREATE INDEX plate_test_hash_idx ON pg_temp.plate_test USING hash (plate);
ANALYZE pg_temp.plate_test;
SELECT count(*), count(DISTINCT plate) AS different, min(plate), max(plate) FROM pg_temp.plate_test;
SELECT plate FROM pg_temp.plate_test WHERE plate >= '浙A01999' AND plate < '浙E00002' ORDER BY plate;
SELECT count(*) FROM pg_temp.plate_test AS a JOIN pg_temp.plate_test AS b USING (plate);
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT count(*) FROM pg_temp.plate_test AS a JOIN pg_temp.plate_test AS b USING (plate);
RESET enable_hashjoin; RESET enable_nestloop;
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT serial FROM pg_temp.plate_test WHERE plate = '浙E00042 yellow';
SELECT serial FROM pg_temp.plate_test WHERE plate = '浙E·00042黄';
EXPLAIN (COSTS OFF) SELECT max(plate) FROM pg_temp.plate_test;
RESET enable_seqscan; RESET enable_bitmapscan; RESET search_path;
SELECT '浙E12345' = '浙E12345 blue'::vigil.plate AS same, '浙E12345' <> '浙E12345 blue'::vigil.plate AS other,
    '浙E12345' < '浙E12345 blue'::vigil.plate AS before, '浙E12345' >= '浙E12345 blue'::vigil.plate AS not_before;

-- jsonb rows carry plates as text
SELECT * FROM jsonb_to_recordset('[{"plate": "浙e·12345黄"}, {"plate": null}]') AS r (plate vigil.plate);
SELECT to_jsonb('浙E12345 yellow'::vigil.plate);
-- binary form: int8 in network order
SELECT encode(vigil.plate_send('浙E12345 yellow'), 'hex') = to_hex('浙E12345 yellow'::vigil.plate::bigint) AS as_int8;
