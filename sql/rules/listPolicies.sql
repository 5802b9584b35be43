WITH day AS MATERIALIZED (SELECT COALESCE(:known_at::timestamptz, 'infinity') AS known_at)
SELECT p.id, p.name, p.region_code, p.value, p.source, p.valid_from, e.valid_to, p.version
FROM day
JOIN policies AS p ON p.district_id = :district::integer AND p.recorded_at <= day.known_at
LEFT JOIN policy_ends AS e
    ON e.district_id = p.district_id AND e.policy_id = p.id AND e.recorded_at <= day.known_at
WHERE (:name::text IS NULL OR p.name = :name::text)
  AND (:region_code::bigint IS NULL OR p.region_code = :region_code::bigint)
  AND (:as_of::date IS NULL OR p.id IN (
          SELECT r.id
          FROM policy_row(:district::integer, p.name, p.region_code, :as_of::date,
                          day.known_at) AS r))
