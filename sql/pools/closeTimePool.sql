-- Nobody gives to it and nothing is held of it meanwhile.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(pool_id uuid)
)
SELECT b.account_id
FROM balances AS b
WHERE b.district_id = :district::integer
  AND b.account_id IN (SELECT p.account_id FROM request AS r
                       JOIN time_pools AS p ON p.district_id = :district::integer
                           AND p.id = r.pool_id)
ORDER BY b.account_id
FOR UPDATE

-- step: close
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, pool_id uuid, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.closed_on, b.posted, b.held, CASE
        WHEN NOT keeps_pool(:district::integer, q.pool_id, q.scope_low, q.scope_high, q.today)
            THEN 'not_found'
        WHEN p.closed_on IS NOT NULL THEN 'time_pool_closed'
        WHEN b.posted <> 0 OR b.held <> 0 THEN 'time_pool_not_empty'
    END AS code
    FROM request AS q
    LEFT JOIN time_pools AS p ON p.district_id = :district::integer AND p.id = q.pool_id
    LEFT JOIN balances AS b ON b.district_id = p.district_id AND b.account_id = p.account_id
), changed AS (
    UPDATE time_pools AS p
    SET version = p.version + 1, closed_on = GREATEST(j.today, p.opened_on), close_reason = j.reason
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.pool_id
    RETURNING p.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('closed_on', j.closed_on, 'balance_minutes', j.posted,
                              'reserved_minutes', j.held) AS args,
           j.pool_id::text AS subject_id, a.region_code, a.id, a.name, a.purpose,
           CASE WHEN j.code IS NULL THEN 'closed' END AS state, a.opened_on, c.closed_on,
           c.close_reason, a.balance_minutes, a.reserved_minutes, a.available_minutes, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.pool_id
    LEFT JOIN LATERAL pools_of_day(:district::integer, j.today) AS a
        ON a.id = j.pool_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
