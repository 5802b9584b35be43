-- The state of the period of district $1, grain $2, that begins on $3.
SELECT state FROM periods
WHERE district_id = $1::integer AND grain = $2 AND begin_date = $3::date
