-- The import itself: lines are judged, those that cannot be stored go to vigil.reject, the others are stored.

CREATE FUNCTION vigil.import_fields_judged(target regclass, extension regclass, lines vigil.import_line[])
RETURNS vigil.import_line[]
LANGUAGE sql STABLE     -- extension is null for a register of one table
BEGIN ATOMIC
    WITH fault AS (
        SELECT DISTINCT ON (l.line) l.line,
               CASE WHEN a.attname IS NULL THEN 'unknown_field' ELSE 'bad_' || f.key END AS reason,
               CASE WHEN a.attname IS NULL THEN format('There is no field %s.', f.key)
                    ELSE format('Field %s is no %s.', f.key, format_type(a.atttypid, NULL)) END AS detail
        FROM unnest(lines) AS l
        CROSS JOIN LATERAL (VALUES (target, l.fields), (extension, l.more)) AS p (relation, fields)
        CROSS JOIN LATERAL jsonb_each(CASE WHEN l.reason IS NULL THEN p.fields END) AS f (key, value)
        LEFT JOIN (
            SELECT a.* FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid IN (target, extension) AND a.attnum > 0 AND NOT a.attisdropped
              AND a.attgenerated = '' AND a.attidentity = ''
        ) AS a ON a.attrelid = p.relation AND a.attname = f.key
        WHERE a.attname IS NULL
           OR NOT (format_type(a.atttypid, NULL) ~ '(^|[.])geometry$' OR vigil.json_readable(f.value, a.atttypid))
        ORDER BY l.line, p.relation = target DESC, f.key
    )
    SELECT coalesce(array_agg(ROW (l.line, l.fields, l.more, l.payload, coalesce(l.reason, f.reason),
                               CASE WHEN l.reason IS NULL THEN f.detail ELSE l.detail END
                                  )::vigil.import_line ORDER BY l.line), '{}')
    FROM unnest(lines) AS l LEFT JOIN fault AS f USING (line);
END;
COMMENT ON FUNCTION vigil.import_fields_judged(regclass, regclass, vigil.import_line[]) IS
    'Lines with their reason where a field cannot be stored in a column of its name. Geometry is trusted: the caller makes it';
REVOKE ALL ON FUNCTION vigil.import_fields_judged(regclass, regclass, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_latest(key name, lines vigil.import_line[]) RETURNS vigil.import_line[]
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT coalesce(array_agg(ROW (l.line, l.fields, l.more, l.payload, coalesce(l.reason, l.later),
        CASE WHEN l.reason IS NULL AND l.later IS NOT NULL THEN 'A later line has the same key.' ELSE l.detail END)::vigil.import_line
        ORDER BY l.line), '{}')
    FROM (
        SELECT u.*, CASE WHEN lead(u.line) OVER (PARTITION BY u.reason, u.fields -> import_latest.key::text ORDER BY u.line) IS NOT NULL
                         THEN 'superseded' END AS later
        FROM unnest(lines) AS u
    ) AS l;
END;
COMMENT ON FUNCTION vigil.import_latest(name, vigil.import_line[]) IS 'Of good lines with the same key the last one counts; the others get the reason superseded';
REVOKE ALL ON FUNCTION vigil.import_latest(name, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_locked(target regclass, key name, lines vigil.import_line[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known bigint[];
BEGIN
    EXECUTE format(
        'SELECT array_agg(s.line) FROM (SELECT l.line FROM unnest($1) AS l '
        'JOIN %1$s AS t ON t.%2$I = (jsonb_populate_record(NULL::%1$s, CASE WHEN l.reason IS NULL THEN l.fields END)).%2$I '
        'WHERE l.reason IS NULL ORDER BY t.%2$I FOR UPDATE OF t) AS s', target, key)
        INTO known USING lines;
    RETURN coalesce(known, '{}');
END $$;
COMMENT ON FUNCTION vigil.import_locked(regclass, name, vigil.import_line[]) IS
    'Numbers of the lines whose row is stored already; locks those rows in order of the key';
REVOKE ALL ON FUNCTION vigil.import_locked(regclass, name, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_linked(target regclass, key name, extension_key name, lines vigil.import_line[])
RETURNS vigil.import_line[]
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    linked vigil.import_line[];
BEGIN
    EXECUTE format(
        'SELECT coalesce(array_agg(ROW (l.line, l.fields, CASE WHEN t.id IS NULL THEN l.more '
        'ELSE l.more || jsonb_build_object(%3$L, t.id) END, l.payload, l.reason, l.detail)::vigil.import_line ORDER BY l.line), ''{}'') '
        'FROM unnest($1) AS l LEFT JOIN %1$s AS t ON l.reason IS NULL '
        'AND t.%2$I = (jsonb_populate_record(NULL::%1$s, CASE WHEN l.reason IS NULL THEN l.fields END)).%2$I',
        target, key, extension_key)
        INTO linked USING lines;
    RETURN linked;
END $$;
COMMENT ON FUNCTION vigil.import_linked(regclass, name, name, vigil.import_line[]) IS
    'Lines whose part for the extension names the id of the main row, where that is stored';
REVOKE ALL ON FUNCTION vigil.import_linked(regclass, name, name, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_judged(target regclass, key name, of_extension boolean, lines vigil.import_line[])
RETURNS vigil.import_line[]
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    judged vigil.import_line[];
BEGIN
    EXECUTE format(
        'SELECT coalesce(array_agg(ROW (l.line, l.fields, l.more, l.payload, coalesce(l.reason, q.import_reason), '
        'coalesce(l.detail, vigil.import_detail(%L, q.import_reason)))::vigil.import_line ORDER BY l.line), ''{}'') '
        'FROM unnest($3) AS l LEFT JOIN (%s) AS q ON q.import_number = l.line',
        target::text, vigil.import_query(target, key, NOT of_extension))
        INTO judged
        USING ARRAY(SELECT l.line FROM unnest(lines) AS l WHERE l.reason IS NULL ORDER BY l.line),
              ARRAY(SELECT CASE WHEN of_extension THEN l.more ELSE l.fields END
                    FROM unnest(lines) AS l WHERE l.reason IS NULL ORDER BY l.line),
              lines;
    RETURN judged;
END $$;
COMMENT ON FUNCTION vigil.import_judged(regclass, name, boolean, vigil.import_line[]) IS
    'Lines with the reason for which their row, or that of the extension, cannot be stored';
REVOKE ALL ON FUNCTION vigil.import_judged(regclass, name, boolean, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_store(target regclass, key name, of_extension boolean, lines vigil.import_line[]) RETURNS void
LANGUAGE plpgsql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    columns text;
    given text;
BEGIN
    SELECT string_agg(quote_ident(f.name), ', '), string_agg('excluded.' || quote_ident(f.name), ', ')
    INTO columns, given FROM unnest(vigil.import_fields(target)) AS f (name);
    EXECUTE format(
        'INSERT INTO %1$s AS t (%2$s) SELECT %2$s FROM (%3$s) AS q ORDER BY q.%4$I '
        'ON CONFLICT (%4$I) DO UPDATE SET (%2$s) = ROW (%5$s) WHERE t IS DISTINCT FROM excluded',
        target, columns, vigil.import_query(target, key, true), key, given)
        USING ARRAY(SELECT l.line FROM unnest(lines) AS l WHERE l.reason IS NULL ORDER BY l.line),
              ARRAY(SELECT CASE WHEN of_extension THEN l.more ELSE l.fields END
                    FROM unnest(lines) AS l WHERE l.reason IS NULL ORDER BY l.line);
END $$;
COMMENT ON FUNCTION vigil.import_store(regclass, name, boolean, vigil.import_line[]) IS
    'Insert or update the rows of the lines without a reason; a row that would not change is not written';
REVOKE ALL ON FUNCTION vigil.import_store(regclass, name, boolean, vigil.import_line[]) FROM PUBLIC;

CREATE FUNCTION vigil.import_register(source text, target regclass, key name, lines vigil.import_line[],
    extension regclass DEFAULT NULL, extension_key name DEFAULT NULL,
    OUT accepted bigint, OUT updated bigint, OUT rejected bigint)
LANGUAGE plpgsql VOLATILE   -- not STRICT: no source raises, no extension is a register of one table
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known bigint[];
    refused record;
BEGIN
    lines := vigil.import_fields_judged(target, extension, lines);
    known := vigil.import_locked(target, key, lines);
    lines := vigil.import_judged(target, key, false, lines);
    IF extension IS NOT NULL THEN
        lines := vigil.import_judged(extension, extension_key, true, vigil.import_linked(target, key, extension_key, lines));
    END IF;
    lines := vigil.import_latest(key, lines);

    IF source IS NULL THEN
        SELECT l.line, l.reason, l.detail INTO refused FROM unnest(lines) AS l WHERE l.reason IS NOT NULL ORDER BY l.line LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'cannot be registered (%)', refused.reason
                USING ERRCODE = 'invalid_parameter_value', DETAIL = coalesce(refused.detail, '');
        END IF;
    END IF;
    PERFORM vigil.import_store(target, key, false, lines);
    IF extension IS NOT NULL THEN
        PERFORM vigil.import_store(extension, extension_key, true, vigil.import_linked(target, key, extension_key, lines));
    END IF;
    INSERT INTO vigil.reject (source, reason, detail, payload)
    SELECT import_register.source, l.reason, l.detail, l.payload FROM unnest(lines) AS l WHERE l.reason IS NOT NULL ORDER BY l.line;
    SELECT count(*) FILTER (WHERE l.reason IS NULL AND l.line <> ALL (known)),
           count(*) FILTER (WHERE l.reason IS NULL AND l.line = ANY (known)),
           count(*) FILTER (WHERE l.reason IS NOT NULL)
    INTO accepted, updated, rejected FROM unnest(lines) AS l;
END $$;
COMMENT ON FUNCTION vigil.import_register(text, regclass, name, vigil.import_line[], regclass, name) IS
    'Store lines in a register, and in the table that extends it under the same id. Counts: accepted (new rows), updated (stored before, changed or not), rejected (in vigil.reject under the source). Without a source the first bad line raises 22023';
REVOKE ALL ON FUNCTION vigil.import_register(text, regclass, name, vigil.import_line[], regclass, name) FROM PUBLIC;

CREATE FUNCTION vigil.subset(fields jsonb, VARIADIC keys text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(jsonb_object_agg(f.key, f.value), '{}') FROM jsonb_each(fields) AS f WHERE f.key = ANY (keys);
END;
COMMENT ON FUNCTION vigil.subset(jsonb, text[]) IS 'The fields of an object that are among these keys';

CREATE FUNCTION vigil.import_elements(elements jsonb) RETURNS TABLE (line bigint, element jsonb, reason text, detail text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT e.ordinality, CASE jsonb_typeof(e.value) WHEN 'object' THEN e.value ELSE jsonb_build_object('value', e.value) END,
           CASE WHEN jsonb_typeof(e.value) <> 'object' THEN 'not_an_object' END,
           CASE WHEN jsonb_typeof(e.value) <> 'object' THEN format('The element is a JSON %s.', jsonb_typeof(e.value)) END
    FROM jsonb_array_elements(CASE jsonb_typeof(elements) WHEN 'array' THEN elements ELSE jsonb_build_array(elements) END)
        WITH ORDINALITY AS e;
END;
COMMENT ON FUNCTION vigil.import_elements(jsonb) IS
    'The elements of an array (or one object) with their numbers; one that is no object has the reason not_an_object';
