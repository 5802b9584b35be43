-- What came of order $2 of district $1: outcome $3, steps $4. Another session may have been first.
INSERT INTO settlement_order_results (district_id, order_id, outcome, steps, finished_at)
VALUES ($1::integer, $2::uuid, $3, $4::jsonb, business_now())
ON CONFLICT DO NOTHING
