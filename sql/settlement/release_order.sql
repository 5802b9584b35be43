-- Lets go of order $2 of district $1.
SELECT pg_advisory_unlock(hashtextextended('timebank.order:' || $1::integer || ':' || $2::uuid, 0))
