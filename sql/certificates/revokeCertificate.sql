-- step: revoke
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, scope_low bigint, scope_high bigint, certificate_id uuid, reason text)
), judged AS (
    SELECT q.*, c, CASE
        WHEN c.id IS NULL OR NOT sees_volunteer(:district::integer, c.volunteer_id, q.scope_low,
                                                q.scope_high, NULL, NULL,
                                                civil_date(:district::integer, q.at))
            THEN 'not_found'
        WHEN x.certificate_id IS NOT NULL THEN 'certificate_revoked' END AS refusal
    FROM request AS q
    LEFT JOIN certificates AS c ON c.district_id = :district::integer AND c.id = q.certificate_id
    LEFT JOIN certificate_revocations AS x
        ON x.district_id = :district::integer AND x.certificate_id = c.id
), stored AS (
    INSERT INTO certificate_revocations AS x (district_id, certificate_id, reason, revoked_by,
                                              entered_by, revoked_at)
    SELECT DISTINCT ON (certificate_id) :district::integer, certificate_id, reason, actor_person,
           actor_user, at
    FROM judged
    WHERE refusal IS NULL
    ORDER BY certificate_id, ordinal
    ON CONFLICT DO NOTHING
    RETURNING *
), told AS (
    SELECT j.*, s::certificate_revocations AS s,
           COALESCE(j.refusal, CASE WHEN s.certificate_id IS NULL THEN 'certificate_revoked' END)
               AS code
    FROM judged AS j
    LEFT JOIN stored AS s ON s.certificate_id = j.certificate_id AND j.refusal IS NULL
), outcome AS (
    SELECT t.ordinal, t.code, '{}'::jsonb AS args, a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL certificate_answer(t.c, t.s) AS a ON t.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
