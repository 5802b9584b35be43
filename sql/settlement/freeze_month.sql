-- Freezes month $2 of district $1; $3 the instant (null: the clock).
SELECT freeze_period FROM freeze_period($1::integer, 'month', $2::date, $3::timestamptz)
