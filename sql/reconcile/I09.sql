-- I9: the digest of each sealed week, month and notice, computed again from its rows, is the one that was
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
    WHERE t.kind IN ('deposit', 'capture', 'overrun', 'retirement')
    UNION ALL
    SELECT c.district_id, c.from_week, carry_leaf(c.record_id, c.reason) FROM carries AS c
    UNION ALL
    SELECT r.district_id, r.book_week, rounding_leaf(r.record_id, r.minutes) FROM roundings AS r
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
    WHEN 'month' THEN month_digest(s.district_id, s.begin_date)
    ELSE COALESCE((SELECT n.digest FROM public_notices AS n
                   WHERE n.district_id = s.district_id AND n.grain = s.grain
                     AND n.begin_date = s.begin_date AND n.revision = 1), '') END
UNION ALL
-- A notice: from the lines to the pages, to the root, to the digest, to the one before.
SELECT 'the notice ' || n.number || ' is not what was sealed', n.district_id || '/' || n.number
FROM public_notices AS n
WHERE ($1::integer IS NULL OR n.district_id = $1::integer)
  AND (n.root <> merkle_root(notice_page_leaves(n.district_id, n.number))
       OR n.digest <> notice_digest(n.number, n.root, n.previous_digest)
       OR n.previous_digest <> COALESCE(
           (SELECT b.digest FROM public_notices AS b
            WHERE b.district_id = n.district_id AND b.sequence < n.sequence
            ORDER BY b.sequence DESC LIMIT 1), decode(repeat('00', 32), 'hex')))
UNION ALL
SELECT 'the page of ' || p.region_code || ' in ' || p.number || ' is not that of its lines',
       p.district_id || '/' || p.number || '/' || p.region_code
FROM notice_pages AS p
WHERE ($1::integer IS NULL OR p.district_id = $1::integer)
  AND p.root <> merkle_root(notice_line_leaves(p.district_id, p.number, p.region_code))
