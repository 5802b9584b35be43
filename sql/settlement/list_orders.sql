-- The settlements that somebody asked for and nobody has carried out, oldest first.
SELECT o.district_id, o.id, o.grain, o.dry_run
FROM settlement_orders AS o
WHERE NOT EXISTS (SELECT FROM settlement_order_results AS r
                  WHERE r.district_id = o.district_id AND r.order_id = o.id)
ORDER BY o.recorded_at, o.district_id, o.id
