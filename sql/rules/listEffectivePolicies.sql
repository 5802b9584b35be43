-- Of the token's region when none is named.
WITH day AS MATERIALIZED (
    SELECT COALESCE(:as_of::date, district_today(:district::integer)) AS as_of,
           COALESCE(:known_at::timestamptz, 'infinity') AS known_at,
           COALESCE(:region_code::bigint, :scope_low::bigint) AS region_code
)
SELECT p.name, p.value, p.id AS policy_id, p.region_code, p.source, p.valid_from, p.version
FROM day
JOIN regions AS g ON g.district_id = :district::integer AND g.region_code = day.region_code
CROSS JOIN policy_kinds() AS k
CROSS JOIN LATERAL policy_row(:district::integer, k.name, g.region_code, day.as_of, day.known_at)
    AS p
