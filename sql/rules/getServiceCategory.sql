-- Without as_of the name that holds today, else the last one it had, else the first to come.
WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT c.category_code, c.field, f.name, f.name_en, f.valid_from, f.valid_to, c.version
FROM day
JOIN service_categories AS c
    ON c.district_id = :district::integer AND c.category_code = :category_code::text
CROSS JOIN LATERAL (
    SELECT *
    FROM service_category_facts AS f
    WHERE f.district_id = c.district_id AND f.category_code = c.category_code
      AND f.recorded_at <= day.known_at
      AND (f.superseded_at IS NULL OR day.known_at < f.superseded_at)
      AND (:as_of::date IS NULL OR fact_holds(f.valid_from, f.valid_to, f.recorded_at,
                                              f.superseded_at, day.as_of, day.known_at))
    ORDER BY f.valid_from <= day.as_of DESC, abs(f.valid_from - day.as_of)
    LIMIT 1
) AS f
