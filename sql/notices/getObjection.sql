-- Who objected is told to those who decide only.
SELECT a.case_number, a.id, a.number, a.region_code, a.line_code, a.volunteer_number, a.masked_name,
       a.statement,
       CASE WHEN :actor_role IN ('district_admin', 'subdistrict_admin')
            THEN a.objector_name END AS objector_name,
       CASE WHEN :actor_role IN ('district_admin', 'subdistrict_admin')
            THEN a.objector_contact END AS objector_contact,
       a.via, a.entered_by, a.filed_at, a.due_at, a.state, a.overdue, a.decision_reason,
       a.decided_by, a.decided_by_name, a.decided_at, a.corrections
FROM objection_answers AS a
WHERE a.district_id = :district::integer AND a.case_number = :case_number
  AND a.region_code BETWEEN :scope_low::bigint AND :scope_high::bigint
