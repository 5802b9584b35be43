-- Notices of district $1 that hang on all their boards, or whose window has passed; $2 the instant (null: the
-- clock).
SELECT advance_notices($1::integer, step_instant($2::timestamptz)) AS moved
