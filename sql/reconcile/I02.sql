-- I2: posted of every guarded account = the sum of its entries; earned = its credits for service, less what
-- was reversed of them, what rounding left out, and what it brought from other districts.
SELECT 'posted is ' || b.posted || ', the entries sum to ' || COALESCE(e.posted, 0) AS what,
       b.district_id || '/' || b.account_id AS where_found
FROM balances AS b
LEFT JOIN (SELECT district_id, account_id, sum(minutes) AS posted
           FROM entries GROUP BY district_id, account_id) AS e USING (district_id, account_id)
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND b.posted <> COALESCE(e.posted, 0)
UNION ALL
SELECT 'earned_minutes are ' || b.earned_minutes || ', the service credited is '
           || COALESCE(e.earned, 0), b.district_id || '/' || b.account_id
FROM balances AS b
LEFT JOIN (SELECT district_id, account_id, sum(minutes) AS earned
           FROM (SELECT t.district_id, s.account_id, s.minutes
                 FROM transfers AS t
                 CROSS JOIN LATERAL (SELECT CASE t.kind WHEN 'reversal' THEN t.debit_account_id
                                                        ELSE t.credit_account_id END,
                                            CASE t.kind WHEN 'reversal' THEN -t.minutes
                                                        ELSE t.minutes END)
                     AS s (account_id, minutes)
                 WHERE COALESCE(t.corrected_kind, t.kind)
                       IN ('opening', 'deposit', 'capture', 'overrun')
                 UNION ALL
                 SELECT district_id, account_id, minutes FROM roundings
                 UNION ALL
                 SELECT p.district_id, g.account_id, p.rounding_minutes
                 FROM ledger_correction_postings AS p
                 JOIN registrations AS g USING (district_id, record_id)
                 UNION ALL
                 SELECT m.district_id, p.account_id, m.earned_minutes
                 FROM passbook_moves AS m
                 JOIN passbooks AS p ON p.district_id = m.district_id AND p.id = m.passbook_id
                 WHERE m.direction = 'in') AS credited
           GROUP BY district_id, account_id) AS e USING (district_id, account_id)
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND b.earned_minutes <> COALESCE(e.earned, 0)
