WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.id_number_sealed AS id_number,
       p.phone_sealed AS phone, p.contact_channel, p.died_on, p.origin, h.region_code,
       h.household_id, h.address_line, c.categories, p.version
FROM day
JOIN persons AS p ON p.district_id = :district::integer
LEFT JOIN residences AS h
    ON h.district_id = :district::integer AND h.person_id = p.id
   AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
CROSS JOIN LATERAL (
    SELECT COALESCE(json_agg(c.category ORDER BY c.category), '[]') AS categories
    FROM person_categories AS c
    WHERE c.district_id = p.district_id AND c.person_id = p.id
      AND fact_is_true(c.valid_from, c.valid_to, c.superseded_at, day.today)
) AS c
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN p.id = :self_person::uuid
    ELSE h.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (h.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (:region_code::bigint IS NULL OR h.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999
                                       ELSE 0 END)
  AND (:category::text IS NULL OR EXISTS (
          SELECT FROM person_categories AS w
          WHERE w.district_id = p.district_id AND w.person_id = p.id
            AND w.category = :category::text
            AND fact_is_true(w.valid_from, w.valid_to, w.superseded_at, day.today)))
  AND (:name::text IS NULL OR p.name = :name::text)
  AND (:name_prefix::text IS NULL OR starts_with(p.name, :name_prefix::text))
