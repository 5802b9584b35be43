WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT p.id, p.region_code, p.name, p.purpose, p.state, p.opened_on, p.closed_on, p.close_reason,
       p.balance_minutes, p.reserved_minutes, p.available_minutes, p.version
FROM day
CROSS JOIN LATERAL pools_of_day(:district::integer, day.today) AS p
WHERE (:region_code::bigint IS NULL
       OR p.founded_in IN (SELECT regions_within(:district::integer, :region_code::bigint,
                                                 subtree_end(:region_code::bigint), day.today)))
  AND (:state::text IS NULL OR p.state = :state::text)
