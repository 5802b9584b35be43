-- I4: posted - held - embargoed >= floor; a floor below zero is a deficit that was approved and is not made
-- up for yet: never deeper than the approvals, and nothing above it can be spent.
-- No stock of badges is below 0.
SELECT 'available minutes are ' || b.posted - b.held - b.embargoed || ', below the floor of '
           || b.floor_minutes AS what,
       b.district_id || '/' || b.account_id AS where_found
FROM balances AS b
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND b.posted - b.held - b.embargoed < b.floor_minutes
UNION ALL
SELECT 'the floor is ' || b.floor_minutes || ', approved are deficits of '
           || COALESCE(d.minutes, 0), b.district_id || '/' || b.account_id
FROM balances AS b
LEFT JOIN (SELECT district_id, account_id, sum(minutes) AS minutes
           FROM ledger_deficits GROUP BY district_id, account_id) AS d
    USING (district_id, account_id)
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND (b.floor_minutes > 0 OR -b.floor_minutes > COALESCE(d.minutes, 0)
       OR (b.floor_minutes < 0 AND b.posted - b.held - b.embargoed > b.floor_minutes))
UNION ALL
SELECT 'the stock of badges of star ' || s.star || ' is ' || s.quantity,
       s.district_id || '/' || s.region_code
FROM (SELECT m.district_id, side.region_code, m.star, sum(side.sign * m.quantity) AS quantity
      FROM badge_movements AS m
      CROSS JOIN LATERAL (VALUES (m.from_region, -1), (m.to_region, 1)) AS side (region_code, sign)
      WHERE side.region_code IS NOT NULL AND ($1::integer IS NULL OR m.district_id = $1::integer)
      GROUP BY m.district_id, side.region_code, m.star) AS s
WHERE s.quantity < 0
