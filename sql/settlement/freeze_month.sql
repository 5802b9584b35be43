-- Freezes month $2 of district $1; $3 the instant (null: the clock).
SELECT freeze_month FROM freeze_month($1::integer, $2::date, $3::timestamptz)
