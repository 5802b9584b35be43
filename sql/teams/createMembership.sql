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
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since,
           COALESCE(r."position", 'member') AS rank
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, team_id uuid, volunteer_id uuid, "position" text,
         valid_from date, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, t.name AS team_name, t.region_code, x.dissolved_on, v.volunteer_number, l.left_on,
           p.name, EXISTS (
               SELECT FROM team_memberships AS m
               WHERE m.district_id = :district::integer AND m.team_id = q.team_id
                 AND m.volunteer_id = q.volunteer_id AND m.superseded_at IS NULL
                 AND (m.valid_to IS NULL OR q.since < m.valid_to)
                 AND (q.valid_to IS NULL OR m.valid_from < q.valid_to)) AS is_member, CASE
        WHEN t.id IS NULL OR v.id IS NULL
             OR t.region_code NOT IN (
                 SELECT regions_within(:district::integer, q.scope_low, q.scope_high, q.today))
            THEN 'not_found'
        WHEN x.dissolved_on IS NOT NULL THEN 'team_dissolved'
        WHEN l.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN q.valid_to <= q.since THEN 'ends_before_beginning'
        WHEN q.rank = 'leader' AND o.name IS NOT NULL THEN 'team_has_leader'
    END AS refusal
    FROM request AS q
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    CROSS JOIN LATERAL dissolved_on(:district::integer, t.id, 'infinity') AS x(dissolved_on)
    CROSS JOIN LATERAL departed_on(:district::integer, v.id, 'infinity') AS l(left_on)
    LEFT JOIN LATERAL team_leader_between(:district::integer, t.id, q.since, q.valid_to)
        AS o(volunteer_id, name) ON o.volunteer_id <> v.id
), created AS (
    INSERT INTO team_memberships (district_id, id, team_id, volunteer_id, position, valid_from,
                                  valid_to)
    SELECT :district::integer, new_id, team_id, volunteer_id, rank, since, valid_to
    FROM judged
    WHERE refusal IS NULL
    ORDER BY team_id, volunteer_id, since
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE
               WHEN c.id IS NOT NULL THEN NULL
               WHEN j.rank = 'leader' AND NOT j.is_member THEN 'team_has_leader'
               ELSE 'already_member' END) AS code,
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
