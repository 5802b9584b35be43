SELECT o.id, o.grain, o.dry_run, o.ordered_by, o.ordered_at,
       COALESCE(r.outcome, 'waiting') AS state, r.finished_at,
       COALESCE(jsonb_array_length(r.steps), 0) AS steps
FROM settlement_orders AS o
LEFT JOIN settlement_order_results AS r ON r.district_id = o.district_id AND r.order_id = o.id
WHERE o.district_id = :district::integer
  AND (:state::text IS NULL OR COALESCE(r.outcome, 'waiting') = :state)
