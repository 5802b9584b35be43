-- On the very day of the dissolution, that is taken back; later, it gets an end.
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

-- step: reactivate
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.reactivated_on, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, reactivated_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, l.id AS dissolution_id, l.valid_from AS dissolved_on, CASE
        WHEN t.id IS NULL OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN l.id IS NULL THEN 'team_not_dissolved'
        WHEN q.since > q.today THEN 'date_in_future'
        WHEN q.since < l.valid_from THEN 'reactivated_before_dissolution'
    END AS code
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
    LEFT JOIN team_dissolutions AS l
        ON l.district_id = t.district_id AND l.team_id = t.id AND l.superseded_at IS NULL
       AND l.valid_to IS NULL
), superseded AS (
    UPDATE team_dissolutions AS l
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND l.district_id = :district::integer AND l.id = j.dissolution_id
    RETURNING l.team_id, l.valid_from, j.since, j.new_id
), ended AS (
    INSERT INTO team_dissolutions (district_id, id, team_id, valid_from, valid_to)
    SELECT :district::integer, new_id, team_id, valid_from, since
    FROM superseded
    WHERE valid_from < since
), changed AS (
    UPDATE teams AS t
    SET version = t.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND t.district_id = :district::integer AND t.id = j.team_id
    RETURNING t.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'reactivated_before_dissolution'
                           THEN jsonb_build_object('dissolved_on', j.dissolved_on)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'reactivated_on', 'today', j.today)
           END AS args,
           j.team_id::text AS subject_id, a.region_code, a.id, a.name, a.kind, a.founded_on,
           NULL::date AS dissolved_on, a.origin, a.member_count, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.team_id
    LEFT JOIN LATERAL teams_of_day(:district::integer, j.today) AS a
        ON a.id = j.team_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
