-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(pool_id uuid)
)
SELECT p.id
FROM time_pools AS p
WHERE p.district_id = :district::integer AND p.id IN (SELECT pool_id FROM request)
ORDER BY p.id
FOR NO KEY UPDATE

-- step: update
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, pool_id uuid, name text, purpose text, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.version AS seen, p.closed_on, CASE
        WHEN NOT keeps_pool(:district::integer, q.pool_id, q.scope_low, q.scope_high, q.today)
            THEN 'not_found'
        WHEN q.if_match <> p.version THEN 'version_mismatch'
        WHEN p.closed_on IS NOT NULL THEN 'time_pool_closed'
        WHEN EXISTS (SELECT FROM time_pools AS o
                     WHERE o.district_id = :district::integer AND o.id <> p.id
                       AND o.region_code = p.region_code AND o.name = q.name
                       AND o.closed_on IS NULL)
            THEN 'time_pool_name_taken'
    END AS code
    FROM request AS q
    LEFT JOIN time_pools AS p ON p.district_id = :district::integer AND p.id = q.pool_id
), changed AS (
    UPDATE time_pools AS p
    SET version = p.version + 1,
        name = CASE WHEN j.body ? 'name' THEN j.name ELSE p.name END,
        purpose = CASE WHEN j.body ? 'purpose' THEN j.purpose ELSE p.purpose END
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.pool_id
    RETURNING p.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'name', j.name, 'closed_on', j.closed_on) AS args,
           j.pool_id::text AS subject_id, a.region_code, a.id, c.name, c.purpose, a.state,
           a.opened_on, a.closed_on, a.close_reason, a.balance_minutes, a.reserved_minutes,
           a.available_minutes, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.pool_id
    LEFT JOIN LATERAL pools_of_day(:district::integer, j.today) AS a
        ON a.id = j.pool_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
