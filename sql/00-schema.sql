\echo Use "CREATE EXTENSION vigil CASCADE" to load this file. \quit

CREATE SCHEMA vigil;
COMMENT ON SCHEMA vigil IS 'vigil kernel: risks, places, parties, incidents, tasks, notices, jobs';
CREATE SCHEMA vigil_vehicle;
COMMENT ON SCHEMA vigil_vehicle IS 'vigil for key vehicles (途安在线): registers, streams, models';
GRANT USAGE ON SCHEMA vigil, vigil_vehicle TO PUBLIC;
