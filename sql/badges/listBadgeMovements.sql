SELECT m.id, m.kind, m.star, m.quantity, m.from_region AS from_region_code,
       m.to_region AS to_region_code, m.moved_on, m.reason, m.moved_by, p.name AS moved_by_name,
       m.entered_by, m.moved_at
FROM badge_movements AS m
JOIN persons AS p ON p.district_id = m.district_id AND p.id = m.moved_by
WHERE m.district_id = :district::integer
  AND (m.from_region BETWEEN :scope_low::bigint AND :scope_high::bigint
       OR m.to_region BETWEEN :scope_low::bigint AND :scope_high::bigint)
  AND (:region_code::bigint IS NULL
       OR m.from_region BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint)
       OR m.to_region BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:kind::text IS NULL OR m.kind = :kind::text)
  AND (:star::integer IS NULL OR m.star = :star::integer)
  AND (:moved_from::date IS NULL OR m.moved_on >= :moved_from::date)
  AND (:moved_to::date IS NULL OR m.moved_on <= :moved_to::date)
