-- The weeks, months and quarters of district $1 from the oldest that is not settled, with the settled one
-- before each and what those are made of. $2: the greatest of the grains wanted (null: all).
WITH due AS (
    SELECT *
    FROM periods
    WHERE district_id = $1::integer
      AND grain = ANY (CASE $2::text WHEN 'week' THEN '{week}' WHEN 'month' THEN '{week,month}'
                                     ELSE '{week,month,quarter}' END::text[])
)
SELECT grain, begin_date, end_date, state,
       floor(extract(epoch FROM freezes_at) * 1000)::bigint AS freezes_ms,
       floor(extract(epoch FROM due_at) * 1000)::bigint AS due_ms
FROM due
WHERE end_date >= (SELECT min(begin_date) FROM due WHERE state IN ('open', 'frozen'))
ORDER BY begin_date
