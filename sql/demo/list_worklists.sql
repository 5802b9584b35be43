-- The worklists of week $2 of district $1, each with its digest and the records drawn for a spot
-- check; is_paid: a withdrawal waits for the record.
SELECT k.region_code, encode(k.digest, 'hex') AS digest, w.record_id,
       EXISTS (SELECT FROM service_records AS s
               WHERE s.district_id = $1::integer AND s.id = w.record_id
                 AND s.assignment_id IS NOT NULL) AS is_paid
FROM (SELECT k.region_code, worklist_digest($1::integer, k.book_week, k.region_code) AS digest
      FROM worklists AS k
      WHERE k.district_id = $1::integer AND k.book_week = $2::date) AS k
LEFT JOIN LATERAL (
    SELECT w.record_id
    FROM worklist_records($1::integer, $2::date, k.region_code) AS w
    WHERE w.is_drawn
) AS w ON true
ORDER BY k.region_code, w.record_id
