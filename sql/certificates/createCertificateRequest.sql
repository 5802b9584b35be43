-- step: ask
WITH request AS (
    SELECT r.*, d.today,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, self_person uuid, scope_low bigint, scope_high bigint, volunteer_id uuid,
         kind text, period_from date, period_to date, award_id uuid, purpose text, via text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d (today)
), judged AS (
    SELECT q.*, CASE
        WHEN NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low, q.scope_high, NULL,
                                q.self_person, q.today) THEN refusal('not_found')
        ELSE certificate_refusal(:district::integer, q.volunteer_id, q.kind, q.period_from,
                                 q.period_to, q.award_id, q.today) END AS refused
    FROM request AS q
), stored AS (
    INSERT INTO certificate_requests (district_id, id, volunteer_id, kind, period_from, period_to,
                                      award_id, purpose, via, entered_by, requested_at)
    SELECT :district::integer, new_id, volunteer_id, kind, period_from, period_to, award_id,
           purpose, channel, actor_user, at
    FROM judged
    WHERE refused IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           s.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN stored AS s ON s.id = j.new_id
    LEFT JOIN LATERAL certificate_request_answer(s, NULL, NULL) AS a ON s.id IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
