-- Administrative divisions: codes of 6, 9 or 12 digits. Filled up to 12 digits, a division and all below it are one range.

CREATE FUNCTION vigil.region_full(code bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN code < 1000000 THEN code * 1000000 WHEN code < 1000000000 THEN code * 1000 ELSE code END;
COMMENT ON FUNCTION vigil.region_full(bigint) IS 'A region code filled up to 12 digits: 330502 becomes 330502000000';

CREATE FUNCTION vigil.region_range(code bigint) RETURNS int8range
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN int8range(vigil.region_full(code), vigil.region_full(code) + CASE
    WHEN vigil.region_full(code) % 10000000000 = 0 THEN 10000000000
    WHEN vigil.region_full(code) % 100000000 = 0 THEN 100000000
    WHEN vigil.region_full(code) % 1000000 = 0 THEN 1000000
    WHEN vigil.region_full(code) % 1000 = 0 THEN 1000
    ELSE 1 END);
COMMENT ON FUNCTION vigil.region_range(bigint) IS
    'The 12-digit codes of a division and of all below it: region_range(330500) @> region_full(330502001) is true';

CREATE FUNCTION vigil.region_within(code bigint, ancestor bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN vigil.region_range(ancestor) @> vigil.region_full(code);
COMMENT ON FUNCTION vigil.region_within(bigint, bigint) IS 'Whether a division is this one or lies below it';

CREATE FUNCTION vigil.region_parent(code bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN vigil.region_full(code) % 10000000000 = 0 THEN NULL
    WHEN vigil.region_full(code) % 100000000 = 0 THEN vigil.region_full(code) / 10000000000 * 10000
    WHEN vigil.region_full(code) % 1000000 = 0 THEN vigil.region_full(code) / 100000000 * 100
    WHEN vigil.region_full(code) % 1000 = 0 THEN vigil.region_full(code) / 1000000
    ELSE vigil.region_full(code) / 1000 END;
COMMENT ON FUNCTION vigil.region_parent(bigint) IS
    'The division above by the code alone: township 330502001 → county 330502 → city 330500 → province 330000 → null';

CREATE FUNCTION vigil.region_valid(code bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN code BETWEEN 110000 AND 829999 OR code BETWEEN 110000000 AND 829999999 OR code BETWEEN 110000000000 AND 829999999999;
COMMENT ON FUNCTION vigil.region_valid(bigint) IS
    'Whether a number has the form of a region code: 6 digits (GB/T 2260), 9 or 12 (GB/T 10114), beginning with 11 … 82';

ALTER TABLE vigil.region ADD CONSTRAINT region_bad_code_check CHECK (vigil.region_valid(code));
COMMENT ON CONSTRAINT region_bad_code_check ON vigil.region IS 'A region code has 6, 9 or 12 digits and begins with 11 to 82.';
