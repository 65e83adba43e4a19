-- Registers are imported set-wise: each line is judged by the constraints of its table and either stored or put into
-- vigil.reject with a reason code. The rules are the table's own: NOT NULL gives missing_COLUMN, a CHECK named
-- TABLE_REASON_check gives REASON with its comment as detail, a reference unknown_COLUMN, a unique key duplicate_COLUMN.

CREATE FUNCTION vigil.date_try(text text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN text !~ '^[12][0-9]{3}-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])$' THEN NULL
    WHEN right(text, 2)::integer > extract(day FROM make_date(left(text, 4)::integer, substr(replace(text, '-', ''), 5, 2)::integer, 1)
                                                    + interval '1 month' - interval '1 day') THEN NULL
    ELSE make_date(left(text, 4)::integer, substr(replace(text, '-', ''), 5, 2)::integer, right(text, 2)::integer) END;
COMMENT ON FUNCTION vigil.date_try(text) IS 'The date that YYYY-MM-DD or YYYYMMDD names, or null where it names none';

CREATE FUNCTION vigil.dates_plausible(VARIADIC dates date[]) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(bool_and(d BETWEEN date '1980-01-01' AND current_date + interval '30 years'), true) FROM unnest(dates) AS d;
END;
COMMENT ON FUNCTION vigil.dates_plausible(date[]) IS
    'Whether no date lies before 1980-01-01 or more than 30 years ahead; nulls do not count';

CREATE FUNCTION vigil.json_readable(value jsonb, type regtype) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE       -- not STRICT, so that it can be inlined; null gives null
RETURN CASE jsonb_typeof(value)
    WHEN 'null' THEN true
    WHEN 'array' THEN type = 'text[]'::regtype AND NOT jsonb_path_exists(value, '$[*] ? (@.type() != "string")')
                      OR type = 'jsonb'::regtype
    WHEN 'object' THEN type = 'jsonb'::regtype
    WHEN 'boolean' THEN type IN ('boolean'::regtype, 'jsonb'::regtype)
    ELSE CASE type
        WHEN 'text'::regtype THEN true
        WHEN 'jsonb'::regtype THEN true
        WHEN 'smallint'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,5}$' AND abs((value #>> '{}')::numeric) <= 32767
        WHEN 'integer'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,10}$' AND abs((value #>> '{}')::numeric) <= 2147483647
        WHEN 'bigint'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,18}$'
        WHEN 'real'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,15}([.][0-9]{1,15})?$'
        WHEN 'double precision'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,15}([.][0-9]{1,20})?$'
        WHEN 'numeric'::regtype THEN value #>> '{}' ~ '^-?[0-9]{1,3}([.][0-9]{1,15})?$'
        WHEN 'boolean'::regtype THEN value #>> '{}' IN ('true', 'false')
        WHEN 'date'::regtype THEN vigil.date_try(value #>> '{}') IS NOT NULL
        WHEN 'timestamptz'::regtype THEN
            value #>> '{}' ~ '^.{10}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,6})?)?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)$'
            AND vigil.date_try(left(value #>> '{}', 10)) IS NOT NULL
        WHEN 'bytea'::regtype THEN value #>> '{}' ~ '^\\x([0-9a-f]{2})*$'
        WHEN 'vigil.plate'::regtype THEN vigil.plate_try(value #>> '{}') IS NOT NULL
        ELSE false END
    END;
COMMENT ON FUNCTION vigil.json_readable(jsonb, regtype) IS
    'Whether a JSON value can become a column of this type without an error; of types not known here only null can. A timestamptz needs its zone';

CREATE FUNCTION vigil.json_texts(value jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(e.value ORDER BY e.ordinality)
    FROM jsonb_array_elements_text(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) WITH ORDINALITY AS e;
END;
COMMENT ON FUNCTION vigil.json_texts(jsonb) IS 'The elements of a JSON array as texts; null for an empty array or what is none';

-- A line on its way into a register. Fields are columns of the main table, more those of the table that extends it under the
-- same id; payload is what vigil.reject may keep.
CREATE TYPE vigil.import_line AS (line bigint, fields jsonb, more jsonb, payload jsonb, reason text, detail text);
COMMENT ON TYPE vigil.import_line IS 'A line on its way into a register: columns of the table and of its extension, what vigil.reject may show, reason and detail once it is refused';

CREATE FUNCTION vigil.import_column(target regclass, key name, field name) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT format('CASE WHEN n.fields ? %L THEN (n.new).%I WHEN o.%I IS NOT NULL THEN o.%I ELSE %s END AS %I',
                  a.attname, a.attname, import_column.key, a.attname,
                  CASE WHEN a.attidentity <> '' THEN format('pg_catalog.nextval(%L)', pg_get_serial_sequence(target::text, a.attname))
                       ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), format('NULL::%s', format_type(a.atttypid, a.atttypmod))) END,
                  a.attname)
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = target AND a.attname = import_column.field;
END;
COMMENT ON FUNCTION vigil.import_column(regclass, name, name) IS
    'Expression that merges a column of a line n over that of the stored row o: given, else stored, else the default';
REVOKE ALL ON FUNCTION vigil.import_column(regclass, name, name) FROM PUBLIC;

CREATE FUNCTION vigil.import_fields(target regclass) RETURNS name[]
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '';
END;
COMMENT ON FUNCTION vigil.import_fields(regclass) IS 'The columns of a register that an import writes, in order';
REVOKE ALL ON FUNCTION vigil.import_fields(regclass) FROM PUBLIC;

-- Expressions of unique keys other than the register's own, evaluated once a row as import_unique_1, _2 …; import_taken_1, _2 …
-- say whether a stored row has the value. Of new lines with one value the first gets it.
CREATE FUNCTION vigil.import_uniques(target regclass, key name) RETURNS TABLE (number bigint, field text, expression text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT row_number() OVER (ORDER BY i.indexrelid), coalesce(a.attname, d.attname), pg_get_indexdef(i.indexrelid, 1, false)
    FROM pg_catalog.pg_index AS i
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attnum > 0
    LEFT JOIN LATERAL (
        SELECT min(c.attname::text) AS attname
        FROM pg_catalog.pg_depend AS p JOIN pg_catalog.pg_attribute AS c ON c.attrelid = p.refobjid AND c.attnum = p.refobjsubid
        WHERE p.classid = 'pg_catalog.pg_class'::regclass AND p.objid = i.indexrelid AND p.refobjid = i.indrelid
    ) AS d ON true
    WHERE i.indrelid = target AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND a.attname IS DISTINCT FROM import_uniques.key AND coalesce(a.attidentity, '') = '';
END;
COMMENT ON FUNCTION vigil.import_uniques(regclass, name) IS 'Unique keys of one expression beside the register''s own, and the column each is about';
REVOKE ALL ON FUNCTION vigil.import_uniques(regclass, name) FROM PUBLIC;

-- A CHECK of a register says what it refuses, and why: CHECK (rule IS NOT FALSE OR vigil.refuse(…)) costs a good row nothing.
CREATE FUNCTION vigil.refuse(relation text, key text, reason text, VARIADIC given text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE      -- not STRICT: of several fields some are null
AS $$
DECLARE
    name text[] := pg_catalog.parse_ident(relation);
    rule text := pg_catalog.format('%s_%s_check', name[2], reason);
BEGIN
    RAISE EXCEPTION '% "%" cannot be stored (%): %', name[2], key, reason, (
            SELECT pg_catalog.string_agg(f.field || ' ' || coalesce(nullif(f.value, ''), CASE f.value WHEN '' THEN '""' ELSE 'null' END), ', ' ORDER BY f.n)
            FROM (SELECT n, given[n] AS field, given[n + 1] AS value FROM pg_catalog.generate_series(1, pg_catalog.cardinality(given), 2) AS n) AS f
            WHERE f.value IS NOT NULL OR pg_catalog.cardinality(given) = 2)
        USING ERRCODE = 'check_violation', SCHEMA = name[1], TABLE = name[2], CONSTRAINT = rule,
              DETAIL = (SELECT pg_catalog.obj_description(c.oid, 'pg_constraint') FROM pg_catalog.pg_constraint AS c
                        WHERE c.conrelid = relation::regclass AND c.conname = rule),
              HINT = 'Correct it; a register''s import function stores the good rows of many and keeps the others in vigil.reject.';
END $$;
COMMENT ON FUNCTION vigil.refuse(text, text, text, text[]) IS
    'For the CHECKs of a register: error 23514 that names the row''s key, the reason code and the fields with their values (given: name, value, name, value …), with the constraint''s comment as detail';

CREATE FUNCTION vigil.refused(relation text, key text, reason text, VARIADIC given text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN false;
COMMENT ON FUNCTION vigil.refused(text, text, text, text[]) IS
    'Stands for vigil.refuse() where an import judges many rows by the same CHECKs: false, no error';

CREATE FUNCTION vigil.import_faults(target regclass, key name, key_given boolean) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT string_agg(format('WHEN %s THEN %L', f.bad, f.reason), ' ' ORDER BY f.ordinal, f.reason)
    FROM (
        SELECT 1 AS ordinal, format('k.%I IS NULL', a.attname) AS bad, 'missing_' || a.attname AS reason
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND (a.attnotnull OR a.attname = import_faults.key) AND (key_given OR a.attname <> import_faults.key)
        UNION ALL
        SELECT 2, format('NOT (%s)', regexp_replace(pg_get_expr(c.conbin, c.conrelid), '(vigil\.)?\mrefuse\(', 'vigil.refused(')),
               substring(c.conname FROM format('^%s_(.*)_check$', (parse_ident(target::text))[2]))
        FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = target AND c.contype = 'c'
        UNION ALL
        SELECT 3, format('k.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s AS r WHERE r.%I = k.%I)', a.attname, c.confrelid::regclass,
                         b.attname, a.attname),
               'unknown_' || regexp_replace(a.attname, '_id$', '')
        FROM pg_catalog.pg_constraint AS c
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        JOIN pg_catalog.pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
        WHERE c.conrelid = target AND c.contype = 'f' AND cardinality(c.conkey) = 1 AND a.attname <> import_faults.key
        UNION ALL
        SELECT 4, format('k.import_unique_%1$s IS NOT NULL AND (k.import_taken_%1$s OR pg_catalog.first_value(k.%2$I) OVER ('
                         'PARTITION BY k.import_unique_%1$s ORDER BY k.import_taken_%1$s, k.import_number) IS DISTINCT FROM k.%2$I)',
                         u.number, import_faults.key),
               'duplicate_' || u.field
        FROM vigil.import_uniques(target, import_faults.key) AS u
    ) AS f;
END;
COMMENT ON FUNCTION vigil.import_faults(regclass, name, boolean) IS
    'The rules of a register as branches of a CASE over a merged row k: what is missing, what a CHECK refuses, what is referred to and does not exist, what another row has already. Without key_given the key need not be there yet';
REVOKE ALL ON FUNCTION vigil.import_faults(regclass, name, boolean) FROM PUBLIC;

CREATE FUNCTION vigil.import_query(target regclass, key name, key_given boolean) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT format('SELECT k.*, CASE %s END AS import_reason FROM (SELECT u.*%s FROM (SELECT m.*%s FROM ('
                  'SELECT n.number AS import_number, %s FROM ('
                  'SELECT i.number, i.fields, pg_catalog.jsonb_populate_record(NULL::%s, i.fields) AS new '
                  'FROM ROWS FROM (pg_catalog.unnest($1::bigint[]), pg_catalog.unnest($2::jsonb[])) AS i (number, fields) OFFSET 0'
                  ') AS n LEFT JOIN %5$s AS o ON o.%6$I = (n.new).%6$I) AS m) AS u) AS k',
                  vigil.import_faults(target, import_query.key, key_given),
                  string_agg(format(', EXISTS (SELECT FROM %s AS t WHERE %s = u.import_unique_%s AND t.%I IS DISTINCT FROM u.%4$I)'
                                    ' AS import_taken_%3$s', target, q.expression, q.number, import_query.key), ''),
                  string_agg(format(', %s AS import_unique_%s', q.expression, q.number), ''),
                  (SELECT string_agg(vigil.import_column(target, import_query.key, f.name), ', ')
                   FROM unnest(vigil.import_fields(target)) AS f (name)),
                  target, import_query.key)
    FROM vigil.import_uniques(target, import_query.key) AS q;
END;
COMMENT ON FUNCTION vigil.import_query(regclass, name, boolean) IS
    'Query over lines ($1 numbers, $2 their fields) that gives each merged with the stored row, and the reason for which it cannot be stored, if any';
REVOKE ALL ON FUNCTION vigil.import_query(regclass, name, boolean) FROM PUBLIC;

CREATE FUNCTION vigil.import_detail(target regclass, reason text) RETURNS text
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT coalesce(
        (SELECT obj_description(c.oid, 'pg_constraint') FROM pg_catalog.pg_constraint AS c
         WHERE c.conrelid = target AND c.conname = format('%s_%s_check', (parse_ident(target::text))[2], reason)),
        CASE substring(reason FROM '^[a-z]*')
            WHEN 'missing' THEN format('There is no %s.', substring(reason FROM 9))
            WHEN 'unknown' THEN format('The %s is not registered.', substring(reason FROM 9))
            WHEN 'duplicate' THEN format('Another row has this %s.', substring(reason FROM 11)) END);
END;
COMMENT ON FUNCTION vigil.import_detail(regclass, text) IS 'A reason of vigil.import_faults() in a sentence: the comment of the constraint, where it is one';
REVOKE ALL ON FUNCTION vigil.import_detail(regclass, text) FROM PUBLIC;
