-- Models of vehicles, Environment (环境): models 43 to 60.
CREATE FUNCTION vigil_vehicle.shipped_model_environment() RETURNS SETOF vigil.shipped_model
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 18
AS $$
    SELECT 'vehicle', m.number, m.code, m.situation, m.kind, m.profile, m.feed, m.cadence, m.function, m.implemented,
           m.zh, m.en, m.rule, m.clear_rule, m.parameters::jsonb
    FROM (VALUES
        (43, 'route_deviation_waybill', 'env_route_deviation', 'window', 'vehicle', 'position', NULL,
         NULL, false,
         '偏离运单路线', 'Off the waybill''s route',
         'distance to the declared route > corridor_m on ≥ n points over ≥ span_min',
         'within corridor for clear_min',
         '{"corridor_m":500,"n":3,"span_min":3,"clear_min":3}'),
        (44, 'route_deviation_filed', 'env_route_deviation', 'window', 'vehicle', 'position', NULL,
         NULL, false,
         '偏离核准线路', 'Off the approved line',
         'distance to the approved line > corridor_m on ≥ n points over ≥ span_min; suspended while a road closure '
         'touches the line',
         'within corridor for clear_min',
         '{"corridor_m":200,"n":3,"span_min":2,"clear_min":2}'),
        (45, 'forbidden_area_entry', 'env_forbidden_area', 'row', 'vehicle', 'position', NULL,
         NULL, true,
         '闯入禁行区域', 'In a forbidden area',
         'inside a fence of kind hazmat_forbidden (dangerous goods) or truck_forbidden (truck) in its active hours '
         'on min_points points, without a pass for fence and time',
         '2 points outside, or pass granted',
         '{"min_points":2}'),
        (46, 'forbidden_road_entry', 'env_forbidden_area', 'row', 'vehicle', 'position', NULL,
         NULL, true,
         '驶入禁行道路', 'On a forbidden road',
         'the matched segment forbids dangerous goods, on min_points points',
         '3 points off it',
         '{"min_points":3}'),
        (47, 'water_source_stay', 'env_water_source_stay', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '饮用水水源地异常滞留', 'Stay near a drinking-water source',
         'stay of ≥ minutes within radius_m (stay point with drift tolerance) inside a water_source fence widened '
         'by buffer_m',
         'left the fence, or feedback stay_lawful (suppressed 24 h for that fence)',
         '{"minutes":15,"radius_m":150,"buffer_m":200,"kinds":["hazmat","truck_heavy"]}'),
        (48, 'school_stay', 'env_school_stay', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '学校周边异常滞留', 'Stay near a school',
         'stay of ≥ minutes within radius_m (stay point with drift tolerance) inside a school fence widened by '
         'buffer_m, in its active hours',
         'left the fence or its hours ended; feedback stay_lawful (suppressed 24 h for that fence)',
         '{"minutes":20,"radius_m":100,"buffer_m":100}'),
        (49, 'government_stay', 'env_government_stay', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '党政机关等重点区域异常滞留', 'Stay near a government seat or key area',
         'stay of ≥ minutes within radius_m (stay point with drift tolerance) inside a government or key_area '
         'fence widened by buffer_m',
         'left the fence; feedback stay_lawful (suppressed 24 h for that fence)',
         '{"minutes":30,"radius_m":100,"buffer_m":100}'),
        (50, 'stop_expressway', 'env_abnormal_stop', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '高速公路异常停车', 'Stop on an expressway',
         'on an expressway segment (not service_area, not within 300 m of a toll gate), speed < 5 km/h for ≥ '
         'minutes, and < jam_share of the others on the segment are slow; no others seen in 5 min = not a jam',
         '≥ 20 km/h for 2 min',
         '{"minutes":3,"jam_share":0.5}'),
        (51, 'stop_structure', 'env_abnormal_stop', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '桥梁隧道异常停车', 'Stop on a bridge or in a tunnel',
         'on a segment flagged tunnel or bridge, speed < 5 km/h for ≥ minutes, and < jam_share of the others on '
         'the segment are slow; no others seen in 5 min = not a jam',
         '≥ 20 km/h for 2 min',
         '{"minutes":2,"jam_share":0.5}'),
        (52, 'night_ban_coach', 'env_night_ban', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '客车凌晨2时至5时运行', 'Coach running between 02:00 and 05:00',
         '02:00 ≤ local time < 05:00 and ≥ moving_min of moving inside those hours in the last 15 min; exempt: '
         'relay trip (接驳) at its relay point, airport/rail express, feeder ≤ 100 km',
         'stopped 20 min, or 05:00',
         '{"from":"02:00","to":"05:00","moving_min":10,"moving_kmh":20}'),
        (53, 'restricted_hours', 'env_restricted_hours', 'row', 'vehicle', 'position', NULL,
         NULL, true,
         '限行时段通行', 'Driving in restricted hours',
         'inside a fence of kind restricted_hours whose kinds[] has the vehicle''s kind, in its hours and dates, '
         'without a pass',
         'out, hours over, or pass',
         '{"min_points":2}'),
        (54, 'weather_exposed', 'env_weather', 'row', 'vehicle', 'position', NULL,
         NULL, false,
         '恶劣天气在途', 'On the road in severe weather',
         'moving inside the area of a warning of colour ≥ colour_min (3 orange, 4 red); a new warning counts from '
         'each vehicle''s next position',
         'warning over or left the area 10 min',
         '{"colour_min":3,"kinds":["hazmat","coach_tour","coach_line","school_bus"],"types":["fog","rain","snow","ice","wind","typhoon"]}'),
        (55, 'low_visibility_speed', 'env_low_visibility', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '低能见度超速', 'Too fast for the visibility',
         'speed > limit for the visibility: on expressways by steps [below m, limit km/h], elsewhere below 50 m '
         'other_50; school bus 20 everywhere below 200 m; on n points',
         '≤ limit for 2 min',
         '{"steps":[[200,60],[100,40],[50,20]],"other_50":30,"n":3}'),
        (56, 'ice_speed', 'env_low_visibility', 'window', 'vehicle', 'position', NULL,
         NULL, true,
         '冰雪路面超速', 'Too fast on snow or ice',
         'surface snow or ice and speed > limit_kmh (school bus: school_bus) on n points',
         '≤ limit for 2 min',
         '{"limit_kmh":30,"school_bus":20,"n":3}'),
        (57, 'closure_ahead', 'env_road_closed', 'row', 'vehicle', 'position', NULL,
         NULL, false,
         '驶向封闭路段', 'Closed section ahead',
         'a closed/controlled segment within ahead_m of driving distance in the direction of travel, kind not '
         'exempt',
         'passed, turned off, or closure ended',
         '{"ahead_m":3000,"bearing_deg":60}'),
        (58, 'dangerous_section', 'env_dangerous_section', 'row', 'vehicle', 'position', NULL,
         NULL, true,
         '危险路段高风险通行', 'Unsafe passage of a dangerous section',
         'segment flagged bend, steep, cliff, waterside or black_spot and speed > share × limit; coach at night on '
         'mountain_grade ≥ 3 at any speed',
         '2 points off it',
         '{"share":0.8,"min_points":2}'),
        (59, 'hazmat_cluster', 'env_hazmat_cluster', 'custom', 'vehicle', NULL, '*/5 * * * *',
         'vigil_vehicle.model_hazmat_cluster', false,
         '危险品车辆聚集', 'Cluster of dangerous-goods vehicles',
         '≥ n hazmat vehicles (last position ≤ 10 min old, not in a yard or a hazmat parking fence) within '
         'radius_m of each other',
         '< n for one run',
         '{"n":5,"radius_m":500}'),
        (60, 'incident_ahead', 'env_incident_ahead', 'row', 'vehicle', 'position', NULL,
         NULL, false,
         '前方事故', 'Accident ahead',
         'an open accident within ahead_m in the direction of travel on the matched road; a new accident counts '
         'from each vehicle''s next position',
         'passed or closed',
         '{"ahead_m":5000,"bearing_deg":60}')
    ) AS m (number, code, situation, kind, profile, feed, cadence, function, implemented, zh, en, rule, clear_rule, parameters)
$$;
COMMENT ON FUNCTION vigil_vehicle.shipped_model_environment() IS
    'Models 43 to 60 of the vehicle catalogue as vigil ships them; vigil.setup_catalogue() loads them';
