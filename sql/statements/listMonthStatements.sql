SELECT k.id AS passbook_id, k.passbook_number, s.volunteer_id, v.volunteer_number,
       n.name AS volunteer_name, s.region_code, s.book_month, s.opening_minutes, s.opened_minutes,
       s.deposited_minutes, s.withdrawn_minutes, s.donated_minutes, s.retired_minutes,
       s.moved_minutes, s.corrected_minutes, s.closing_minutes, s.earned_minutes, s.records
FROM month_statements AS s
JOIN passbooks AS k ON k.district_id = s.district_id AND k.account_id = s.account_id
JOIN volunteers AS v ON v.district_id = s.district_id AND v.id = s.volunteer_id
JOIN persons AS n ON n.district_id = v.district_id AND n.id = v.person_id
WHERE s.district_id = :district::integer
  AND CASE WHEN :self_person::uuid IS NOT NULL THEN v.person_id = :self_person::uuid
           ELSE s.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint END
  AND (:book_month::date IS NULL OR s.book_month = :book_month::date)
  AND (:region_code::bigint IS NULL
       OR s.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:passbook_id::uuid IS NULL OR k.id = :passbook_id::uuid)
  AND (:volunteer_id::uuid IS NULL OR s.volunteer_id = :volunteer_id::uuid)
