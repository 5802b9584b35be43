-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(team_id uuid)
)
SELECT t.id
FROM teams AS t
WHERE t.district_id = :district::integer AND t.id IN (SELECT team_id FROM request)
ORDER BY t.id
FOR NO KEY UPDATE

-- step: update
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, team_id uuid, name text, kind text, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, t.version AS seen, CASE
        WHEN t.id IS NULL OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN q.if_match <> t.version THEN 'version_mismatch'
        WHEN EXISTS (SELECT FROM teams AS o
                     WHERE o.district_id = :district::integer AND o.id <> t.id
                       AND o.region_code = t.region_code AND o.name = q.name)
            THEN 'team_name_taken'
    END AS code
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
), changed AS (
    UPDATE teams AS t
    SET version = t.version + 1,
        name = CASE WHEN j.body ? 'name' THEN j.name ELSE t.name END,
        kind = CASE WHEN j.body ? 'kind' THEN j.kind ELSE t.kind END
    FROM judged AS j
    WHERE j.code IS NULL AND t.district_id = :district::integer AND t.id = j.team_id
    RETURNING t.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'name', j.name) AS args,
           j.team_id::text AS subject_id, a.region_code, a.id, c.name, c.kind, a.founded_on,
           a.dissolved_on, a.origin, a.member_count, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.team_id
    LEFT JOIN LATERAL teams_of_day(:district::integer, j.today) AS a
        ON a.id = j.team_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
