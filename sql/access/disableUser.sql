-- Users and tokens live by the wall clock, as their expiry does: now(), not the business time.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(user_id uuid)
)
SELECT u.id
FROM users AS u
WHERE u.district_id = :district::integer AND u.id IN (SELECT user_id FROM request)
ORDER BY u.id
FOR NO KEY UPDATE

-- step: disable
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_role text,
         scope_low bigint, scope_high bigint, user_id uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, h.region_code AS home_code, f.role AS foreign_role, CASE
        WHEN u.id IS NULL OR NOT (
                 COALESCE(h.region_code, :district::bigint * 1000000)
                     BETWEEN q.scope_low AND q.scope_high
              OR EXISTS (SELECT FROM role_grants AS g
                         WHERE g.district_id = :district::integer AND g.user_id = u.id
                           AND g.region_code BETWEEN q.scope_low AND q.scope_high))
            THEN 'not_found'
        WHEN u.disabled_at IS NOT NULL THEN 'user_disabled'
        WHEN f.role IS NOT NULL THEN 'role_above_own'
    END AS code
    FROM request AS q
    LEFT JOIN users AS u ON u.district_id = :district::integer AND u.id = q.user_id
    LEFT JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    LEFT JOIN LATERAL (
        SELECT g.role
        FROM role_grants AS g
        WHERE g.district_id = :district::integer AND g.user_id = u.id AND g.revoked_at IS NULL
          AND (g.valid_to IS NULL OR g.valid_to > q.today)
          AND NOT (g.region_code BETWEEN q.scope_low AND q.scope_high
                   AND CASE q.actor_role
                       WHEN 'district_admin' THEN true
                       WHEN 'subdistrict_admin' THEN g.role IN ('subdistrict_clerk',
                            'community_secretary', 'community_clerk', 'team_leader',
                            'residents_group_head', 'information_officer', 'volunteer', 'resident')
                       WHEN 'community_secretary' THEN g.role IN ('community_clerk', 'team_leader',
                            'residents_group_head', 'information_officer', 'volunteer', 'resident')
                       ELSE false END)
        ORDER BY g.role
        LIMIT 1
    ) AS f ON true
), changed AS (
    UPDATE users AS u
    SET version = u.version + 1, disabled_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND u.district_id = :district::integer AND u.id = j.user_id
    RETURNING u.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('own_role', j.actor_role, 'role', j.foreign_role) AS args,
           j.user_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code, c.id, c.person_id,
           CASE WHEN j.code IS NULL THEN j.name END AS name, c.disabled_at, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.user_id
)
SELECT * FROM outcome ORDER BY ordinal
