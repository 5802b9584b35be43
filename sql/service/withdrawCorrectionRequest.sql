-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_servers(:district::integer, ARRAY(SELECT id FROM request))

-- step: withdraw
WITH request AS (
    SELECT r.*,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         own_team uuid, self_person uuid, scope_low bigint, scope_high bigint, id uuid,
         correction_request_id uuid, reason text, via text)
), judged AS (
    SELECT q.*, c AS correction, c.requester_id, c.requester_name, CASE
        WHEN c.id IS NULL THEN refusal('not_found')
        WHEN q.self_person <> c.requester_id THEN refusal('requester_only')
        WHEN c.state <> 'open'
            THEN refusal('correction_request_answered', jsonb_build_object('state', c.state))
        END AS refused
    FROM request AS q
    CROSS JOIN LATERAL visible_correction(:district::integer, q.id, q.correction_request_id,
                                          q.scope_low, q.scope_high, q.own_team,
                                          q.self_person) AS c
), passed AS (
    SELECT DISTINCT ON (j.correction_request_id) j.*
    FROM judged AS j
    WHERE j.refused IS NULL
    ORDER BY j.correction_request_id, j.ordinal
), stored AS (
    INSERT INTO correction_answers (district_id, request_id, answer, reason, answered_by, via,
                                    entered_by, answered_at)
    SELECT :district::integer, correction_request_id, 'withdraw', reason, requester_id, channel,
           actor_user, at
    FROM passed
), told AS (
    SELECT j.*, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused,
                    refusal('correction_request_answered', '{"state": "withdrawn"}')) END AS said
    FROM judged AS j
    LEFT JOIN (SELECT ordinal FROM passed) AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL correction_answered(t.correction, jsonb_build_object('state', 'withdrawn',
        'answer_reason', t.reason, 'answered_by', t.requester_id,
        'answered_by_name', t.requester_name, 'answered_at', t.at),
        correction_step('withdrawn', t.at, t.requester_id, t.requester_name, t.channel,
                        t.actor_user, t.reason)) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
