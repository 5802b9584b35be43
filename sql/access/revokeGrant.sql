-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(grant_id uuid)
)
SELECT g.id
FROM role_grants AS g
WHERE g.district_id = :district::integer AND g.id IN (SELECT grant_id FROM request)
ORDER BY g.id
FOR NO KEY UPDATE

-- step: revoke
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, actor_role text, scope_low bigint,
         scope_high bigint, user_id uuid, grant_id uuid)
), judged AS (
    SELECT q.*, g.role, u.person_id, p.name, CASE
        WHEN g.id IS NULL OR g.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN g.revoked_at IS NOT NULL THEN 'grant_revoked'
        WHEN NOT may_give_role(q.actor_role, g.role) THEN 'role_above_own'
    END AS code
    FROM request AS q
    LEFT JOIN role_grants AS g
        ON g.district_id = :district::integer AND g.id = q.grant_id AND g.user_id = q.user_id
    LEFT JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
    LEFT JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
), changed AS (
    UPDATE role_grants AS g
    SET version = g.version + 1, revoked_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND g.district_id = :district::integer AND g.id = j.grant_id
    RETURNING g.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('own_role', j.actor_role, 'role', j.role) AS args,
           j.grant_id::text AS subject_id, c.region_code, c.id, c.user_id,
           CASE WHEN j.code IS NULL THEN j.person_id END AS person_id,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           c.role, c.team_id, c.deputy_of, c.valid_from, c.valid_to, c.revoked_at, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.grant_id
)
SELECT * FROM outcome ORDER BY ordinal
