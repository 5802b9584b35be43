WITH asked AS MATERIALIZED (
    SELECT l.*, COALESCE(:to_ladder::text, 'national_2012') AS to_ladder
    FROM ladder_in_force(:district::integer, :from_ladder::text, :as_of::date,
                         report_known_at(:known_at::timestamptz)) AS l
)
SELECT c.volunteer_id, v.volunteer_number, p.name, c.region_code, c.earned_minutes, c.from_star,
       c.to_star
FROM asked AS q
CROSS JOIN LATERAL star_comparison(:district::integer, q.from_ladder, q.to_ladder, q.as_of,
                                   q.known_at) AS c
JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = c.volunteer_id
JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
WHERE c.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL
       OR c.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:from_star::integer IS NULL OR c.from_star = :from_star::integer)
  AND (:to_star::integer IS NULL OR c.to_star = :to_star::integer)
  AND (:moves::boolean IS NULL OR :moves::boolean = (c.from_star <> c.to_star))
  AND ladder_thresholds(:district::integer, q.from_ladder, q.as_of, q.known_at) <> '{}'
  AND ladder_thresholds(:district::integer, q.to_ladder, q.as_of, q.known_at) <> '{}'
