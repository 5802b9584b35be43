-- Freezes week $2 of district $1; $3 the instant (null: the clock), $4 the seed of the draws
-- (null: random).
SELECT records, flagged, communities
FROM freeze_week($1::integer, $2::date, $3::timestamptz, $4::bytea)
