-- Masks: score, colour, codes.

CREATE FUNCTION vigil.risk_score(profile text, mask bigint) RETURNS integer
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'vigil_risk_score';
COMMENT ON FUNCTION vigil.risk_score(text, bigint) IS
    'Score of a situation mask: greatest(0, 100 - sum of the weights of its situations that count for the profile). Errors 22023: unknown profile; 22003: negative mask';

CREATE FUNCTION vigil.risk_colour(profile text, mask bigint) RETURNS vigil.colour
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'vigil_risk_colour';
COMMENT ON FUNCTION vigil.risk_colour(text, bigint) IS
    'Colour (赋码) of a situation mask by itself, without the recovery margin and hold time that a subject''s risk_state keeps. Errors 22023: unknown profile; 22003: negative mask';

CREATE FUNCTION vigil.check_profile(profile text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    subject_domain text := (SELECT p.domain FROM vigil.profile AS p WHERE p.code = profile);
BEGIN
    IF subject_domain IS NULL THEN
        RAISE EXCEPTION 'profile "%" does not exist', profile
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Known profiles: %s.', (SELECT string_agg('"' || p.code || '"', ', ' ORDER BY p.code) FROM vigil.profile AS p));
    END IF;
    RETURN subject_domain;
END $$;
COMMENT ON FUNCTION vigil.check_profile(text) IS 'The domain of a profile. Error 22023: unknown profile';

CREATE FUNCTION vigil.situation_mask(profile text, codes text[]) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    subject_domain text := vigil.check_profile(profile);
    mask bigint;
    wrong text;
BEGIN
    SELECT coalesce(bit_or(1::bigint << s.bit), 0), min(coalesce(c.code, '(null)')) FILTER (WHERE s.bit IS NULL)
    INTO mask, wrong
    FROM unnest(codes) AS c (code) LEFT JOIN vigil.situation AS s ON s.domain = subject_domain AND s.code = c.code;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'situation "%" does not exist in domain "%"', wrong, subject_domain
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('List them: SELECT code, zh, en FROM vigil.situation WHERE domain = %L.', subject_domain);
    END IF;
    RETURN mask;
END $$;
COMMENT ON FUNCTION vigil.situation_mask(text, text[]) IS
    'Mask of situation codes in the catalogue that the profile reads. Error 22023: unknown profile or code';

CREATE FUNCTION vigil.situation_codes(profile text, mask bigint) RETURNS text[]
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(s.code ORDER BY s.bit), '{}')
    FROM vigil.profile AS p JOIN vigil.situation AS s ON s.domain = p.domain
    WHERE p.code = situation_codes.profile AND (situation_codes.mask >> s.bit) & 1 = 1;
END;
COMMENT ON FUNCTION vigil.situation_codes(text, bigint) IS
    'Codes of a mask''s situations, by bit; bits without a situation are left out';
