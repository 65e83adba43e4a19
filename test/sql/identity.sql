-- numbers of vehicles, firms and people: check digits, what is wrong, keyed hash, masks
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT vin, vigil.vin_valid(vin) AS valid, vigil.vin_fault(vin) AS fault FROM unnest(ARRAY[
    'LFWSRXRJ7M1E12345', '1M8GDM9AXKP042788', 'LFWSRXRJ0M1E12345', 'LFWSRXRJ7M1E1234O', 'LFWSRXRJ7M1E1234', '']) AS vin;
SELECT code, vigil.credit_code_valid(code) AS valid, vigil.credit_code_fault(code) AS fault FROM unnest(ARRAY[
    '91330500MA2B3C4D1Y', '91330500MA2D1X7K66', '91330500MA2B3C4D1X', '91330500MA2B3C4D2Y', '9133O500MA2B3C4D1Y', '湖州']) AS code;
SELECT number, vigil.identity_valid(number) AS valid, vigil.identity_fault(number) AS fault FROM unnest(ARRAY[
    '330501198001010013', '11010519491231002x', '330501198001010014', '330501198002300013', '33050119800101001A', '330501800101001'])
    AS number;

-- without a key nothing is hashed; with one, the same number gives the same hash, x as X
SELECT vigil.identity_hash('330501198001010013');
SET vigil.identity_key = 'key';
SELECT encode(vigil.identity_hash('330501198001010013'), 'hex') AS hash;
SELECT vigil.identity_hash('11010519491231002x') = vigil.identity_hash('11010519491231002X') AS same,
    length(vigil.identity_hash('11010519491231002X')) AS bytes;
SET vigil.identity_key = 'another key';
SELECT encode(vigil.identity_hash('330501198001010013'), 'hex') AS hash;

-- a bad number is refused without being shown
SELECT vigil.identity_hash('330501198001010014');

-- only definer functions hash, and nobody but a superuser sees or sets the key
CREATE ROLE identity_test;
SET ROLE identity_test;
SELECT vigil.identity_hash('330501198001010013');
SET vigil.identity_key = 'mine';
SHOW vigil.identity_key;
SELECT count(*) FROM pg_settings WHERE name = 'vigil.identity_key' AND setting <> '';
RESET ROLE;
DROP ROLE identity_test;
RESET vigil.identity_key;

SELECT vigil.identity_mask('11010519491231002x'), vigil.identity_mask('330501800101001'), vigil.identity_mask('') AS empty;
SELECT name, vigil.name_mask(name) FROM unnest(ARRAY['张三', '欧阳娜娜', '李', '']) AS name;
