-- How well the stays found agree with the labels: what stays.sql left.
\ir ../city/story.psql
\echo 'STAYS against the labels of the delivery trips (on foot = the vehicle stands). Found: half of the true stay is in stays found; right: half'
\echo 'of the stay found is on foot. The stay point of the engine, radius 30 m, is asked by a backtest'
SELECT r.minutes AS "of at least min", r.stays AS "true stays", r.found, round(r.found::numeric / nullif(r.stays, 0), 3) AS recall, p.stays AS "stays found", p.right_ones AS "right",
    round(p.right_ones::numeric / nullif(p.stays, 0), 3) AS precision, t.begin_s AS "begins s off (median)", t.end_s AS "ends s off (median)"
FROM tracks.stay_recall AS r JOIN tracks.stay_precision AS p USING (minutes)
CROSS JOIN LATERAL (SELECT round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM x.found_since - x.true_since))::numeric) AS begin_s,
        round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM x.found_until - x.true_until))::numeric) AS end_s
    FROM tracks.stay_meeting AS x
    WHERE x.true_until - x.true_since >= make_interval(mins => r.minutes) AND x.common_s >= 0.5 * extract(epoch FROM x.true_until - x.true_since)) AS t
ORDER BY r.minutes;
