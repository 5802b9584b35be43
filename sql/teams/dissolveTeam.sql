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

-- step: dissolve
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.dissolved_on, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, team_id uuid, dissolved_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, t.founded_on, t.dissolved_on AS known_day, o.memberships, CASE
        WHEN t.id IS NULL OR t.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN t.dissolved_on IS NOT NULL THEN 'team_dissolved'
        WHEN q.until > q.today THEN 'date_in_future'
        WHEN q.until < t.founded_on THEN 'ends_before_beginning'
        WHEN o.memberships > 0 THEN 'memberships_open'
    END AS code
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS memberships
        FROM team_memberships AS m
        WHERE m.district_id = t.district_id AND m.team_id = t.id AND m.superseded_at IS NULL
          AND (m.valid_to IS NULL OR m.valid_to > q.until)
    ) AS o
), changed AS (
    UPDATE teams AS t
    SET version = t.version + 1, dissolved_on = j.until
    FROM judged AS j
    WHERE j.code IS NULL AND t.district_id = :district::integer AND t.id = j.team_id
    RETURNING t.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'team_dissolved' THEN jsonb_build_object('dissolved_on', j.known_day)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'dissolved_on', 'today', j.today)
                       WHEN 'ends_before_beginning'
                           THEN jsonb_build_object('valid_from', j.founded_on)
                       WHEN 'memberships_open' THEN jsonb_build_object('count', j.memberships)
           END AS args,
           j.team_id::text AS subject_id, t.region_code, t.id, t.name, t.kind, t.founded_on,
           t.dissolved_on, t.origin,
           CASE WHEN j.code IS NULL THEN (
               SELECT count(*)::integer
               FROM team_memberships AS m
               WHERE m.district_id = t.district_id AND m.team_id = t.id
                 AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, j.today)
           ) END AS member_count,
           t.version
    FROM judged AS j
    LEFT JOIN changed AS t ON t.id = j.team_id
)
SELECT * FROM outcome ORDER BY ordinal
