-- What settling week $2 of district $1 would do now.
SELECT records, deposits, captures, minutes, carried, encode(digest, 'hex') AS digest
FROM dry_settle_week($1::integer, $2::date)
