-- I6: one hold per assignment; a captured hold has exactly one capture transfer, any other none.
SELECT 'a ' || h.state || ' hold has ' || count(t.id) || ' capture transfers' AS what,
       h.district_id || '/' || h.id AS where_found
FROM holds AS h
LEFT JOIN transfers AS t ON t.district_id = h.district_id AND t.hold_id = h.id
    AND t.kind = 'capture'
WHERE $1::integer IS NULL OR h.district_id = $1::integer
GROUP BY h.district_id, h.id, h.state
HAVING count(t.id) <> CASE h.state WHEN 'captured' THEN 1 ELSE 0 END
UNION ALL
SELECT 'an assignment has ' || count(*) || ' holds', h.district_id || '/' || h.assignment_id
FROM holds AS h
WHERE $1::integer IS NULL OR h.district_id = $1::integer
GROUP BY h.district_id, h.assignment_id
HAVING count(*) > 1
