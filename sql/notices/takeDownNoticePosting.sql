-- step: take_down
WITH request AS (
    SELECT r.*, COALESCE(r.taken_down_by, r.actor_person) AS who,
           COALESCE(r.taken_down_at, r.at) AS down_at
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, scope_low bigint, scope_high bigint, posting_id uuid,
         taken_down_at timestamptz, taken_down_by uuid)
), judged AS (
    SELECT q.*, o.number, o.region_code, o.place, o.posted_at, CASE
        WHEN o.id IS NULL OR p.id IS NULL THEN 'not_found'
        WHEN d.posting_id IS NOT NULL THEN 'posting_taken_down'
        WHEN q.down_at > q.at OR q.down_at < o.posted_at THEN 'takedown_time_invalid' END AS code
    FROM request AS q
    LEFT JOIN notice_postings AS o ON o.district_id = :district::integer AND o.id = q.posting_id
        AND o.region_code BETWEEN q.scope_low AND q.scope_high
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.who
    LEFT JOIN notice_takedowns AS d
        ON d.district_id = :district::integer AND d.posting_id = q.posting_id
), taken AS (
    INSERT INTO notice_takedowns (district_id, posting_id, taken_down_at, taken_down_by, entered_by)
    SELECT DISTINCT ON (j.posting_id) :district::integer, j.posting_id, j.down_at, j.who,
           j.actor_user
    FROM judged AS j
    WHERE j.code IS NULL
    ORDER BY j.posting_id, j.ordinal
    ON CONFLICT DO NOTHING
    RETURNING posting_id
), told AS (
    SELECT j.*, CASE WHEN j.code IS NULL AND t.posting_id IS NULL THEN 'posting_taken_down'
                     ELSE j.code END AS said
    FROM judged AS j
    LEFT JOIN taken AS t USING (posting_id)
), outcome AS (
    SELECT t.ordinal, t.said AS code, jsonb_build_object('posted_at', t.posted_at) AS args,
           t.posting_id::text AS subject_id,
           CASE WHEN t.said IS NULL THEN t.region_code END AS region_code,
           CASE WHEN t.said IS NULL THEN t.posting_id END AS id,
           CASE WHEN t.said IS NULL THEN t.place END AS place,
           CASE WHEN t.said IS NULL THEN t.posted_at END AS posted_at,
           CASE WHEN t.said IS NULL THEN t.down_at END AS taken_down_at
    FROM told AS t
)
SELECT * FROM outcome ORDER BY ordinal
