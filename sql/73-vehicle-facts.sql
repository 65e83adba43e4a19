-- What the kernel asks the vehicle domain about a subject of a task.

CREATE FUNCTION vigil_vehicle.subject_facts(profile text, subject bigint[]) RETURNS TABLE (subject_id bigint, label text,
    organisation_id bigint, region_code bigint, lon double precision, lat double precision, traits text[])
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT v.plate::bigint, v.plate::text, v.enterprise_id, v.region_code, NULL::double precision, NULL::double precision,
        array_remove(ARRAY[v.kind, v.subkind, v.status, CASE WHEN v.tank_no IS NOT NULL OR v.tank_media IS NOT NULL THEN 'tank' END],
                     NULL)
    FROM vigil_vehicle.vehicle AS v
    WHERE subject_facts.profile = 'vehicle'
        AND v.plate = ANY (ARRAY(SELECT s::vigil.plate FROM unnest(subject_facts.subject) AS s))
    UNION ALL
    SELECT o.id, o.name, o.id, o.region_code, ST_X(o.geom), ST_Y(o.geom),
        ARRAY(SELECT DISTINCT t FROM vigil_vehicle.vehicle AS v CROSS JOIN LATERAL (VALUES (v.kind), (v.subkind)) AS w (t)
              WHERE v.enterprise_id = o.id AND t IS NOT NULL ORDER BY t)
    FROM vigil.organisation AS o
    WHERE subject_facts.profile = 'enterprise' AND o.id = ANY (subject_facts.subject);
END;
COMMENT ON FUNCTION vigil_vehicle.subject_facts(text, bigint[]) IS
    'Vehicles and enterprises for vigil.subject_facts(): traits of a vehicle are its kind, subkind, status and tank; of an enterprise the kinds of its vehicles';
