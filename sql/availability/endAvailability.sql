-- An end on the day of its begin or before takes the window back: it was never true.
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

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid,
         availability_id uuid, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.person_id, CASE
        WHEN s.id IS NULL OR NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low,
                                 q.scope_high, NULL, q.self_person, q.today) THEN 'not_found'
        WHEN s.superseded_at IS NOT NULL OR s.valid_to <= q.until THEN 'already_ended'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN availabilities AS s
        ON s.district_id = :district::integer AND s.volunteer_id = q.volunteer_id
       AND s.id = q.availability_id
), superseded AS (
    UPDATE availabilities AS s
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND s.district_id = :district::integer AND s.id = j.availability_id
    RETURNING s.*, j.new_id, j.until
), ended AS (
    INSERT INTO availabilities (district_id, id, volunteer_id, weekday, starts_at, ends_at,
                                valid_from, valid_to)
    SELECT district_id, new_id, volunteer_id, weekday, starts_at, ends_at, valid_from, until
    FROM superseded
    WHERE valid_from < until
    RETURNING *
), made AS (
    SELECT * FROM ended
    UNION ALL
    SELECT district_id, id, volunteer_id, weekday, starts_at, ends_at, valid_from, valid_to,
           recorded_at, superseded_at
    FROM superseded
    WHERE until <= valid_from
), outcome AS (
    SELECT j.ordinal, j.code, NULL::jsonb AS args, m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           m.id, m.volunteer_id, m.weekday, to_char(m.starts_at, 'HH24:MI') AS starts_at,
           to_char(m.ends_at, 'HH24:MI') AS ends_at, m.valid_from, m.valid_to, m.recorded_at,
           m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id IN (j.new_id, j.availability_id)
)
SELECT * FROM outcome ORDER BY ordinal
