SELECT m.id, m.direction, m.passbook_id, p.passbook_number, n.name AS volunteer_name,
       m.other_district::text AS other_district_code, m.other_passbook_number, m.minutes, m.earned_minutes, m.star, m.moved_on,
       m.seal, m.transfer_id, m.evidence, m.entered_by, m.moved_at
FROM passbook_moves AS m
JOIN passbooks AS p ON p.district_id = m.district_id AND p.id = m.passbook_id
JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
JOIN persons AS n ON n.district_id = v.district_id AND n.id = v.person_id
WHERE m.district_id = :district::integer
  AND home_region(:district::integer, v.person_id, district_today(:district::integer))
      BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:passbook_id::uuid IS NULL OR m.passbook_id = :passbook_id::uuid)
  AND (:direction::text IS NULL OR m.direction = :direction::text)
