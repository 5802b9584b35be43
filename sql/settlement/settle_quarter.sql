-- Settles quarter $2 of district $1; $3 the instant (null: the clock), $4 the id of the run, $5 the seed of
-- the notice's salts (null: random).
SELECT records, deposits, captures, minutes, statements, encode(digest, 'hex') AS digest
FROM settle_quarter($1::integer, $2::date, $3::timestamptz, $4::uuid, $5::bytea)
