SELECT g.id, g.user_id, u.person_id, p.name, g.role, g.region_code, g.team_id, g.deputy_of,
       g.valid_from, g.valid_to, g.revoked_at, g.version
FROM role_grants AS g
JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
WHERE g.district_id = :district::integer
  AND g.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL OR g.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999
                                       ELSE 0 END)
  AND (:role::text IS NULL OR g.role = :role::text)
  AND (:team_id::uuid IS NULL OR g.team_id = :team_id::uuid)
  AND (:deputy_of::uuid IS NULL OR g.deputy_of = :deputy_of::uuid)
  AND (:deputies::boolean IS NULL OR (g.deputy_of IS NOT NULL) = :deputies::boolean)
  AND (:as_of::date IS NULL
       OR fact_is_true(g.valid_from, g.valid_to, g.revoked_at, :as_of::date))
