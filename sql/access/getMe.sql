SELECT u.id AS user_id, u.person_id, p.name, g.id AS grant_id, g.role, g.region_code,
       f.name AS region_name, g.team_id, t.name AS team_name, g.deputy_of, g.valid_to,
       k.id AS token_id, k.label, to_json(k.scopes) AS scopes, k.expires_at,
       district_today(:district::integer) AS today, d.time_zone
FROM tokens AS k
JOIN districts AS d ON d.district_id = k.district_id
JOIN role_grants AS g ON g.district_id = k.district_id AND g.id = k.grant_id
JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
LEFT JOIN teams AS t ON t.district_id = g.district_id AND t.id = g.team_id
LEFT JOIN LATERAL (
    SELECT r.name
    FROM region_facts AS r
    WHERE r.district_id = g.district_id AND r.region_code = g.region_code
      AND r.superseded_at IS NULL AND r.valid_from <= district_today(:district::integer)
    ORDER BY r.valid_from DESC
    LIMIT 1
) AS f ON true
WHERE k.district_id = :district::integer AND k.id = :actor_token
