SELECT o.case_number, o.number, o.region_code, objection_state(o) AS state, o.filed_at, o.due_at,
       d.decided_at, CASE WHEN o.id = :receipt::uuid THEN d.reason END AS decision_reason
FROM objections AS o
LEFT JOIN LATERAL (
    SELECT * FROM objection_decisions AS d
    WHERE d.district_id = o.district_id AND d.case_number = o.case_number
    ORDER BY d.turn DESC LIMIT 1) AS d ON true
WHERE o.district_id = :district::integer AND o.case_number = :case_number
