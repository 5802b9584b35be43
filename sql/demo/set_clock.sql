-- The demo's business clock stands at $1.
UPDATE installation SET standing_clock = $1::timestamptz
