-- The city as a drawing: SVG on stdout, of what the database holds now. Variables title, subtitle; credit (whose data it shows)
-- and ways (yes: draw where the vehicles went) may be left out.
SET client_min_messages = warning;
\if :{?credit} \else
    \set credit ''
\endif
\if :{?ways} \else
    \set ways no
\endif
CREATE TEMP TABLE drawn AS
SELECT 'road' AS what, s.class AS kind, ST_Transform(s.geom, 32650) AS geom, 1 AS count FROM vigil_vehicle.road_segment AS s
UNION ALL SELECT 'fence', g.kind, ST_Transform(g.area, 32650), 1 FROM vigil.geofence AS g
UNION ALL
SELECT 'vehicle', v.colour, ST_Centroid(ST_Collect(v.geom)), count(*)
FROM (SELECT coalesce(r.colour::text, 'green') AS colour, ST_Transform(ST_SetSRID(ST_MakePoint(v.lon, v.lat), 4326), 32650) AS geom
      FROM vigil_vehicle.vehicle_state AS v
      LEFT JOIN vigil.risk_state AS r ON r.profile = 'vehicle' AND r.subject = v.plate::bigint
      WHERE v.lon IS NOT NULL) AS v
GROUP BY v.colour, ST_SnapToGrid(v.geom, 60)        -- parked together: one larger dot
UNION ALL SELECT 'way', NULL, ST_Simplify(ST_Transform(w.line, 32650), 3), 1
FROM (SELECT ST_MakeLine(ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326) ORDER BY p.observed_at) AS line
      FROM vigil_vehicle.position AS p WHERE :'ways'::boolean AND p.lon IS NOT NULL GROUP BY p.plate) AS w
UNION ALL SELECT 'unit', u.kind, ST_Transform(u.geom, 32650), 1 FROM vigil.unit AS u WHERE u.kind <> 'enterprise_monitor' AND u.geom IS NOT NULL;
-- the frame: where the roads are, 3 % around, and room for the legend on the left
CREATE TEMP TABLE frame AS
SELECT ST_XMin(e.box) - e.m - 0.23 * (ST_XMax(e.box) - ST_XMin(e.box)) AS left, ST_YMax(e.box) + e.m AS top, 1.23 * (ST_XMax(e.box) - ST_XMin(e.box)) + 2 * e.m AS width,
    ST_YMax(e.box) - ST_YMin(e.box) + 2 * e.m AS height, (ST_XMax(e.box) - ST_XMin(e.box)) / 1600 AS px
FROM (SELECT b.box, 0.03 * (ST_XMax(b.box) - ST_XMin(b.box)) AS m
      FROM (SELECT ST_Extent(d.geom) AS box FROM drawn AS d WHERE d.what = 'road') AS b) AS e;
DELETE FROM drawn AS d USING frame AS f WHERE NOT d.geom && ST_MakeEnvelope(f.left, f.top - f.height, f.left + f.width, f.top, 32650);
CREATE TEMP TABLE looks (what text, kind text, label text, rank integer, fill text, stroke text, size numeric);
INSERT INTO looks VALUES
    ('fence', 'water_source', 'water source', 1, '#9fd3e8', '#5aa9c7', 1), ('fence', 'school', 'school', 2, '#ffe2a8', '#d9a441', 1),
    ('fence', 'government', 'government seat, key area', 3, '#d9c8ef', '#9a7bc4', 1),
    ('fence', 'key_area', NULL, 3, '#d9c8ef', '#9a7bc4', 1),
    ('fence', 'hazmat_forbidden', 'forbidden or restricted area', 4, '#f6c6bd', '#d98474', 1),
    ('fence', 'truck_forbidden', NULL, 4, '#f6c6bd', '#d98474', 1), ('fence', 'restricted_hours', NULL, 4, '#f6c6bd', '#d98474', 1),
    ('road', 'expressway', 'expressway', 16, NULL, '#7d8794', 4.2), ('road', 'urban_expressway', NULL, 15, NULL, '#939ca8', 3.4),
    ('road', 'national', 'other main road', 14, NULL, '#a9b1bb', 2.8), ('road', 'provincial', NULL, 13, NULL, '#a9b1bb', 2.6),
    ('road', 'county', 'minor road', 12, NULL, '#c6ccd3', 1.6), ('road', 'urban', NULL, 11, NULL, '#ccd2d8', 1.4),
    ('road', 'township', NULL, 11, NULL, '#ccd2d8', 1.4), ('road', 'service_area', NULL, 11, NULL, '#ccd2d8', 1.2),
    ('way', NULL, 'way of a vehicle', 20, NULL, '#4f7fb5', 0.7),
    ('vehicle', 'green', 'vehicle, green', 21, '#2e9d5b', '#ffffff', 3), ('vehicle', 'yellow', 'vehicle, yellow', 23, '#f2b705', '#4a3b00', 7),
    ('vehicle', 'red', 'vehicle, red', 24, '#d7263d', '#ffffff', 8.5), ('unit', NULL, 'unit on duty', 22, '#1f5fa8', '#ffffff', 6);
DELETE FROM looks AS l WHERE l.what = 'way' AND NOT :'ways'::boolean;
SELECT format('<svg xmlns="http://www.w3.org/2000/svg" width="1700" height="%s" viewBox="%s %s %s %s" font-family="Helvetica, Arial, sans-serif">',
    round(1700 * f.height / f.width), round(f.left), round(-f.top), round(f.width), round(f.height))
    || format('<rect x="%s" y="%s" width="%s" height="%s" fill="#f7f6f2"/>', round(f.left), round(-f.top), round(f.width), round(f.height))
FROM frame AS f;
-- a layer a look
SELECT format('<g fill="%s" stroke="%s" stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"%s>', coalesce(l.fill, 'none'), l.stroke,
        round(f.px * CASE WHEN l.what IN ('road', 'way') THEN l.size ELSE 1 END), CASE l.what WHEN 'fence' THEN ' fill-opacity="0.65"' WHEN 'way' THEN ' stroke-opacity="0.4"' ELSE '' END)
    || string_agg(CASE l.what
        WHEN 'vehicle' THEN format('<circle cx="%s" cy="%s" r="%s"/>', round(ST_X(d.geom)), -round(ST_Y(d.geom)), round(f.px * l.size * (1 + 0.35 * ln(d.count))))
        ELSE format('<path d="%s"/>', ST_AsSVG(ST_SnapToGrid(d.geom, 1), 1, 0)) END, '')
    || '</g>'
FROM looks AS l
JOIN drawn AS d ON d.what = l.what AND (l.kind IS NULL OR d.kind = l.kind)
CROSS JOIN frame AS f
WHERE l.what <> 'unit'
GROUP BY l.what, l.kind, l.rank, l.fill, l.stroke, l.size, f.px ORDER BY l.rank, l.kind;
SELECT format('<g fill="#1f5fa8" stroke="#ffffff" stroke-width="%s">', round(f.px))
    || string_agg(format('<path d="M %s %s l %s %s l %s 0 z"/>', round(ST_X(d.geom)), round(-ST_Y(d.geom) - 8 * f.px), round(7 * f.px),
        round(14 * f.px), -round(14 * f.px)), '') || '</g>'
FROM drawn AS d CROSS JOIN frame AS f WHERE d.what = 'unit' GROUP BY f.px;
-- the legend
SELECT format('<g transform="translate(%s %s) scale(%s)"><rect width="330" height="%s" rx="10" fill="#ffffff" fill-opacity="0.94" stroke="#cfd4da"/>'
    '<text x="20" y="36" font-size="22" font-weight="bold" fill="#222">%s</text><text x="20" y="60" font-size="15" fill="#555">%s</text>',
    round(f.left + 20 * f.px), round(-f.top + 20 * f.px), round(f.px::numeric, 3), 80 + 27 * (SELECT count(*) FROM looks AS l WHERE l.label IS NOT NULL),
    :'title', :'subtitle')
    || (SELECT string_agg(format(CASE replace(l.what, 'way', 'road')
            WHEN 'road' THEN '<line x1="20" x2="50" y1="%1$s" y2="%1$s" stroke="%3$s" stroke-width="%4$s"/>'
            WHEN 'fence' THEN '<rect x="22" y="%5$s" width="26" height="16" fill="%2$s" stroke="%3$s"/>'
            WHEN 'unit' THEN '<path d="M 35 %5$s l 7 15 l -14 0 z" fill="%2$s"/>'
            ELSE '<circle cx="35" cy="%1$s" r="%4$s" fill="%2$s" stroke="%3$s"/>' END
            || '<text x="64" y="%6$s" font-size="16" fill="#333">%7$s%8$s</text>', l.y, l.fill, l.stroke, l.size, l.y - 8, l.y + 6, l.label,
            CASE WHEN l.what IN ('vehicle', 'unit') THEN (SELECT format(' (%s)', coalesce(sum(d.count), 0)) FROM drawn AS d
                WHERE d.what = l.what AND (l.kind IS NULL OR d.kind = l.kind)) END), '')
        FROM (SELECT l.*, 62 + 27 * row_number() OVER (ORDER BY l.what = 'vehicle' DESC, l.what = 'unit' DESC, l.what = 'fence' DESC, l.rank DESC) AS y
              FROM looks AS l WHERE l.label IS NOT NULL) AS l) || '</g>'
    || CASE WHEN :'credit' = '' THEN '' ELSE format('<text x="%s" y="%s" font-size="%s" text-anchor="end" fill="#555">%s</text>',
        round(f.left + f.width - 15 * f.px), round(-f.top + f.height - 15 * f.px), round(15 * f.px), :'credit') END
    || '</svg>'
FROM frame AS f;
