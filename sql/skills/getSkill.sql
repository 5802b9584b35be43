-- Without as_of the name that holds today, else the last one it had, else the first to come.
WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT k.skill_code, k.field, k.needs_certificate, f.name, f.name_en, f.valid_from, f.valid_to,
       k.version
FROM day
JOIN skills AS k
    ON k.district_id = :district::integer AND k.skill_code = :skill_code::text
CROSS JOIN LATERAL (
    SELECT *
    FROM skill_facts AS f
    WHERE f.district_id = k.district_id AND f.skill_code = k.skill_code
      AND f.recorded_at <= day.known_at
      AND (f.superseded_at IS NULL OR day.known_at < f.superseded_at)
      AND (:as_of::date IS NULL OR fact_holds(f.valid_from, f.valid_to, f.recorded_at,
                                              f.superseded_at, day.as_of, day.known_at))
    ORDER BY f.valid_from <= day.as_of DESC, abs(f.valid_from - day.as_of)
    LIMIT 1
) AS f
