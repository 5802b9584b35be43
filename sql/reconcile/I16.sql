-- I16: no two claims of one volunteer overlap; every living record with clock times has exactly one
-- claim; no other record has one. A living record holds its assignment, and no other does.
SELECT 'two claims of one volunteer overlap' AS what,
       a.district_id || '/' || a.record_id || ', ' || b.record_id AS where_found
FROM time_claims AS a
JOIN time_claims AS b ON b.district_id = a.district_id AND b.volunteer_id = a.volunteer_id
    AND b.during && a.during AND b.record_id > a.record_id
WHERE $1::integer IS NULL OR a.district_id = $1::integer
UNION ALL
SELECT CASE WHEN c.record_id IS NULL THEN 'a living record has no claim'
            ELSE 'the claim is not that of a living record' END,
       s.district_id || '/' || s.id
FROM service_records AS s
JOIN service_record_states AS t ON t.district_id = s.district_id AND t.record_id = s.id
LEFT JOIN time_claims AS c ON c.district_id = s.district_id AND c.record_id = s.id
WHERE ($1::integer IS NULL OR s.district_id = $1::integer)
  AND (c.record_id IS NOT NULL)
      <> (s.kind = 'service' AND s.time_precision = 'minute'
          AND t.status IN ('attested', 'registered', 'verified'))
UNION ALL
SELECT CASE WHEN c.record_id IS NULL THEN 'a living record does not hold its assignment'
            ELSE 'an assignment is not held by its living record' END,
       s.district_id || '/' || s.id
FROM service_records AS s
JOIN service_record_states AS t ON t.district_id = s.district_id AND t.record_id = s.id
LEFT JOIN assignment_claims AS c ON c.district_id = s.district_id AND c.record_id = s.id
WHERE ($1::integer IS NULL OR s.district_id = $1::integer)
  AND (s.assignment_id IS NOT NULL OR c.record_id IS NOT NULL)
  AND c.assignment_id IS DISTINCT FROM CASE
      WHEN t.status IN ('attested', 'registered', 'verified') THEN s.assignment_id END
