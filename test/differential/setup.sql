-- Where documents of areas, fences and points go.
CREATE EXTENSION vigil CASCADE;
SELECT count(*) > 0 AS set_up FROM vigil.setup() \g /dev/null
INSERT INTO vigil.fence_kind (bit, code, zh, en) VALUES (50, 'drawn', '原样', 'as drawn'), (51, 'widened', '外扩', 'widened'), (52, 'case_27', '用例27', 'case 27');
CREATE SCHEMA differential;
CREATE TABLE differential.document (features jsonb NOT NULL);
CREATE TABLE differential.point (id bigint GENERATED ALWAYS AS IDENTITY, what text NOT NULL, lon double precision NOT NULL, lat double precision NOT NULL,
    geom geometry(Point, 4326) GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED);
