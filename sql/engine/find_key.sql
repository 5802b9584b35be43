-- What a key stood for: $1 district, $2 actor, $3 key.
SELECT operation, fingerprint, completed, code, args, subject_id, result
FROM idempotency_keys
WHERE district_id = $1::integer AND actor = $2 AND key = $3
