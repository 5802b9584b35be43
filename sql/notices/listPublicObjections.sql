SELECT o.case_number, o.region_code, objection_state(o) AS state, o.filed_at, (
           SELECT max(d.decided_at) FROM objection_decisions AS d
           WHERE d.district_id = o.district_id AND d.case_number = o.case_number) AS decided_at
FROM objections AS o
WHERE o.district_id = :district::integer AND o.number = :number
