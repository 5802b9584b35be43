WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT c.category_code, c.field, f.name, f.name_en, f.valid_from, f.valid_to, c.version
FROM day
JOIN service_categories AS c ON c.district_id = :district::integer
JOIN service_category_facts AS f
    ON f.district_id = c.district_id AND f.category_code = c.category_code
   AND fact_holds(f.valid_from, f.valid_to, f.recorded_at, f.superseded_at, day.as_of, day.known_at)
WHERE (:field::text IS NULL OR c.field = :field::text)
