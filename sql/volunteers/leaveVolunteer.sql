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

-- step: leave
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.left_on, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, volunteer_id uuid, left_on date, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, v.left_on AS known_day, v.joined_on, h.region_code AS home_code,
           o.memberships, CASE
        WHEN v.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN v.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN q.until > q.today THEN 'date_in_future'
        WHEN q.until < v.joined_on THEN 'ends_before_beginning'
        WHEN o.memberships > 0 THEN 'memberships_open'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = v.person_id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    CROSS JOIN LATERAL (
        SELECT count(*) AS memberships
        FROM team_memberships AS m
        WHERE m.district_id = v.district_id AND m.volunteer_id = v.id AND m.superseded_at IS NULL
          AND (m.valid_to IS NULL OR m.valid_to > q.until)
    ) AS o
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1, left_on = j.until, left_reason = j.reason
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'volunteer_left' THEN jsonb_build_object('left_on', j.known_day)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'left_on', 'today', j.today)
                       WHEN 'ends_before_beginning'
                           THEN jsonb_build_object('valid_from', j.joined_on)
                       WHEN 'memberships_open' THEN jsonb_build_object('count', j.memberships)
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
