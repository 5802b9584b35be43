-- Freezes quarter $2 of district $1; $3 the instant (null: the clock).
SELECT freeze_period FROM freeze_period($1::integer, 'quarter', $2::date, $3::timestamptz)
