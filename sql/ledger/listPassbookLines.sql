SELECT l.line_no, l.transfer_id, t.kind, l.minutes, l.balance_minutes, t.region_code, t.book_week,
       t.book_month, t.posted_at
FROM passbooks AS p
JOIN passbook_lines AS l ON l.district_id = p.district_id AND l.account_id = p.account_id
JOIN transfers AS t ON t.district_id = l.district_id AND t.id = l.transfer_id
JOIN accounts AS a ON a.district_id = p.district_id AND a.id = p.account_id
JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
LEFT JOIN residences AS r ON r.district_id = v.district_id AND r.person_id = v.person_id
    AND fact_is_true(r.valid_from, r.valid_to, r.superseded_at, district_today(:district::integer))
WHERE p.district_id = :district::integer AND p.id = :passbook_id::uuid
  AND COALESCE(r.region_code, a.region_code) BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL OR v.person_id = :self_person::uuid)
  AND (:from_line::integer IS NULL OR l.line_no >= :from_line::integer)
