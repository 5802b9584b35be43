WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT k.skill_code, k.field, k.needs_certificate, f.name, f.name_en, f.valid_from, f.valid_to,
       k.version
FROM day
JOIN skills AS k ON k.district_id = :district::integer
JOIN skill_facts AS f
    ON f.district_id = k.district_id AND f.skill_code = k.skill_code
   AND fact_holds(f.valid_from, f.valid_to, f.recorded_at, f.superseded_at, day.as_of, day.known_at)
WHERE (:field::text IS NULL OR k.field = :field::text)
