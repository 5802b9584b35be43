-- Who carries a token: $1 district, $2 SHA-256 of the token. Role grants count civil days of the
-- business clock; tokens and users the wall clock.
SELECT t.id AS token_id, u.id AS user_id, u.person_id, g.role, g.region_code, g.team_id,
       g.scope_low, g.scope_high,
       'read' = ANY (t.scopes) AS reads, 'write' = ANY (t.scopes) AS writes,
       'reports' = ANY (t.scopes) AS reports,
       t.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL OR g.revoked_at IS NOT NULL AS revoked,
       t.expires_at <= now()
           OR NOT (g.valid_from <= d.today AND (g.valid_to IS NULL OR d.today < g.valid_to)) AS expired,
       (extract(epoch FROM t.expires_at - now()) * 1000)::bigint AS expires_in_ms
FROM tokens AS t
JOIN role_grants AS g ON g.district_id = t.district_id AND g.id = t.grant_id
JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
CROSS JOIN LATERAL (SELECT district_today($1::integer) AS today) AS d
WHERE t.district_id = $1::integer AND t.token_hash = $2::bytea
