-- After a \copy of :rows rows of :file, begun at :started: note what became of them, and ingest them when it was refused.
-- psql leaves ERROR as it was before a \copy that fails: it was set to true.
\if :ERROR
    INSERT INTO tracks.batch (file, rows, way, accepted, duplicate, late, rejected)
    SELECT :'file', :rows, 'ingest', i.accepted, i.duplicate, i.late, i.rejected
    FROM tracks.ingest(:'file', 1 + (SELECT coalesce(sum(b.rows), 0) FROM tracks.batch AS b WHERE b.file = :'file')::bigint, :rows) AS i;
\else
    INSERT INTO tracks.batch (file, rows, way, accepted, duplicate, late, rejected)
    SELECT :'file', :rows, 'COPY', s.rows - s.late - s.duplicate, s.duplicate, s.late, 0 FROM vigil_vehicle.newest_statement() AS s;
\endif
UPDATE tracks.batch AS b SET seconds = extract(epoch FROM clock_timestamp() - :'started') WHERE b.number = (SELECT max(n.number) FROM tracks.batch AS n);
