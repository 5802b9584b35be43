-- step: lock_teams
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(team_id uuid)
)
SELECT t.id
FROM teams AS t
WHERE t.district_id = :district::integer AND t.id IN (SELECT team_id FROM request)
ORDER BY t.id
FOR NO KEY UPDATE

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

-- step: change
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS from_day
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, membership_id uuid, "position" text,
         valid_from date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.ordinal, q.new_id, q.membership_id, q."position" AS rank,
           GREATEST(q.from_day, m.valid_from) AS since, t.name AS team_name, t.region_code,
           v.volunteer_number, p.name, CASE
        WHEN m.id IS NULL
             OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN m.superseded_at IS NOT NULL OR m.valid_to <= q.from_day THEN 'already_ended'
        WHEN q."position" = 'leader' AND o.name IS NOT NULL THEN 'team_has_leader'
    END AS code
    FROM request AS q
    LEFT JOIN team_memberships AS m
        ON m.district_id = :district::integer AND m.team_id = q.team_id AND m.id = q.membership_id
    LEFT JOIN teams AS t ON t.district_id = m.district_id AND t.id = m.team_id
    LEFT JOIN volunteers AS v ON v.district_id = m.district_id AND v.id = m.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN LATERAL team_leader_between(:district::integer, t.id,
                                          GREATEST(q.from_day, m.valid_from), m.valid_to)
        AS o(volunteer_id, name) ON o.volunteer_id <> v.id
), superseded AS (
    UPDATE team_memberships AS m
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND m.district_id = :district::integer AND m.id = j.membership_id
    RETURNING m.*, j.new_id, j.since, j.rank
), made AS (
    INSERT INTO team_memberships (district_id, id, team_id, volunteer_id, position, valid_from,
                                  valid_to)
    SELECT district_id, gen_random_uuid(), team_id, volunteer_id, "position", valid_from, since
    FROM superseded
    WHERE valid_from < since
    UNION ALL
    SELECT district_id, new_id, team_id, volunteer_id, rank, since, valid_to
    FROM superseded
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code, NULL::jsonb AS args, n.id::text AS subject_id,
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
