-- One request at a time (x-batch 1): each sees the stock that the one before left.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(from_region_code bigint)
)
SELECT lock_badge_stocks(:district::integer, ARRAY(SELECT from_region_code FROM request))

-- step: move
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.moved_on, d.today) AS moved, e.ended_on, e.successor_code,
           COALESCE(r.moved_by, r.actor_person) AS mover
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint, kind text,
         star smallint, quantity integer, from_region_code bigint, to_region_code bigint,
         moved_on date, moved_by uuid, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d (today)
    LEFT JOIN LATERAL region_end(:district::integer, r.to_region_code) AS e
        ON e.ended_on <= COALESCE(r.moved_on, d.today)
), judged AS (
    SELECT q.*, p.name AS mover_name, s.available, CASE
        WHEN p.id IS NULL OR (q.from_region_code IS NOT NULL AND f.region_code IS NULL)
             OR (q.to_region_code IS NOT NULL AND t.region_code IS NULL)
             OR COALESCE(q.from_region_code, q.to_region_code)
                    NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN NOT CASE q.kind
                 WHEN 'receive' THEN q.from_region_code IS NULL AND q.to_region_code IS NOT NULL
                 WHEN 'transfer' THEN COALESCE(q.from_region_code <> q.to_region_code, false)
                 ELSE q.from_region_code IS NOT NULL AND q.to_region_code IS NULL END
            THEN 'movement_does_not_fit'
        WHEN q.moved > q.today THEN 'date_in_future'
        WHEN q.ended_on IS NOT NULL THEN 'region_ended'
        WHEN q.quantity > s.available THEN 'badge_stock_short'
        END AS code
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.mover
    LEFT JOIN regions AS f
        ON f.district_id = :district::integer AND f.region_code = q.from_region_code
    LEFT JOIN regions AS t
        ON t.district_id = :district::integer AND t.region_code = q.to_region_code
    CROSS JOIN LATERAL (
        SELECT CASE WHEN q.from_region_code IS NOT NULL
                    THEN badge_stock(:district::integer, q.from_region_code, q.star)
               END AS available
    ) AS s
), stored AS (
    INSERT INTO badge_movements (district_id, id, kind, star, quantity, from_region, to_region,
                                 moved_on, reason, moved_by, entered_by, moved_at)
    SELECT :district::integer, new_id, kind, star, quantity, from_region_code, to_region_code,
           moved, reason, mover, actor_user, at
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('field', 'moved_on', 'today', j.today, 'kind', j.kind,
                              'ended_on', j.ended_on, 'successor_code', j.successor_code::text,
                              'available', j.available) AS args,
           s.id::text AS subject_id, COALESCE(s.from_region, s.to_region) AS region_code,
           s.id, s.kind, s.star, s.quantity, s.from_region AS from_region_code,
           s.to_region AS to_region_code, s.moved_on, s.reason, s.moved_by,
           CASE WHEN s.id IS NOT NULL THEN j.mover_name END AS moved_by_name, s.entered_by,
           s.moved_at
    FROM judged AS j
    LEFT JOIN stored AS s ON s.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
