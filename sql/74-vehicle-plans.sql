-- Plans (预案), feedback codes (反馈) and leading departments for key vehicles.

-- Times are from the offer. arrive_within of a desk is the time in which it must have handled the matter.
CREATE FUNCTION vigil_vehicle.shipped_plans() RETURNS SETOF vigil.shipped_plan
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    VALUES
    ('vehicle.driver', 'red'::vigil.colour, '驾驶人红码处置预案', 'Driver, red', 100, interval '30 min', jsonb '[
        {"level": 1, "ordinal": 1, "unit_kind": "police_patrol", "area": "county", "accept_within": "2 min", "arrive_within": "15 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "police_patrol", "area": "neighbour", "accept_within": "2 min", "arrive_within": "25 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 3, "ordinal": 1, "unit_kind": "command", "area": "citywide", "accept_within": "5 min", "channel": "police_app"}]',
     jsonb '[{"receiver": "enterprise", "channel": "enterprise_app"}, {"receiver": "transport", "channel": "zheding"}]'),
    ('vehicle.driver', 'yellow', '驾驶人黄码处置预案', 'Driver, yellow', 500, interval '1 day', '[
        {"level": 1, "ordinal": 1, "unit_kind": "enterprise_monitor", "area": "enterprise", "accept_within": "10 min", "arrive_within": "30 min", "channel": "enterprise_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "police_patrol", "area": "county", "accept_within": "5 min", "arrive_within": "30 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 3, "ordinal": 1, "unit_kind": "transport_team", "area": "county", "accept_within": "15 min", "arrive_within": "60 min", "channel": "zheding"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}]'),
    ('vehicle.vehicle', 'red', '车辆红码处置预案', 'Vehicle, red', 100, interval '30 min', '[
        {"level": 1, "ordinal": 1, "unit_kind": "police_patrol", "area": "county", "accept_within": "2 min", "arrive_within": "15 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 1, "ordinal": 2, "unit_kind": "police_patrol", "condition": "vehicle_plate_suspect", "area": "county", "accept_within": "2 min", "arrive_within": "15 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "police_patrol", "unit_count": 2, "area": "neighbour", "accept_within": "2 min", "arrive_within": "25 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 3, "ordinal": 1, "unit_kind": "command", "area": "citywide", "accept_within": "5 min", "channel": "police_app"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}, {"receiver": "transport", "channel": "zheding"}, {"receiver": "market", "condition": "tank", "channel": "zheding"}]'),
    ('vehicle.vehicle', 'yellow', '车辆黄码处置预案', 'Vehicle, yellow', 500, interval '1 day', '[
        {"level": 1, "ordinal": 1, "unit_kind": "enterprise_monitor", "area": "enterprise", "accept_within": "10 min", "arrive_within": "60 min", "channel": "enterprise_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "transport_team", "area": "county", "accept_within": "15 min", "arrive_within": "60 min", "channel": "zheding"},
        {"level": 3, "ordinal": 1, "unit_kind": "police_patrol", "area": "county", "accept_within": "5 min", "arrive_within": "30 min", "located_within": "10 min", "channel": "police_app"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}]'),
    ('vehicle.environment', 'red', '环境红码处置预案', 'Environment, red', 100, interval '30 min', '[
        {"level": 1, "ordinal": 1, "unit_kind": "police_patrol", "condition": "not hazmat", "area": "county", "accept_within": "2 min", "arrive_within": "10 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 1, "ordinal": 2, "unit_kind": "police_patrol", "unit_count": 2, "capability": "hazmat", "condition": "hazmat", "area": "county", "accept_within": "2 min", "arrive_within": "10 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "police_patrol", "area": "city", "accept_within": "3 min", "arrive_within": "20 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 2, "ordinal": 2, "unit_kind": "fire_rescue", "area": "city", "accept_within": "3 min", "arrive_within": "20 min", "channel": "zheding"},
        {"level": 2, "ordinal": 3, "unit_kind": "ecology_team", "condition": "env_water_source_stay", "area": "city", "accept_within": "3 min", "arrive_within": "20 min", "channel": "zheding"},
        {"level": 3, "ordinal": 1, "unit_kind": "command", "area": "citywide", "accept_within": "5 min", "channel": "police_app"},
        {"level": 3, "ordinal": 2, "unit_kind": "emergency_management", "area": "citywide", "accept_within": "5 min", "channel": "zheding"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"},
        {"receiver": "ecology", "condition": "env_water_source_stay", "channel": "zheding"},
        {"receiver": "water", "condition": "env_water_source_stay", "channel": "zheding"},
        {"receiver": "education", "condition": "env_school_stay", "channel": "zheding"}]'),
    ('vehicle.environment', 'yellow', '环境黄码处置预案', 'Environment, yellow', 400, interval '1 day', '[
        {"level": 1, "ordinal": 1, "unit_kind": "enterprise_monitor", "area": "enterprise", "accept_within": "5 min", "arrive_within": "20 min", "channel": "enterprise_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "police_patrol", "area": "county", "accept_within": "3 min", "arrive_within": "20 min", "located_within": "10 min", "channel": "police_app"},
        {"level": 3, "ordinal": 1, "unit_kind": "command", "area": "county", "accept_within": "5 min", "channel": "police_app"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}]'),
    ('vehicle.supervision', 'red', '监管红码处置预案', 'Supervision, red', 300, interval '1 day', '[
        {"level": 1, "ordinal": 1, "unit_kind": "department", "capability": "lead", "area": "county", "accept_within": "30 min", "arrive_within": "240 min", "channel": "zheding"},
        {"level": 2, "ordinal": 1, "unit_kind": "department", "capability": "lead", "area": "citywide", "accept_within": "60 min", "arrive_within": "480 min", "channel": "zheding"},
        {"level": 3, "ordinal": 1, "unit_kind": "safety_committee", "area": "citywide", "accept_within": "240 min", "channel": "zheding"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}]'),
    ('vehicle.supervision', 'yellow', '监管黄码处置预案', 'Supervision, yellow', 700, interval '7 days', '[
        {"level": 1, "ordinal": 1, "unit_kind": "enterprise_monitor", "area": "enterprise", "accept_within": "240 min", "arrive_within": "3 days", "channel": "enterprise_app"},
        {"level": 2, "ordinal": 1, "unit_kind": "department", "capability": "lead", "area": "county", "accept_within": "1 day", "arrive_within": "5 days", "channel": "zheding"},
        {"level": 3, "ordinal": 1, "unit_kind": "department", "capability": "lead", "area": "citywide", "accept_within": "1 day", "arrive_within": "5 days", "channel": "zheding"}]',
     '[{"receiver": "enterprise", "channel": "enterprise_app"}]');
END;
COMMENT ON FUNCTION vigil_vehicle.shipped_plans() IS 'The plans for key vehicles as vigil ships them: four dimensions, yellow and red';
REVOKE ALL ON FUNCTION vigil_vehicle.shipped_plans() FROM PUBLIC;

-- Supervision sits on the enterprise; its vehicles inherit the code but open nothing for it. Drivers' situations are dealt
-- with on the vehicle at whose wheel they are.
CREATE FUNCTION vigil_vehicle.shipped_incident_rules() RETURNS SETOF vigil.shipped_incident_rule
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.code, p.situation_mask, CASE p.code WHEN 'vehicle' THEN d.situation_mask & ~e.situation_mask ELSE 0 END
    FROM vigil.profile AS p, vigil.profile AS d, vigil.profile AS e
    WHERE p.code IN ('vehicle', 'enterprise') AND d.code = 'driver' AND e.code = 'enterprise';
END;
COMMENT ON FUNCTION vigil_vehicle.shipped_incident_rules() IS 'Which situations of vehicles and enterprises open incidents, as vigil ships it';
REVOKE ALL ON FUNCTION vigil_vehicle.shipped_incident_rules() FROM PUBLIC;

CREATE FUNCTION vigil_vehicle.shipped_leads() RETURNS SETOF vigil.shipped_lead
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT 'vehicle', s.code, r.trait, r.department, r.joins
    FROM vigil.situation AS s
    JOIN (VALUES
        (0, 11, '', 'police', '{transport}'::text[]),
        (12, 12, '', 'police', '{transport}'),
        (12, 12, 'tank', 'market', '{police,transport}'),
        (13, 15, '', 'transport', '{police}'),
        (16, 16, '', 'police', '{transport}'),
        (17, 17, '', 'police', '{transport}'),
        (18, 18, '', 'transport', '{police,urban_management}'),
        (18, 18, 'dump', 'transport', '{police,urban_management,housing}'),
        (19, 19, '', 'transport', '{police}'),
        (20, 20, '', 'police', '{transport}'),
        (21, 22, '', 'transport', '{police}'),
        (21, 21, 'tank', 'market', '{police,transport}'),
        (23, 24, '', 'police', '{transport,emergency}'),
        (25, 25, '', 'police', '{transport,emergency,ecology,water}'),
        (26, 26, '', 'police', '{transport,emergency,education}'),
        (27, 30, '', 'police', '{transport,emergency}'),
        (31, 32, '', 'police', '{transport,emergency,meteorology}'),
        (33, 36, '', 'police', '{transport,emergency}'),
        (37, 45, '', 'transport', '{police,market}'),
        (37, 45, 'coach_tour', 'culture_tourism', '{police,transport,market}'),
        (37, 45, 'dump', 'housing', '{police,transport,market}'),
        (37, 45, 'hazmat_shipper', 'emergency', '{police,transport,market}'),
        (37, 45, 'school_bus', 'education', '{police,transport,market}')
    ) AS r (from_bit, to_bit, trait, department, joins) ON s.bit BETWEEN r.from_bit AND r.to_bit
    WHERE s.domain = 'vehicle';
END;
COMMENT ON FUNCTION vigil_vehicle.shipped_leads() IS 'Which member of the traffic safety committee (交安委) leads a situation, as vigil ships it';
REVOKE ALL ON FUNCTION vigil_vehicle.shipped_leads() FROM PUBLIC;

-- No code clears points, pending violations, incidents ahead, a low index or a listing: they follow their data.
CREATE FUNCTION vigil_vehicle.shipped_feedback() RETURNS SETOF vigil.shipped_feedback
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT 'vehicle', f.code, f.zh, f.en, (SELECT coalesce(bit_or(1::bigint << b), 0) FROM unnest(f.bits) AS b),
        f.needs, f.unit_kinds, f.max_severity, f.suppress, f.suppress_minutes, f.next
    FROM (VALUES
        ('driver_replaced', '更换驾驶人', 'Driver replaced', '{0,1,2,3,5,6}'::integer[], jsonb '{"driver_id": "number"}',
            NULL::text[], 'red'::vigil.colour, NULL::text, NULL::integer, 'end'),
        ('rested_20min', '已停车休息满20分钟', 'Rested for 20 minutes', '{5,6,29}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('educated', '现场教育', 'Educated on the spot', '{7,8,10}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('penalised', '现场处罚', 'Penalised on the spot', '{17,23,30,32,34}', '{"decision_no": "string"}', NULL, 'red', NULL,
            NULL, 'end'),
        ('unloaded', '已卸载转运', 'Unloaded', '{18}', '{"weight_kg": "number"}', NULL, 'red', NULL, NULL, 'end'),
        ('passengers_moved', '已转运乘客', 'Passengers moved', '{18}', '{"persons": "number"}', NULL, 'red', NULL, NULL, 'end'),
        ('escorted_out', '已引导驶离', 'Escorted out', '{24,25,26,27,30,33}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('stay_lawful', '停留合法', 'Lawful stay', '{25,26,27,28}', '{}', NULL, 'red', 'fence', 1440, 'end'),
        ('towed', '已拖移', 'Towed', '{28}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('moved', '已驶离', 'Moved on', '{28,35}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('stopped_resting', '已停靠休息', 'Stopped to rest', '{29}', '{"place": "string"}', NULL, 'red', NULL, NULL, 'end'),
        ('plate_verified', '号牌核实无误', 'Plate verified', '{20}', '{"vin": "string"}', NULL, 'red', NULL, NULL, 'end'),
        ('plate_seized', '号牌查扣', 'Plate seized', '{20}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('repaired', '故障已排除', 'Repaired', '{19,21}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('waybill_checked', '运单核验相符', 'Waybill checked', '{40}', '{"waybill_no": "string"}', NULL, 'red', NULL, NULL, 'end'),
        ('charter_shown', '包车手续核验', 'Charter filing shown', '{41}', '{"filing_no": "string"}', NULL, 'red', NULL, NULL, 'end'),
        ('operation_lawful', '经营合法', 'Lawful operation', '{22}', '{}', NULL, 'red', 'model', 43200, 'end'),
        ('operation_illegal', '非法营运立案', 'Illegal operation, case opened', '{22}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('turned_back', '劝返', 'Turned back', '{18,23,24,30,31,33}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('detained', '扣留车辆', 'Vehicle detained',
            '{12,13,14,15,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35}', '{}', NULL, 'red', NULL, NULL, 'end'),
        ('firm_handled', '企业已处置', 'Handled by the enterprise', '{5,7,8,17,19,39}', '{}', '{enterprise_monitor}', 'yellow',
            NULL, NULL, 'end'),
        ('rectified', '整改完成', 'Rectified', '{37,38,42,43}', '{"evidence": "string"}', '{department,safety_committee}', 'red',
            NULL, NULL, 'end'),
        ('false_alarm', '误报', 'False alarm', '{}', '{"hazard": "number|string"}', NULL, 'red', 'model', 60, 'end'),
        ('not_found', '未发现车辆', 'Vehicle not found', '{}', '{}', NULL, 'red', NULL, NULL, 'next_unit'),
        ('left_area', '已驶出辖区', 'Left the area', '{}', '{}', NULL, 'red', NULL, NULL, 'next_region'),
        ('handed_over', '移交', 'Handed over', '{}', '{}', NULL, 'red', NULL, NULL, 'end')
    ) AS f (code, zh, en, bits, needs, unit_kinds, max_severity, suppress, suppress_minutes, next);
END;
COMMENT ON FUNCTION vigil_vehicle.shipped_feedback() IS 'The feedback codes for key vehicles as vigil ships them';
REVOKE ALL ON FUNCTION vigil_vehicle.shipped_feedback() FROM PUBLIC;
