-- What every object of the extension keeps to; each query lists offenders, so none should have rows.
CREATE TEMP VIEW member AS
SELECT d.classid, d.objid FROM pg_depend AS d JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e';

-- every schema, table, view, type, function and role says what it is
SELECT pg_describe_object(m.classid, m.objid, 0) AS without_comment
FROM member AS m
LEFT JOIN pg_class AS c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid
LEFT JOIN pg_type AS t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
WHERE obj_description(m.objid, m.classid::regclass::text) IS NULL
    AND (m.classid IN ('pg_namespace'::regclass, 'pg_proc'::regclass) OR c.relkind IN ('r', 'p', 'v', 'm')
        OR t.oid IS NOT NULL AND t.typelem = 0 AND t.typrelid = 0)
ORDER BY 1;
SELECT r.rolname AS without_comment FROM pg_roles AS r
WHERE r.rolname LIKE 'vigil\_%' AND shobj_description(r.oid, 'pg_authid') IS NULL ORDER BY 1;

-- a comment is a sentence or more, not the name again
SELECT pg_describe_object(m.classid, m.objid, 0) AS empty_comment
FROM member AS m WHERE length(obj_description(m.objid, m.classid::regclass::text)) < 15 ORDER BY 1;

-- who runs with the definer's rights pins search_path and is not for PUBLIC
SELECT p.oid::regprocedure AS unpinned FROM member AS m JOIN pg_proc AS p ON p.oid = m.objid
WHERE m.classid = 'pg_proc'::regclass AND p.prosecdef
    AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false) ORDER BY 1;
SELECT p.oid::regprocedure AS definer_for_public FROM member AS m JOIN pg_proc AS p ON p.oid = m.objid
WHERE m.classid = 'pg_proc'::regclass AND p.prosecdef AND has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY 1;

-- nobody but those granted writes a table or calls a function that writes
SELECT c.oid::regclass AS writable_by_public FROM member AS m JOIN pg_class AS c ON c.oid = m.objid
WHERE m.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'v')
    AND has_table_privilege('public', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') ORDER BY 1;
-- (a trigger's condition is evaluated as whoever inserts)
SELECT p.oid::regprocedure AS volatile_for_public FROM member AS m JOIN pg_proc AS p ON p.oid = m.objid
WHERE m.classid = 'pg_proc'::regclass AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype
    AND has_function_privilege('public', p.oid, 'EXECUTE')
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_trigger'::regclass AND d.refobjid = p.oid) ORDER BY 1;

-- names: a constraint starts with the name of its table
SELECT c.conrelid::regclass AS "table", c.conname AS constraint_without_table_name
FROM member AS m JOIN pg_constraint AS c ON c.conrelid = m.objid JOIN pg_class AS t ON t.oid = c.conrelid
WHERE m.classid = 'pg_class'::regclass AND NOT starts_with(c.conname, t.relname) ORDER BY 1, 2;
