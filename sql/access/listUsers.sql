WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT u.id, u.person_id, p.name, h.region_code, u.disabled_at, u.version
FROM day
JOIN users AS u ON u.district_id = :district::integer
JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = p.id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE (COALESCE(h.region_code, :district::bigint * 1000000)
              BETWEEN :scope_low::bigint AND :scope_high::bigint
       OR EXISTS (SELECT FROM role_grants AS g
                  WHERE g.district_id = u.district_id AND g.user_id = u.id
                    AND g.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint))
  AND (:region_code::bigint IS NULL OR h.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999
                                       ELSE 0 END)
  AND (:person_id::uuid IS NULL OR u.person_id = :person_id::uuid)
  AND (:disabled::boolean IS NULL OR (u.disabled_at IS NOT NULL) = :disabled::boolean)
  AND (:role::text IS NULL OR EXISTS (
          SELECT FROM role_grants AS w
          WHERE w.district_id = u.district_id AND w.user_id = u.id AND w.role = :role::text
            AND w.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
            AND fact_is_true(w.valid_from, w.valid_to, w.revoked_at, day.today)))
