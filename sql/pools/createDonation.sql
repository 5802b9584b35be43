-- The month that takes the entry stays open until this has committed.
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
    FROM jsonb_to_recordset(:requests) AS r(passbook_id uuid, pool_id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id IN (SELECT p.account_id FROM request AS r
                       JOIN passbooks AS p ON p.district_id = :district::integer
                           AND p.id = r.passbook_id
                       UNION
                       SELECT p.account_id FROM request AS r
                       JOIN time_pools AS p ON p.district_id = :district::integer
                           AND p.id = r.pool_id)
ORDER BY b.account_id
FOR UPDATE

-- One request a batch: what one donation leaves, the next one of the book would not see.
-- step: donate
WITH request AS (
    SELECT r.*, d.today,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, actor_user uuid, actor_person uuid, self_person uuid, scope_low bigint,
         scope_high bigint, passbook_id uuid, pool_id uuid, minutes bigint, via text, method text,
         document text, witness_id uuid, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS MATERIALIZED (
    SELECT q.*, v.person_id, o.region_code AS pool_region, b.line_no + 1 AS line_no, CASE
        WHEN p.id IS NULL OR o.id IS NULL
             OR COALESCE(h.region_code, a.region_code) NOT BETWEEN q.scope_low AND q.scope_high
             OR q.self_person <> v.person_id
            THEN refusal('not_found')
        WHEN n.died_on IS NOT NULL
            THEN refusal('person_died', jsonb_build_object('died_on', n.died_on))
        ELSE donation_consent_refusal(:district::integer, v.person_id, q.actor_person, q.channel,
                                      q.body)
    END AS refused
    FROM request AS q
    LEFT JOIN passbooks AS p ON p.district_id = :district::integer AND p.id = q.passbook_id
    LEFT JOIN accounts AS a ON a.district_id = p.district_id AND a.id = p.account_id
    LEFT JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
    LEFT JOIN volunteers AS v ON v.district_id = p.district_id AND v.id = p.volunteer_id
    LEFT JOIN persons AS n ON n.district_id = v.district_id AND n.id = v.person_id
    LEFT JOIN residences AS h ON h.district_id = v.district_id AND h.person_id = v.person_id
        AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    LEFT JOIN time_pools AS o ON o.district_id = :district::integer AND o.id = q.pool_id
), done AS MATERIALIZED (
    SELECT j.*, COALESCE(j.refused, donate(
               (:district::integer, j.new_id, j.new_id_2, j.passbook_id, j.pool_id, j.person_id,
                j.minutes, j.channel, j.method, j.document, j.witness_id, j.actor_user, j.at,
                now())::donations,
               booking_month(:district::integer, j.today))) AS said
    FROM judged AS j
), outcome AS (
    SELECT d.ordinal, d.said ->> 'code' AS code, d.said -> 'args' AS args,
           g.new_id::text AS subject_id, g.pool_region AS region_code, g.new_id AS id,
           g.passbook_id, g.pool_id, g.minutes, g.channel AS via, g.method, g.document,
           g.witness_id, g.new_id_2 AS transfer_id, g.line_no, g.actor_user AS entered_by,
           g.at AS donated_at
    FROM done AS d
    LEFT JOIN done AS g ON g.ordinal = d.ordinal AND g.said IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
