-- The region is not merged away meanwhile.
-- step: lock_regions
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code IN (SELECT region_code FROM request)
ORDER BY g.region_code
FOR SHARE

-- The account bears the pool's id.
-- step: create
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, region_code bigint, name text, purpose text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, e.ended_on, e.successor_code, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN e.ended_on <= q.today THEN 'region_ended'
    END AS refusal
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN LATERAL region_end(:district::integer, q.region_code) AS e ON true
), created AS (
    INSERT INTO time_pools (district_id, id, account_id, region_code, name, purpose, opened_on)
    SELECT :district::integer, new_id, new_id, region_code, name, purpose, today
    FROM judged
    WHERE refusal IS NULL
    ORDER BY region_code, name
    ON CONFLICT DO NOTHING
    RETURNING *
), opened AS (
    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    SELECT :district::integer, c.account_id, 'pool', c.region_code, j.at
    FROM created AS c
    JOIN judged AS j ON j.new_id = c.id
), balanced AS (
    INSERT INTO balances (district_id, account_id)
    SELECT :district::integer, account_id FROM created
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'time_pool_name_taken' END) AS code,
           jsonb_build_object('name', j.name, 'ended_on', j.ended_on,
                              'successor_code', j.successor_code::text) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.name, c.purpose,
           CASE WHEN c.id IS NOT NULL THEN 'open' END AS state, c.opened_on, c.closed_on,
           c.close_reason, n.none AS balance_minutes, n.none AS reserved_minutes,
           n.none AS available_minutes, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
    LEFT JOIN LATERAL (SELECT 0::bigint AS none) AS n ON c.id IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
