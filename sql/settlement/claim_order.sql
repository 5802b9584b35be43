-- Whether this session carries out order $2 of district $1: one session at a time, until it ends or lets go.
SELECT pg_try_advisory_lock(hashtextextended('timebank.order:' || $1::integer || ':' || $2::uuid, 0))
           AS claimed
