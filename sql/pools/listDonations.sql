SELECT d.id, d.passbook_id, d.pool_id, d.minutes, d.via, d.method, d.document, d.witness_id,
       d.transfer_id, l.line_no, d.entered_by, d.donated_at
FROM donations AS d
JOIN passbooks AS p ON p.district_id = d.district_id AND p.id = d.passbook_id
JOIN passbook_lines AS l ON l.district_id = d.district_id AND l.account_id = p.account_id
    AND l.transfer_id = d.transfer_id
JOIN accounts AS a ON a.district_id = p.district_id AND a.id = p.account_id
JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
LEFT JOIN residences AS r ON r.district_id = v.district_id AND r.person_id = v.person_id
    AND fact_is_true(r.valid_from, r.valid_to, r.superseded_at, district_today(:district::integer))
WHERE d.district_id = :district::integer AND d.passbook_id = :passbook_id::uuid
  AND COALESCE(r.region_code, a.region_code) BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:self_person::uuid IS NULL OR v.person_id = :self_person::uuid)
