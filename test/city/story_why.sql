-- Why the reddest vehicle is red.
\ir story.psql
SELECT r.subject, r.subject::vigil.plate AS plate, r.score, r.colour FROM vigil.risk_state AS r
WHERE r.profile = 'vehicle' AND r.colour = 'red' ORDER BY r.score, r.subject LIMIT 1 \gset
\echo 'WHY is' :plate :colour 'with score' :score '? vigil.explain()'
\x on
SELECT e.situation, e.zh, e.en, e.model, e.weight, e.veto, e.since, e.legal_basis, e.cleared_by, e.evidence
FROM vigil.explain('vehicle', :subject) AS e;
\x off
