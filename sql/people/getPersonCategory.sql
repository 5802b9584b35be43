WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT c.id, c.person_id, c.category, c.valid_from, c.valid_to, c.recorded_at, c.superseded_at
FROM day
JOIN person_categories AS c
    ON c.district_id = :district::integer AND c.person_id = :person_id::uuid
   AND c.id = :category_id::uuid
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = c.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN c.person_id = :self_person::uuid
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
