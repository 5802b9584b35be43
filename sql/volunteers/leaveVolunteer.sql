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
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, volunteer_id uuid, left_on date, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, l.left_on AS known_day, GREATEST(v.joined_on, l.rejoined_on) AS since,
           h.region_code AS home_code, o.memberships, CASE
        WHEN v.id IS NULL OR h.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN l.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN q.until > q.today THEN 'date_in_future'
        WHEN q.until < GREATEST(v.joined_on, l.rejoined_on) THEN 'ends_before_beginning'
        WHEN o.memberships > 0 THEN 'memberships_open'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    CROSS JOIN LATERAL home_region(:district::integer, v.person_id, q.today) AS h(region_code)
    CROSS JOIN LATERAL (
        SELECT max(d.valid_from) FILTER (WHERE d.valid_to IS NULL) AS left_on,
               max(d.valid_to) AS rejoined_on
        FROM volunteer_departures AS d
        WHERE d.district_id = :district::integer AND d.volunteer_id = q.volunteer_id
          AND d.superseded_at IS NULL
    ) AS l
    CROSS JOIN LATERAL (
        SELECT count(*) AS memberships
        FROM team_memberships AS m
        WHERE m.district_id = v.district_id AND m.volunteer_id = v.id AND m.superseded_at IS NULL
          AND (m.valid_to IS NULL OR m.valid_to > q.until)
    ) AS o
), departed AS (
    INSERT INTO volunteer_departures (district_id, id, volunteer_id, reason, valid_from)
    SELECT :district::integer, new_id, volunteer_id, reason, until
    FROM judged
    WHERE code IS NULL
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'volunteer_left' THEN jsonb_build_object('left_on', j.known_day)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'left_on', 'today', j.today)
                       WHEN 'ends_before_beginning' THEN jsonb_build_object('valid_from', j.since)
                       WHEN 'memberships_open' THEN jsonb_build_object('count', j.memberships)
           END AS args,
           j.volunteer_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code,
           a.id, a.person_id, a.name, a.volunteer_number, a.joined_on,
           CASE WHEN j.code IS NULL THEN j.until END AS left_on,
           CASE WHEN j.code IS NULL THEN j.reason END AS left_reason, a.health, a.experience,
           a.willingness, a.weekly_minutes_max, a.willing_categories, a.referred_by, a.referred_on,
           a.passbook_id, a.passbook_number, a.earned_minutes, a.points, a.eligible_star,
           a.next_star, a.minutes_to_next_star, a.star, a.team_ids,
           c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.volunteer_id
    LEFT JOIN LATERAL volunteers_shown(:district::integer, j.today, ARRAY[j.volunteer_id]) AS a
        ON j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
