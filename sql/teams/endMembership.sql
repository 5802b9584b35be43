-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(membership_id uuid)
)
SELECT m.id
FROM team_memberships AS m
WHERE m.district_id = :district::integer AND m.id IN (SELECT membership_id FROM request)
ORDER BY m.id
FOR NO KEY UPDATE

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, membership_id uuid, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, m.valid_from, t.name AS team_name, t.region_code, v.volunteer_number, p.name, CASE
        WHEN m.id IS NULL OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN m.superseded_at IS NOT NULL OR m.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.until <= m.valid_from THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN team_memberships AS m
        ON m.district_id = :district::integer AND m.team_id = q.team_id AND m.id = q.membership_id
    LEFT JOIN teams AS t ON t.district_id = m.district_id AND t.id = m.team_id
    LEFT JOIN volunteers AS v ON v.district_id = m.district_id AND v.id = m.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
), superseded AS (
    UPDATE team_memberships AS m
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND m.district_id = :district::integer AND m.id = j.membership_id
    RETURNING m.team_id, m.volunteer_id, m.position, m.valid_from, j.until, j.new_id
), made AS (
    INSERT INTO team_memberships (district_id, id, team_id, volunteer_id, position, valid_from,
                                  valid_to)
    SELECT :district::integer, new_id, team_id, volunteer_id, "position", valid_from, until
    FROM superseded
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code, jsonb_build_object('valid_from', j.valid_from) AS args,
           n.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code,
           n.id, n.team_id,
           CASE WHEN j.code IS NULL THEN j.team_name END AS team_name,
           n.volunteer_id,
           CASE WHEN j.code IS NULL THEN j.volunteer_number END AS volunteer_number,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           n.position, n.valid_from, n.valid_to, n.recorded_at, n.superseded_at
    FROM judged AS j
    LEFT JOIN made AS n ON n.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
