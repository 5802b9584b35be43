-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_servers(:district::integer, ARRAY(SELECT id FROM request))

-- step: request
WITH request AS (
    SELECT r.*, COALESCE(r.requester_id, r.actor_person) AS requester,
           COALESCE(r.proposed, '{}') AS how,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, own_team uuid, self_person uuid, scope_low bigint,
         scope_high bigint, id uuid, requester_id uuid, via text, wrong jsonb, proposed jsonb,
         reason text)
), found AS (
    SELECT q.*, a.status, a.region_code, a.server_id, a.recipient_person_id, a.server_name,
           a.recipient_name, a.service_date, a.minutes, (
               SELECT s.id FROM correction_request_states AS s
               WHERE s.district_id = :district::integer AND s.record_id = a.id
                 AND s.requester_id = q.requester AND s.state IN ('open', 'accepted')
               ORDER BY s.id LIMIT 1) AS living_id
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, q.self_person) AS a
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status IN ('draft', 'void', 'replaced') THEN state_refusal(f.status)
        WHEN f.self_person <> f.requester
             OR (f.requester <> f.actor_person
                 AND f.requester <> ALL (array_remove(
                         ARRAY[f.server_id, f.recipient_person_id], NULL)
                         || COALESCE(record_attesters(:district::integer, f.id), '{}')))
            THEN refusal('requester_has_no_part')
        WHEN f.living_id IS NOT NULL
            THEN refusal('correction_request_open',
                         jsonb_build_object('correction_request_id', f.living_id))
        END AS refused
    FROM found AS f
), ranked AS (
    SELECT j.*, row_number() OVER (PARTITION BY j.refused IS NULL, j.id, j.requester
                                   ORDER BY j.ordinal) AS turn
    FROM judged AS j
), stored AS (
    INSERT INTO correction_requests (district_id, id, record_id, requester_id, via, wrong, proposed,
                                     reason, due_at, entered_by, requested_at)
    SELECT :district::integer, new_id, id, requester, channel, wrong, how, reason,
           answer_due_at(:district::integer, 'correction_answer_days', region_code, at),
           actor_user, at
    FROM ranked
    WHERE refused IS NULL AND turn = 1
    RETURNING *
), told AS (
    SELECT r.*, CASE WHEN r.refused IS NULL AND r.turn > 1
                     THEN refusal('correction_request_open') ELSE r.refused END AS said
    FROM ranked AS r
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN stored AS s ON s.id = t.new_id
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = t.requester
    LEFT JOIN LATERAL jsonb_populate_record(NULL::correction_request_shown,
        to_jsonb(s) || jsonb_build_object('region_code', t.region_code, 'state', 'open',
            'requester_name', p.name, 'overdue', false, 'record_status', t.status,
            'server_name', t.server_name, 'recipient_name', t.recipient_name,
            'service_date', t.service_date, 'minutes', t.minutes,
            'history', jsonb_build_array(correction_step('open', t.at, t.requester, p.name,
                                             t.channel, t.actor_user, t.reason)))) AS a
        ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
