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
         scope_high bigint, self_person uuid, if_match bigint, volunteer_id uuid, health text,
         experience text, willingness text, weekly_minutes_max integer, willing_categories text[],
         body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.version AS seen, h.region_code AS home_code, u.category_code AS unknown_code, CASE
        WHEN NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low, q.scope_high, NULL,
                                q.self_person, q.today) THEN 'not_found'
        WHEN q.if_match <> v.version THEN 'version_mismatch'
        WHEN u.category_code IS NOT NULL THEN 'category_not_in_force'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    CROSS JOIN LATERAL home_region(:district::integer, v.person_id, q.today) AS h(region_code)
    LEFT JOIN LATERAL categories_not_in_force(:district::integer, q.willing_categories, q.today)
        AS u(category_code) ON true
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1,
        health = CASE WHEN j.body ? 'health' THEN j.health ELSE v.health END,
        experience = CASE WHEN j.body ? 'experience' THEN j.experience ELSE v.experience END,
        willingness = CASE WHEN j.body ? 'willingness' THEN j.willingness ELSE v.willingness END,
        weekly_minutes_max = CASE WHEN j.body ? 'weekly_minutes_max' THEN j.weekly_minutes_max
                                  ELSE v.weekly_minutes_max END,
        willing_categories = CASE WHEN j.body ? 'willing_categories'
                                  THEN COALESCE(j.willing_categories, '{}')
                                  ELSE v.willing_categories END
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'category_code', j.unknown_code) AS args,
           j.volunteer_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code,
           a.id, a.person_id, a.name, a.volunteer_number, a.joined_on, a.left_on, a.left_reason,
           c.health, c.experience, c.willingness,
           c.weekly_minutes_max,
           to_json(c.willing_categories) AS willing_categories, a.referred_by, a.referred_on,
           a.passbook_id, a.passbook_number, a.earned_minutes, a.points, a.eligible_star,
           a.next_star, a.minutes_to_next_star, a.star, a.team_ids,
           c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.volunteer_id
    LEFT JOIN LATERAL volunteers_shown(:district::integer, j.today, ARRAY[j.volunteer_id]) AS a
        ON j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
