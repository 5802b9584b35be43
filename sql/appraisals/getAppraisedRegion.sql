SELECT a.*
FROM appraised_regions(:district::integer, :year::integer, :region_code::bigint,
                       :region_code::bigint) AS a
WHERE a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
