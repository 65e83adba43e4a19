-- Every row of vigil is the city's: pg_dump takes the data of all tables and identity sequences along. Partitions are not
-- members of the extension and are dumped as any table; their parents hold no rows.
DO $$
DECLARE
    member record;
BEGIN
    FOR member IN
        SELECT c.oid::pg_catalog.regclass AS relation
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
        JOIN pg_catalog.pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
        WHERE c.relkind IN ('r', 'S') AND c.relname <> 'block_version'  -- versions of caches, not data
        ORDER BY c.oid
    LOOP
        PERFORM pg_catalog.pg_extension_config_dump(member.relation, '');
    END LOOP;
END $$;
