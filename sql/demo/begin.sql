-- Marks the installation as a demo whose district $1 is being loaded; its clock stands at $2.
WITH marked AS (
    UPDATE installation SET kind = 'demo', standing_clock = $2::timestamptz
)
INSERT INTO counters (district_id, name, value) VALUES ($1::integer, 'demo', 1)
