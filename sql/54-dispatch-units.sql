-- Who could take a task (派单): the nearest unit that is on duty, of the kind, able and free; and how the dispatcher hears that there
-- may be one now where there was none.

CREATE FUNCTION vigil.region_neighbours(county bigint) RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT array_agg(n.code ORDER BY n.code) FROM vigil.region AS r JOIN vigil.region AS n
    ON n.code <> r.code AND n.code < 1000000 AND n.code % 100 <> 0
        AND CASE WHEN r.boundary IS NULL OR n.boundary IS NULL THEN n.code / 100 = r.code / 100
                 ELSE ST_DWithin(r.boundary, n.boundary, 0.001) END
    WHERE r.code = county);
COMMENT ON FUNCTION vigil.region_neighbours(bigint) IS
    'Counties that touch a county (within 0.001 degrees, about 100 m); without boundaries the others of its city; null where there are none';

-- Where the search for the nearest looks: on a Mercator map, where near is near whatever the latitude, as degrees are not; and each kind
-- on a sheet of its own, far from the others, or the search for one of a rare kind would pass all units of the common ones. Two kinds
-- that share a sheet are told apart by the search's condition.
CREATE FUNCTION vigil.unit_place(kind text, geom geometry) RETURNS point
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN point(ST_X(geom) + 400 * (ascii(kind) % 16),
    degrees(ln(tan(radians(45 + least(greatest(ST_Y(geom), -85), 85) / 2)))) + 400 * ((ascii(right(kind, 1)) + length(kind)) % 16));
COMMENT ON FUNCTION vigil.unit_place(text, geometry) IS
    'A point on the map by which vigil.unit is searched for the nearest: Mercator, a degree of longitude long, on one of 16 x 16 sheets of 400 by 400, by kind';

CREATE INDEX unit_place_idx ON vigil.unit USING gist (vigil.unit_place(kind, geom)) WHERE on_duty;
CREATE INDEX unit_organisation_idx ON vigil.unit (organisation_id);       -- not of on_duty: it would be read from end to end for others

CREATE FUNCTION vigil.unit_serves(region_code bigint, area text, county bigint, neighbours bigint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE area
    WHEN 'citywide' THEN region_code % 100 = 0 AND region_code < 1000000 AND (county IS NULL OR region_code = county / 100 * 100)
    WHEN 'city' THEN county IS NULL OR vigil.county_of(region_code) / 100 = county / 100
    WHEN 'neighbour' THEN county IS NULL OR vigil.county_of(region_code) = ANY (neighbours)
    ELSE county IS NULL OR vigil.county_of(region_code) = county END;
COMMENT ON FUNCTION vigil.unit_serves(bigint, text, bigint, bigint[]) IS
    'Whether a unit of this region is looked for by a plan_step of this area for an incident in this county';

CREATE FUNCTION vigil.unit_candidates(place geometry, unit_kind text, capability text, area text, county bigint,
    neighbours bigint[], organisation bigint, located_since timestamptz, avoid bigint[], chosen bigint[], n integer)
RETURNS TABLE (unit_id bigint, distance_m double precision, free bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 4
BEGIN ATOMIC
    -- nearest on the map from the index, then by metres
    SELECT f.id, ST_DistanceSphere(f.geom, unit_candidates.place), f.free
    FROM ((SELECT u.id, u.geom, u.task_limit - held.tasks AS free
           FROM vigil.unit AS u
           CROSS JOIN LATERAL (SELECT count(*) AS tasks FROM vigil.task AS o
               WHERE o.unit_id = u.id AND o.state IN ('offered', 'accepted', 'arrived')) AS held
           -- a CASE, of which the planner knows nothing: where it expects few to pass it reads and sorts all units instead
           WHERE unit_candidates.area <> 'enterprise' AND u.on_duty AND CASE WHEN u.kind = unit_candidates.unit_kind
               AND vigil.unit_serves(u.region_code, unit_candidates.area, unit_candidates.county, unit_candidates.neighbours)
               AND (unit_candidates.capability IS NULL OR unit_candidates.capability = ANY (u.capabilities))
               AND (unit_candidates.located_since IS NULL OR u.located_at >= unit_candidates.located_since)
               AND u.id <> ALL (unit_candidates.avoid) THEN true ELSE false END
               AND held.tasks + cardinality(array_positions(unit_candidates.chosen, u.id)) < u.task_limit
           ORDER BY vigil.unit_place(u.kind, u.geom) <-> vigil.unit_place(unit_candidates.unit_kind, unit_candidates.place)
           LIMIT 4)
          UNION ALL
          (SELECT u.id, u.geom, u.task_limit - held.tasks
           FROM vigil.unit AS u
           CROSS JOIN LATERAL (SELECT count(*) AS tasks FROM vigil.task AS o
               WHERE o.unit_id = u.id AND o.state IN ('offered', 'accepted', 'arrived')) AS held
           WHERE unit_candidates.area = 'enterprise' AND u.on_duty AND u.organisation_id = unit_candidates.organisation
               AND u.kind = unit_candidates.unit_kind
               AND (unit_candidates.capability IS NULL OR unit_candidates.capability = ANY (u.capabilities))
               AND (unit_candidates.located_since IS NULL OR u.located_at >= unit_candidates.located_since)
               AND u.id <> ALL (unit_candidates.avoid)
               AND held.tasks + cardinality(array_positions(unit_candidates.chosen, u.id)) < u.task_limit
           LIMIT 1000)) AS f
    ORDER BY 2, 1 LIMIT unit_candidates.n;
END;
COMMENT ON FUNCTION vigil.unit_candidates(geometry, text, text, text, bigint, bigint[], bigint, timestamptz, bigint[], bigint[], integer) IS
    'The n (at most 4) nearest units that could take a task: on duty, of this kind, able, of the area, located since, not in avoid, below its task_limit counting those in chosen; free: how many more each can take, chosen aside';

-- Who is at the incident already is no second unit for it; who was asked before for this work is not asked again.
CREATE FUNCTION vigil.task_avoid(incident bigint, refused bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    -- the incident's tasks by its key, and only then by state: an index over all tasks in these states would answer too
    RETURN refused || ARRAY(SELECT o.unit_id
        FROM (SELECT t.unit_id, t.state FROM vigil.task AS t WHERE t.incident_id = task_avoid.incident OFFSET 0) AS o
        WHERE o.state IN ('offered', 'accepted', 'arrived'));
END $$;
COMMENT ON FUNCTION vigil.task_avoid(bigint, bigint[]) IS 'Units that a task of this incident is not offered to: those that refused it and those with another of the incident''s tasks';

-- Something changed about units: the dispatcher looks again at the tasks for which there was nobody.
CREATE FUNCTION vigil.units_changed() RETURNS void
LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'vigil_units_changed';
COMMENT ON FUNCTION vigil.units_changed() IS
    'Wake this database''s dispatcher when this transaction commits, to look again at tasks parked as no_unit; nothing where vigil is not preloaded';
REVOKE ALL ON FUNCTION vigil.units_changed() FROM PUBLIC;

CREATE FUNCTION vigil.unit_available() RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'vigil_unit_available';
COMMENT ON FUNCTION vigil.unit_available() IS 'Row trigger of vigil.unit: vigil.units_changed()';
REVOKE ALL ON FUNCTION vigil.unit_available() FROM PUBLIC;

CREATE TRIGGER unit_arrived AFTER INSERT ON vigil.unit FOR EACH ROW WHEN (NEW.on_duty) EXECUTE FUNCTION vigil.unit_available();
-- A unit that goes on reporting where it is changes nothing; one that was silent for a minute may have been too old for a plan.
CREATE TRIGGER unit_available AFTER UPDATE ON vigil.unit FOR EACH ROW
    WHEN (NEW.on_duty AND (NOT OLD.on_duty OR NEW.task_limit > OLD.task_limit
        OR (NEW.kind, NEW.region_code, NEW.organisation_id, NEW.capabilities)
            IS DISTINCT FROM (OLD.kind, OLD.region_code, OLD.organisation_id, OLD.capabilities)
        OR NEW.located_at > coalesce(OLD.located_at, '-infinity') + interval '1 minute'))
    EXECUTE FUNCTION vigil.unit_available();
