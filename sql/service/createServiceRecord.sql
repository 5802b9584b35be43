-- step: draft
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, own_team uuid, scope_low bigint, scope_high bigint,
         body jsonb)
), judged AS (
    SELECT q.ordinal, d AS draft,
           CASE WHEN d.region_code NOT BETWEEN q.scope_low AND q.scope_high
                     OR (q.own_team IS NOT NULL AND d.team_id IS DISTINCT FROM q.own_team)
                THEN refusal('not_found')
                ELSE draft_refusal(d, v.person_id, q.actor_person, q.at) END AS refused
    FROM request AS q
    CROSS JOIN LATERAL draft_completed(jsonb_populate_record(NULL::service_drafts,
        jsonb_build_object('team_id', q.own_team) || q.body
        || jsonb_build_object('district_id', :district::integer, 'id', q.new_id, 'version', 1,
               'entered_by', q.actor_user, 'created_at', q.at, 'recorded_at', now()))) AS d
    LEFT JOIN volunteers AS v
        ON v.district_id = :district::integer AND v.id = d.volunteer_id
), stored AS (
    INSERT INTO service_drafts
    SELECT (j.draft).*
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN LATERAL draft_answer(j.draft, '{}') AS a ON j.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
