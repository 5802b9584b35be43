-- step: fence
-- The months that take the entry stay open until this has committed.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, served_until date)
)
SELECT p.begin_date
FROM periods AS p
WHERE p.district_id = :district::integer AND p.grain = 'month' AND p.state = 'open'
  AND p.begin_date IN (SELECT booking_month(:district::integer, r.served_until) FROM request AS r)
ORDER BY p.begin_date
FOR SHARE
-- step: issue
-- The community's issuance account, where there is none yet.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, region_code bigint)
)
INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
SELECT :district::integer, issuance_account(:district::integer, r.region_code), 'issuance',
       r.region_code, min(r.at)
FROM request AS r
JOIN regions AS g ON g.district_id = :district::integer AND g.region_code = r.region_code
    AND g.kind = 'community'
WHERE r.region_code BETWEEN r.scope_low AND r.scope_high
GROUP BY r.region_code
ORDER BY r.region_code
ON CONFLICT DO NOTHING
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, volunteer_id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id IN (SELECT p.account_id FROM request AS r
                       JOIN passbooks AS p ON p.district_id = :district::integer
                           AND p.volunteer_id = r.volunteer_id AND p.state <> 'closed')
ORDER BY b.account_id
FOR UPDATE
-- step: post
WITH request AS (
    SELECT r.ordinal, r.at, r.new_id, r.actor_user, r.actor_person, r.scope_low, r.scope_high,
           r.volunteer_id, r.region_code, r.minutes, r.served_until, r.place, r.evidence,
           COALESCE(r.category_code, 'prior_service') AS category_code
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint,
         volunteer_id uuid, region_code bigint, minutes bigint, served_until date, place text,
         evidence text, category_code text)
), judged AS MATERIALIZED (
    SELECT r.*, v.person_id, p.id AS passbook_id, p.account_id, b.posted, b.line_no,
           issuance_account(:district::integer, r.region_code) AS issuer,
           booking_month(:district::integer, r.served_until) AS book_month,
           derived_uuid(convert_to('timebank.transfer.1:opening:', 'UTF8')
                        || int4send(:district::integer) || uuid_send(r.new_id)) AS transfer_id,
           CASE WHEN g.region_code IS NULL OR v.id IS NULL THEN 'not_found'
                WHEN g.kind <> 'community' THEN 'region_is_no_community'
                WHEN v.person_id = r.actor_person THEN 'opening_balance_is_own'
                WHEN p.id IS NULL THEN 'passbook_missing'
                WHEN c.category_code IS NULL THEN 'opening_category_unknown'
                WHEN r.served_until > civil_date(:district::integer, r.at)
                    THEN 'served_until_in_future'
           END AS code
    FROM request AS r
    LEFT JOIN regions AS g ON g.district_id = :district::integer AND g.region_code = r.region_code
        AND g.region_code BETWEEN r.scope_low AND r.scope_high
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = r.volunteer_id
    LEFT JOIN passbooks AS p ON p.district_id = :district::integer
        AND p.volunteer_id = r.volunteer_id AND p.state <> 'closed'
    LEFT JOIN balances AS b ON b.district_id = :district::integer AND b.account_id = p.account_id
    LEFT JOIN service_categories AS c ON c.district_id = :district::integer
        AND c.category_code = r.category_code
), granted AS MATERIALIZED (
    SELECT j.*, j.line_no + row_number() OVER line AS place_in_book,
           j.posted + sum(j.minutes) OVER line AS running
    FROM judged AS j
    WHERE j.code IS NULL
    WINDOW line AS (PARTITION BY j.account_id ORDER BY j.ordinal ROWS UNBOUNDED PRECEDING)
), recorded AS (
    INSERT INTO service_records (district_id, id, kind, region_code, volunteer_id, server_id,
        category_code, recipient_kind, recipient_label, place, content, service_date, end_date,
        time_precision, minutes, entered_by, created_at)
    SELECT :district::integer, g.new_id, 'opening', g.region_code, g.volunteer_id, g.person_id,
           g.category_code, 'public', '期初', g.place, g.evidence, g.served_until, g.served_until,
           'day', g.minutes, g.actor_user, g.at
    FROM granted AS g
), posted AS (
    INSERT INTO transfers (district_id, id, debit_account_id, credit_account_id, minutes, kind,
                           region_code, book_month, record_id, posted_at)
    SELECT :district::integer, g.transfer_id, g.issuer, g.account_id, g.minutes, 'opening',
           g.region_code, g.book_month, g.new_id, g.at
    FROM granted AS g
), lined AS (
    INSERT INTO passbook_lines (district_id, account_id, line_no, transfer_id, minutes,
                                balance_minutes)
    SELECT :district::integer, g.account_id, g.place_in_book, g.transfer_id, g.minutes, g.running
    FROM granted AS g
), balanced AS (
    UPDATE balances AS b
    SET posted = b.posted + c.minutes, earned_minutes = b.earned_minutes + c.minutes,
        line_no = b.line_no + c.lines, version = b.version + 1
    FROM (SELECT g.account_id, sum(g.minutes) AS minutes, count(*) AS lines
          FROM granted AS g GROUP BY g.account_id) AS c
    WHERE b.district_id = :district::integer AND b.account_id = c.account_id
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE WHEN j.code IS NOT NULL THEN jsonb_build_object(
               'region_code', j.region_code::text, 'volunteer_id', j.volunteer_id,
               'category_code', j.category_code, 'served_until', j.served_until) END AS args,
           g.new_id::text AS subject_id, g.region_code, g.new_id AS id, g.volunteer_id,
           g.passbook_id, g.category_code, g.minutes, g.served_until, g.place, g.evidence,
           g.transfer_id, g.place_in_book::integer AS line_no, g.book_month,
           CASE WHEN g.ordinal IS NOT NULL THEN g.at END AS posted_at, g.actor_user AS entered_by
    FROM judged AS j
    LEFT JOIN granted AS g USING (ordinal)
)
SELECT * FROM outcome ORDER BY ordinal
