-- Least rights for the five roles (05-roles.sql). What writes from a trigger or a worker does so as the extension's owner.
-- PUBLIC has USAGE of the schemas, the pure functions and types: constraints and operators need them; nothing else.

CREATE FUNCTION vigil.grant_functions(grantee name, VARIADIC names text[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted text;
    routine regprocedure;
BEGIN
    FOREACH wanted IN ARRAY names
    LOOP
        FOR routine IN SELECT p.oid::regprocedure FROM pg_proc AS p
            WHERE p.pronamespace = split_part(wanted, '.', 1)::regnamespace AND p.proname = split_part(wanted, '.', 2)
        LOOP
            EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, grantee);
        END LOOP;
        IF routine IS NULL THEN
            RAISE EXCEPTION 'there is no function % to grant to %', wanted, grantee USING ERRCODE = 'undefined_function';
        END IF;
    END LOOP;
END $$;

-- feeds: observations, nothing else; they read nothing back
GRANT INSERT ON vigil_vehicle.position, vigil_vehicle.road_state TO vigil_device;
SELECT vigil.grant_functions('vigil_device', 'vigil_vehicle.ingest');

-- BI: what is known, without people and without what the engine keeps for itself
GRANT SELECT ON
    vigil.region, vigil.fence_kind, vigil.geofence, vigil.profile, vigil.situation, vigil.model, vigil.colour_rule,
    vigil.organisation, vigil.unit, vigil.risk_state, vigil.risk_change, vigil.hazard, vigil.incident, vigil.plan, vigil.plan_step,
    vigil.feedback, vigil.task, vigil.task_event, vigil_vehicle.vehicle, vigil_vehicle.enterprise, vigil_vehicle.road_segment,
    vigil_vehicle.driver_binding, vigil_vehicle.road_state, vigil_vehicle.vehicle_rule, vigil_vehicle.vehicle_state, vigil_vehicle.position
TO vigil_reader;
GRANT SELECT (person_id, licence_class, licence_status, licence_until, review_until, points, qualification, qualification_until,
    school_bus_qualified_until, medical_until, training_until, probation_until) ON vigil_vehicle.driver TO vigil_reader;

-- operators: the tasks of their scope; risks, registers and places of the whole city, since whoever is stopped must be known
GRANT SELECT ON
    vigil.region, vigil.fence_kind, vigil.geofence, vigil.profile, vigil.situation, vigil.model, vigil.colour_rule,
    vigil.organisation, vigil.unit, vigil.risk_state, vigil.risk_change, vigil.hazard, vigil.suppression, vigil.incident,
    vigil.plan, vigil.plan_step, vigil.feedback, vigil.task, vigil.task_event, vigil.notice,
    vigil_vehicle.vehicle, vigil_vehicle.driver, vigil_vehicle.driver_binding, vigil_vehicle.enterprise, vigil_vehicle.road_segment,
    vigil_vehicle.road_state, vigil_vehicle.vehicle_state, vigil_vehicle.position
TO vigil_operator;
SELECT vigil.grant_functions('vigil_operator',
    'vigil.task_accept', 'vigil.task_arrive', 'vigil.task_refuse', 'vigil.task_finish', 'vigil.task_cancel', 'vigil.unit_report',
    'vigil.open_incident', 'vigil.notice_claim', 'vigil.notice_ack', 'vigil.notice_fail',
    'vigil.scope_regions', 'vigil.scope_units', 'vigil.scope_organisations');

-- administrators: registers, catalogues, plans; the ledgers and what the engine writes they only read
DO $$
DECLARE
    member record;
BEGIN
    FOR member IN
        SELECT c.oid::regclass AS relation, c.relkind
        FROM pg_class AS c
        JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
            AND d.refclassid = 'pg_extension'::regclass
        JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'vigil'
        WHERE c.relkind IN ('r', 'p', 'v')
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO vigil_admin', member.relation);
    END LOOP;
END $$;
-- who a person is shows in the masks; the keyed hash of the identity number is for the functions that compare it
REVOKE SELECT ON vigil.person FROM vigil_admin;
GRANT SELECT (id, kind, identity_masked, name_masked, organisation_id, detail) ON vigil.person TO vigil_operator, vigil_admin;
GRANT INSERT, UPDATE, DELETE ON
    vigil.region, vigil.fence_kind, vigil.geofence, vigil.organisation, vigil.person, vigil.unit, vigil.operator_scope,
    vigil.plan, vigil.plan_step, vigil.plan_told, vigil.incident_rule, vigil.situation_lead, vigil.feedback,
    vigil.notice_channel, vigil_vehicle.vehicle, vigil_vehicle.vehicle_rule, vigil_vehicle.driver, vigil_vehicle.driver_record,
    vigil_vehicle.driver_binding, vigil_vehicle.enterprise, vigil_vehicle.road_segment, vigil_vehicle.road_state
TO vigil_admin;
-- never the columns that name code which the owner runs: model.function, profile.domain, job.command
GRANT UPDATE (situation_mask, zh, en) ON vigil.profile TO vigil_admin;
GRANT UPDATE (zh, en, weight, veto, legal_basis, cleared_by) ON vigil.situation TO vigil_admin;
GRANT UPDATE (red_below, yellow_below, recovery_margin, hold_minutes, reopen_minutes) ON vigil.colour_rule TO vigil_admin;
GRANT UPDATE (schedule, enabled) ON vigil.job TO vigil_admin;
GRANT DELETE, INSERT (domain, code, situation, kind, profile, feed, expression, zh, en, rule, clear_rule, parameters,
    parameters_default, enabled), UPDATE (situation, profile, feed, expression, zh, en, rule, clear_rule, parameters, enabled)
ON vigil.model TO vigil_admin;
GRANT DELETE ON vigil.reject TO vigil_admin;
SELECT vigil.grant_functions('vigil_admin',
    'vigil.import_regions', 'vigil.import_geofences',
    'vigil_vehicle.import_vehicles', 'vigil_vehicle.import_drivers', 'vigil_vehicle.import_enterprises', 'vigil_vehicle.register_vehicle', 'vigil_vehicle.bind_driver', 'vigil_vehicle.import_road_segments',
    'vigil.raise_hazard', 'vigil.clear_hazard', 'vigil.suppress', 'vigil.rescore', 'vigil.close_disabled_models', 'vigil.add_model', 'vigil.try_models',
    'vigil.backtest', 'vigil.check_overrides', 'vigil_vehicle.backtest', 'vigil.health', 'vigil.health_streams', 'vigil.streams', 'vigil.worker_status',
    'vigil.task_accept', 'vigil.task_arrive', 'vigil.task_refuse', 'vigil.task_finish', 'vigil.task_cancel', 'vigil.unit_report',
    'vigil.open_incident', 'vigil.notice_claim', 'vigil.notice_ack', 'vigil.notice_fail');
DROP FUNCTION vigil.grant_functions(name, text[]);

-- Rows: operators see their scope, readers and administrators all; without a policy nobody but the owner sees a row, and nobody
-- but the owner's functions writes one (no INSERT, UPDATE or DELETE is granted, but on units to administrators).
ALTER TABLE vigil.unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigil.incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigil.task ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigil.task_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE vigil.notice ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION vigil.shipped_policies() RETURNS TABLE (relation regclass, name name, definition text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT p.relation::regclass, p.name::name, replace(replace(replace(p.definition,
        'REGION', 'vigil.region_full(region_code) <@ (SELECT vigil.scope_regions())'),
        'OF_UNITS', 'ANY ((SELECT vigil.scope_units())::bigint[])'),
        'OF_ORGANISATIONS', 'ANY ((SELECT vigil.scope_organisations())::bigint[])')
    FROM (VALUES
        ('vigil.unit', 'unit_admin', 'TO vigil_admin USING (true) WITH CHECK (true)'),
        ('vigil.unit', 'unit_read', 'FOR SELECT TO vigil_reader USING (true)'),
        ('vigil.unit', 'unit_scope', 'FOR SELECT TO vigil_operator USING (REGION OR id = OF_UNITS)'),
        ('vigil.incident', 'incident_read', 'FOR SELECT TO vigil_admin, vigil_reader USING (true)'),
        ('vigil.incident', 'incident_scope', 'FOR SELECT TO vigil_operator USING (REGION OR organisation_id = OF_ORGANISATIONS)'),
        ('vigil.task', 'task_read', 'FOR SELECT TO vigil_admin, vigil_reader USING (true)'),
        ('vigil.task', 'task_scope', 'FOR SELECT TO vigil_operator USING (REGION OR unit_id = OF_UNITS)'),
        ('vigil.task_event', 'task_event_read', 'FOR SELECT TO vigil_admin, vigil_reader USING (true)'),
        ('vigil.task_event', 'task_event_scope', 'FOR SELECT TO vigil_operator USING (REGION OR unit_id = OF_UNITS)'),
        ('vigil.notice', 'notice_read', 'FOR SELECT TO vigil_admin USING (true)'),
        ('vigil.notice', 'notice_scope', 'FOR SELECT TO vigil_operator USING (vigil.notice_matches(region_code, receiver_kind, receiver_id,'
            ' (SELECT vigil.scope_regions()), (SELECT vigil.scope_units()), (SELECT vigil.scope_organisations())))')
    ) AS p (relation, name, definition);
END;
COMMENT ON FUNCTION vigil.shipped_policies() IS 'The row policies as vigil ships them';

-- Policies are made here and not in the extension's script: pg_dump takes policies of member tables along, and a restore
-- would find them made already.
CREATE FUNCTION vigil.setup_security() RETURNS SETOF text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    policy record;
    total bigint := 0;
    made bigint := 0;
BEGIN
    FOR policy IN
        SELECT s.relation, s.name, s.definition, p.oid IS NOT NULL AS present
        FROM vigil.shipped_policies() AS s LEFT JOIN pg_policy AS p ON p.polrelid = s.relation AND p.polname = s.name
        ORDER BY s.name
    LOOP
        total := total + 1;
        CONTINUE WHEN policy.present;
        EXECUTE format('CREATE POLICY %I ON %s %s', policy.name, policy.relation, policy.definition);
        made := made + 1;
    END LOOP;
    RETURN NEXT format('row policies: %s', concat_ws(', ', CASE WHEN made > 0 THEN made || ' made' END,
                                                     CASE WHEN made < total THEN total - made || ' unchanged' END));
END $$;
COMMENT ON FUNCTION vigil.setup_security() IS
    'Make the row policies that are missing: operators see the tasks, incidents, units and notices of their vigil.operator_scope. A DBA''s own policy of the same name is kept; says what it did';
REVOKE ALL ON FUNCTION vigil.setup_security() FROM PUBLIC;
