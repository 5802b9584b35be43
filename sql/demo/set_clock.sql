-- The demo's business clock stands at $1.
-- no district: the installation has one clock
UPDATE installation SET standing_clock = $1::timestamptz
