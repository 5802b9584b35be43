-- I7: a reversal mirrors its original, at most one each; what is replaced was reversed, and is replaced once;
-- a corrected record is paid what it stands for. A record is replaced once.
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
SELECT 'a transfer is replaced ' || count(*) || ' times', district_id || '/' || replaces_id
FROM transfers
WHERE replaces_id IS NOT NULL AND ($1::integer IS NULL OR district_id = $1::integer)
GROUP BY district_id, replaces_id
HAVING count(*) > 1
UNION ALL
SELECT 'what replaces it stands beside ' || o.id, r.district_id || '/' || r.id
FROM transfers AS r
JOIN transfers AS o ON o.district_id = r.district_id AND o.id = r.replaces_id
WHERE ($1::integer IS NULL OR r.district_id = $1::integer)
  AND NOT EXISTS (SELECT FROM transfers AS v
                  WHERE v.district_id = o.district_id AND v.reverses_id = o.id)
UNION ALL
SELECT 'the record stands for ' || p.minutes || ' minutes, its correction said ' || c.minutes,
       p.district_id || '/' || p.correction_id
FROM ledger_correction_postings AS p
JOIN ledger_corrections AS c ON c.district_id = p.district_id AND c.id = p.correction_id
WHERE ($1::integer IS NULL OR p.district_id = $1::integer)
  AND (c.minutes <> p.minutes OR c.record_id <> p.record_id)
UNION ALL
SELECT 'the payments of a corrected record come to ' || sum(w.minutes) || ', not to what it stands for',
       k.district_id || '/' || k.record_id
FROM ledger_correction_postings AS k
CROSS JOIN LATERAL record_payments(k.district_id, k.record_id) AS w
WHERE ($1::integer IS NULL OR k.district_id = $1::integer) AND w.of_one
  AND NOT EXISTS (SELECT FROM ledger_correction_postings AS later
                  WHERE later.district_id = k.district_id AND later.record_id = k.record_id
                    AND later.turn > k.turn)
GROUP BY k.district_id, k.record_id, k.minutes
HAVING sum(w.minutes) <> credited_minutes(k.minutes, record_credit_step(k.district_id, k.record_id))
UNION ALL
SELECT 'a record is replaced ' || count(*) || ' times', district_id || '/' || replaces_id
FROM service_records
WHERE replaces_id IS NOT NULL AND ($1::integer IS NULL OR district_id = $1::integer)
GROUP BY district_id, replaces_id
HAVING count(*) > 1
