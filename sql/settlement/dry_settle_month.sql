-- What settling month $2 of district $1 would do now.
SELECT records, deposits, captures, minutes, statements, encode(digest, 'hex') AS digest
FROM dry_settle_month($1::integer, $2::date)
