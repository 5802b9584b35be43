-- I7: a reversal mirrors its original, at most one each; a record is replaced once.
SELECT 'a reversal does not mirror ' || o.id AS what, r.district_id || '/' || r.id AS where_found
FROM transfers AS r
JOIN transfers AS o ON o.district_id = r.district_id AND o.id = r.reverses_id
WHERE ($1::integer IS NULL OR r.district_id = $1::integer)
  AND (r.debit_account_id, r.credit_account_id, r.minutes, r.region_code)
      IS DISTINCT FROM (o.credit_account_id, o.debit_account_id, o.minutes, o.region_code)
UNION ALL
SELECT 'a transfer is reversed ' || count(*) || ' times', district_id || '/' || reverses_id
FROM transfers
WHERE reverses_id IS NOT NULL AND ($1::integer IS NULL OR district_id = $1::integer)
GROUP BY district_id, reverses_id
HAVING count(*) > 1
UNION ALL
SELECT 'a record is replaced ' || count(*) || ' times', district_id || '/' || replaces_id
FROM service_records
WHERE replaces_id IS NOT NULL AND ($1::integer IS NULL OR district_id = $1::integer)
GROUP BY district_id, replaces_id
HAVING count(*) > 1
