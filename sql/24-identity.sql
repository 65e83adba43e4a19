-- Numbers of vehicles, firms and people. The *_valid functions want the canonical form (upper case, no separators), as the
-- registers store it; *_fault says in one word what is wrong.

CREATE FUNCTION vigil.vin_valid(vin text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vin_valid';
COMMENT ON FUNCTION vigil.vin_valid(text) IS 'Whether a vehicle identification number (车辆识别代号) has 17 characters of GB 16735 and its check digit';
CREATE FUNCTION vigil.vin_fault(vin text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vin_fault';
COMMENT ON FUNCTION vigil.vin_fault(text) IS 'What is wrong with a vehicle identification number: length, character, check; null for a good one';

CREATE FUNCTION vigil.credit_code_valid(credit_code text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_credit_code_valid';
COMMENT ON FUNCTION vigil.credit_code_valid(text) IS 'Whether a unified social credit code (统一社会信用代码) has 18 characters of GB 32100, its check character and that of the organisation code in it (GB 11714)';
CREATE FUNCTION vigil.credit_code_fault(credit_code text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_credit_code_fault';
COMMENT ON FUNCTION vigil.credit_code_fault(text) IS 'What is wrong with a unified social credit code: length, character, inner_check (of the organisation code), check; null for a good one';

CREATE FUNCTION vigil.identity_valid(identity text) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_identity_valid';
COMMENT ON FUNCTION vigil.identity_valid(text) IS 'Whether a citizen''s identity number (公民身份号码, GB 11643) has 18 characters, a birthday that exists and its check digit; x counts as X';
CREATE FUNCTION vigil.identity_fault(identity text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_identity_fault';
COMMENT ON FUNCTION vigil.identity_fault(text) IS 'What is wrong with a citizen''s identity number: length, character, date, check; null for a good one';

-- The hash is not for everyone: who may try numbers can find whose hash it is.
CREATE FUNCTION vigil.identity_hash(identity text) RETURNS bytea
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_identity_hash';
COMMENT ON FUNCTION vigil.identity_hash(text) IS 'HMAC-SHA-256 of an identity number under the setting vigil.identity_key: the only form in which it is stored. Errors, none of which shows the number: 55000 no_identity_key, 22P02 bad_identity';
REVOKE ALL ON FUNCTION vigil.identity_hash(text) FROM PUBLIC;

CREATE FUNCTION vigil.identity_mask(identity text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN length(identity) = 18 THEN left(identity, 3) || '***********' || right(upper(identity), 4)
            ELSE repeat('*', length(identity)) END;
COMMENT ON FUNCTION vigil.identity_mask(text) IS 'An identity number as people may see it: first 3, 11 stars, last 4; of any other length stars alone';
CREATE FUNCTION vigil.name_mask(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN left(name, 1) || repeat('*', greatest(length(name) - 1, 1));
COMMENT ON FUNCTION vigil.name_mask(text) IS 'A person''s name as people may see it: its first character, a star for each of the others';
