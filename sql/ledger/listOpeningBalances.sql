SELECT s.id, s.volunteer_id, p.id AS passbook_id, s.region_code, s.category_code, s.minutes,
       s.service_date AS served_until, s.place, s.content AS evidence, t.id AS transfer_id,
       l.line_no, t.book_month, t.posted_at, s.entered_by
FROM service_records AS s
JOIN transfers AS t ON t.district_id = s.district_id AND t.record_id = s.id AND t.kind = 'opening'
JOIN passbook_lines AS l ON l.district_id = t.district_id AND l.account_id = t.credit_account_id
    AND l.transfer_id = t.id
JOIN passbooks AS p ON p.district_id = t.district_id AND p.account_id = t.credit_account_id
WHERE s.district_id = :district::integer AND s.kind = 'opening'
  AND s.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL OR s.server_id = :self_person::uuid)
  AND (:region_code::bigint IS NULL OR s.region_code BETWEEN :region_code::bigint
       AND :region_code::bigint + CASE WHEN :region_code::bigint % 1000000 = 0 THEN 999999
                                       WHEN :region_code::bigint % 1000 = 0 THEN 999 ELSE 0 END)
  AND (:volunteer_id::uuid IS NULL OR s.volunteer_id = :volunteer_id::uuid)
