WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT g.region_code, g.kind, g.parent_code, f.name, f.setting, f.successor_code, f.valid_from,
       f.valid_to, g.version
FROM day
JOIN regions AS g ON g.district_id = :district::integer
JOIN region_facts AS f
    ON f.district_id = g.district_id AND f.region_code = g.region_code
   AND fact_holds(f.valid_from, f.valid_to, f.recorded_at, f.superseded_at, day.as_of, day.known_at)
WHERE (:kind::text IS NULL OR g.kind = :kind::text)
  AND (:setting::text IS NULL OR f.setting = :setting::text)
  AND (:parent_code::bigint IS NULL OR g.parent_code = :parent_code::bigint)
  AND (:name_prefix::text IS NULL OR starts_with(f.name, :name_prefix::text))
