-- I5: passbook lines are numbered without gap, each running balance differs by its minutes, the
-- last one is the balance, and every entry of a passbook has its line; a pool has none.
WITH line AS (
    SELECT l.*, row_number() OVER book AS expected_no,
           sum(l.minutes) OVER book AS expected_balance, e.minutes AS entry_minutes
    FROM passbook_lines AS l
    LEFT JOIN entries AS e ON e.district_id = l.district_id AND e.account_id = l.account_id
        AND e.transfer_id = l.transfer_id
    WHERE $1::integer IS NULL OR l.district_id = $1::integer
    WINDOW book AS (PARTITION BY l.district_id, l.account_id ORDER BY l.line_no)
)
SELECT 'line is not number ' || expected_no || ' with the balance ' || expected_balance AS what,
       district_id || '/' || account_id || '/' || line_no AS where_found
FROM line
WHERE line_no <> expected_no OR balance_minutes <> expected_balance
   OR minutes IS DISTINCT FROM entry_minutes
UNION ALL
SELECT 'the last line is ' || COALESCE(last.line_no, 0) || ', the balance says ' || b.line_no,
       b.district_id || '/' || b.account_id
FROM balances AS b
JOIN passbooks AS p USING (district_id, account_id)
LEFT JOIN (SELECT district_id, account_id, max(line_no) AS line_no
           FROM passbook_lines GROUP BY district_id, account_id) AS last
    USING (district_id, account_id)
WHERE ($1::integer IS NULL OR b.district_id = $1::integer)
  AND b.line_no <> COALESCE(last.line_no, 0)
UNION ALL
SELECT 'an entry has no line', e.district_id || '/' || e.account_id || '/' || e.transfer_id
FROM entries AS e
JOIN passbooks AS p USING (district_id, account_id)
LEFT JOIN passbook_lines AS l USING (district_id, account_id, transfer_id)
WHERE ($1::integer IS NULL OR e.district_id = $1::integer) AND l.line_no IS NULL
UNION ALL
SELECT 'a line of what is no passbook', l.district_id || '/' || l.account_id || '/' || l.line_no
FROM passbook_lines AS l
LEFT JOIN passbooks AS p USING (district_id, account_id)
WHERE ($1::integer IS NULL OR l.district_id = $1::integer) AND p.id IS NULL
