-- A user is visible wherever he lives: the scope is that of the region on which the role is given.
-- step: create
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_role text, scope_low bigint, scope_high bigint, user_id uuid, role text,
         region_code bigint, team_id uuid, deputy_of uuid, valid_from date, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, u.person_id, p.name, CASE
        WHEN u.id IS NULL OR g.region_code IS NULL
             OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high THEN 'not_found'
        WHEN u.disabled_at IS NOT NULL THEN 'user_disabled'
        WHEN NOT may_give_role(q.actor_role, q.role) THEN 'role_above_own'
        WHEN NOT role_fits_region(q.role, g.kind) THEN 'role_region_unfit'
        WHEN (q.role = 'team_leader') <> (q.team_id IS NOT NULL)
             OR (q.team_id IS NOT NULL AND q.region_code IS DISTINCT FROM t.region_code
                 AND q.region_code IS DISTINCT FROM
                     living_region(:district::integer, t.region_code, q.today))
            THEN 'grant_team_unfit'
        WHEN q.deputy_of IS NOT NULL AND NOT EXISTS (
                 SELECT FROM role_grants AS o
                 WHERE o.district_id = :district::integer AND o.user_id = q.deputy_of
                   AND o.user_id <> q.user_id AND o.role = q.role
                   AND o.region_code = q.region_code
                   AND o.team_id IS NOT DISTINCT FROM q.team_id AND o.revoked_at IS NULL
                   AND (o.valid_to IS NULL OR o.valid_to > q.since))
            THEN 'deputy_without_principal'
        WHEN q.valid_to <= q.since THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN users AS u ON u.district_id = :district::integer AND u.id = q.user_id
    LEFT JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN teams AS t ON t.district_id = :district::integer AND t.id = q.team_id
), created AS (
    INSERT INTO role_grants (district_id, id, user_id, role, region_code, team_id, deputy_of,
                             valid_from, valid_to)
    SELECT :district::integer, new_id, user_id, role, region_code, team_id, deputy_of, since,
           valid_to
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('own_role', j.actor_role, 'role', j.role,
                              'region_code', j.region_code::text, 'valid_from', j.since) AS args,
           c.id::text AS subject_id, c.region_code, c.id, c.user_id,
           CASE WHEN j.code IS NULL THEN j.person_id END AS person_id,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           c.role, c.team_id, c.deputy_of, c.valid_from, c.valid_to, c.revoked_at, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
