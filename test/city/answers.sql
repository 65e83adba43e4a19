-- One round of the units' apps: who was offered a task accepts it (one in fifteen refuses), who is on the way arrives, who is there
-- finishes with a feedback code that answers the situations. The same public functions that an app would call, each in a transaction.
SET client_min_messages = warning;
CREATE TEMP VIEW answer AS
SELECT t.id, t.unit_id, format('%s %s', t.id, t.event_count) AS key, t.state, f.code AS feedback,
    CASE WHEN f.code IS NULL THEN '{}' ELSE jsonb_strip_nulls(jsonb_build_object('at', s.observed_at,
        'decision_no', 'decision ' || t.id, 'place', 'service area', 'vin', v.vin, 'persons', 2)) END AS detail
FROM vigil.task AS t
JOIN vigil.incident AS i ON i.id = t.incident_id
JOIN vigil.unit AS u ON u.id = t.unit_id
LEFT JOIN vigil_vehicle.vehicle AS v ON v.plate = vigil.plate_try(i.subject)
LEFT JOIN vigil_vehicle.vehicle_state AS s ON s.plate = v.plate
LEFT JOIN LATERAL (
    SELECT f.code FROM vigil.feedback AS f
    WHERE f.domain = 'vehicle' AND f.clears_mask & i.mask <> 0 AND f.max_severity >= i.severity AND f.next = 'end'
      AND (f.unit_kinds IS NULL OR u.kind = ANY (f.unit_kinds)) AND f.code NOT IN ('driver_replaced', 'plate_seized', 'operation_illegal', 'unloaded')
    ORDER BY length(replace((f.clears_mask & i.mask)::bit(64)::text, '0', '')) DESC, f.code = 'detained', f.code LIMIT 1
) AS f ON true
WHERE t.state IN ('offered', 'accepted', 'arrived') AND random() < 0.6;
SELECT CASE a.state
    WHEN 'offered' THEN CASE WHEN a.id % 15 = 7 THEN format('SELECT vigil.task_refuse(%s, %s, %L, %L)', a.id, a.unit_id, 'out of fuel', a.key)
        ELSE format('SELECT vigil.task_accept(%s, %s, %L)', a.id, a.unit_id, a.key) END
    WHEN 'accepted' THEN format('SELECT vigil.task_arrive(%s, %s, %L)', a.id, a.unit_id, a.key)
    ELSE format('SELECT vigil.task_finish(%s, %s, %L, %L, %L)', a.id, a.unit_id, coalesce(a.feedback, 'handed_over'), a.detail, a.key)
    END
FROM answer AS a ORDER BY a.id \gexec
