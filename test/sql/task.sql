-- tasks: offered to the right unit, answered, timed out, taken to the next unit and level, finished with feedback
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
SET datestyle = 'ISO, YMD'; SET timezone = 'Asia/Shanghai'; SET intervalstyle = 'postgres'; SET client_min_messages = warning;
SELECT count(*) > 0 AS said FROM vigil.setup();
BEGIN;
CREATE FUNCTION pg_temp.car(n bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT format('浙E48%s yellow', lpad(n::text, 3, '0'))::vigil.plate::bigint $$;
CREATE FUNCTION pg_temp.unit(name text) RETURNS bigint LANGUAGE sql AS $$ SELECT u.id FROM vigil.unit AS u WHERE u.name = 'task test ' || $1 $$;
CREATE FUNCTION pg_temp.open(car bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT t.id FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
    WHERE i.subject = pg_temp.car($1) AND t.state IN ('queued', 'parked', 'offered', 'accepted', 'arrived') ORDER BY t.id LIMIT 1 $$;
CREATE FUNCTION pg_temp.tasks(car bigint) RETURNS TABLE (level smallint, state text, unit text, refused text, error text, story text)
LANGUAGE sql AS $$
    SELECT t.level, t.state, (SELECT replace(u.name, 'task test ', '') FROM vigil.unit AS u WHERE u.id = t.unit_id),
        (SELECT string_agg(replace(u.name, 'task test ', ''), ' ' ORDER BY r.n) FROM unnest(t.refused_units) WITH ORDINALITY AS r (id, n) JOIN vigil.unit AS u ON u.id = r.id),
        t.error, (SELECT string_agg(e.event || coalesce(' ' || (e.detail ->> 'reason'), ''), ', ' ORDER BY e.number) FROM vigil.task_event AS e WHERE e.task_id = t.id)
    FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE i.subject = pg_temp.car($1) ORDER BY t.id $$;
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    more text;
    remedy text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS more = PG_EXCEPTION_DETAIL, remedy = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ' ' || regexp_replace(concat_ws(' / ', SQLERRM, nullif(more, ''), nullif(remedy, '')), '(task|unit) [0-9]+', '\1 #', 'g');
END $$;
CREATE FUNCTION pg_temp.late(task bigint) RETURNS void LANGUAGE sql AS $$ UPDATE vigil.task AS t SET due_at = clock_timestamp() WHERE t.id = $1 $$;
CREATE FUNCTION pg_temp.round() RETURNS TABLE (offered integer, timed_out integer, parked integer, error text) LANGUAGE sql AS $$
    SELECT coalesce(sum(cardinality(d.offered)), 0)::integer, coalesce(sum(cardinality(d.timed_out)), 0)::integer, sum(d.parked)::integer, regexp_replace(max(d.error), 'task [0-9]+', 'task #')
    FROM generate_series(1, 5) AS round CROSS JOIN LATERAL (SELECT * FROM vigil.dispatch(99 + sign(round)::integer)) AS d $$;      -- once a row
INSERT INTO vigil.organisation (kind, name, region_code) VALUES ('enterprise', '任务物流', 330502) RETURNING id AS firm \gset
INSERT INTO vigil.region (code, name) VALUES (330500, '湖州市'), (330502, '吴兴区'), (330503, '南浔区'), (330521, '德清县') ON CONFLICT DO NOTHING;
UPDATE vigil.unit SET on_duty = false;
INSERT INTO vigil.unit (kind, name, region_code, capabilities, organisation_id, task_limit)
SELECT kind, 'task test ' || name, region_code, capabilities, CASE kind WHEN 'enterprise_monitor' THEN :firm END, task_limit FROM (VALUES
    ('police_patrol', 'P1', 330502, '{}'::text[], 2), ('police_patrol', 'P2', 330502, '{}', 2), ('police_patrol', 'P3', 330502, '{}', 2), ('police_patrol', 'P4', 330502001, '{hazmat}', 2),
    ('police_patrol', 'N1', 330503, '{}', 2), ('police_patrol', 'X1', 330481, '{}', 2), ('command', 'C1', 330500, '{}', 2), ('command', 'C2', 330502, '{}', 2),
    ('enterprise_monitor', 'M1', 330502, '{}', 100), ('department', 'D1', 330502, '{transport}', 100), ('department', 'D2', 330500, '{transport}', 100), ('fire_rescue', 'F1', 330502, '{}', 5)) AS v (kind, name, region_code, capabilities, task_limit);
-- P1 3 km, P2 5 km, P3 8 km (off duty), P4 20 km; N1 is nearest of all but serves another county, X1 another city; each says so itself
SELECT count(vigil.unit_report(pg_temp.unit(name), lon, lat, duty)) FROM (VALUES ('P1', 120.131, 30.8, true), ('P2', 120.152, 30.8, true), ('P3', 120.184, 30.8, false), ('P4', 120.31, 30.8, true),
    ('N1', 120.101, 30.8, true), ('X1', 120.1001, 30.8, true), ('C1', NULL, NULL, true), ('C2', NULL, NULL, true), ('M1', NULL, NULL, true), ('D1', NULL, NULL, true), ('D2', NULL, NULL, true), ('F1', 120.1, 30.81, true)) AS v (name, lon, lat, duty);

-- case 46: red; P1 has two open tasks, so it goes to P2
SELECT count(vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(n), 120.131, 30.8, 330502)) FROM generate_series(1, 2) AS n;
SELECT * FROM pg_temp.round();
SELECT n AS car, t.* FROM generate_series(1, 2) AS n, pg_temp.tasks(n) AS t;
UPDATE vigil.unit SET on_duty = false WHERE id = pg_temp.unit('P4');
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(46), 120.1, 30.8, 330502) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT t.accept_by - t.offered_at AS accept, t.arrive_by - t.offered_at AS arrive, t.due_at = t.accept_by AS due, pg_temp.open(46) AS task FROM vigil.task AS t WHERE id = pg_temp.open(46) \gset
SELECT :'accept' AS accept, :'arrive' AS arrive, :'due' AS due;
-- no accept in time: next unit (none), so the next level: the neighbour county; P2's late accept changes nothing
SELECT pg_temp.late(:task);
SELECT * FROM pg_temp.round();
SELECT pg_temp.try(format('SELECT vigil.task_accept(%s, %s, %L)', :task, pg_temp.unit('P2'), 'late'));
SELECT * FROM pg_temp.tasks(46);
-- it accepts but never arrives; then the city's command, not the county's
SELECT vigil.task_accept(pg_temp.open(46), pg_temp.unit('N1'));
SELECT t.due_at = t.arrive_by AS due FROM vigil.task AS t WHERE id = pg_temp.open(46);
SELECT pg_temp.late(pg_temp.open(46));
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(46);
-- the last level refuses: it waits, is told once, and is asked again
SELECT vigil.task_refuse(pg_temp.open(46), pg_temp.unit('C1'), 'all hands busy');
UPDATE vigil.unit SET on_duty = false WHERE id = pg_temp.unit('C1');
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(46) WHERE level = 3;
SELECT pg_temp.late(pg_temp.open(46));
SELECT * FROM pg_temp.round();
UPDATE vigil.unit SET on_duty = true WHERE id = pg_temp.unit('C1');
SELECT pg_temp.late(pg_temp.open(46));
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(46) WHERE level = 3;
SELECT i.level, i.exhausted_at IS NOT NULL AS exhausted, (SELECT count(*) FROM vigil.notice AS n WHERE n.incident_id = i.id AND n.kind = 'exhausted') AS told FROM vigil.incident AS i WHERE i.subject = pg_temp.car(46);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(46), pg_temp.unit('C1'), 'handed_over') $$);
SELECT vigil.task_accept(pg_temp.open(46), pg_temp.unit('C1')), vigil.task_finish(pg_temp.open(46), pg_temp.unit('C1'), 'handed_over');
SELECT i.state, i.close_reason FROM vigil.incident AS i WHERE i.subject = pg_temp.car(46);

-- answers: the same key again is the same answer, also when the task has gone on; another is refused by name
SELECT pg_temp.open(1) AS one \gset
SELECT pg_temp.try(format('SELECT vigil.task_accept(%s, %s)', :one, pg_temp.unit('P2')));
SELECT pg_temp.try(format('SELECT vigil.task_arrive(%s, %s)', :one, pg_temp.unit('P1')));
SELECT vigil.task_accept(:one, pg_temp.unit('P1'), 'a'), vigil.task_accept(:one, pg_temp.unit('P1'), 'a');
SELECT pg_temp.try(format('SELECT vigil.task_accept(%s, %s, %L)', :one, pg_temp.unit('P1'), 'b'));
SELECT pg_temp.try(format('SELECT vigil.task_accept(%s, %s)', :one, pg_temp.unit('P1')));
SELECT vigil.task_arrive(:one, pg_temp.unit('P1'), 'a'), vigil.task_accept(:one, pg_temp.unit('P1'), 'a'), vigil.task_arrive(:one, pg_temp.unit('P1'), 'a');
SELECT pg_temp.try(format('SELECT vigil.task_refuse(%s, %s, %L)', :one, pg_temp.unit('P1'), 'too far'));
SELECT pg_temp.try(format('SELECT vigil.task_cancel(%s, %L)', :one, 'mistake'));
SELECT vigil.task_finish(:one, pg_temp.unit('P1'), 'educated', NULL, 'f'), vigil.task_finish(:one, pg_temp.unit('P1'), 'educated', NULL, 'f'), vigil.task_arrive(:one, pg_temp.unit('P1'), 'a');
SELECT pg_temp.try('SELECT vigil.task_accept(-1, 1)');
SELECT pg_temp.try(format('SELECT vigil.task_accept(%s, NULL)', :one));
SELECT count(*), string_agg(event, ' ' ORDER BY number) FROM vigil.task_event WHERE task_id = :one;
SELECT i.state, i.close_reason FROM vigil.incident AS i WHERE i.subject = pg_temp.car(1);
-- refused: the next unit; cancelled: nobody else
UPDATE vigil.unit SET on_duty = true WHERE id = pg_temp.unit('P3');
SELECT pg_temp.open(2) AS two \gset
SELECT vigil.task_refuse(:two, pg_temp.unit('P1'), 'flat tyre', 'r'), vigil.task_refuse(:two, pg_temp.unit('P1'), 'flat tyre', 'r'), pg_temp.try(format('SELECT vigil.task_refuse(%s, %s, %L, %L)', :two, pg_temp.unit('P1'), 'flat tyre', 'r2'));
SELECT * FROM pg_temp.round();
SELECT vigil.task_cancel(pg_temp.open(2), 'no longer needed', 'c'), pg_temp.open(2);
SELECT * FROM pg_temp.tasks(2);
SELECT n.kind, replace(u.name, 'task test ', '') AS unit, n.channel, n.body ->> 'reason' AS reason FROM vigil.notice AS n JOIN vigil.unit AS u ON u.id = n.receiver_id
WHERE n.receiver_kind = 'unit' AND n.subject = pg_temp.car(2) ORDER BY n.id;

-- who: not located for ten minutes, at the limit, without the capability, elsewhere: not asked
UPDATE vigil.unit SET located_at = now() - interval '11 minutes' WHERE id IN (pg_temp.unit('P1'), pg_temp.unit('P2'), pg_temp.unit('P3'));
UPDATE vigil.unit SET on_duty = true WHERE id = pg_temp.unit('P4');
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(3), 120.131, 30.8, 330502) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT level, state, unit FROM pg_temp.tasks(3);
SELECT count(vigil.unit_report(pg_temp.unit(n), lon, 30.8)) FROM (VALUES ('P1', 120.131), ('P2', 120.152), ('P3', 120.184)) AS v (n, lon);
-- two at once go to different units when one can take only one more; urgent ones choose first
UPDATE vigil.unit SET task_limit = 1 WHERE id IN (pg_temp.unit('P1'), pg_temp.unit('P2'));
SELECT vigil.open_incident('vehicle.environment', 'yellow', 'vehicle', pg_temp.car(4), 120.132, 30.8, 330502) > 0 AS less, vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(5), 120.135, 30.8, 330502) > 0 AS more;
UPDATE vigil.task AS t SET unit_kind = 'police_patrol', area = 'county' WHERE t.id = pg_temp.open(4);
SELECT * FROM pg_temp.round();
SELECT n AS car, t.level, t.state, t.unit FROM generate_series(4, 5) AS n, pg_temp.tasks(n) AS t;
-- a desk needs no place: the subject's own enterprise; the leading department of the county, then of the city
INSERT INTO vigil_vehicle.vehicle (plate, kind, status, enterprise_id, vin, gross_mass_kg) VALUES (pg_temp.car(6)::vigil.plate, 'hazmat', 'registered', :firm, 'LSVAU218XN2183294', 49000);
SELECT vigil.raise_hazard('vehicle', pg_temp.car(6), 'gps_shield', '{}', '2022-01-20 09:00') > 0 AS raised;
SELECT vigil.open_incident('vehicle.supervision', 'red', 'enterprise', :firm) AS incident \gset
UPDATE vigil.task AS t SET capability = 'transport' WHERE t.incident_id = :incident;
SELECT * FROM pg_temp.round();
SELECT level, state, unit FROM pg_temp.tasks(6);
SELECT t.level, t.unit_kind, t.capability, t.area, t.state, replace(u.name, 'task test ', '') AS unit FROM vigil.task AS t LEFT JOIN vigil.unit AS u ON u.id = t.unit_id WHERE t.incident_id = :incident;

-- feedback: who may, what it needs, what it clears
SELECT vigil.task_accept(pg_temp.open(6), pg_temp.unit('M1'));
SELECT vigil.raise_hazard('vehicle', pg_temp.car(6), 'dangerous_section', '{}', '2022-01-20 09:01') > 0 AS raised;
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'no_such_code') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'rectified', '{"evidence": "photo"}') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'penalised') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'penalised', '{"decision_no": 12}') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'unloaded', '{"weight_kg": "heavy"}') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'false_alarm', '{"hazard": "speeding_night"}') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'firm_handled', '{"at": "at noon"}') $$);
SELECT pg_temp.try($$ SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('P1'), 'firm_handled') $$);
-- only hazards of the bits that the code lists; what remains is followed up as the plan says
SELECT vigil.task_finish(pg_temp.open(6), pg_temp.unit('M1'), 'firm_handled', '{"at": "2022-01-20 09:30+08"}');
SELECT h.model, h.cleared_by, h.clear_reason, h.cleared_at FROM vigil.hazard AS h WHERE h.subject = pg_temp.car(6) ORDER BY h.id;
SELECT level, state, unit, error, story FROM pg_temp.tasks(6);
SELECT t.due_at - t.queued_at AS follow_up FROM vigil.task AS t WHERE t.id = pg_temp.open(6);
-- case 47: overloaded
SELECT vigil.raise_hazard('vehicle', pg_temp.car(7), 'dangerous_section', '{}', '2022-01-20 09:00') > 0 AS raised;
SELECT vigil.apply_effects('vehicle', '{raise,raise}', array_fill(pg_temp.car(7), '{2}'), '{overload_people,water_source_stay}', array_fill('2022-01-20 09:00'::timestamptz, '{2}'), ARRAY['{"limit_kg": 49000}', '{"fence_id": 4711}']::jsonb[],
    NULL, '{330502,330502}', '{120.131,120.131}', '{30.8,30.8}');
UPDATE vigil.unit SET task_limit = 10;
SELECT * FROM pg_temp.round();
SELECT pg_temp.open(7) AS seven, (SELECT t.unit_id FROM vigil.task AS t WHERE t.id = pg_temp.open(7)) AS unit \gset
SELECT vigil.task_accept(:seven, :unit), vigil.task_arrive(:seven, :unit);
SELECT pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L)', :seven, :unit, 'firm_handled'));
SELECT pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L, %L)', :seven, :unit, 'unloaded', '{"weight_kg": 52000}'));
SELECT vigil.task_finish(:seven, :unit, 'unloaded', '{"weight_kg": 48000, "at": "2022-01-20 10:00+08"}', 'k');
SELECT r.score, r.colour, to_char(r.recover_at, 'HH24:MI') AS recovers, vigil.situation_codes('vehicle', r.own_mask) AS remains FROM vigil.risk_state AS r WHERE r.subject = pg_temp.car(7);
SELECT t.state, t.feedback, t.detail FROM vigil.task AS t WHERE t.id = :seven;
-- stay_lawful: cleared, and silent at that fence for a day, not at another
SELECT pg_temp.late(pg_temp.open(7));
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(pg_temp.open(7), :unit), vigil.task_finish(pg_temp.open(7), :unit, 'stay_lawful', '{"at": "2022-01-20 10:30+08"}');
SELECT s.model, s.fence_id, s.until - s.since AS long, s.reason FROM vigil.suppression AS s WHERE s.subject = pg_temp.car(7);
SELECT vigil.raise_hazard('vehicle', pg_temp.car(7), 'water_source_stay', '{"fence_id": 4711}', '2022-01-21 10:29') AS same_fence, vigil.raise_hazard('vehicle', pg_temp.car(7), 'water_source_stay', '{"fence_id": 4712}', '2022-01-21 10:29') > 0 AS another;
-- false_alarm: one hazard by name, silent for an hour
SELECT vigil.task_accept(pg_temp.open(5), unit_id), vigil.task_arrive(pg_temp.open(5), unit_id) FROM vigil.task WHERE id = pg_temp.open(5);
SELECT vigil.raise_hazard('vehicle', pg_temp.car(5), m, '{}', '2022-01-20 09:00') > 0 AS raised FROM unnest('{speeding_segment,speeding_kind_cap,dangerous_section}'::text[]) AS m;
SELECT vigil.task_finish(pg_temp.open(5), unit_id, 'false_alarm', '{"hazard": "speeding_kind_cap", "at": "2022-01-20 09:10+08"}') FROM vigil.task WHERE id = pg_temp.open(5);
SELECT h.model, h.clear_reason FROM vigil.hazard AS h WHERE h.subject = pg_temp.car(5) ORDER BY h.id;
SELECT s.model, s.fence_id, s.until - s.since AS long FROM vigil.suppression AS s WHERE s.subject = pg_temp.car(5);
-- escorted out is believed once the track agrees
SAVEPOINT escorted;
INSERT INTO vigil.geofence (kind, code, area) VALUES ('truck_forbidden', 'task-out', ST_Multi(ST_MakeEnvelope(120.1, 30.7, 120.2, 30.9, 4326))) RETURNING id AS fence \gset
SELECT vigil.raise_hazard('vehicle', pg_temp.car(11), 'forbidden_area_entry', jsonb_build_object('fence_id', :fence), now() - interval '10 min') > 0 AS raised;
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(t.id, t.unit_id), t.id AS eleven, t.unit_id AS unit FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE i.subject = pg_temp.car(11) AND t.state = 'offered' ORDER BY t.id LIMIT 1 \gset
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES (pg_temp.car(11)::vigil.plate, now() - interval '1 min', 120.199, 30.8, 20);
SELECT pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L)', :eleven, :unit, 'escorted_out'));
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES (pg_temp.car(11)::vigil.plate, now(), 120.201, 30.8, 20);
SELECT vigil.task_finish(:eleven, :unit, 'escorted_out');
-- a plate of which the register knows no VIN; an answer after the end
SELECT pg_temp.try(format('SELECT vigil_vehicle.feedback_refused(%L, %s, %L, %L, now())', 'vehicle', pg_temp.car(11), 'plate_verified', '{"vin": "LSVAU2180N2183295"}')) AS refused,
    vigil_vehicle.feedback_remedy('vehicle', pg_temp.car(11), 'plate_verified', NULL, now()) AS remedy;
SELECT pg_temp.try(format('SELECT vigil.task_refuse(%s, %s, %L)', :eleven, :unit, 'too late')), pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L)', :eleven, :unit, 'escorted_out'));
ROLLBACK TO escorted;
-- a plate is verified by the register's VIN; a vehicle that is seized is suspended
SELECT vigil.apply_effects('vehicle', '{raise}', ARRAY[pg_temp.car(6)], '{clone_jump}', '{2022-01-20 11:00}', NULL, NULL, '{330502}', '{120.131}', '{30.8}');
SELECT * FROM pg_temp.round();
SELECT count(vigil.task_accept(t.id, t.unit_id)), count(vigil.task_arrive(t.id, t.unit_id)) FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id WHERE i.subject = pg_temp.car(6) AND t.state = 'offered';
SELECT pg_temp.open(6) AS six, (SELECT t.unit_id FROM vigil.task AS t WHERE t.id = pg_temp.open(6)) AS unit \gset
SELECT pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L, %L)', :six, :unit, 'plate_verified', '{"vin": "LSVAU2180N2183295"}'));
SELECT pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L, %L)', :six, :unit, 'plate_verified', '{"vin": ""}'));
SELECT vigil.task_finish(:six, :unit, 'plate_verified', '{"vin": " lsvau218xn2183294", "at": "2022-01-20 11:20+08"}');
SELECT r.score, r.colour FROM vigil.risk_state AS r WHERE r.profile = 'vehicle' AND r.subject = pg_temp.car(6);
SELECT count(vigil.task_finish(t.id, t.unit_id, 'plate_seized')) FROM vigil.task AS t WHERE t.id = pg_temp.open(6);
SELECT status FROM vigil_vehicle.vehicle WHERE plate = pg_temp.car(6)::vigil.plate;
-- resting is believed when the track agrees
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) SELECT pg_temp.car(8)::vigil.plate, now() - interval '1 day' + n * interval '1 min', 120.131, 30.8, CASE WHEN n < 11 THEN 30 ELSE 0 END FROM generate_series(0, 40) AS n;
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(8), 120.131, 30.8, 330502) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(t.id, t.unit_id), t.id AS eight, t.unit_id AS unit FROM vigil.task AS t WHERE t.id = pg_temp.open(8) \gset
SELECT regexp_replace(pg_temp.try(format('SELECT vigil.task_finish(%s, %s, %L, %L)', :eight, :unit, 'rested_20min', jsonb_build_object('at', now() - interval '1 day' + interval '29 min'))), '"at[^}]*', '…') AS too_early;
SELECT vigil.task_finish(:eight, :unit, 'rested_20min', jsonb_build_object('at', now() - interval '1 day' + interval '31 min'));
-- not found: the next unit; left the area: asked anew where the subject is
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(9), 120.131, 30.8, 330502) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(t.id, t.unit_id), vigil.task_finish(t.id, t.unit_id, 'not_found') FROM vigil.task AS t WHERE t.id = pg_temp.open(9);
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(t.id, t.unit_id), vigil.task_finish(t.id, t.unit_id, 'left_area') FROM vigil.task AS t WHERE t.id = pg_temp.open(9);
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(9);

-- an arrived unit keeps its task when the hazard is gone; the incident ends when it reports
SELECT vigil.apply_effects('vehicle', '{raise}', ARRAY[pg_temp.car(10)], '{speeding_kind_cap}', '{2022-01-20 09:00}', NULL, NULL, '{330502}', '{120.131}', '{30.8}');
UPDATE vigil.task AS t SET unit_kind = 'police_patrol', area = 'county' WHERE t.id = pg_temp.open(10);
SELECT * FROM pg_temp.round();
SELECT pg_temp.open(10) AS ten, (SELECT t.unit_id FROM vigil.task AS t WHERE t.id = pg_temp.open(10)) AS unit \gset
SELECT vigil.task_accept(:ten, :unit), vigil.task_arrive(:ten, :unit);
SELECT vigil.clear_hazard('vehicle', pg_temp.car(10), 'speeding_kind_cap', 'test', '2022-01-20 09:05'), vigil.recover_colours('2022-01-20 09:40') > 0 AS recovered;
SELECT i.state, i.mask, (SELECT state FROM pg_temp.tasks(10)) AS task FROM vigil.incident AS i WHERE i.subject = pg_temp.car(10);
SELECT vigil.task_finish(:ten, :unit, 'educated');
SELECT i.state, to_char(i.closed_at, 'HH24:MI') AS closed, i.close_reason FROM vigil.incident AS i WHERE i.subject = pg_temp.car(10);

-- an item that fails is parked with its error, waits longer each time, and does not stop the others
CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'offered' AND NEW.priority = 13 THEN RAISE EXCEPTION 'this one fails'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fail BEFORE UPDATE ON vigil.task FOR EACH ROW EXECUTE FUNCTION pg_temp.fail();
SELECT count(vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(n), 120.131, 30.8, 330502)) FROM generate_series(11, 13) AS n;
UPDATE vigil.task SET priority = 13 WHERE id = pg_temp.open(12);
SELECT * FROM pg_temp.round();
SELECT n AS car, t.state, t.error FROM generate_series(11, 13) AS n, pg_temp.tasks(n) AS t;
SELECT pg_temp.late(pg_temp.open(12));
SELECT * FROM pg_temp.round();
SELECT t.attempts, e.detail ->> 'reason' AS reason, t.due_at - e.at AS wait FROM vigil.task AS t JOIN vigil.task_event AS e ON e.task_id = t.id AND e.number = t.event_count WHERE t.id = pg_temp.open(12);
DROP TRIGGER fail ON vigil.task;
SELECT pg_temp.late(pg_temp.open(12));
SELECT * FROM pg_temp.round();
SELECT t.state, t.error, t.attempts FROM vigil.task AS t WHERE t.id = pg_temp.open(12);

-- so does one whose time-out fails: the others are timed out, it keeps its offer and its error, and is tried again later
CREATE FUNCTION pg_temp.fail_late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'timed_out' AND NEW.priority = 13 THEN RAISE EXCEPTION 'this one is never late'; END IF; RETURN NEW; END $$;
CREATE TRIGGER fail BEFORE UPDATE ON vigil.task FOR EACH ROW EXECUTE FUNCTION pg_temp.fail_late();
SELECT n AS car, pg_temp.late(pg_temp.open(n)) FROM generate_series(11, 13) AS n;
SELECT clock_timestamp() AS before \gset
SELECT cardinality(d.timed_out) AS timed_out, regexp_replace(d.error, 'task [0-9]+', 'task #') AS error FROM vigil.dispatch() AS d;
SELECT n AS car, t.state, t.error FROM generate_series(11, 13) AS n, pg_temp.tasks(n) AS t;
SELECT t.attempts, t.due_at BETWEEN timestamptz :'before' + interval '2 s' AND clock_timestamp() + interval '2 s' AS rests FROM vigil.task AS t WHERE t.id = pg_temp.open(12);
DROP TRIGGER fail ON vigil.task;
SELECT pg_temp.late(pg_temp.open(12));
SELECT cardinality(d.timed_out) AS timed_out, d.error FROM vigil.dispatch() AS d;
SELECT t.state, t.error FROM pg_temp.tasks(12) AS t;
SELECT count(*) AS broken FROM vigil.verify_ledger() AS l JOIN vigil.task AS t ON t.id = l.task JOIN vigil.incident AS i ON i.id = t.incident_id WHERE i.subject = pg_temp.car(12);
SELECT count(vigil.task_cancel(pg_temp.open(n), 'test')) FROM generate_series(11, 13) AS n;

-- a subject that leaves the county: the unit is called off, one of the next is asked
INSERT INTO vigil_vehicle.vehicle (plate, kind, status) VALUES (pg_temp.car(14)::vigil.plate, 'truck_heavy', 'registered');
UPDATE vigil.region SET boundary = ST_Multi(ST_MakeEnvelope(120.0, 30.7, 120.2, 30.9, 4326)) WHERE code = 330502;
UPDATE vigil.region SET boundary = ST_Multi(ST_MakeEnvelope(120.2, 30.7, 120.4, 30.9, 4326)) WHERE code = 330503;
UPDATE vigil.unit SET on_duty = false WHERE id = pg_temp.unit('P4');
SELECT vigil.open_incident('vehicle.driver', 'red', 'vehicle', pg_temp.car(14), 120.19, 30.8) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT vigil.task_accept(t.id, t.unit_id) FROM vigil.task AS t WHERE t.id = pg_temp.open(14);
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES (pg_temp.car(14)::vigil.plate, now() - interval '1 min', 120.21, 30.8, 60);
SELECT vigil.follow_moves(), vigil.follow_moves();
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(14);
SELECT i.region_code, ST_AsText(i.geom) FROM vigil.incident AS i WHERE i.subject = pg_temp.car(14);
SELECT vigil.region_neighbours(330502) AS by_boundary;

-- a step that asks for two units gets two: the nearest could hold both tasks, and still takes one
INSERT INTO vigil_vehicle.vehicle (plate, kind, status) VALUES (pg_temp.car(15)::vigil.plate, 'hazmat', 'registered');
INSERT INTO vigil.unit (kind, name, region_code, capabilities, task_limit, on_duty, geom, located_at)
SELECT 'police_patrol', 'task test ' || name, 330502, '{hazmat}', 5, true, ST_SetSRID(ST_Point(lon, 30.8), 4326), now()
FROM (VALUES ('Q1', 120.101), ('Q2', 120.19)) AS v (name, lon);
SELECT vigil.open_incident('vehicle.environment', 'red', 'vehicle', pg_temp.car(15), 120.1, 30.8, 330502) > 0 AS opened;
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(15);
-- Q1 refuses: its task does not go to Q2, who has the other one, but to the next level
SELECT vigil.task_refuse(t.id, t.unit_id, 'engine trouble') FROM vigil.task AS t WHERE t.unit_id = pg_temp.unit('Q1');
SELECT * FROM pg_temp.round();
SELECT * FROM pg_temp.tasks(15);

-- nobody at the last level: looked at again when units have changed, not at every round; the most urgent first, one unit for one
UPDATE vigil.unit SET on_duty = false;
SELECT count(vigil.open_incident('vehicle.environment', 'red', 'vehicle', pg_temp.car(n), 120.131, 30.8, 330502)) FROM generate_series(16, 18) AS n;
SELECT count(*) AS round FROM pg_temp.round();
UPDATE vigil.task SET priority = 7 WHERE id = pg_temp.open(17);
SELECT n AS car, t.level, t.state, t.error FROM generate_series(16, 18) AS n, pg_temp.tasks(n) AS t WHERE t.level = 3 ORDER BY 1, t.level;
SELECT bool_and(t.due_at > clock_timestamp() + interval '9 min') AS rest FROM vigil.task AS t WHERE t.id IN (pg_temp.open(16), pg_temp.open(17), pg_temp.open(18));
UPDATE vigil.unit SET on_duty = true, task_limit = 1 WHERE id = pg_temp.unit('C1');
SELECT d.offered, d.more_waiting FROM vigil.dispatch(100, false) AS d;
SELECT cardinality(d.offered) AS offered, d.more_waiting FROM vigil.dispatch(1, true) AS d;
SELECT cardinality(d.offered) AS offered, d.more_waiting FROM vigil.dispatch(1, true) AS d;
SELECT n AS car, t.state, t.unit, t.story FROM generate_series(16, 18) AS n, pg_temp.tasks(n) AS t WHERE t.level = 3 AND t.story LIKE '%offer%';
-- freed: the next
SELECT vigil.task_accept(t.id, t.unit_id), vigil.task_finish(t.id, t.unit_id, 'handed_over') FROM vigil.task AS t WHERE t.unit_id = pg_temp.unit('C1') AND t.state = 'offered';
SELECT cardinality(d.offered) AS offered FROM vigil.dispatch() AS d;
-- who has a task of the incident does not get its other one; that one rests, and its rest is prolonged without a line in the ledger
UPDATE vigil.unit SET task_limit = 9 WHERE id = pg_temp.unit('C1');
UPDATE vigil.task AS t SET capability = NULL, unit_kind = 'command' WHERE t.id IN (SELECT o.id FROM vigil.task AS o JOIN vigil.incident AS i ON i.id = o.incident_id
    WHERE i.subject = pg_temp.car(18) AND o.state = 'parked');
SELECT cardinality(d.offered) AS offered FROM vigil.dispatch() AS d;
SELECT t.state, t.unit, t.story FROM pg_temp.tasks(18) AS t WHERE t.level = 3;
UPDATE vigil.task AS t SET due_at = clock_timestamp() FROM vigil.incident AS i WHERE i.id = t.incident_id AND i.subject = pg_temp.car(18) AND t.state = 'parked';
SELECT cardinality(d.offered) AS offered FROM vigil.dispatch(100, false) AS d;
SELECT t.story, k.due_at > clock_timestamp() + interval '9 min' AS rest FROM pg_temp.tasks(18) AS t, vigil.task AS k JOIN vigil.incident AS i ON i.id = k.incident_id
WHERE t.state = 'parked' AND i.subject = pg_temp.car(18) AND k.state = 'parked';
-- it waits in one county and drives on to the next, where there is somebody
UPDATE vigil.unit SET on_duty = (id = pg_temp.unit('N1')), located_at = now(), task_limit = 50;
INSERT INTO vigil_vehicle.vehicle (plate, kind, status) VALUES (pg_temp.car(19)::vigil.plate, 'truck_heavy', 'registered');
SELECT vigil.open_incident('vehicle.vehicle', 'yellow', 'vehicle', pg_temp.car(19), 120.19, 30.8) > 0 AS opened;
SELECT count(*) AS round FROM pg_temp.round();
INSERT INTO vigil_vehicle.position (plate, observed_at, lon, lat, speed_kmh) VALUES (pg_temp.car(19)::vigil.plate, now() - interval '1 min', 120.22, 30.8, 60);
SELECT f.called_off, f.followed > 0 AS followed, f.profile, f.error FROM vigil.follow_some(1000) AS f;
SELECT cardinality(d.offered) AS offered FROM vigil.dispatch(100, false) AS d;
SELECT * FROM pg_temp.tasks(19) WHERE level = 3;

-- rights: an operator may, others not
CREATE ROLE task_test_operator; CREATE ROLE task_test_stranger;
GRANT vigil_operator TO task_test_operator;
GRANT EXECUTE ON FUNCTION vigil.task_accept(bigint, bigint, text) TO task_test_operator, task_test_stranger;
SET ROLE task_test_stranger;
SELECT vigil.task_accept(1, 1);
RESET ROLE;

-- the ledger: any later change is found, the first broken row of each task is named
SELECT * FROM vigil.verify_ledger();
SET timezone = 'UTC';
SELECT count(*) FROM vigil.verify_ledger();
SELECT :seven AS task \gset
UPDATE vigil.task_event SET detail = '{"feedback": "unloaded", "detail": {"weight_kg": 40000}}' WHERE task_id = :seven AND event = 'finish';
DELETE FROM vigil.task_event WHERE task_id = :one AND number = 2;
UPDATE vigil.task_event SET at = at - interval '1 second' WHERE task_id = :ten AND number = 2;
DELETE FROM vigil.task_event WHERE task_id = :eight AND number = (SELECT event_count FROM vigil.task WHERE id = :eight);
UPDATE vigil.task SET state = 'cancelled' WHERE id = :six;
SELECT CASE task WHEN :seven THEN 'changed' WHEN :one THEN 'removed' WHEN :ten THEN 'time moved' WHEN :eight THEN 'end cut off' WHEN :six THEN 'state forged' END AS what, number, reason FROM vigil.verify_ledger() ORDER BY 1;
ROLLBACK;
