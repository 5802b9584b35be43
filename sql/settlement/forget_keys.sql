-- Idempotency keys of district $1 are kept 30 days of the wall clock (docs/ledger.md); the oldest that
-- are over go, some at a time.
WITH forgotten AS (
    DELETE FROM idempotency_keys AS k
    USING (
        SELECT actor, key FROM idempotency_keys
        WHERE district_id = $1::integer AND recorded_at < now() - interval '30 days'
        ORDER BY recorded_at
        LIMIT 10000
        FOR UPDATE SKIP LOCKED
    ) AS old
    WHERE k.district_id = $1::integer AND k.actor = old.actor AND k.key = old.key
    RETURNING k.key
)
SELECT count(*) AS forgotten FROM forgotten
