-- I11: every stored success of an operation that moves minutes has the row that
-- it claims: a registration, decision, void, close, correction or transfer; of a sheet all its lines; each
-- donation is what its transfer moved.
SELECT k.operation || ' succeeded without an entry' AS what,
       k.district_id || '/' || k.actor || '/' || k.key AS where_found
FROM idempotency_keys AS k
WHERE ($1::integer IS NULL OR k.district_id = $1::integer)
  AND k.completed AND k.code IS NULL
  AND CASE
      WHEN k.operation IN ('registerServiceRecord', 'recordServiceAtCounter') THEN NOT EXISTS (
          SELECT FROM registrations AS r
          WHERE r.district_id = k.district_id AND r.record_id::text = k.subject_id)
      WHEN k.operation = 'createServiceSheet' THEN NOT EXISTS (
          SELECT FROM service_sheets AS h
          WHERE h.district_id = k.district_id AND h.id::text = k.subject_id
            AND (h.lines_count, h.minutes) = (
                SELECT count(*), sum(r.minutes)
                FROM service_sheet_lines AS l
                JOIN registrations AS r ON r.district_id = l.district_id
                    AND r.record_id = l.record_id
                WHERE l.district_id = h.district_id AND l.sheet_id = h.id))
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
      WHEN k.operation = 'createLedgerCorrection' THEN NOT EXISTS (
          SELECT FROM ledger_corrections AS c
          WHERE c.district_id = k.district_id AND c.id::text = k.subject_id)
      WHEN k.operation = 'decideLedgerCorrection' THEN NOT EXISTS (
          SELECT FROM ledger_correction_approvals AS a
          LEFT JOIN ledger_correction_postings AS p
              ON p.district_id = a.district_id AND p.correction_id = a.correction_id
          WHERE a.district_id = k.district_id AND a.correction_id::text = k.subject_id
            AND a.approved = (p.correction_id IS NOT NULL))
      WHEN k.operation = 'decideObjection' THEN NOT EXISTS (
          SELECT FROM objection_decisions AS d
          WHERE d.district_id = k.district_id AND d.case_number = k.subject_id)
      WHEN k.operation IN ('transferPassbookOut', 'transferPassbookIn') THEN NOT EXISTS (
          SELECT FROM passbook_moves AS m
          WHERE m.district_id = k.district_id AND m.id::text = k.subject_id)
      WHEN k.operation = 'createDonation' THEN NOT EXISTS (
          SELECT FROM donations AS d
          WHERE d.district_id = k.district_id AND d.id::text = k.subject_id)
      WHEN k.operation = 'closeWorklist' THEN NOT EXISTS (
          SELECT FROM worklist_closes AS c
          WHERE c.district_id = k.district_id
            AND lpad(c.region_code::text, 12, '0') || '/' || c.book_week = k.subject_id)
      ELSE false END
UNION ALL
SELECT 'a donation is not what its transfer moved', d.district_id || '/' || d.id
FROM donations AS d
JOIN transfers AS t ON t.district_id = d.district_id AND t.id = d.transfer_id
JOIN passbooks AS p ON p.district_id = d.district_id AND p.id = d.passbook_id
JOIN time_pools AS o ON o.district_id = d.district_id AND o.id = d.pool_id
WHERE ($1::integer IS NULL OR d.district_id = $1::integer)
  AND (t.kind, t.minutes, t.debit_account_id, t.credit_account_id)
      IS DISTINCT FROM ('donation', d.minutes, p.account_id, o.account_id)
