-- I9: the digest of each sealed week and month, computed again from its rows, is the one that was
-- stored; each month's contains the one before.
WITH sealed AS MATERIALIZED (
    SELECT p.district_id, p.grain, p.begin_date, p.digest
    FROM periods AS p
    WHERE p.digest IS NOT NULL AND ($1::integer IS NULL OR p.district_id = $1::integer)
), leaves AS (
    SELECT t.district_id, t.book_week AS begin_date,
           transfer_leaf(t.id, t.debit_account_id, t.credit_account_id, t.minutes, t.kind,
                         t.region_code, t.book_month, t.hold_id, t.record_id) AS leaf
    FROM transfers AS t
    WHERE t.kind IN ('deposit', 'capture', 'overrun')
    UNION ALL
    SELECT c.district_id, c.from_week, carry_leaf(c.record_id, c.reason) FROM carries AS c
), weeks AS (
    SELECT l.district_id, l.begin_date, string_agg(l.leaf, '' ORDER BY l.leaf) AS leaves
    FROM leaves AS l
    WHERE $1::integer IS NULL OR l.district_id = $1::integer
    GROUP BY l.district_id, l.begin_date
)
SELECT 'the digest of the ' || s.grain || ' ' || s.begin_date || ' is not that of its rows' AS what,
       s.district_id || '/' || s.grain || '/' || s.begin_date AS where_found
FROM sealed AS s
LEFT JOIN weeks AS w ON s.grain = 'week' AND w.district_id = s.district_id
                    AND w.begin_date = s.begin_date
WHERE s.digest <> CASE s.grain
    WHEN 'week' THEN period_digest(s.district_id, 'week', s.begin_date, w.leaves)
    WHEN 'month' THEN month_digest(s.district_id, s.begin_date) END
