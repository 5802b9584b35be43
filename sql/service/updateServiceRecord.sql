-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT d.id
FROM service_drafts AS d
WHERE d.district_id = :district::integer AND d.id = ANY (ARRAY(SELECT id FROM request))
ORDER BY d.id
FOR UPDATE

-- step: change
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_person uuid,
         own_team uuid, scope_low bigint, scope_high bigint, if_match bigint, id uuid, body jsonb)
), found AS (
    SELECT q.*, d AS old, d.version AS seen, a.status,
           draft_completed(jsonb_populate_record(d,
               q.body || jsonb_build_object('version', d.version + 1))) AS draft
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
    LEFT JOIN service_drafts AS d ON d.district_id = :district::integer AND d.id = a.id
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN f.status <> 'draft'
            THEN refusal('already_attested', jsonb_build_object('status', f.status))
        WHEN f.if_match <> f.seen
            THEN refusal('version_mismatch', jsonb_build_object('version', f.seen))
        WHEN (f.draft).region_code NOT BETWEEN f.scope_low AND f.scope_high
             OR (f.own_team IS NOT NULL AND (f.draft).team_id IS DISTINCT FROM f.own_team)
            THEN refusal('not_found')
        WHEN (f.draft).replaces_id IS NOT NULL
             AND ((f.draft).volunteer_id, (f.draft).region_code, (f.draft).team_id)
                 IS DISTINCT FROM ((f.old).volunteer_id, (f.old).region_code, (f.old).team_id)
            THEN refusal('replacement_keeps_server')
        ELSE draft_refusal(f.draft, v.person_id, f.actor_person, f.at) END AS refused
    FROM found AS f
    LEFT JOIN volunteers AS v
        ON v.district_id = :district::integer AND v.id = (f.draft).volunteer_id
), changed AS (
    UPDATE service_drafts AS d
    SET region_code = (j.draft).region_code, team_id = (j.draft).team_id,
        volunteer_id = (j.draft).volunteer_id, category_code = (j.draft).category_code,
        recipient_kind = (j.draft).recipient_kind,
        recipient_person_id = (j.draft).recipient_person_id,
        recipient_household_id = (j.draft).recipient_household_id,
        recipient_label = (j.draft).recipient_label, place = (j.draft).place,
        content = (j.draft).content, person_in_charge = (j.draft).person_in_charge,
        service_date = (j.draft).service_date, starts_at = (j.draft).starts_at,
        ends_at = (j.draft).ends_at, minutes = (j.draft).minutes,
        assignment_id = (j.draft).assignment_id, version = (j.draft).version
    FROM judged AS j
    WHERE j.refused IS NULL AND d.district_id = :district::integer AND d.id = j.id
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN LATERAL draft_answer(j.draft, '{}') AS a ON j.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
