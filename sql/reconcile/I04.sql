-- I4: posted - held - embargoed >= floor.
SELECT 'available minutes are ' || b.posted - b.held - b.embargoed || ', below the floor of '
           || b.floor_minutes AS what,
       b.district_id || '/' || b.account_id AS where_found
FROM balances AS b
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND b.posted - b.held - b.embargoed < b.floor_minutes
