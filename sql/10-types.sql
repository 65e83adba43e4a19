CREATE TYPE vigil.colour AS ENUM ('green', 'yellow', 'red');
COMMENT ON TYPE vigil.colour IS 'Risk colour (红黄绿码), green < yellow < red';

-- plate: eight bytes by value. Order and hash are those of the number: by text, then colour; the plates of one place and the
-- colours of one text are ranges; plates of other countries come last.
CREATE TYPE vigil.plate;
CREATE FUNCTION vigil.plate_in(cstring) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_in';
CREATE FUNCTION vigil.plate_out(vigil.plate) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_out';
CREATE FUNCTION vigil.plate_recv(internal) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_recv';
CREATE FUNCTION vigil.plate_send(vigil.plate) RETURNS bytea
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8send';
CREATE TYPE vigil.plate (
    INPUT = vigil.plate_in,
    OUTPUT = vigil.plate_out,
    RECEIVE = vigil.plate_recv,
    SEND = vigil.plate_send,
    LIKE = pg_catalog.int8
);
COMMENT ON TYPE vigil.plate IS
    'Number plate with its colour (号牌号码及颜色): 浙E12345 yellow, 浙ED12345 gradient-green, 浙E12345 when the colour is not known; another country''s: DE:BXY123 (two letters of the country, up to 10 letters and digits, no colour). Input also takes 浙E·12345黄, full-width forms, lower case, O for 0 and I for 1 in the serial. 8 bytes by value; plate::bigint is the vehicle''s id. Error 22P02: no plate has this form';
COMMENT ON FUNCTION vigil.plate_in(cstring) IS 'Text to plate. Error 22P02: not a plate';
COMMENT ON FUNCTION vigil.plate_out(vigil.plate) IS 'Plate to text, as in 浙E12345 yellow';
COMMENT ON FUNCTION vigil.plate_recv(internal) IS 'Binary form (int8, network order) to plate. Error 22003: no plate has this number';
COMMENT ON FUNCTION vigil.plate_send(vigil.plate) IS 'Plate to binary form (int8, network order)';

CREATE FUNCTION vigil.plate_eq(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8eq';
CREATE FUNCTION vigil.plate_ne(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8ne';
CREATE FUNCTION vigil.plate_lt(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8lt';
CREATE FUNCTION vigil.plate_le(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8le';
CREATE FUNCTION vigil.plate_gt(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8gt';
CREATE FUNCTION vigil.plate_ge(vigil.plate, vigil.plate) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8ge';
CREATE FUNCTION vigil.plate_cmp(vigil.plate, vigil.plate) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'btint8cmp';
CREATE FUNCTION vigil.plate_sortsupport(internal) RETURNS void
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'btint8sortsupport';
CREATE FUNCTION vigil.plate_hash(vigil.plate) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashint8';
CREATE FUNCTION vigil.plate_hash_extended(vigil.plate, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashint8extended';
CREATE FUNCTION vigil.plate_larger(vigil.plate, vigil.plate) RETURNS vigil.plate
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8larger';
CREATE FUNCTION vigil.plate_smaller(vigil.plate, vigil.plate) RETURNS vigil.plate
LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8smaller';
COMMENT ON FUNCTION vigil.plate_eq(vigil.plate, vigil.plate) IS 'Same text and same colour';
COMMENT ON FUNCTION vigil.plate_ne(vigil.plate, vigil.plate) IS 'Another text or another colour';
COMMENT ON FUNCTION vigil.plate_lt(vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON FUNCTION vigil.plate_le(vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON FUNCTION vigil.plate_gt(vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON FUNCTION vigil.plate_ge(vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON FUNCTION vigil.plate_cmp(vigil.plate, vigil.plate) IS '-1, 0, 1: order by text, then colour';
COMMENT ON FUNCTION vigil.plate_sortsupport(internal) IS 'Sort support of the btree operator class';
COMMENT ON FUNCTION vigil.plate_hash(vigil.plate) IS 'Hash of the hash operator class';
COMMENT ON FUNCTION vigil.plate_hash_extended(vigil.plate, bigint) IS 'Seeded hash of the hash operator class';
COMMENT ON FUNCTION vigil.plate_larger(vigil.plate, vigil.plate) IS 'The later of two plates; transition of max()';
COMMENT ON FUNCTION vigil.plate_smaller(vigil.plate, vigil.plate) IS 'The earlier of two plates; transition of min()';

-- Operators and min, max are in pg_catalog: the schema of a type is on nobody's search_path, and a plate must compare in any
-- query, also in functions that pin theirs.
CREATE OPERATOR pg_catalog.= (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_eq, COMMUTATOR = OPERATOR(pg_catalog.=),
    NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_ne, COMMUTATOR = OPERATOR(pg_catalog.<>),
    NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_lt, COMMUTATOR = OPERATOR(pg_catalog.>),
    NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_le, COMMUTATOR = OPERATOR(pg_catalog.>=),
    NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_gt, COMMUTATOR = OPERATOR(pg_catalog.<),
    NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (
    LEFTARG = vigil.plate, RIGHTARG = vigil.plate, FUNCTION = vigil.plate_ge, COMMUTATOR = OPERATOR(pg_catalog.<=),
    NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
COMMENT ON OPERATOR pg_catalog.= (vigil.plate, vigil.plate) IS 'Same text and same colour';
COMMENT ON OPERATOR pg_catalog.<> (vigil.plate, vigil.plate) IS 'Another text or another colour';
COMMENT ON OPERATOR pg_catalog.< (vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON OPERATOR pg_catalog.<= (vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON OPERATOR pg_catalog.> (vigil.plate, vigil.plate) IS 'Order by text, then colour';
COMMENT ON OPERATOR pg_catalog.>= (vigil.plate, vigil.plate) IS 'Order by text, then colour';

CREATE OPERATOR CLASS vigil.plate_btree_ops DEFAULT FOR TYPE vigil.plate USING btree AS
    OPERATOR 1 pg_catalog.<,
    OPERATOR 2 pg_catalog.<=,
    OPERATOR 3 pg_catalog.=,
    OPERATOR 4 pg_catalog.>=,
    OPERATOR 5 pg_catalog.>,
    FUNCTION 1 vigil.plate_cmp(vigil.plate, vigil.plate),
    FUNCTION 2 vigil.plate_sortsupport(internal),
    FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS vigil.plate_btree_ops USING btree IS 'Plates by text, then colour';
CREATE OPERATOR CLASS vigil.plate_hash_ops DEFAULT FOR TYPE vigil.plate USING hash AS
    OPERATOR 1 pg_catalog.=,
    FUNCTION 1 vigil.plate_hash(vigil.plate),
    FUNCTION 2 vigil.plate_hash_extended(vigil.plate, bigint);
COMMENT ON OPERATOR CLASS vigil.plate_hash_ops USING hash IS 'Plates by text and colour';

CREATE AGGREGATE pg_catalog.min(vigil.plate) (
    SFUNC = vigil.plate_smaller, STYPE = vigil.plate, COMBINEFUNC = vigil.plate_smaller,
    SORTOP = OPERATOR(pg_catalog.<), PARALLEL = SAFE);
CREATE AGGREGATE pg_catalog.max(vigil.plate) (
    SFUNC = vigil.plate_larger, STYPE = vigil.plate, COMBINEFUNC = vigil.plate_larger,
    SORTOP = OPERATOR(pg_catalog.>), PARALLEL = SAFE);
COMMENT ON AGGREGATE pg_catalog.min(vigil.plate) IS 'The first plate in order';
COMMENT ON AGGREGATE pg_catalog.max(vigil.plate) IS 'The last plate in order';

CREATE FUNCTION vigil.plate_from_bigint(bigint) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_from_bigint';
COMMENT ON FUNCTION vigil.plate_from_bigint(bigint) IS
    'The plate whose number this is: subject::vigil.plate. Error 22003: no plate has this number';
CREATE CAST (vigil.plate AS bigint) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (bigint AS vigil.plate) WITH FUNCTION vigil.plate_from_bigint(bigint);
CREATE CAST (vigil.plate AS text) WITH INOUT AS ASSIGNMENT;
CREATE CAST (text AS vigil.plate) WITH INOUT;
COMMENT ON CAST (vigil.plate AS bigint) IS 'The vehicle''s id as a subject of the kernel; positive';
COMMENT ON CAST (bigint AS vigil.plate) IS 'From a subject''s id; checks that a plate has this number';
COMMENT ON CAST (vigil.plate AS text) IS 'As in 浙E12345 yellow';
COMMENT ON CAST (text AS vigil.plate) IS 'As the type''s input: normalises and checks';

CREATE FUNCTION vigil.plate_try(number text) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_try';
COMMENT ON FUNCTION vigil.plate_try(text) IS 'The plate that a text means, or null where it means none (bad_plate)';
CREATE FUNCTION vigil.plate_try(number bigint) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_try_number';
COMMENT ON FUNCTION vigil.plate_try(bigint) IS 'The plate whose number this is, or null where no plate has it';
CREATE FUNCTION vigil.plate_normalise(number text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_normalise';
COMMENT ON FUNCTION vigil.plate_normalise(text) IS
    'A plate in its one canonical form: 浙e·1O345黄 becomes 浙E10345 yellow. Error 22P02: not a plate';
CREATE FUNCTION vigil.plate_letters(plate vigil.plate) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_letters';
COMMENT ON FUNCTION vigil.plate_letters(vigil.plate) IS 'The plate without its colour (号牌号码): 浙E12345';
CREATE FUNCTION vigil.plate_region(plate vigil.plate) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_region';
COMMENT ON FUNCTION vigil.plate_region(vigil.plate) IS
    'Province and letter of the authority that gave the plate out (发牌机关代号): 浙E is Huzhou; null for military plates and other countries';
CREATE FUNCTION vigil.plate_kind(plate vigil.plate) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_kind';
COMMENT ON FUNCTION vigil.plate_kind(vigil.plate) IS
    'The form of the plate: ordinary, trailer (挂), learner (学), police (警), hong_kong (港), macao (澳), new_energy_small, new_energy_large, military, foreign';
CREATE FUNCTION vigil.plate_class(plate vigil.plate) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_class';
COMMENT ON FUNCTION vigil.plate_class(vigil.plate) IS
    'Class (号牌种类, GA/T 16.7) as far as form and colour tell: 01 large, 02 small, 15 trailer, 16 learner, 23 police, 26 Hong Kong, 27 Macao, 51 and 52 large and small new-energy; else null';
CREATE FUNCTION vigil.plate_colour(plate vigil.plate) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_colour';
COMMENT ON FUNCTION vigil.plate_colour(vigil.plate) IS
    'Colour (号牌颜色): blue, yellow, black, white, green, other, yellow-green, gradient-green; null where it is not known';
CREATE FUNCTION vigil.plate_colour_code(plate vigil.plate) RETURNS smallint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_colour_code';
COMMENT ON FUNCTION vigil.plate_colour_code(vigil.plate) IS
    'Colour by JT/T 697.7: 1 blue, 2 yellow, 3 black, 4 white, 5 green, 9 other, 93 yellow-green, 94 gradient-green; null where it is not known';
CREATE FUNCTION vigil.plate_with_colour(plate vigil.plate, colour_code integer) RETURNS vigil.plate
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_plate_with_colour';
COMMENT ON FUNCTION vigil.plate_with_colour(vigil.plate, integer) IS
    'The plate with this colour of JT/T 697.7 in place of its own, 0 for none; a plate of another country stays as it is. Error 22003: unknown code';
