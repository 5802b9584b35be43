SELECT k.region_code, k.book_week,
       CASE WHEN c.closed_at IS NOT NULL THEN 'closed'
            WHEN p.state = 'frozen' AND p.due_at > business_now() THEN 'open'
            ELSE 'overdue' END AS state,
       k.prepared_at, p.due_at,
       encode(worklist_digest(:district::integer, k.book_week, k.region_code), 'hex') AS digest,
       encode(k.seed, 'hex') AS seed,
       (policy_value(:district::integer, 'spot_check_percent', k.region_code, k.book_week)
        #>> '{}')::integer AS spot_check_percent,
       worklist_records_json(:district::integer, k.book_week, k.region_code) AS records,
       (SELECT COALESCE(json_agg(w.record_id ORDER BY w.record_id), '[]')
        FROM worklist_records(:district::integer, k.book_week, k.region_code) AS w
        WHERE w.is_drawn) AS sample,
       c.closed_at, c.verifier_id,
       (SELECT COALESCE(json_agg(json_build_object('record_id', x.record_id, 'method', x.method,
                   'result', x.result, 'note', x.note) ORDER BY x.record_id), '[]')
        FROM spot_checks AS x
        WHERE x.district_id = :district::integer AND x.book_week = k.book_week
          AND x.region_code = k.region_code) AS checks,
       (SELECT COALESCE(json_agg(json_build_object('record_id', x.record_id, 'reason', x.reason,
                   'decided', EXISTS (
                       SELECT FROM decisions AS d
                       WHERE d.district_id = :district::integer AND d.record_id = x.record_id
                         AND d.book_week = k.book_week)) ORDER BY x.record_id), '[]')
        FROM close_exceptions AS x
        WHERE x.district_id = :district::integer AND x.book_week = k.book_week
          AND x.region_code = k.region_code) AS exceptions
FROM worklists AS k
JOIN periods AS p ON p.district_id = k.district_id AND p.grain = 'week'
    AND p.begin_date = k.book_week
LEFT JOIN worklist_closes AS c ON c.district_id = k.district_id AND c.book_week = k.book_week
    AND c.region_code = k.region_code
WHERE k.district_id = :district::integer AND k.book_week = :book_week::date
  AND k.region_code = :region_code::bigint
  AND k.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
