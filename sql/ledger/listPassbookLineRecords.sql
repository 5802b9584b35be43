-- A deposit stands for the verified records of its week, community and month: a record belongs to
-- the transfer with the earliest month that is not before its own (late ones were booked in the
-- oldest open month). Its reversals and replacements stand for the same records, with what was
-- corrected until then. Other lines name their record.
WITH RECURSIVE line AS MATERIALIZED (
    SELECT t.*, v.id AS volunteer_id, p.account_id
    FROM passbooks AS p
    JOIN passbook_lines AS l ON l.district_id = p.district_id AND l.account_id = p.account_id
        AND l.line_no = :line_no::integer
    JOIN transfers AS t ON t.district_id = l.district_id AND t.id = l.transfer_id
    JOIN accounts AS a ON a.district_id = p.district_id AND a.id = p.account_id
    JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
    LEFT JOIN residences AS r ON r.district_id = v.district_id AND r.person_id = v.person_id
        AND fact_is_true(r.valid_from, r.valid_to, r.superseded_at,
                         district_today(:district::integer))
    WHERE p.district_id = :district::integer AND p.id = :passbook_id::uuid
      AND COALESCE(r.region_code, a.region_code) BETWEEN :scope_low::bigint AND :scope_high::bigint
      AND (:self_person::uuid IS NULL OR v.person_id = :self_person::uuid)
), chain AS (
    SELECT o.* FROM line AS l
    JOIN transfers AS o ON o.district_id = :district::integer
        AND o.id = COALESCE(l.reverses_id, l.id)
    UNION ALL
    SELECT o.* FROM chain AS c
    JOIN transfers AS o ON o.district_id = :district::integer AND o.id = c.replaces_id
), counted (record_id, minutes, book_month) AS (
    SELECT w.record_id, COALESCE((SELECT credited_minutes(p.minutes, weeks.credit_step_minutes)
                                  FROM chain AS c
                                  JOIN ledger_correction_postings AS p
                                      ON p.district_id = :district::integer
                                     AND p.correction_id = c.correction_id
                                  WHERE p.record_id = w.record_id
                                  ORDER BY p.turn DESC LIMIT 1), w.minutes), t.book_month
    FROM chain AS t
    CROSS JOIN LATERAL verified_records(:district::integer, t.book_week) AS w
    JOIN periods AS weeks ON weeks.district_id = :district::integer AND weeks.grain = 'week'
        AND weeks.begin_date = t.book_week
    WHERE t.kind = 'deposit' AND w.account_id = t.credit_account_id AND w.region_code = t.region_code
      AND t.book_month = COALESCE((
          SELECT r.book_month FROM roundings AS r
          WHERE r.district_id = :district::integer AND r.record_id = w.record_id), (
          SELECT min(o.book_month)
          FROM transfers AS o
          JOIN periods AS m ON m.district_id = o.district_id AND m.grain = 'month'
              AND m.begin_date = o.book_month
          WHERE o.district_id = :district::integer AND o.kind = 'deposit'
            AND o.credit_account_id = t.credit_account_id AND o.book_week = t.book_week
            AND o.region_code = t.region_code AND m.end_date > w.service_date))
      AND NOT EXISTS (SELECT FROM transfers AS c
                      WHERE c.district_id = :district::integer AND c.book_week = t.book_week
                        AND c.region_code = t.region_code AND c.record_id = w.record_id)
    UNION ALL
    SELECT t.record_id, t.minutes, t.book_month FROM line AS t WHERE t.record_id IS NOT NULL
)
SELECT c.record_id, s.service_date, c.minutes, s.category_code, s.region_code, s.place,
       COALESCE(g.registered_late, false) AS registered_late,
       COALESCE(m.end_date <= c.book_month, true) AS booked_late
FROM counted AS c
JOIN service_records AS s ON s.district_id = :district::integer AND s.id = c.record_id
LEFT JOIN registrations AS g ON g.district_id = s.district_id AND g.record_id = s.id
-- Service from before the district's first month has none of its own.
LEFT JOIN periods AS m ON m.district_id = s.district_id AND m.grain = 'month'
    AND s.service_date >= m.begin_date AND s.service_date < m.end_date
