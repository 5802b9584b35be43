-- The weeks and months of district $1 from the oldest that is not settled, with the settled one before
-- each and the weeks of that month. $2: 'week' leaves the months out.
WITH due AS (
    SELECT *
    FROM periods
    WHERE district_id = $1::integer AND grain IN ('week', 'month')
      AND ($2::text IS DISTINCT FROM 'week' OR grain = 'week')
)
SELECT grain, begin_date, end_date, state,
       floor(extract(epoch FROM freezes_at) * 1000)::bigint AS freezes_ms,
       floor(extract(epoch FROM due_at) * 1000)::bigint AS due_ms
FROM due
WHERE end_date >= (SELECT min(begin_date) FROM due WHERE state IN ('open', 'frozen'))
ORDER BY begin_date
