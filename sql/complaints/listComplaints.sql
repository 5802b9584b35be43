-- step: page
SELECT c.filed_at, c.due_at, c.id
FROM complaints AS c
JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = c.volunteer_id
LEFT JOIN complaint_decisions AS d ON d.district_id = c.district_id AND d.complaint_id = c.id
LEFT JOIN complaint_reversals AS s ON s.district_id = c.district_id AND s.complaint_id = c.id
WHERE c.district_id = :district::integer
  AND CASE WHEN :self_person::uuid IS NULL
           THEN c.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
           ELSE :self_person::uuid IN (v.person_id, c.complainant_id) END
  AND (:region_code::bigint IS NULL
       OR c.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:volunteer_id::uuid IS NULL OR c.volunteer_id = :volunteer_id::uuid)
  -- By its record only for those who see that.
  AND (:record_id::uuid IS NULL
       OR c.record_id = :record_id::uuid AND v.person_id <> :actor_person::uuid)
  AND (:case_number::text IS NULL OR c.case_number = :case_number::text)
  AND (:matter::text IS NULL OR c.matter = :matter::text)
  AND (:state::text IS NULL OR :state::text = complaint_state(d.decision, s.set_aside_at))
  AND (:overdue::boolean IS NULL
       OR :overdue::boolean = (d.decision IS NULL AND c.due_at <= business_now()))
-- step: answer
SELECT a.*
FROM complaints_of(:district::integer, ARRAY(SELECT page.id FROM page), :actor_person::uuid,
                   :actor_role::text) AS a
