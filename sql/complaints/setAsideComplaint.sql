-- step: set_aside
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint,
         complaint_id uuid, reason text)
), found AS (
    SELECT q.*, c, d, s.set_aside_at, c.id AS found_id, d.decision, d.decided_by
    FROM request AS q
    LEFT JOIN complaints AS c ON c.district_id = :district::integer AND c.id = q.complaint_id
        AND c.region_code BETWEEN q.scope_low AND q.scope_high
    LEFT JOIN complaint_decisions AS d
        ON d.district_id = :district::integer AND d.complaint_id = c.id
    LEFT JOIN complaint_reversals AS s
        ON s.district_id = :district::integer AND s.complaint_id = c.id
), judged AS (
    SELECT f.*, CASE
        WHEN f.found_id IS NULL THEN refusal('not_found')
        WHEN f.decision IS DISTINCT FROM 'uphold' OR f.set_aside_at IS NOT NULL
            THEN refusal('complaint_not_upheld', jsonb_build_object(
                     'state', complaint_state(f.decision, f.set_aside_at)))
        WHEN f.decided_by = f.actor_person THEN refusal('set_aside_by_decider')
        WHEN x.conflict IS NOT NULL THEN refusal(x.conflict, jsonb_build_object('may',
                 complaint_deciders(:district::integer, f.complaint_id, ARRAY['district_admin'],
                                    civil_date(:district::integer, f.at))))
        END AS refused
    FROM found AS f
    CROSS JOIN LATERAL complaint_conflict(:district::integer, f.complaint_id, f.actor_person)
        AS x (conflict)
), stored AS (
    INSERT INTO complaint_reversals AS s (district_id, complaint_id, reason, set_aside_by,
                                          entered_by, set_aside_at)
    SELECT DISTINCT ON (complaint_id) :district::integer, complaint_id, reason, actor_person,
           actor_user, at
    FROM judged
    WHERE refused IS NULL
    ORDER BY complaint_id, ordinal
    ON CONFLICT DO NOTHING
    RETURNING *
), told AS (
    SELECT j.*, s::complaint_reversals AS s, COALESCE(j.refused, CASE WHEN s.complaint_id IS NULL
                   THEN refusal('complaint_not_upheld', '{"state": "set_aside"}') END) AS said
    FROM judged AS j
    LEFT JOIN stored AS s ON s.complaint_id = j.complaint_id AND j.refused IS NULL
), outcome AS (
    SELECT t.ordinal, t.said ->> 'code' AS code, t.said -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM told AS t
    LEFT JOIN LATERAL complaint_answer(t.c, t.d, t.s, t.actor_person, t.actor_role, false) AS a
        ON t.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
