-- I12: the totals of a settled month = a fresh aggregate of its rows; a notice closes with its last month, a
-- revision with that and what it corrected. Where somebody lived is as known at
-- the settlement, so of a passbook it is not compared, and of a region its own passbooks are summed.
WITH months AS MATERIALIZED (
    SELECT district_id, begin_date
    FROM periods
    WHERE grain = 'month' AND state NOT IN ('open', 'frozen')
      AND ($1::integer IS NULL OR district_id = $1::integer)
), figures AS (
    SELECT 'the statement of passbook account ' || s.account_id AS whose, s.district_id,
           s.book_month, false AS is_fresh,
           statement_leaf((s.district_id, s.book_month, s.account_id, s.volunteer_id, 0,
               s.opening_minutes, s.opened_minutes, s.deposited_minutes, s.withdrawn_minutes,
               s.donated_minutes, s.retired_minutes, s.moved_minutes, s.corrected_minutes,
               s.closing_minutes, s.earned_minutes, s.records, NULL)::month_statements) AS leaf
    FROM month_statements AS s
    UNION ALL
    SELECT 'the statement of passbook account ' || s.account_id, s.district_id, s.book_month, true,
           statement_leaf((s.district_id, s.book_month, s.account_id, s.volunteer_id, 0,
               s.opening_minutes, s.opened_minutes, s.deposited_minutes, s.withdrawn_minutes,
               s.donated_minutes, s.retired_minutes, s.moved_minutes, s.corrected_minutes,
               s.closing_minutes, s.earned_minutes, s.records, NULL)::month_statements)
    FROM months AS m
    CROSS JOIN LATERAL month_statement_rows(m.district_id, m.begin_date) AS s
    UNION ALL
    SELECT 'the statement of team ' || s.team_id, s.district_id, s.book_month, false, team_leaf(s)
    FROM team_statements AS s
    UNION ALL
    SELECT 'the statement of team ' || s.team_id, s.district_id, s.book_month, true, team_leaf(s)
    FROM months AS m
    CROSS JOIN LATERAL team_statement_rows(m.district_id, m.begin_date) AS s
    UNION ALL
    SELECT 'what ' || s.region_code || ' organised', s.district_id, s.book_month, false,
           figures_leaf('organised', '', ARRAY[s.records, s.volunteers, s.record_minutes,
               s.registered_late, s.booked_late, s.issued_minutes, s.captured_minutes])
    FROM region_statements AS s
    WHERE s.records > 0 OR s.issued_minutes <> 0 OR s.captured_minutes <> 0
    UNION ALL
    SELECT 'what ' || s.region_code || ' organised', s.district_id, s.book_month, true,
           figures_leaf('organised', '', ARRAY[s.records, s.volunteers, s.record_minutes,
               s.registered_late, s.booked_late, s.issued_minutes, s.captured_minutes])
    FROM months AS m
    CROSS JOIN LATERAL region_statement_rows(m.district_id, m.begin_date) AS s
    WHERE s.records > 0 OR s.issued_minutes <> 0 OR s.captured_minutes <> 0
    UNION ALL
    SELECT 'the passbooks of ' || s.region_code, s.district_id, s.book_month, false,
           figures_leaf('homes', '', ARRAY[s.passbooks, s.opening_minutes, s.opened_minutes,
               s.deposited_minutes, s.withdrawn_minutes, s.donated_minutes, s.retired_minutes,
               s.moved_minutes, s.corrected_minutes, s.closing_minutes])
    FROM region_statements AS s
    WHERE s.passbooks > 0
    UNION ALL
    SELECT 'the passbooks of ' || l.code, s.district_id, s.book_month, true,
           figures_leaf('homes', '', ARRAY[count(*), sum(s.opening_minutes)::bigint,
               sum(s.opened_minutes)::bigint, sum(s.deposited_minutes)::bigint,
               sum(s.withdrawn_minutes)::bigint, sum(s.donated_minutes)::bigint,
               sum(s.retired_minutes)::bigint, sum(s.moved_minutes)::bigint,
               sum(s.corrected_minutes)::bigint, sum(s.closing_minutes)::bigint])
    FROM month_statements AS s
    CROSS JOIN LATERAL region_levels(s.region_code) AS l (code)
    GROUP BY l.code, s.district_id, s.book_month
)
SELECT f.whose || ' in ' || f.book_month || CASE WHEN bool_or(f.is_fresh)
           THEN ' differs from its rows' ELSE ' has no rows' END AS what,
       f.district_id || '/month/' || f.book_month AS where_found
FROM figures AS f
WHERE $1::integer IS NULL OR f.district_id = $1::integer
GROUP BY f.district_id, f.book_month, f.whose
HAVING count(*) <> 2 OR count(DISTINCT f.leaf) <> 1
UNION ALL
SELECT 'the line ' || l.line_code || ' closes with ' || l.closing_minutes || ', its last month with '
           || COALESCE(s.closing_minutes, 0), l.district_id || '/' || l.number
FROM public_notices AS n
JOIN notice_lines AS l USING (district_id, number)
LEFT JOIN LATERAL (
    SELECT s.closing_minutes
    FROM periods AS p
    JOIN month_statements AS s ON s.district_id = p.district_id AND s.book_month < p.end_date
    WHERE p.district_id = n.district_id AND p.grain = n.grain AND p.begin_date = n.begin_date
      AND s.account_id = l.account_id
    ORDER BY s.book_month DESC LIMIT 1) AS s ON true
WHERE ($1::integer IS NULL OR n.district_id = $1::integer)
  AND n.revision = 1 AND l.closing_minutes <> COALESCE(s.closing_minutes, 0)
UNION ALL
SELECT 'the revised line ' || l.line_code || ' is not the one before with what was corrected',
       l.district_id || '/' || l.number
FROM public_notices AS n
JOIN notice_lines AS l USING (district_id, number)
JOIN public_notices AS o ON o.district_id = n.district_id AND o.grain = n.grain
    AND o.begin_date = n.begin_date AND o.revision = n.revision - 1
LEFT JOIN notice_lines AS b ON b.district_id = o.district_id AND b.number = o.number
    AND b.account_id = l.account_id
LEFT JOIN LATERAL booked_effects(n.district_id, ARRAY(
    SELECT c.correction_id FROM notice_corrections AS c
    WHERE c.district_id = n.district_id AND c.number = n.number)) AS e
    ON e.account_id = l.account_id
WHERE ($1::integer IS NULL OR n.district_id = $1::integer)
  AND (l.corrected_minutes, l.closing_minutes, l.earned_minutes)
      IS DISTINCT FROM (b.corrected_minutes + COALESCE(e.net, 0),
                        b.closing_minutes + COALESCE(e.net, 0),
                        b.earned_minutes + COALESCE(e.earned, 0))
UNION ALL
-- What rounding left out of each record of a settled week.
SELECT 'the rounding of record ' || record_id || ' is ' || COALESCE(r.minutes, 0) || ', not '
           || COALESCE(f.minutes, 0), district_id || '/week/' || book_week
FROM (SELECT p.district_id, p.begin_date AS book_week, w.record_id, w.minutes
      FROM periods AS p
      CROSS JOIN LATERAL week_roundings(p.district_id, p.begin_date) AS w
      WHERE p.grain = 'week' AND p.state = 'settled' AND p.credit_step_minutes > 1) AS f
FULL JOIN roundings AS r USING (district_id, book_week, record_id)
WHERE ($1::integer IS NULL OR district_id = $1::integer) AND r.minutes IS DISTINCT FROM f.minutes
