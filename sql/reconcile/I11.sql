-- I11: every stored success of an operation that moves minutes has the row that
-- it claims: a registration, decision, void, close or transfer.
SELECT k.operation || ' succeeded without an entry' AS what,
       k.district_id || '/' || k.actor || '/' || k.key AS where_found
FROM idempotency_keys AS k
WHERE ($1::integer IS NULL OR k.district_id = $1::integer)
  AND k.completed AND k.code IS NULL
  AND CASE
      WHEN k.operation IN ('registerServiceRecord', 'recordServiceAtCounter') THEN NOT EXISTS (
          SELECT FROM registrations AS r
          WHERE r.district_id = k.district_id AND r.record_id::text = k.subject_id)
      WHEN k.operation IN ('decideServiceRecord', 'returnServiceRecord') THEN NOT EXISTS (
          SELECT FROM decisions AS d
          WHERE d.district_id = k.district_id AND d.record_id::text = k.subject_id)
      WHEN k.operation = 'voidServiceRecord' THEN NOT EXISTS (
          SELECT FROM voids AS v
          WHERE v.district_id = k.district_id AND v.record_id::text = k.subject_id)
      WHEN k.operation = 'createOpeningBalance' THEN NOT EXISTS (
          SELECT FROM service_records AS s
          JOIN transfers AS t ON t.district_id = s.district_id AND t.record_id = s.id
              AND t.kind = 'opening'
          WHERE s.district_id = k.district_id AND s.id::text = k.subject_id)
      WHEN k.operation = 'closeWorklist' THEN NOT EXISTS (
          SELECT FROM worklist_closes AS c
          WHERE c.district_id = k.district_id
            AND lpad(c.region_code::text, 12, '0') || '/' || c.book_week = k.subject_id)
      ELSE false END
