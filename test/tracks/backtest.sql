-- The hazards as the rows raised them, live and by a backtest of the same rows, kept before the units answer: what people close
-- by hand, and what follows, no backtest of the files knows.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET timezone = 'Asia/Shanghai';
SELECT min(p.observed_at) AS since, max(p.observed_at) + interval '1 s' AS until FROM vigil_vehicle.position AS p \gset
CREATE TABLE tracks.live AS SELECT h.subject, h.model, h.raised_at, h.cleared_at FROM vigil.hazard AS h WHERE h.profile = 'vehicle';
CREATE TABLE tracks.again AS
SELECT b.subject, b.model, b.raised_at, b.cleared_at FROM vigil.backtest('vehicle', :'since', :'until') AS b WHERE b.what = 'hazard';
