-- On the very day of leaving, the leaving is taken back; later, it gets an end.
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

-- step: rejoin
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.rejoined_on, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, volunteer_id uuid, rejoined_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, l.id AS departure_id, l.valid_from AS left_on, p.died_on,
           h.region_code AS home_code, CASE
        WHEN v.id IS NULL OR h.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.died_on IS NOT NULL THEN 'person_died'
        WHEN l.id IS NULL THEN 'volunteer_not_left'
        WHEN q.since > q.today THEN 'date_in_future'
        WHEN q.since < l.valid_from THEN 'rejoins_before_leaving'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    CROSS JOIN LATERAL home_region(:district::integer, v.person_id, q.today) AS h(region_code)
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN volunteer_departures AS l
        ON l.district_id = v.district_id AND l.volunteer_id = v.id AND l.superseded_at IS NULL
       AND l.valid_to IS NULL
), superseded AS (
    UPDATE volunteer_departures AS l
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND l.district_id = :district::integer AND l.id = j.departure_id
    RETURNING l.volunteer_id, l.reason, l.valid_from, j.since, j.new_id
), ended AS (
    INSERT INTO volunteer_departures (district_id, id, volunteer_id, reason, valid_from, valid_to)
    SELECT :district::integer, new_id, volunteer_id, reason, valid_from, since
    FROM superseded
    WHERE valid_from < since
), changed AS (
    UPDATE volunteers AS v
    SET version = v.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND v.district_id = :district::integer AND v.id = j.volunteer_id
    RETURNING v.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'person_died' THEN jsonb_build_object('died_on', j.died_on)
                       WHEN 'rejoins_before_leaving'
                           THEN jsonb_build_object('left_on', j.left_on)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'rejoined_on', 'today', j.today)
           END AS args,
           j.volunteer_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code,
           a.id, a.person_id, a.name, a.volunteer_number, a.joined_on, NULL::date AS left_on,
           NULL::text AS left_reason, a.health, a.experience, a.willingness, a.weekly_minutes_max,
           a.willing_categories, a.referred_by, a.referred_on, a.passbook_id, a.passbook_number,
           a.earned_minutes, a.points, a.eligible_star,
           a.next_star, a.minutes_to_next_star, a.star, a.team_ids, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.volunteer_id
    LEFT JOIN LATERAL volunteers_shown(:district::integer, j.today, ARRAY[j.volunteer_id]) AS a
        ON j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
