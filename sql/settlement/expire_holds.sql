-- Ends the unserved holds of district $1 that are over; $2 the instant (null: the clock).
SELECT expire_holds($1::integer, step_instant($2::timestamptz)) AS expired
