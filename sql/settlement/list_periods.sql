-- The stored periods of district $1 that touch the days $2 to $3.
SELECT grain, begin_date, state,
       floor(extract(epoch FROM freezes_at) * 1000)::bigint AS freezes_ms,
       floor(extract(epoch FROM due_at) * 1000)::bigint AS due_ms
FROM periods
WHERE district_id = $1::integer AND end_date > $2::date AND begin_date <= $3::date
