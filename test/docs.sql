-- Writes sql/README.md: every public table, view, type and function of vigil with its COMMENT. Run with psql -qXAt.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE DATABASE contrib_regression;
\c contrib_regression
SET client_min_messages = warning;
CREATE EXTENSION vigil CASCADE;
SET search_path = pg_catalog, public;

-- what belongs to the extension, with its comment
CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, obj_description(d.objid, d.classid::regclass::text) AS comment
FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

-- a cell of a markdown table
CREATE FUNCTION pg_temp.cell(content text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN replace(replace(coalesce(content, ''), '|', '\|'), E'\n', ' ');

CREATE TEMP VIEW section AS
SELECT n.oid AS schema, n.nspname AS name, m.comment
FROM member AS m JOIN pg_namespace AS n ON n.oid = m.objid WHERE m.classid = 'pg_namespace'::regclass;

CREATE TEMP VIEW entry (schema, kind, name, body) AS
SELECT t.typnamespace, 1, t.typname, format(E'`%s`%s: %s\n', t.oid::regtype,
    CASE t.typtype WHEN 'e' THEN (SELECT format(' (%s)', string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder))
                                  FROM pg_enum AS l WHERE l.enumtypid = t.oid) ELSE '' END, m.comment)
FROM member AS m JOIN pg_type AS t ON t.oid = m.objid
WHERE m.classid = 'pg_type'::regclass AND t.typelem = 0 AND t.typrelid = 0
UNION ALL
SELECT c.relnamespace, CASE c.relkind WHEN 'v' THEN 3 ELSE 2 END, c.relname,
    format(E'#### %s.%s\n\n%s\n\n| column | type | meaning |\n| --- | --- | --- |\n%s\n', n.nspname, c.relname, m.comment,
        (SELECT string_agg(format('| %s | %s%s | %s |', a.attname, replace(format_type(a.atttypid, a.atttypmod), 'public.', ''),
                CASE WHEN a.attnotnull THEN '' ELSE ', null' END, pg_temp.cell(col_description(c.oid, a.attnum))),
            E'\n' ORDER BY a.attnum)
         FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM member AS m JOIN pg_class AS c ON c.oid = m.objid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE '%\_template'
UNION ALL
SELECT p.pronamespace, 4, p.proname || ' ' || pg_get_function_identity_arguments(p.oid),
    format(E'`%s.%s(%s)%s`  \n%s\n', n.nspname, p.proname, replace(pg_get_function_arguments(p.oid), 'public.', ''),
        coalesce(' → ' || replace(pg_get_function_result(p.oid), 'public.', ''), ''), m.comment)
FROM member AS m JOIN pg_proc AS p ON p.oid = m.objid JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE m.classid = 'pg_proc'::regclass
    AND p.prorettype NOT IN ('trigger'::regtype, 'internal'::regtype, 'cstring'::regtype, 'event_trigger'::regtype)
    AND NOT EXISTS (SELECT FROM pg_operator AS o WHERE o.oprcode = p.oid)
    AND NOT EXISTS (SELECT FROM pg_amproc AS o WHERE o.amproc = p.oid)
    AND NOT EXISTS (SELECT FROM pg_type AS t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend));

SELECT '# Tables and functions of vigil' || E'\n\n'
    || 'Written by `make docs` from the COMMENTs of the objects: change them there. Types, tables and functions are listed'
    || E'\nby schema and name. Times of observations are observation times, coordinates WGS84 degrees.\n';
SELECT body FROM (
    SELECT s.name AS schema, 0 AS kind, '' AS name, format(E'## Schema %s\n\n%s\n', s.name, s.comment) AS body FROM section AS s
    UNION ALL
    SELECT DISTINCT s.name, e.kind, '', format(E'### %s\n', (ARRAY['Types', 'Tables', 'Views', 'Functions'])[e.kind])
    FROM entry AS e JOIN section AS s USING (schema)
    UNION ALL
    SELECT s.name, e.kind, e.name, e.body FROM entry AS e JOIN section AS s USING (schema)
) AS page ORDER BY schema, kind, name COLLATE "C";

SELECT E'## Settings\n\n| setting | default | unit | meaning | changed by |\n| --- | --- | --- | --- | --- |';
SELECT format('| %s | %s | %s | %s | %s |', s.name, s.boot_val, s.unit, pg_temp.cell(concat_ws(' ', s.short_desc, s.extra_desc)),
    CASE s.context WHEN 'user' THEN 'anyone, SET' WHEN 'superuser' THEN 'superuser, SET' WHEN 'sighup' THEN 'server configuration, reload'
        ELSE 'server configuration, restart' END)
FROM pg_settings AS s WHERE s.name LIKE 'vigil.%' ORDER BY s.name;

SELECT E'\n## Roles\n\n| role | may |\n| --- | --- |';
SELECT format('| %s | %s |', r.rolname, pg_temp.cell(shobj_description(r.oid, 'pg_authid')))
FROM pg_roles AS r WHERE r.rolname LIKE 'vigil\_%' ORDER BY r.rolname;
