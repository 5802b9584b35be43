WITH overdue AS MATERIALIZED (
    SELECT l.code, date_trunc('month', c.from_week + 6)::date AS book_month, count(*) AS times
    FROM carries AS c
    JOIN registrations AS g ON g.district_id = c.district_id AND g.record_id = c.record_id
    CROSS JOIN LATERAL region_levels(g.region_code) AS l (code)
    WHERE c.district_id = :district::integer
      AND (:book_month::date IS NULL OR c.from_week + 6 >= :book_month::date)
      AND (:book_month::date IS NULL
           OR c.from_week + 6 < :book_month::date + interval '1 month')
    GROUP BY l.code, date_trunc('month', c.from_week + 6)
)
SELECT s.region_code,
       region_name(s.district_id, s.region_code,
                   (s.book_month + interval '1 month')::date - 1) AS region_name,
       s.book_month, s.records, s.volunteers, s.record_minutes, s.registered_late, s.booked_late,
       s.issued_minutes, s.captured_minutes, s.passbooks, s.opening_minutes, s.opened_minutes,
       s.deposited_minutes, s.withdrawn_minutes, s.donated_minutes, s.retired_minutes,
       s.moved_minutes, s.corrected_minutes, s.closing_minutes,
       COALESCE(o.times, 0) AS overdue
FROM region_statements AS s
LEFT JOIN overdue AS o ON o.code = s.region_code AND o.book_month = s.book_month
WHERE s.district_id = :district::integer
  AND s.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:book_month::date IS NULL OR s.book_month = :book_month::date)
  AND (:region_code::bigint IS NULL
       OR s.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:level::text IS NULL
       OR :level::text = CASE WHEN s.region_code % 1000000 = 0 THEN 'district'
                              WHEN s.region_code % 1000 = 0 THEN 'subdistrict'
                              ELSE 'community' END)
