WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.id_number, p.phone, p.contact_channel,
       p.died_on, p.origin, p.region_code, p.household_id, p.address_line, p.categories, p.version
FROM day
CROSS JOIN LATERAL persons_of_day(:district::integer, day.today) AS p
WHERE CASE
    WHEN :self_person::uuid IS NOT NULL THEN p.id = :self_person::uuid
    ELSE p.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
      OR (p.region_code IS NULL AND :scope_low::bigint = :district::bigint * 1000000)
  END
  AND (:region_code::bigint IS NULL
       OR p.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:household_id::uuid IS NULL OR p.household_id = :household_id::uuid)
  AND (:category::text IS NULL OR EXISTS (
          SELECT FROM person_categories AS w
          WHERE w.district_id = :district::integer AND w.person_id = p.id
            AND w.category = :category::text
            AND fact_is_true(w.valid_from, w.valid_to, w.superseded_at, day.today)))
  AND (:lacks_consent::boolean IS NULL OR :lacks_consent::boolean = EXISTS (
          SELECT FROM person_categories AS w
          WHERE w.district_id = :district::integer AND w.person_id = p.id
            AND fact_is_true(w.valid_from, w.valid_to, w.superseded_at, day.today)
            AND NOT consent_stands(:district::integer, p.id, w.category, day.today)))
  AND (:is_volunteer::boolean IS NULL OR :is_volunteer::boolean = EXISTS (
          SELECT FROM volunteers AS v
          WHERE v.district_id = :district::integer AND v.person_id = p.id
            AND volunteer_on(:district::integer, v.id, day.today, 'infinity')))
  AND (:is_living::boolean IS NULL OR (p.died_on IS NULL) = :is_living::boolean)
  AND (:sex::text IS NULL OR p.sex = :sex::text)
  AND (:age_min::integer IS NULL
       OR p.birth_date <= day.today - make_interval(years => :age_min::integer))
  AND (:age_max::integer IS NULL
       OR p.birth_date > day.today - make_interval(years => :age_max::integer + 1))
  AND (:name::text IS NULL OR p.name = :name::text)
  AND (:name_prefix::text IS NULL OR starts_with(p.name, :name_prefix::text))
