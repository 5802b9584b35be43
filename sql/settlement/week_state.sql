-- The state of week $2 of district $1.
SELECT state FROM periods
WHERE district_id = $1::integer AND grain = 'week' AND begin_date = $2::date
