-- What settling quarter $2 of district $1 would do now. Its digest depends on salts that are drawn then.
SELECT records, deposits, captures, minutes, statements, '' AS digest
FROM dry_settle_quarter($1::integer, $2::date)
