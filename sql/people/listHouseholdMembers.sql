WITH day AS MATERIALIZED (
    SELECT district_today(:district::integer) AS today,
           COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at
)
SELECT h.person_id, p.name, p.birth_date, p.died_on, h.valid_from, h.valid_to
FROM day
JOIN households AS f
    ON f.district_id = :district::integer AND f.id = :household_id::uuid
   AND f.region_code IN (SELECT regions_within(:district::integer, :scope_low::bigint,
                                               :scope_high::bigint, day.today))
JOIN residences AS h
    ON h.district_id = f.district_id AND h.household_id = f.id
   AND fact_holds(h.valid_from, h.valid_to, h.recorded_at, h.superseded_at, day.as_of, day.known_at)
JOIN persons AS p ON p.district_id = h.district_id AND p.id = h.person_id
WHERE p.died_on IS NULL OR day.as_of <= p.died_on
