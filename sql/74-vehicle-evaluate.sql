-- Evaluation of the stream: three triggers, one body.
CREATE FUNCTION vigil_vehicle.position_evaluate() RETURNS trigger
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_position_trigger';
COMMENT ON FUNCTION vigil_vehicle.position_evaluate() IS 'Trigger of vigil_vehicle.position: collects a statement''s rows and evaluates them together (研判). Error 22003 or 22008: a row out of range, naming vehicle, time, field, value and range';
CREATE FUNCTION vigil_vehicle.position_stored(partition oid, place tid) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_position_stored';
COMMENT ON FUNCTION vigil_vehicle.position_stored(oid, tid) IS 'Condition of the row trigger of vigil_vehicle.position, asked when a row is stored: collects the row at this place for the statement''s evaluation. Always false: the row itself queues nothing. Does nothing outside an INSERT or COPY into the stream. Error 22003 or 22008 as position_evaluate';
CREATE TRIGGER position_open BEFORE INSERT ON vigil_vehicle.position
    FOR EACH STATEMENT EXECUTE FUNCTION vigil_vehicle.position_evaluate();
CREATE TRIGGER position_row AFTER INSERT ON vigil_vehicle.position
    FOR EACH ROW WHEN (vigil_vehicle.position_stored(NEW.tableoid, NEW.ctid)) EXECUTE FUNCTION vigil_vehicle.position_evaluate();
CREATE TRIGGER position_close AFTER INSERT ON vigil_vehicle.position
    FOR EACH STATEMENT EXECUTE FUNCTION vigil_vehicle.position_evaluate();

CREATE FUNCTION vigil_vehicle.newest_statement(OUT rows bigint, OUT late bigint, OUT duplicate bigint, OUT backfill bigint)
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_newest_statement';
COMMENT ON FUNCTION vigil_vehicle.newest_statement() IS 'What became of the rows of this session''s newest statement on a stream: evaluated or not since late, duplicate or backfilled';

CREATE FUNCTION vigil_vehicle.jam_share(vehicle bigint, segment bigint, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT avg(CASE WHEN other.speed_kmh < 5 THEN 1.0 ELSE 0.0 END)::double precision
    FROM vigil_vehicle.road_segment AS r
    CROSS JOIN vigil_vehicle.vehicle_state AS s
    CROSS JOIN LATERAL (
        SELECT p.lon, p.lat, p.speed_kmh FROM vigil_vehicle.position AS p
        WHERE p.plate = s.plate AND p.observed_at > jam_share.at - interval '5 min' AND p.observed_at <= jam_share.at
            AND p.backfill IS NOT TRUE AND p.lon IS NOT NULL
        ORDER BY p.observed_at DESC LIMIT 1) AS other
    WHERE r.id = jam_share.segment AND s.plate <> jam_share.vehicle::vigil.plate
        AND s.observed_at > jam_share.at - interval '5 min'
        AND ST_DWithin(r.geom::geography, ST_SetSRID(ST_MakePoint(other.lon, other.lat), 4326)::geography, 30);
END;
COMMENT ON FUNCTION vigil_vehicle.jam_share(bigint, bigint, timestamptz) IS 'Share (0 to 1) of the other vehicles last seen within 30 m of a segment in the 5 min up to a time that were slower than 5 km/h; null when there was none. Asked by the models of abnormal stops when a stop is due';

-- What people decided reaches the engine through vehicle_state.orders: the vehicle's next observation obeys.
CREATE FUNCTION vigil_vehicle.state_order(orders bytea, model text, fence_id bigint, until timestamptz) RETURNS bytea
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'vigil_vehicle_state_order';
COMMENT ON FUNCTION vigil_vehicle.state_order(bytea, text, bigint, timestamptz) IS 'Orders with one more: until null = the open hazard of the model was closed, else the model is silent until then (fence_id null = anywhere). A model that is neither step nor custom leaves the orders as they are. Error 54000: more than 64 orders for one vehicle';

CREATE FUNCTION vigil_vehicle.hazard_closed(subject bigint[], model text[], fence_id bigint[], until timestamptz[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed record;
BEGIN
    -- one after the other, in the order of locks: a vehicle may stand in the arrays twice
    FOR closed IN
        SELECT c.subject, c.model, c.fence_id, c.until FROM unnest(subject, model, fence_id, until)
            WITH ORDINALITY AS c (subject, model, fence_id, until, number) ORDER BY c.subject, c.number
    LOOP
        UPDATE vigil_vehicle.vehicle_state AS s
        SET orders = vigil_vehicle.state_order(s.orders, closed.model, closed.fence_id, closed.until)
        WHERE s.plate = closed.subject::vigil.plate;
    END LOOP;
END $$;
COMMENT ON FUNCTION vigil_vehicle.hazard_closed(bigint[], text[], bigint[], timestamptz[]) IS 'Tell the engine of hazards closed by other than their rule (until null) and of models to be silent (until). Called by vigil.apply_effects and vigil.suppress';
REVOKE ALL ON FUNCTION vigil_vehicle.hazard_closed(bigint[], text[], bigint[], timestamptz[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION vigil_vehicle.newest_statement() FROM PUBLIC;
