-- The other side is a passbook: of who gave, or of who served.
WITH pool AS MATERIALIZED (
    SELECT p.account_id
    FROM time_pools AS p
    WHERE p.district_id = :district::integer
      AND keeps_pool(:district::integer, p.id, :scope_low::bigint, :scope_high::bigint,
                     district_today(:district::integer))
      AND p.id = :pool_id::uuid
), moved AS (
    SELECT t.*, t.minutes AS signed_minutes, t.debit_account_id AS other_id
    FROM pool AS p
    JOIN transfers AS t
        ON t.district_id = :district::integer AND t.credit_account_id = p.account_id
    UNION ALL
    SELECT t.*, -t.minutes, t.credit_account_id
    FROM pool AS p
    JOIN transfers AS t
        ON t.district_id = :district::integer AND t.debit_account_id = p.account_id
)
SELECT m.id AS transfer_id, m.kind, m.signed_minutes AS minutes, k.passbook_number, d.id AS donation_id,
       m.record_id, m.book_week, m.book_month, m.posted_at
FROM moved AS m
LEFT JOIN passbooks AS k ON k.district_id = m.district_id AND k.account_id = m.other_id
LEFT JOIN donations AS d ON d.district_id = m.district_id AND d.transfer_id = m.id
WHERE (:kind::text IS NULL OR m.kind = :kind::text)
  AND (:book_month::date IS NULL OR m.book_month = :book_month::date)
