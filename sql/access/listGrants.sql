SELECT g.id, g.user_id, u.person_id, p.name, g.role, g.region_code, g.team_id, g.deputy_of,
       g.valid_from, g.valid_to, g.revoked_at, g.version
FROM role_grants AS g
JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
WHERE g.district_id = :district::integer AND g.user_id = :user_id::uuid
  AND g.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:role::text IS NULL OR g.role = :role::text)
  AND (:as_of::date IS NULL
       OR fact_is_true(g.valid_from, g.valid_to, g.revoked_at, :as_of::date))
