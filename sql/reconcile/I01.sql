-- I1: every transfer names two different accounts of its district.
-- Each of these files: $1 a district, or null for all; the answer is the violations, one a row.
SELECT 'a transfer does not name two accounts of its district' AS what,
       t.district_id || '/' || t.id AS where_found
FROM transfers AS t
WHERE ($1::integer IS NULL OR t.district_id = $1::integer)
  AND (t.debit_account_id = t.credit_account_id
       OR NOT EXISTS (SELECT FROM accounts AS a
                      WHERE a.district_id = t.district_id AND a.id = t.debit_account_id)
       OR NOT EXISTS (SELECT FROM accounts AS a
                      WHERE a.district_id = t.district_id AND a.id = t.credit_account_id))
