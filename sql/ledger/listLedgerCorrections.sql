-- step: page
SELECT c.decided_at, c.id
FROM ledger_corrections AS c
JOIN service_records AS sr ON sr.district_id = c.district_id AND sr.id = c.record_id
WHERE c.district_id = :district::integer
  AND sr.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL
       OR sr.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:record_id::uuid IS NULL OR c.record_id = :record_id::uuid)
  AND (:case_number::text IS NULL OR c.case_number = :case_number::text)
  AND (:state::text IS NULL OR :state::text = ledger_correction_state(c))
-- step: answer
SELECT a.*
FROM page
JOIN ledger_correction_answers AS a ON a.district_id = :district::integer AND a.id = page.id
