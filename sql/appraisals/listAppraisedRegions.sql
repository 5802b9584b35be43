SELECT a.*
FROM appraised_regions(:district::integer, :year::integer, :scope_low::bigint, :scope_high::bigint)
    AS a
WHERE (:region_code::bigint IS NULL
       OR a.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:state::text IS NULL OR a.state = :state::text)
