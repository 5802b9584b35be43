-- Marks the demo of district $1 as whole; its clock stands at $2.
WITH marked AS (
    UPDATE installation SET standing_clock = $2::timestamptz
)
UPDATE counters SET value = 2 WHERE district_id = $1::integer AND name = 'demo'
