WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT u.id, u.person_id, p.name, h.region_code, u.disabled_at, u.version
FROM day
JOIN users AS u ON u.district_id = :district::integer AND u.id = :user_id::uuid
JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = p.id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE COALESCE(h.region_code, :district::bigint * 1000000)
          BETWEEN :scope_low::bigint AND :scope_high::bigint
   OR EXISTS (SELECT FROM role_grants AS g
              WHERE g.district_id = u.district_id AND g.user_id = u.id
                AND g.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint)
