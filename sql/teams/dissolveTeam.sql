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
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, dissolved_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, l.dissolved_on AS known_day, o.memberships,
           GREATEST(t.founded_on, l.reactivated_on) AS since, CASE
        WHEN t.id IS NULL OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN l.dissolved_on IS NOT NULL THEN 'team_dissolved'
        WHEN q.until > q.today THEN 'date_in_future'
        WHEN q.until < GREATEST(t.founded_on, l.reactivated_on) THEN 'ends_before_beginning'
        WHEN o.memberships > 0 THEN 'memberships_open'
    END AS code
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
    CROSS JOIN LATERAL (
        SELECT max(d.valid_from) FILTER (WHERE d.valid_to IS NULL) AS dissolved_on,
               max(d.valid_to) AS reactivated_on
        FROM team_dissolutions AS d
        WHERE d.district_id = :district::integer AND d.team_id = q.team_id
          AND d.superseded_at IS NULL
    ) AS l
    CROSS JOIN LATERAL (
        SELECT count(*) AS memberships
        FROM team_memberships AS m
        WHERE m.district_id = t.district_id AND m.team_id = t.id AND m.superseded_at IS NULL
          AND (m.valid_to IS NULL OR m.valid_to > q.until)
    ) AS o
), dissolved AS (
    INSERT INTO team_dissolutions (district_id, id, team_id, valid_from)
    SELECT :district::integer, new_id, team_id, until
    FROM judged
    WHERE code IS NULL
), changed AS (
    UPDATE teams AS t
    SET version = t.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND t.district_id = :district::integer AND t.id = j.team_id
    RETURNING t.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'team_dissolved' THEN jsonb_build_object('dissolved_on', j.known_day)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'dissolved_on', 'today', j.today)
                       WHEN 'ends_before_beginning' THEN jsonb_build_object('valid_from', j.since)
                       WHEN 'memberships_open' THEN jsonb_build_object('count', j.memberships)
           END AS args,
           j.team_id::text AS subject_id, a.region_code, a.id, a.name, a.kind, a.founded_on,
           CASE WHEN j.code IS NULL THEN j.until END AS dissolved_on, a.origin, a.member_count,
           c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.team_id
    LEFT JOIN LATERAL teams_of_day(:district::integer, j.today) AS a
        ON a.id = j.team_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
