-- step: fence
WITH request AS (
    SELECT DISTINCT d.today
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
)
SELECT lock_booking_month(:district::integer, r.today) FROM request AS r ORDER BY r.today

-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(passbook_id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id IN (SELECT p.account_id FROM request AS r
                       JOIN passbooks AS p ON p.district_id = :district::integer
                           AND p.id = r.passbook_id)
ORDER BY b.account_id
FOR UPDATE

-- One request a batch: a statement is accepted once.
-- step: move
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, actor_user uuid, scope_low bigint, scope_high bigint, passbook_id uuid,
         move_id uuid, from_district_code text, passbook_number text, minutes bigint,
         earned_minutes bigint, star smallint, moved_on date, seal text, evidence text)
), done AS MATERIALIZED (
    SELECT q.ordinal, move_in(
        (:district::integer, q.move_id, 'in', q.passbook_id, q.from_district_code::integer, q.passbook_number,
         q.minutes, q.earned_minutes, q.star, q.moved_on, q.seal, q.new_id,
         booking_month(:district::integer, civil_date(:district::integer, q.at)), q.evidence,
         q.actor_user, q.at, now())::passbook_moves, q.new_id_2, q.scope_low, q.scope_high) AS answer
    FROM request AS q
), outcome AS (
    SELECT d.ordinal, d.answer -> 'refused' ->> 'code' AS code,
           d.answer -> 'refused' -> 'args' AS args, m.id::text AS subject_id,
           CASE WHEN m.id IS NOT NULL THEN :district::bigint * 1000000 END AS region_code,
           m.id, m.direction, m.passbook_id, d.answer ->> 'passbook_number' AS passbook_number,
           d.answer ->> 'volunteer_name' AS volunteer_name, m.other_district::text AS other_district_code,
           m.other_passbook_number, m.minutes, m.earned_minutes, m.star, m.moved_on, m.seal,
           m.transfer_id, m.evidence, m.entered_by, m.moved_at
    FROM done AS d
    CROSS JOIN LATERAL jsonb_populate_record(NULL::passbook_moves, d.answer - 'refused') AS m
)
SELECT * FROM outcome ORDER BY ordinal
