-- The idempotency keys of a batch, before its work and in its transaction. A key that is already
-- there stays as it is: its request is then no longer in fresh_requests().
INSERT INTO idempotency_keys
    (district_id, actor, key, operation, fingerprint, batch_id, contract_version)
SELECT $1::integer, r.actor, r.key, $4, r.fingerprint, $2::uuid, $5
FROM jsonb_to_recordset($3::jsonb) AS r(actor text, key text, fingerprint bytea)
WHERE r.key IS NOT NULL
ORDER BY r.actor, r.key
ON CONFLICT DO NOTHING
