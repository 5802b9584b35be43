-- Shared locks: a team is not dissolved, nor does a volunteer leave, while a membership begins.
-- step: lock_teams
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(team_id uuid)
)
SELECT t.id
FROM teams AS t
WHERE t.district_id = :district::integer AND t.id IN (SELECT team_id FROM request)
ORDER BY t.id
FOR SHARE

-- step: lock_volunteers
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer AND v.id IN (SELECT volunteer_id FROM request)
ORDER BY v.id
FOR SHARE

-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, volunteer_id uuid, "position" text,
         valid_from date, valid_to date)
), judged AS (
    SELECT q.*, t.name AS team_name, t.region_code, t.dissolved_on, v.volunteer_number, v.left_on,
           p.name, CASE
        WHEN t.id IS NULL OR v.id IS NULL
             OR t.region_code NOT BETWEEN q.scope_low AND q.scope_high THEN 'not_found'
        WHEN t.dissolved_on IS NOT NULL THEN 'team_dissolved'
        WHEN v.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN q.valid_to <= q.since THEN 'ends_before_beginning'
    END AS refusal
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
), created AS (
    INSERT INTO team_memberships (district_id, id, team_id, volunteer_id, position, valid_from,
                                  valid_to)
    SELECT :district::integer, new_id, team_id, volunteer_id, COALESCE("position", 'member'), since,
           valid_to
    FROM judged
    WHERE refusal IS NULL
    ORDER BY team_id, volunteer_id, since
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'already_member' END) AS code,
           jsonb_build_object('dissolved_on', j.dissolved_on, 'left_on', j.left_on,
                              'valid_from', j.since) AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.region_code END AS region_code,
           c.id, c.team_id,
           CASE WHEN c.id IS NOT NULL THEN j.team_name END AS team_name,
           c.volunteer_id,
           CASE WHEN c.id IS NOT NULL THEN j.volunteer_number END AS volunteer_number,
           CASE WHEN c.id IS NOT NULL THEN j.name END AS name,
           c.position, c.valid_from, c.valid_to, c.recorded_at, c.superseded_at
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
