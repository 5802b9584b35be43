-- Two referrals at once could each be right and together a circle: the district's region puts them
-- in a row.
-- step: lock
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer AND g.region_code = :district::bigint * 1000000
FOR NO KEY UPDATE

-- step: set
WITH RECURSIVE request AS (
    SELECT r.*, d.today, v.person_id, v.joined_on, COALESCE(r.referred_on, v.joined_on) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, volunteer_id uuid, referred_by uuid, referred_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = r.volunteer_id
), above (ordinal, volunteer_id) AS (
    SELECT ordinal, referred_by FROM request
    UNION
    SELECT a.ordinal, f.referrer_id
    FROM above AS a
    JOIN referrals AS f
        ON f.district_id = :district::integer AND f.volunteer_id = a.volunteer_id
       AND f.superseded_at IS NULL
), judged AS (
    SELECT q.*, CASE
        WHEN NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low, q.scope_high, NULL,
                                NULL, q.today) THEN 'not_found'
        WHEN q.referred_by = q.volunteer_id THEN 'referral_of_oneself'
        WHEN q.since > q.today THEN 'date_in_future'
        WHEN q.referred_by IS NOT NULL AND NOT COALESCE(f.joined_on <= q.since, false)
            THEN 'referrer_unfit'
        WHEN EXISTS (SELECT FROM above AS a
                     WHERE a.ordinal = q.ordinal AND a.volunteer_id = q.volunteer_id)
            THEN 'referral_circle'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS f ON f.district_id = :district::integer AND f.id = q.referred_by
), superseded AS (
    UPDATE referrals AS f
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer
      AND f.volunteer_id = j.volunteer_id AND f.superseded_at IS NULL
    RETURNING f.volunteer_id
), referred AS (
    -- Counting the superseded ones first makes room for these.
    INSERT INTO referrals (district_id, id, volunteer_id, referrer_id, referred_on)
    SELECT :district::integer, j.new_id, j.volunteer_id, j.referred_by, j.since
    FROM judged AS j
    CROSS JOIN (SELECT count(*) FROM superseded) AS room
    WHERE j.code IS NULL AND j.referred_by IS NOT NULL
    RETURNING volunteer_id, referrer_id, referred_on
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.id, v.version
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('field', 'referred_on', 'today', j.today,
                              'referred_on', j.since) AS args,
           j.volunteer_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           a.id, a.person_id, a.name, a.volunteer_number, a.joined_on, a.left_on, a.left_reason,
           a.health, a.experience, a.willingness, a.weekly_minutes_max, a.willing_categories,
           f.referrer_id AS referred_by, f.referred_on, a.passbook_id, a.passbook_number,
           a.earned_minutes, a.points, a.eligible_star,
           a.next_star, a.minutes_to_next_star, a.star, a.team_ids, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.volunteer_id
    LEFT JOIN referred AS f ON f.volunteer_id = j.volunteer_id
    LEFT JOIN LATERAL volunteers_shown(:district::integer, j.today, ARRAY[j.volunteer_id]) AS a
        ON j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
