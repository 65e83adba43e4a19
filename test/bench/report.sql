-- The table: what, its floor, what it should reach, what was measured (median, lowest - highest of the paired runs).
\set ON_ERROR_STOP 1
\pset footer off
WITH wanted (ordinal, what, label, floor, reach, kind) AS (VALUES
    (1, 'copy', 'COPY of 1 M positions, 5,000 vehicles, 2,000 fences', 'raw COPY, same partitions and key', '<= 1.15 x', 'ratio'),
    (2, 'batch', 'batches of 10,000 rows, one for each of 10,000 vehicles', 'the same, raw', '<= 1.8 x', 'ratio'),
    (3, 'single', 'single-row INSERT, a transaction each, prepared, pinned', 'the same, raw', '<= 1.35 x', 'ratio'),
    (4, 'fence 2000', 'inside() of 100,000 points, 2,000 fences', 'ST_Covers semi-join over GiST', '>= 50 x faster', 'speedup'),
    (5, 'fence 20000', 'inside() of 100,000 points, 20,000 fences', 'ST_Covers semi-join over GiST', '>= 30 x faster', 'speedup'),
    (4.5, 'fence which 2000', 'fences_at() of 100,000 points, 2,000 fences', 'ST_Covers join over GiST', '>= 50 x faster', 'speedup'),
    (5.5, 'fence which 20000', 'fences_at() of 100,000 points, 20,000 fences', 'ST_Covers join over GiST', '>= 30 x faster', 'speedup'),
    (6, 'score', 'risk_score over 10 M rows', 'int4pl over the same rows', '<= 1.5 x', 'ratio'),
    (7, 'growth: history x 10', 'COPY with 10 x the history', 'COPY with 1 x', 'flat: <= 1.15 x', 'growth'),
    (8, 'growth: fences x 10', 'COPY with 10 x the fences', 'COPY with 1 x', 'flat: <= 1.15 x', 'growth'),
    (9, 'growth: vehicles x 10', 'COPY with 10 x the vehicles', 'COPY with 1 x', 'flat: <= 1.15 x', 'growth'),
    (10, 'dispatch p50', 'task committed -> offered, 1,000 tasks/s, p50', 'none', 'ms', 'ms'),
    (11, 'dispatch p99', 'task committed -> offered, 1,000 tasks/s, p99', 'none', 'ms', 'ms')
), pair AS (
    SELECT v.what, v.run, v.value AS ours, r.value AS floor
    FROM bench.result AS v LEFT JOIN bench.result AS r ON r.what = v.what AND r.run = v.run AND r.side = 'raw'
    WHERE v.side = 'vigil'
), figure AS (
    SELECT w.ordinal, CASE w.kind
        WHEN 'ratio' THEN p.ours / p.floor
        WHEN 'speedup' THEN p.floor / p.ours
        WHEN 'growth' THEN p.ours / (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY b.ours)
                                     FROM pair AS b WHERE b.what = 'growth: base')
        ELSE p.ours END AS f
    FROM wanted AS w JOIN pair AS p ON p.what = w.what
)
SELECT w.label AS what, w.floor, w.reach,
    coalesce((SELECT format('%s (%s - %s)',
        round(percentile_cont(0.5) WITHIN GROUP (ORDER BY f.f)::numeric, 2), round(min(f.f)::numeric, 2), round(max(f.f)::numeric, 2))
        FROM figure AS f WHERE f.ordinal = w.ordinal HAVING count(*) > 0), 'not run') AS "measured (median, min - max)"
FROM wanted AS w ORDER BY w.ordinal;

SELECT what, side, count(*) AS runs, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY value)::numeric, 3) AS "median ms",
    round(min(value)::numeric, 3) AS "lowest", round(max(value)::numeric, 3) AS "highest"
FROM bench.result GROUP BY what, side ORDER BY min(id);
