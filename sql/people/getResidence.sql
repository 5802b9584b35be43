WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT r.id, r.person_id, r.region_code, r.household_id, r.address_line, r.valid_from, r.valid_to,
       r.recorded_at, r.superseded_at
FROM day
JOIN residences AS r
    ON r.district_id = :district::integer AND r.person_id = :person_id::uuid
   AND r.id = :residence_id::uuid
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = r.person_id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN r.person_id = :self_person::uuid
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
