-- The weeks of district $1 that are not settled, with the last settled one before them.
SELECT begin_date, end_date, state,
       floor(extract(epoch FROM freezes_at) * 1000)::bigint AS freezes_ms,
       floor(extract(epoch FROM due_at) * 1000)::bigint AS due_ms
FROM periods
WHERE district_id = $1::integer AND grain = 'week'
  AND end_date >= (SELECT min(begin_date) FROM periods
                   WHERE district_id = $1::integer AND grain = 'week'
                     AND state IN ('open', 'frozen'))
ORDER BY begin_date
