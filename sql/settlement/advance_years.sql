-- Years of district $1 whose quarters are final, or whose appraisals are confirmed; $2 the instant (null: the
-- clock).
SELECT advance_years($1::integer, step_instant($2::timestamptz)) AS moved
