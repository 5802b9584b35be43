WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT k.id, k.person_id, p.name AS person_name, k.relative_id, o.name AS relative_name, k.relation,
       k.valid_from, k.valid_to, k.recorded_at, k.superseded_at
FROM day
JOIN kinships AS k ON k.district_id = :district::integer AND k.id = :kinship_id::uuid
JOIN persons AS p ON p.district_id = k.district_id AND p.id = k.person_id
JOIN persons AS o ON o.district_id = k.district_id AND o.id = k.relative_id
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = p.id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
LEFT JOIN residences AS i
    ON i.district_id = :district::integer AND i.person_id = o.id
   AND fact_is_true(i.valid_from, i.valid_to, i.superseded_at, day.today)
WHERE COALESCE(h.region_code, :district::bigint * 1000000)
          BETWEEN :scope_low::bigint AND :scope_high::bigint
   OR COALESCE(i.region_code, :district::bigint * 1000000)
          BETWEEN :scope_low::bigint AND :scope_high::bigint
