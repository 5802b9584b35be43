-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_servers(:district::integer, ARRAY(SELECT id FROM request))

-- step: decide
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint, id uuid,
         correction_request_id uuid, decision text, follow_up text, reason text, via text)
), found AS (
    SELECT q.*, c AS correction, c.state,
           possible_corrections(c.record_status, s.week_state) AS possible
    FROM request AS q
    CROSS JOIN LATERAL visible_correction(:district::integer, q.id, q.correction_request_id,
                                          q.scope_low, q.scope_high, NULL, NULL) AS c
    LEFT JOIN correction_request_states AS s ON s.district_id = :district::integer AND s.id = c.id
), judged AS (
    SELECT f.*, COALESCE(f.follow_up, f.possible[1]) AS next, CASE
        WHEN f.state IS NULL THEN refusal('not_found')
        WHEN f.state <> 'open'
            THEN refusal('correction_request_answered', jsonb_build_object('state', f.state))
        ELSE COALESCE(
            correction_answer_refusal(:district::integer, f.correction_request_id, f.actor_person,
                                      f.actor_role, f.at),
            CASE WHEN f.decision = 'decline' AND f.reason IS NULL THEN refusal('reason_missing')
                 WHEN f.decision = 'accept' AND f.follow_up IS NOT NULL
                      AND f.follow_up <> ALL (f.possible)
                 THEN refusal('follow_up_not_possible', jsonb_build_object(
                          'possible', COALESCE(NULLIF(array_to_string(f.possible, ', '), ''),
                                               '-'))) END)
        END AS refused
    FROM found AS f
), passed AS (
    SELECT DISTINCT ON (j.correction_request_id) j.*,
           CASE WHEN j.decision = 'accept' THEN j.next END AS what,
           COALESCE(j.via, 'counter') AS channel
    FROM judged AS j
    WHERE j.refused IS NULL
    ORDER BY j.correction_request_id, j.ordinal
), stored AS (
    INSERT INTO correction_answers (district_id, request_id, answer, follow_up, reason, answered_by,
                                    via, entered_by, answered_at)
    SELECT :district::integer, correction_request_id, decision, what, reason, actor_person, channel,
           actor_user, at
    FROM passed
), told AS (
    SELECT j.*, p.what, p.channel, CASE WHEN p.ordinal IS NULL THEN COALESCE(j.refused,
                    refusal('correction_request_answered', '{"state": "accepted"}')) END AS said,
           -- A record that has ended meanwhile has nothing left to be corrected.
           CASE WHEN j.decision = 'decline' THEN 'declined'
                WHEN j.possible = '{}' THEN 'corrected' ELSE 'accepted' END AS became
    FROM judged AS j
    LEFT JOIN passed AS p USING (ordinal)
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN persons AS o ON o.district_id = :district::integer AND o.id = t.actor_person
    LEFT JOIN LATERAL correction_answered(t.correction, jsonb_build_object('state', t.became,
        'awaiting', t.what, 'follow_up', t.what, 'answer_reason', t.reason,
        'answered_by', t.actor_person, 'answered_by_name', o.name, 'answered_at', t.at),
        jsonb_build_array(correction_step(
            CASE t.decision WHEN 'accept' THEN 'accepted' ELSE 'declined' END, t.at,
            t.actor_person, o.name, t.channel, t.actor_user, t.reason))
        || CASE t.became WHEN 'corrected' THEN jsonb_build_array(
               correction_step('corrected', t.at, NULL, NULL, NULL, NULL, NULL))
           ELSE '[]' END) AS a ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
