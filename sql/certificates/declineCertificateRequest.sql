-- One request at a time (x-batch 1). The volunteer is locked against an issue at the same time.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(certificate_request_id uuid)
)
SELECT lock_volunteers(:district::integer, ARRAY(
           SELECT q.volunteer_id FROM request AS r
           JOIN certificate_requests AS q
               ON q.district_id = :district::integer AND q.id = r.certificate_request_id))

-- step: decline
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, scope_low bigint, scope_high bigint, certificate_request_id uuid,
         reason text)
), judged AS (
    SELECT r.*, q, CASE
        WHEN q.id IS NULL OR NOT sees_volunteer(:district::integer, q.volunteer_id, r.scope_low,
                                                r.scope_high, NULL, NULL,
                                                civil_date(:district::integer, r.at))
            THEN 'not_found'
        WHEN c.id IS NOT NULL OR d.request_id IS NOT NULL THEN 'certificate_request_answered'
        END AS code
    FROM request AS r
    LEFT JOIN certificate_requests AS q
        ON q.district_id = :district::integer AND q.id = r.certificate_request_id
    LEFT JOIN certificates AS c ON c.district_id = :district::integer AND c.request_id = q.id
    LEFT JOIN certificate_declines AS d
        ON d.district_id = :district::integer AND d.request_id = q.id
), stored AS (
    INSERT INTO certificate_declines (district_id, request_id, reason, declined_by, entered_by,
                                      declined_at)
    SELECT :district::integer, certificate_request_id, reason, actor_person, actor_user, at
    FROM judged
    WHERE code IS NULL
    RETURNING *
), told AS (
    SELECT j.*, s::certificate_declines AS s
    FROM judged AS j
    LEFT JOIN stored AS s ON s.request_id = j.certificate_request_id
), outcome AS (
    SELECT t.ordinal, t.code, '{}'::jsonb AS args, a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL certificate_request_answer(t.q, NULL, t.s) AS a ON t.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
