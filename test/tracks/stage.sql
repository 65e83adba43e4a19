-- The files of the data folder as they come, in schema tracks. Run in that folder.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE SCHEMA tracks;
CREATE TABLE tracks.athens_1hz (line bigint GENERATED ALWAYS AS IDENTITY, vehicle_id text, t_s double precision, lon double precision, lat double precision, speed_kmh real);
CREATE TABLE tracks.athens_25hz (
    line bigint GENERATED ALWAYS AS IDENTITY, vehicle_id text, t_s double precision, lon double precision, lat double precision,
    speed_kmh real, acc_lon_ms2 real, acc_lat_ms2 real
);
CREATE TABLE tracks.liverpool (
    line bigint GENERATED ALWAYS AS IDENTITY, id text, vehicle_id text, trip_id text, observed_at timestamp, lat double precision,
    lon double precision, bearing smallint, origin text, destination text, direction text, operator text
);
CREATE TABLE tracks.austin (
    line bigint GENERATED ALWAYS AS IDENTITY, vehicle_id text, observed_at timestamptz, speed_ms real, route_id text, trip_id text,
    lat double precision, lon double precision
);
CREATE TABLE tracks.munich (line bigint GENERATED ALWAYS AS IDENTITY, observed_at timestamptz, lon double precision, lat double precision);
CREATE TABLE tracks.delivery (line bigint GENERATED ALWAYS AS IDENTITY, trip integer, t_s double precision, x_m double precision, y_m double precision, activity text);
CREATE TABLE tracks.road (
    osm_id text, highway text, name text, ref text, oneway text, maxspeed_kmh text, maxweight_t text, maxheight_m text, hgv text,
    hazmat text, access text, bridge text, tunnel text, lanes text, surface text, geom_wkt text
);
CREATE TABLE tracks.waterway (osm_id text, waterway text, name text, geom_wkt text);
CREATE TABLE tracks.poi (
    osm_id text, key text, value text, name text, lon double precision, lat double precision, street text, housenumber text, city text
);
CREATE TABLE tracks.division (code text, parent_code text, level text, kind text, name text);
CREATE TABLE tracks.document (features jsonb);
\copy tracks.athens_1hz (vehicle_id, t_s, lon, lat, speed_kmh) FROM PROGRAM 'gzip -dc tracks/pneuma_athens_1hz.csv.gz' (FORMAT csv, HEADER)
\copy tracks.athens_25hz (vehicle_id, t_s, lon, lat, speed_kmh, acc_lon_ms2, acc_lat_ms2) FROM PROGRAM 'gzip -dc tracks/pneuma_athens_25hz.csv.gz' (FORMAT csv, HEADER)
\copy tracks.liverpool (id, vehicle_id, trip_id, observed_at, lat, lon, bearing, origin, destination, direction, operator) FROM PROGRAM 'gzip -dc tracks/liverpool_bus14.csv.gz' (FORMAT csv, HEADER)
\copy tracks.austin (vehicle_id, observed_at, speed_ms, route_id, trip_id, lat, lon) FROM PROGRAM 'gzip -dc tracks/austin_buses_20170418.csv.gz' (FORMAT csv, HEADER)
\copy tracks.munich (observed_at, lon, lat) FROM PROGRAM 'gzip -dc tracks/munich_car.csv.gz' (FORMAT csv, HEADER)
\copy tracks.delivery (trip, t_s, x_m, y_m, activity) FROM PROGRAM 'gzip -dc tracks/delivery_labelled.csv.gz' (FORMAT csv, HEADER)
\copy tracks.road FROM PROGRAM 'gzip -dc osm/liechtenstein_roads.csv.gz' (FORMAT csv, HEADER)
\copy tracks.waterway FROM PROGRAM 'gzip -dc osm/liechtenstein_waterways.csv.gz' (FORMAT csv, HEADER)
\copy tracks.poi FROM PROGRAM 'gzip -dc osm/liechtenstein_poi.csv.gz' (FORMAT csv, HEADER)
\copy tracks.document FROM PROGRAM 'gzip -dc geofences/liechtenstein_polygons.geojson.gz | tr -d "\n"' (FORMAT csv, DELIMITER E'\001', QUOTE E'\002')
\copy tracks.division FROM PROGRAM 'gzip -dc regions/huzhou_divisions.csv.gz' (FORMAT csv, HEADER)
\copy tracks.document FROM PROGRAM 'gzip -dc geofences/osm_cities_polygons.geojson.gz | tr -d "\n"' (FORMAT csv, DELIMITER E'\001', QUOTE E'\002')
