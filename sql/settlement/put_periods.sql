-- Adds missing periods of district $1 and moves the cut-off of open ones (a holiday was added):
-- $2 an array of {grain, begin_date, end_date, freezes_ms, due_ms}. Computed in C, not here.
INSERT INTO periods AS p (district_id, grain, begin_date, end_date, freezes_at, due_at)
SELECT $1::integer, n.grain, n.begin_date, n.end_date, to_timestamp(n.freezes_ms / 1000.0),
       to_timestamp(n.due_ms / 1000.0)
FROM jsonb_to_recordset($2::jsonb) AS n(grain text, begin_date date, end_date date,
                                        freezes_ms bigint, due_ms bigint)
-- weeks first, as everywhere: weeks -> months (docs/ledger.md, Locks)
ORDER BY n.grain <> 'week', n.grain COLLATE "C", n.begin_date
ON CONFLICT (district_id, grain, begin_date) DO UPDATE
SET freezes_at = excluded.freezes_at, due_at = excluded.due_at
WHERE p.state = 'open'
