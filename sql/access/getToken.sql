SELECT t.id, t.grant_id, g.user_id, g.role, g.region_code, g.team_id, t.label, t.prefix,
       to_json(t.scopes) AS scopes, t.created_at, t.expires_at, t.revoked_at, t.last_used_at,
       t.version
FROM tokens AS t
JOIN role_grants AS g ON g.district_id = t.district_id AND g.id = t.grant_id
WHERE t.district_id = :district::integer AND t.id = :token_id::uuid
  AND g.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
