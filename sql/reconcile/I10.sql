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
               WHEN t.kind = 'clearing' THEN (d.kind, c.kind) IN (('passbook', 'clearing'),
                                                                  ('clearing', 'passbook'))
               ELSE true END
UNION ALL
-- A move is what its transfer moved, and every transfer through clearing has its move.
SELECT 'a move is not what its transfer moved', COALESCE(m.district_id || '/' || m.id,
                                                         t.district_id || '/' || t.id)
FROM passbook_moves AS m
LEFT JOIN passbooks AS p ON p.district_id = m.district_id AND p.id = m.passbook_id
FULL JOIN (SELECT * FROM transfers WHERE kind = 'clearing') AS t
    ON t.district_id = m.district_id AND t.id = m.transfer_id
WHERE ($1::integer IS NULL OR COALESCE(m.district_id, t.district_id) = $1::integer)
  AND CASE WHEN m.transfer_id IS NULL THEN t.id IS NOT NULL OR m.minutes <> 0
           ELSE (m.minutes, p.account_id, m.book_month) IS DISTINCT FROM
                (t.minutes, CASE m.direction WHEN 'out' THEN t.debit_account_id
                                             ELSE t.credit_account_id END, t.book_month) END
UNION ALL
-- What was taken over is what the other district, if it is here, let go; and nothing is left in a book that left.
SELECT 'what came from ' || i.other_district || ' is not what left there', i.district_id || '/' || i.id
FROM passbook_moves AS i
JOIN districts AS d ON d.district_id = i.other_district
LEFT JOIN passbook_moves AS o ON o.district_id = i.other_district AND o.id = i.id
LEFT JOIN passbooks AS p ON p.district_id = o.district_id AND p.id = o.passbook_id
WHERE i.direction = 'in' AND ($1::integer IS NULL OR i.district_id = $1::integer)
  AND ('out', o.other_district, p.passbook_number, o.minutes, o.earned_minutes, o.star, o.moved_on)
      IS DISTINCT FROM (o.direction, i.district_id, i.other_passbook_number, i.minutes,
                        i.earned_minutes, i.star, i.moved_on)
UNION ALL
SELECT 'a book that left is ' || p.state || ' with ' || b.posted || ' minutes',
       m.district_id || '/' || m.id
FROM passbook_moves AS m
JOIN passbooks AS p ON p.district_id = m.district_id AND p.id = m.passbook_id
JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
WHERE m.direction = 'out' AND ($1::integer IS NULL OR m.district_id = $1::integer)
  AND (p.state <> 'closed' OR (b.posted, b.held, b.embargoed) <> (0, 0, 0))
