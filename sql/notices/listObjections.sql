-- step: page
SELECT o.filed_at, o.case_number
FROM objections AS o
WHERE o.district_id = :district::integer
  AND o.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
  AND (:region_code::bigint IS NULL
       OR o.region_code BETWEEN :region_code::bigint AND subtree_end(:region_code::bigint))
  AND (:number::text IS NULL OR o.number = :number::text)
  AND (:state::text IS NULL OR :state::text = objection_state(o))
  AND (:overdue::boolean IS NULL
       OR :overdue::boolean = (COALESCE(o.due_at <= business_now(), false)
                               AND objection_state(o) = 'open'))
-- step: answer
SELECT a.case_number, a.id, a.number, a.region_code, a.line_code, a.volunteer_number, a.masked_name,
       a.statement,
       CASE WHEN :actor_role IN ('district_admin', 'subdistrict_admin')
            THEN a.objector_name END AS objector_name,
       CASE WHEN :actor_role IN ('district_admin', 'subdistrict_admin')
            THEN a.objector_contact END AS objector_contact,
       a.via, a.entered_by, a.filed_at, a.due_at, a.state, a.overdue, a.decision_reason,
       a.decided_by, a.decided_by_name, a.decided_at, a.corrections
FROM page
JOIN objection_answers AS a
    ON a.district_id = :district::integer AND a.case_number = page.case_number
