-- Notices (通知): the outbox to people and other systems. Whoever delivers a channel claims rows with a lease, and acknowledges
-- or fails each; a row that is not acknowledged comes back, so that none is lost.

CREATE TABLE vigil.notice_channel (
    code text NOT NULL,
    zh text NOT NULL,
    en text NOT NULL,
    retry_base interval NOT NULL DEFAULT '5 s',
    retry_most interval NOT NULL DEFAULT '10 min',
    attempts_most integer NOT NULL DEFAULT 10,
    shipped jsonb,
    CONSTRAINT notice_channel_pkey PRIMARY KEY (code),
    CONSTRAINT notice_channel_retry_check CHECK (interval '0' < retry_base AND retry_base <= retry_most),
    CONSTRAINT notice_channel_attempts_check CHECK (attempts_most BETWEEN 1 AND 1000)
);
COMMENT ON TABLE vigil.notice_channel IS 'Ways on which notices leave, and how often each is tried';
COMMENT ON COLUMN vigil.notice_channel.retry_base IS 'Wait after the first failure; it doubles with each further one up to retry_most';
COMMENT ON COLUMN vigil.notice_channel.attempts_most IS 'After so many attempts a notice is dead and waits for a person';
COMMENT ON COLUMN vigil.notice_channel.shipped IS 'As in vigil.incident_rule';

CREATE TABLE vigil.notice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    channel text NOT NULL,
    receiver_kind text NOT NULL,
    receiver_id bigint,
    receiver text,
    profile text,
    subject bigint,
    incident_id bigint,
    task_id bigint,
    kind text NOT NULL,
    situation text,
    severity vigil.colour,
    body jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    created_at timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    lease_until timestamptz,
    escalate_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    answer jsonb,
    error text,
    history jsonb NOT NULL DEFAULT '[]',
    region_code bigint,
    CONSTRAINT notice_pkey PRIMARY KEY (id),
    CONSTRAINT notice_state_check CHECK (state IN ('pending', 'leased', 'acknowledged', 'dead')),
    CONSTRAINT notice_lease_check CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
    CONSTRAINT notice_receiver_check CHECK (receiver_kind IN ('unit', 'organisation', 'person', 'department'))
) WITH (fillfactor = 80);
CREATE INDEX notice_pending_idx ON vigil.notice (channel, next_try_at) WHERE state = 'pending';
CREATE INDEX notice_lease_idx ON vigil.notice (lease_until) WHERE state = 'leased';
CREATE INDEX notice_escalate_idx ON vigil.notice (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX notice_incident_idx ON vigil.notice (incident_id);
CREATE INDEX notice_told_idx ON vigil.notice (profile, subject, created_at) WHERE kind = 'incident';
COMMENT ON TABLE vigil.notice IS 'Outbox: pending, leased to a deliverer, acknowledged, or dead after too many attempts';
COMMENT ON COLUMN vigil.notice.channel IS 'vigil.notice_channel';
COMMENT ON COLUMN vigil.notice.receiver_kind IS 'unit, organisation, person: receiver_id is its id; department: receiver is its word, where no organisation stands for it';
COMMENT ON COLUMN vigil.notice.kind IS 'task_offered, task_cancelled, task_timed_out, incident, exhausted, unacknowledged, left_area, digest';
COMMENT ON COLUMN vigil.notice.next_try_at IS 'Wall clock, as the other times here; not handed out earlier';
COMMENT ON COLUMN vigil.notice.lease_until IS 'Whoever claimed it must acknowledge or fail it by then; else it is pending again';
COMMENT ON COLUMN vigil.notice.escalate_at IS 'Unacknowledged by then: the department that leads is told; null = done or not wanted';
COMMENT ON COLUMN vigil.notice.attempts IS 'Times handed out';
COMMENT ON COLUMN vigil.notice.answer IS 'What the receiver answered (回执): {"answer": "received" | "handling" | "handled", …}';
COMMENT ON COLUMN vigil.notice.error IS 'Why the last attempt failed';
COMMENT ON COLUMN vigil.notice.history IS 'Each claim, failure, escalation and acknowledgement: at, what, by, reason';

CREATE FUNCTION vigil.notify_units(task bigint[], kind text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, profile, subject, incident_id, task_id, kind, situation,
        severity, body, created_at, next_try_at, region_code)
    SELECT t.channel, 'unit', t.unit_id, i.profile, i.subject, i.id, t.id, notify_units.kind, i.situation, i.severity,
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('task', t.id, 'incident', i.id, 'kind', i.kind,
            'situation', i.situation, 'severity', i.severity, 'label', i.detail -> 'label',
            'lon', vigil.point_lon(i.geom), 'lat', vigil.point_lat(i.geom),
            'accept_by', t.accept_by, 'arrive_by', t.arrive_by, 'reason', notify_units.reason)),
        moment, moment, i.region_code
    FROM vigil.task AS t JOIN vigil.incident AS i ON i.id = t.incident_id
    WHERE t.id = ANY (notify_units.task) AND t.unit_id IS NOT NULL
    ORDER BY t.id;
END $$;
COMMENT ON FUNCTION vigil.notify_units(bigint[], text, text) IS 'Put a notice about each task to its unit into the outbox';
REVOKE ALL ON FUNCTION vigil.notify_units(bigint[], text, text) FROM PUBLIC;

-- Who stands for a word of vigil.plan_told: the organisation with that duty nearest above the region, else the word itself.
CREATE FUNCTION vigil.department_of(department text, region_code bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN (SELECT o.id FROM vigil.organisation AS o
        WHERE o.kind = 'department' AND (o.detail ->> 'department' = department_of.department OR o.code = department_of.department)
            AND (o.region_code IS NULL OR department_of.region_code IS NULL
                OR vigil.county_of(o.region_code) = vigil.county_of(department_of.region_code)
                OR o.region_code = vigil.county_of(department_of.region_code) / 100 * 100)
        ORDER BY vigil.county_of(o.region_code) = vigil.county_of(department_of.region_code) DESC NULLS LAST, o.id
        LIMIT 1);
END $$;
COMMENT ON FUNCTION vigil.department_of(text, bigint) IS
    'The organisation of kind department whose code or detail.department is this word, of the region''s county, else of its city; null where there is none';

CREATE FUNCTION vigil.tell_incident(incident bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, receiver, profile, subject, incident_id, kind, situation,
        severity, body, created_at, next_try_at, escalate_at, region_code)
    SELECT w.channel, CASE WHEN w.receiver_id IS NULL THEN 'department' ELSE 'organisation' END, w.receiver_id, w.receiver,
        w.profile, w.subject, w.id, 'incident', w.situation, w.severity,
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('incident', w.id, 'kind', w.kind, 'situation', w.situation,
            'severity', w.severity, 'label', w.detail -> 'label', 'at', w.opened_at)),
        moment, moment, CASE w.receiver WHEN 'enterprise' THEN moment + interval '30 minutes' END, w.region_code
    FROM (SELECT i.*, t.receiver, t.channel, CASE t.receiver WHEN 'enterprise' THEN i.organisation_id
                ELSE vigil.department_of(t.receiver, i.region_code) END AS receiver_id
          FROM vigil.incident AS i JOIN vigil.plan_told AS t ON t.plan_id = i.plan_id
          WHERE i.id = ANY (tell_incident.incident)
              AND (t.condition = '' OR vigil.condition_holds(t.condition, vigil.incident_words(i.profile, i.mask, i.traits)))) AS w
    WHERE (w.receiver <> 'enterprise' OR w.receiver_id IS NOT NULL)
        AND NOT EXISTS (SELECT FROM vigil.notice AS n
            WHERE n.profile = w.profile AND n.subject = w.subject AND n.kind = 'incident' AND n.situation = w.situation
                AND n.receiver = w.receiver AND n.severity >= w.severity
                AND n.created_at > moment - interval '30 minutes')
    ORDER BY w.id, w.receiver;
END $$;
COMMENT ON FUNCTION vigil.tell_incident(bigint[]) IS
    'Put the notices that the incidents'' plans ask for into the outbox; the same subject, situation and receiver not twice in 30 minutes unless the colour worsened';
REVOKE ALL ON FUNCTION vigil.tell_incident(bigint[]) FROM PUBLIC;

CREATE FUNCTION vigil.tell_exhausted(incident bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
DECLARE
    moment timestamptz := pg_catalog.clock_timestamp();
BEGIN
    INSERT INTO vigil.notice (channel, receiver_kind, receiver_id, receiver, profile, subject, incident_id, kind, situation,
        severity, body, created_at, next_try_at, region_code)
    SELECT 'zheding', CASE WHEN w.receiver_id IS NULL THEN 'department' ELSE 'organisation' END, w.receiver_id, w.receiver,
        w.profile, w.subject, w.id, 'exhausted', w.situation, w.severity,
        pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('incident', w.id, 'kind', w.kind, 'situation', w.situation,
            'severity', w.severity, 'label', w.detail -> 'label', 'level', w.level)),
        moment, moment, w.region_code
    FROM (SELECT i.*, d.receiver, vigil.department_of(d.receiver, i.region_code) AS receiver_id
          FROM vigil.incident AS i CROSS JOIN LATERAL (SELECT coalesce(
              vigil.lead_department(i.profile, i.situation, i.traits), 'police') AS receiver) AS d
          WHERE i.id = ANY (tell_exhausted.incident)) AS w
    ORDER BY w.id;
END $$;
COMMENT ON FUNCTION vigil.tell_exhausted(bigint[]) IS 'Tell the leading department that an incident found nobody at any level of its plan';
REVOKE ALL ON FUNCTION vigil.tell_exhausted(bigint[]) FROM PUBLIC;
