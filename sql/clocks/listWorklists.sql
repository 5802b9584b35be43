SELECT k.region_code, k.book_week,
       CASE WHEN c.closed_at IS NOT NULL THEN 'closed'
            WHEN p.state = 'frozen' AND p.due_at > business_now() THEN 'open'
            ELSE 'overdue' END AS state,
       k.prepared_at, p.due_at, c.closed_at, c.verifier_id,
       (SELECT count(*) FROM week_records(:district::integer, k.book_week) AS w
        WHERE w.region_code = k.region_code) AS records,
       (SELECT COALESCE(sum(w.minutes), 0)::bigint
        FROM week_records(:district::integer, k.book_week) AS w
        WHERE w.region_code = k.region_code) AS minutes,
       (SELECT count(*) FROM week_records(:district::integer, k.book_week) AS w
        WHERE w.region_code = k.region_code AND w.is_carried) AS carried,
       (SELECT COALESCE(max(times_carried(:district::integer, w.record_id, k.book_week)), 0)
        FROM week_records(:district::integer, k.book_week) AS w
        WHERE w.region_code = k.region_code AND w.is_carried) AS times_carried,
       (SELECT count(*) FROM undecided_records(:district::integer, k.book_week) AS u
        JOIN registrations AS r ON r.district_id = :district::integer AND r.record_id = u.record_id
        WHERE r.region_code = k.region_code) AS undecided
FROM worklists AS k
JOIN periods AS p ON p.district_id = k.district_id AND p.grain = 'week'
    AND p.begin_date = k.book_week
LEFT JOIN worklist_closes AS c ON c.district_id = k.district_id AND c.book_week = k.book_week
    AND c.region_code = k.region_code
WHERE k.district_id = :district::integer
  AND k.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL OR k.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999 ELSE 0 END)
  AND (:book_week::date IS NULL OR k.book_week = :book_week::date)
  AND CASE :state::text
      WHEN 'closed' THEN c.closed_at IS NOT NULL
      WHEN 'open' THEN c.closed_at IS NULL AND p.state = 'frozen' AND p.due_at > business_now()
      WHEN 'overdue' THEN c.closed_at IS NULL
           AND (p.state <> 'frozen' OR p.due_at <= business_now())
      ELSE true END
