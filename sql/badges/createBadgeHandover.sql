-- One request at a time (x-batch 1): each sees the stock that the one before left.
-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(award_id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer
  AND v.id IN (SELECT a.volunteer_id FROM request AS q
               JOIN star_awards AS a ON a.district_id = :district::integer AND a.id = q.award_id)
ORDER BY v.id FOR NO KEY UPDATE OF v

-- step: lock_stocks
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT lock_badge_stocks(:district::integer, ARRAY(SELECT region_code FROM request))

-- step: hand_over
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.handed_on, d.today) AS handed,
           COALESCE(r.handed_by, r.actor_person) AS giver
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint,
         award_id uuid, region_code bigint, handed_on date, handed_by uuid, received_by uuid,
         relation text, method text, witness_id uuid, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d (today)
), found AS (
    SELECT q.*, a.id AS award, a.volunteer_id, a.star, a.award_year, a.awarded_on, v.person_id,
           v.volunteer_number, COALESCE(q.received_by, v.person_id) AS receiver,
           home_region(:district::integer, v.person_id, q.today) AS home,
           (SELECT count(*) FROM badge_handovers AS h
            WHERE h.district_id = :district::integer AND h.award_id = q.award_id) AS copies,
           badge_stock(:district::integer, q.region_code, a.star) AS available,
           (SELECT count(*) FROM persons AS p
            WHERE p.district_id = :district::integer
              AND p.id IN (q.giver, COALESCE(q.received_by, v.person_id), q.witness_id)) AS people
    FROM request AS q
    LEFT JOIN star_awards AS a ON a.district_id = :district::integer AND a.id = q.award_id
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = a.volunteer_id
), judged AS (
    SELECT f.*, CASE
        WHEN f.award IS NULL OR f.home NOT BETWEEN f.scope_low AND f.scope_high
             OR f.region_code NOT BETWEEN f.scope_low AND f.scope_high THEN 'not_found'
        WHEN f.method = 'thumbprint' AND f.witness_id IS NULL THEN 'witness_missing'
        WHEN f.receiver <> f.person_id AND f.relation IS NULL THEN 'relation_missing'
        WHEN f.giver IN (f.person_id, f.receiver) THEN 'badge_to_oneself'
        WHEN f.witness_id IN (f.giver, f.receiver) THEN 'handover_witness_unfit'
        WHEN f.people <> 2 + (f.witness_id IS NOT NULL)::integer THEN 'handover_person_unknown'
        WHEN f.handed > f.today THEN 'date_in_future'
        WHEN f.handed < f.awarded_on THEN 'badge_before_award'
        WHEN f.copies > 0 AND f.reason IS NULL THEN 'badge_handed_over'
        WHEN f.copies = 0 AND f.reason IS NOT NULL THEN 'badge_not_handed_over'
        WHEN f.available < 1 THEN 'badge_stock_short'
        END AS code
    FROM found AS f
), moved AS (
    INSERT INTO badge_movements (district_id, id, kind, star, quantity, from_region, moved_on,
                                 reason, moved_by, entered_by, moved_at)
    SELECT :district::integer, new_id_2, 'issue', star, 1, region_code, handed,
           COALESCE(reason, award_year || '年度授星'), giver, actor_user, at
    FROM judged
    WHERE code IS NULL
), stored AS (
    INSERT INTO badge_handovers (district_id, id, award_id, copy_no, movement_id, handed_on,
                                 handed_by, received_by, relation, method, witness_id, reason,
                                 entered_by, handed_at)
    SELECT :district::integer, new_id, award_id, copies + 1, new_id_2, handed, giver, receiver,
           relation, method, witness_id, reason, actor_user, at
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('field', 'handed_on', 'today', j.today, 'available', j.available,
                              'awarded_on', j.awarded_on) AS args,
           s.id::text AS subject_id, CASE WHEN s.id IS NOT NULL THEN j.region_code END
               AS region_code,
           s.id, s.award_id, CASE WHEN s.id IS NOT NULL THEN j.volunteer_id END AS volunteer_id,
           CASE WHEN s.id IS NOT NULL THEN j.volunteer_number END AS volunteer_number,
           CASE WHEN s.id IS NOT NULL THEN person_name(:district::integer, j.person_id) END AS name,
           CASE WHEN s.id IS NOT NULL THEN j.star END AS star,
           CASE WHEN s.id IS NOT NULL THEN j.award_year END AS award_year, s.copy_no,
           s.movement_id, s.handed_on, s.handed_by,
           person_name(:district::integer, s.handed_by) AS handed_by_name, s.received_by,
           person_name(:district::integer, s.received_by) AS received_by_name, s.relation,
           s.method, s.witness_id, person_name(:district::integer, s.witness_id) AS witness_name,
           s.reason, s.entered_by, s.handed_at
    FROM judged AS j
    LEFT JOIN stored AS s ON s.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
