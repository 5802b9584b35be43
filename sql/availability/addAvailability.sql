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

-- step: add
WITH request AS (
    SELECT r.*, d.today, r.starts_at::time AS opens, r.ends_at::time AS closes,
           COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid, weekday smallint,
         starts_at text, ends_at text, valid_from date, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.person_id, l.left_on, CASE
        WHEN NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low, q.scope_high, NULL,
                                q.self_person, q.today) THEN 'not_found'
        WHEN l.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN q.closes <= q.opens THEN 'window_reversed'
        WHEN q.valid_to <= q.since THEN 'ends_before_beginning'
        WHEN EXISTS (
            SELECT FROM availabilities AS o
            WHERE o.district_id = :district::integer AND o.volunteer_id = q.volunteer_id
              AND o.weekday = q.weekday AND o.superseded_at IS NULL
              AND o.starts_at < q.closes AND q.opens < o.ends_at
              AND (o.valid_to IS NULL OR q.since < o.valid_to)
              AND (q.valid_to IS NULL OR o.valid_from < q.valid_to))
            THEN 'availability_overlaps'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    CROSS JOIN LATERAL departed_on(:district::integer, v.id, 'infinity') AS l(left_on)
), made AS (
    INSERT INTO availabilities (district_id, id, volunteer_id, weekday, starts_at, ends_at,
                                valid_from, valid_to)
    SELECT :district::integer, new_id, volunteer_id, weekday, opens, closes, since, valid_to
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('left_on', j.left_on, 'valid_from', j.since) AS args,
           m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           m.id, m.volunteer_id, m.weekday, to_char(m.starts_at, 'HH24:MI') AS starts_at,
           to_char(m.ends_at, 'HH24:MI') AS ends_at, m.valid_from, m.valid_to, m.recorded_at,
           m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
