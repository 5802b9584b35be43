SELECT s.region_code,
       region_name(:district::integer, s.region_code, district_today(:district::integer))
           AS region_name,
       s.star, s.region_code || '/' || s.star AS stock, s.received, s.transferred_in,
       s.transferred_out, s.issued, s.lost, s.damaged, s.quantity
FROM (
    SELECT side.region_code, m.star,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'receive'), 0)::bigint AS received,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'transfer' AND side.sign > 0), 0)::bigint
               AS transferred_in,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'transfer' AND side.sign < 0), 0)::bigint
               AS transferred_out,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'issue'), 0)::bigint AS issued,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'lost'), 0)::bigint AS lost,
           COALESCE(sum(m.quantity) FILTER (WHERE m.kind = 'damaged'), 0)::bigint AS damaged,
           sum(side.sign * m.quantity)::bigint AS quantity
    FROM badge_movements AS m
    CROSS JOIN LATERAL (VALUES (m.from_region, -1), (m.to_region, 1)) AS side (region_code, sign)
    WHERE m.district_id = :district::integer
      AND side.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
    GROUP BY side.region_code, m.star
) AS s
WHERE (:region_code::bigint IS NULL
       OR s.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:star::integer IS NULL OR s.star = :star::integer)
