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

-- step: create
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, region_code bigint, address_line text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, e.ended_on, e.successor_code, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN g.kind <> 'community' THEN 'residence_not_community'
        WHEN e.ended_on <= q.today THEN 'region_ended'
    END AS code
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN LATERAL region_end(:district::integer, q.region_code) AS e ON true
), created AS (
    INSERT INTO households (district_id, id, region_code, address_line)
    SELECT :district::integer, new_id, region_code, address_line
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('region_code', j.region_code::text, 'ended_on', j.ended_on,
                              'successor_code', j.successor_code::text) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.address_line,
           CASE WHEN j.code IS NULL THEN '[]'::json END AS members, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
