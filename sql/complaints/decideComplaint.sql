-- step: decide
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint,
         complaint_id uuid, decision text, reason text)
), found AS (
    SELECT q.*, c, c.id AS found_id, d.complaint_id IS NOT NULL AS is_decided
    FROM request AS q
    LEFT JOIN complaints AS c ON c.district_id = :district::integer AND c.id = q.complaint_id
        AND c.region_code BETWEEN q.scope_low AND q.scope_high
    LEFT JOIN complaint_decisions AS d
        ON d.district_id = :district::integer AND d.complaint_id = c.id
), judged AS (
    SELECT f.*, CASE
        WHEN f.found_id IS NULL THEN refusal('not_found')
        WHEN f.is_decided THEN refusal('complaint_decided')
        ELSE complaint_refusal(:district::integer, f.complaint_id, f.actor_person, f.actor_role,
                               f.at)
        END AS refused
    FROM found AS f
), stored AS (
    INSERT INTO complaint_decisions AS d (district_id, complaint_id, decision, reason, decided_by,
                                          decided_as, entered_by, decided_at)
    SELECT DISTINCT ON (complaint_id) :district::integer, complaint_id, decision, reason,
           actor_person, actor_role, actor_user, at
    FROM judged
    WHERE refused IS NULL
    ORDER BY complaint_id, ordinal
    ON CONFLICT DO NOTHING
    RETURNING *
), told AS (
    SELECT j.*, s::complaint_decisions AS s, COALESCE(j.refused, CASE WHEN s.complaint_id IS NULL
                   THEN refusal('complaint_decided') END) AS said
    FROM judged AS j
    LEFT JOIN stored AS s ON s.complaint_id = j.complaint_id AND j.refused IS NULL
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL complaint_answer(t.c, t.s, NULL, t.actor_person, t.actor_role, false) AS a
        ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
