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
    SELECT r.*, d.today, COALESCE(r.founded_on, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, region_code bigint, name text, kind text,
         founded_on date, origin text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, e.ended_on, e.successor_code, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN e.ended_on <= q.today THEN 'region_ended'
        WHEN q.since > q.today THEN 'date_in_future'
    END AS refusal
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN LATERAL region_end(:district::integer, q.region_code) AS e ON true
), created AS (
    INSERT INTO teams (district_id, id, region_code, name, kind, founded_on, origin)
    SELECT :district::integer, new_id, region_code, name, kind, since, COALESCE(origin, 'entered')
    FROM judged
    WHERE refusal IS NULL
    ORDER BY region_code, name
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'team_name_taken' END) AS code,
           jsonb_build_object('name', j.name, 'field', 'founded_on', 'today', j.today,
                              'ended_on', j.ended_on,
                              'successor_code', j.successor_code::text) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.name, c.kind, c.founded_on,
           NULL::date AS dissolved_on, c.origin,
           CASE WHEN c.id IS NOT NULL THEN 0 END AS member_count, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
