-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer AND v.id IN (SELECT volunteer_id FROM request)
ORDER BY v.id
FOR NO KEY UPDATE

-- step: update
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, volunteer_id uuid, health text, experience text,
         willingness text, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, v.version AS seen, h.region_code AS home_code, CASE
        WHEN v.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.if_match <> v.version THEN 'version_mismatch'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = v.person_id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1,
        health = CASE WHEN j.body ? 'health' THEN j.health ELSE v.health END,
        experience = CASE WHEN j.body ? 'experience' THEN j.experience ELSE v.experience END,
        willingness = CASE WHEN j.body ? 'willingness' THEN j.willingness ELSE v.willingness END
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'version_mismatch' THEN jsonb_build_object('version', j.seen)
           END AS args,
           j.volunteer_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code,
           v.id, v.person_id,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           v.volunteer_number, v.joined_on, v.left_on, v.left_reason, v.health, v.experience,
           v.willingness, k.id AS passbook_id, k.passbook_number, b.earned_minutes,
           CASE WHEN j.code IS NULL THEN
               eligible_star(:district::integer, COALESCE(b.earned_minutes, 0), j.today)
           END AS eligible_star,
           CASE WHEN j.code IS NULL THEN awarded_star(:district::integer, v.id, j.today)
           END AS star,
           CASE WHEN j.code IS NULL THEN (
               SELECT COALESCE(json_agg(m.team_id ORDER BY m.team_id), '[]')
               FROM team_memberships AS m
               WHERE m.district_id = v.district_id AND m.volunteer_id = v.id
                 AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, j.today)
           ) END AS team_ids,
           v.version
    FROM judged AS j
    LEFT JOIN changed AS v ON v.id = j.volunteer_id
    LEFT JOIN passbooks AS k
        ON k.district_id = v.district_id AND k.volunteer_id = v.id AND k.state <> 'closed'
    LEFT JOIN balances AS b ON b.district_id = k.district_id AND b.account_id = k.account_id
)
SELECT * FROM outcome ORDER BY ordinal
