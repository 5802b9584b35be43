-- I10: what a district issued, less what it retired, and what moved between districts, is what its
-- passbooks and pools hold; what a community issued is what was credited for it; each kind of transfer joins
-- the accounts that it says.
WITH flows AS (
    SELECT t.district_id,
           COALESCE(sum(t.minutes) FILTER (WHERE d.kind IN ('issuance', 'sink', 'clearing')), 0)
           - COALESCE(sum(t.minutes) FILTER (WHERE c.kind IN ('issuance', 'sink', 'clearing')), 0)
               AS outside
    FROM transfers AS t
    JOIN accounts AS d ON d.district_id = t.district_id AND d.id = t.debit_account_id
    JOIN accounts AS c ON c.district_id = t.district_id AND c.id = t.credit_account_id
    GROUP BY t.district_id
), held AS (
    SELECT district_id, sum(posted) AS posted FROM balances GROUP BY district_id
)
SELECT 'issued, retired and moved come to ' || COALESCE(f.outside, 0)
           || ', the passbooks and pools hold ' || COALESCE(h.posted, 0) AS what,
       district_id::text AS where_found
FROM flows AS f
FULL JOIN held AS h USING (district_id)
WHERE ($1::integer IS NULL OR district_id = $1::integer)
  AND COALESCE(f.outside, 0) <> COALESCE(h.posted, 0)
UNION ALL
SELECT 'a transfer of ' || t.region_code || ' is issued by ' || a.region_code,
       t.district_id || '/' || t.id
FROM transfers AS t
JOIN accounts AS a ON a.district_id = t.district_id AND a.kind = 'issuance'
    AND a.id IN (t.debit_account_id, t.credit_account_id)
WHERE ($1::integer IS NULL OR t.district_id = $1::integer) AND a.region_code <> t.region_code
UNION ALL
-- Which accounts each kind of transfer joins: d is debited, c credited.
SELECT 'a ' || t.kind || ' goes from ' || d.kind || ' to ' || c.kind, t.district_id || '/' || t.id
FROM transfers AS t
JOIN accounts AS d ON d.district_id = t.district_id AND d.id = t.debit_account_id
JOIN accounts AS c ON c.district_id = t.district_id AND c.id = t.credit_account_id
WHERE ($1::integer IS NULL OR t.district_id = $1::integer)
  AND NOT CASE WHEN t.kind IN ('opening', 'deposit', 'overrun')
                   THEN d.kind = 'issuance' AND c.kind = 'passbook'
               WHEN t.kind = 'capture' THEN d.kind IN ('passbook', 'pool') AND c.kind = 'passbook'
               WHEN t.kind = 'donation' THEN d.kind = 'passbook' AND c.kind = 'pool'
               WHEN t.kind = 'retirement' THEN d.kind = 'passbook' AND c.kind = 'sink'
               ELSE true END
