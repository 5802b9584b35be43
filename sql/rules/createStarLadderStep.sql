-- The district's region is locked first: two steps at once could each be right, together wrong.
-- step: lock
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer AND g.region_code = :district::bigint * 1000000
FOR NO KEY UPDATE

-- step: create
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, ladder text, star smallint,
         minutes bigint, title text, valid_from date, source text)
), step AS (
    SELECT l.ladder, l.valid_from, l.star, l.minutes, -1 AS ordinal
    FROM star_ladders AS l
    WHERE l.district_id = :district::integer
    UNION ALL
    SELECT q.ladder, q.valid_from, q.star, q.minutes, q.ordinal
    FROM request AS q
), judged AS (
    SELECT q.*, CASE
        WHEN EXISTS (SELECT FROM step AS s
                     WHERE s.ladder = q.ladder AND s.valid_from = q.valid_from
                       AND s.star = q.star AND s.ordinal < q.ordinal) THEN 'ladder_step_known'
        WHEN EXISTS (SELECT FROM step AS s
                     WHERE s.ladder = q.ladder AND s.valid_from = q.valid_from
                       AND s.ordinal < q.ordinal
                       AND ((s.star < q.star) <> (s.minutes < q.minutes)
                            OR s.minutes = q.minutes))
            THEN 'ladder_step_order'
    END AS code
    FROM request AS q
), created AS (
    INSERT INTO star_ladders (district_id, ladder, star, minutes, title, valid_from, source)
    SELECT :district::integer, ladder, star, minutes, title, valid_from, source
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('ladder', j.ladder, 'star', j.star,
                              'valid_from', j.valid_from) AS args,
           j.ladder || '/' || j.valid_from || '/' || j.star AS subject_id,
           NULL::bigint AS region_code, c.ladder, c.star, c.minutes, c.title, c.valid_from, c.source
    FROM judged AS j
    LEFT JOIN created AS c
        ON j.code IS NULL AND c.ladder = j.ladder AND c.valid_from = j.valid_from
       AND c.star = j.star
)
SELECT * FROM outcome ORDER BY ordinal
