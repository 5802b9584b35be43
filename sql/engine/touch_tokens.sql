-- When tokens were last used: three arrays of one length, $1 districts, $2 SHA-256 of the tokens,
-- $3 times. Informative only, so a token that is being changed is left alone.
WITH used AS (
    SELECT t.district_id, t.id, u.at
    FROM unnest($1::integer[], $2::bytea[], $3::timestamptz[]) AS u(district_id, token_hash, at)
    JOIN tokens AS t ON t.district_id = u.district_id AND t.token_hash = u.token_hash
    ORDER BY t.district_id, t.id
    FOR NO KEY UPDATE OF t SKIP LOCKED
)
UPDATE tokens AS t
SET last_used_at = u.at
FROM used AS u
WHERE t.district_id = u.district_id AND t.id = u.id
  AND (t.last_used_at IS NULL OR t.last_used_at < u.at)
