-- Roles are the cluster's: another database of the same server may have made them already, and DROP EXTENSION leaves them.
-- None can log in: people, feeds and apps are members. What each may do is in 90-security.sql and beside the objects.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['vigil_reader', 'vigil_device', 'vigil_operator', 'vigil_public', 'vigil_admin']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname = wanted) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
END $$;
COMMENT ON ROLE vigil_reader IS 'vigil: reads what BI tools may see; writes nothing';
COMMENT ON ROLE vigil_device IS 'vigil: feeds: may only insert observations, through the stream tables or the ingest functions';
COMMENT ON ROLE vigil_operator IS 'vigil: handles tasks of the regions and organisations that vigil.operator_scope gives its members';
COMMENT ON ROLE vigil_public IS 'vigil: citizens'' apps: scan and report functions only';
COMMENT ON ROLE vigil_admin IS 'vigil: keeps registers, catalogues and plans; is no superuser';
