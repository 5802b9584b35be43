-- What is not named stays. The old window holds until that day.
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

-- step: change
WITH request AS (
    SELECT r.*, d.today, r.starts_at::time AS opens, r.ends_at::time AS closes,
           COALESCE(r.valid_from, d.today) AS from_day
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid,
         availability_id uuid, weekday smallint, starts_at text, ends_at text, valid_from date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.ordinal, q.new_id, q.today, q.availability_id, v.person_id, n.*, CASE
        WHEN s.id IS NULL OR NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low,
                                 q.scope_high, NULL, q.self_person, q.today) THEN 'not_found'
        WHEN s.superseded_at IS NOT NULL OR s.valid_to <= q.from_day THEN 'already_ended'
        WHEN n.ends_at <= n.starts_at THEN 'window_reversed'
        WHEN EXISTS (
            SELECT FROM availabilities AS o
            WHERE o.district_id = :district::integer AND o.volunteer_id = q.volunteer_id
              AND o.weekday = n.weekday AND o.superseded_at IS NULL
              AND o.id <> s.id
              AND o.starts_at < n.ends_at AND n.starts_at < o.ends_at
              AND (o.valid_to IS NULL OR n.since < o.valid_to)
              AND (s.valid_to IS NULL OR o.valid_from < s.valid_to))
            THEN 'availability_overlaps'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN availabilities AS s
        ON s.district_id = :district::integer AND s.volunteer_id = q.volunteer_id
       AND s.id = q.availability_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(q.weekday, s.weekday) AS weekday,
               COALESCE(q.opens, s.starts_at) AS starts_at,
               COALESCE(q.closes, s.ends_at) AS ends_at,
               GREATEST(q.from_day, s.valid_from) AS since
    ) AS n
), superseded AS (
    UPDATE availabilities AS s
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND s.district_id = :district::integer AND s.id = j.availability_id
    RETURNING s.*
), made AS (
    INSERT INTO availabilities (district_id, id, volunteer_id, weekday, starts_at, ends_at,
                                valid_from, valid_to)
    SELECT s.district_id, gen_random_uuid(), s.volunteer_id, s.weekday, s.starts_at, s.ends_at,
           s.valid_from, j.since
    FROM superseded AS s
    JOIN judged AS j ON j.availability_id = s.id
    WHERE s.valid_from < j.since
    UNION ALL
    SELECT s.district_id, j.new_id, s.volunteer_id, j.weekday, j.starts_at, j.ends_at, j.since,
           s.valid_to
    FROM superseded AS s
    JOIN judged AS j ON j.availability_id = s.id
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code, NULL::jsonb AS args, m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           m.id, m.volunteer_id, m.weekday, to_char(m.starts_at, 'HH24:MI') AS starts_at,
           to_char(m.ends_at, 'HH24:MI') AS ends_at, m.valid_from, m.valid_to, m.recorded_at,
           m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
