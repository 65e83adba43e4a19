-- Functions on a hot path: what they and all that they call is planned once a session. PostgreSQL would plan a statement anew at every
-- call as long as that promises a cheaper plan for the values at hand; planning, and compiling what is planned, take longer than these
-- statements do.

DO $$
DECLARE
    hot regprocedure;
BEGIN
    FOREACH hot IN ARRAY ARRAY['vigil.dispatch(integer, boolean)', 'vigil.announce(bigint[], bigint[])', 'vigil.upkeep(boolean)',
        'vigil.follow_some(integer, text, bigint)',
        'vigil.follow_risk(text, bigint[], timestamptz[], double precision[], double precision[], bigint[])',
        'vigil.open_incident(text, vigil.colour, text, bigint, double precision, double precision, bigint, jsonb)',
        'vigil.task_accept(bigint, bigint, text)', 'vigil.task_arrive(bigint, bigint, text)',
        'vigil.task_refuse(bigint, bigint, text, text)', 'vigil.task_cancel(bigint, text, text)',
        'vigil.task_finish(bigint, bigint, text, jsonb, text)', 'vigil.notice_claim(text, integer, interval)',
        'vigil.notice_ack(bigint, jsonb)', 'vigil.notice_fail(bigint, text)']::regprocedure[]
    LOOP
        EXECUTE pg_catalog.format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan SET jit = off', hot);
    END LOOP;
END $$;
