-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(token_id uuid)
)
SELECT t.id
FROM tokens AS t
WHERE t.district_id = :district::integer AND t.id IN (SELECT token_id FROM request)
ORDER BY t.id
FOR NO KEY UPDATE

-- step: revoke
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, actor_user uuid, actor_role text, scope_low bigint,
         scope_high bigint, token_id uuid)
), judged AS (
    SELECT q.*, g.user_id, g.role, g.region_code, g.team_id, CASE
        WHEN g.user_id = q.actor_user AND t.revoked_at IS NULL THEN NULL
        WHEN g.user_id = q.actor_user THEN 'token_revoked'
        WHEN g.id IS NULL OR g.region_code NOT BETWEEN q.scope_low AND q.scope_high
             OR q.actor_role NOT IN ('district_admin', 'subdistrict_admin', 'community_secretary')
            THEN 'not_found'
        WHEN t.revoked_at IS NOT NULL THEN 'token_revoked'
        WHEN NOT may_give_role(q.actor_role, g.role) THEN 'role_above_own'
    END AS code
    FROM request AS q
    LEFT JOIN tokens AS t ON t.district_id = :district::integer AND t.id = q.token_id
    LEFT JOIN role_grants AS g ON g.district_id = t.district_id AND g.id = t.grant_id
), changed AS (
    UPDATE tokens AS t
    SET version = t.version + 1, revoked_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND t.district_id = :district::integer AND t.id = j.token_id
    RETURNING t.*
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('own_role', j.actor_role, 'role', j.role) AS args,
           j.token_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code, c.id, c.grant_id,
           CASE WHEN j.code IS NULL THEN j.user_id END AS user_id,
           CASE WHEN j.code IS NULL THEN j.role END AS role,
           CASE WHEN j.code IS NULL THEN j.team_id END AS team_id,
           c.label, c.prefix, to_json(c.scopes) AS scopes, c.created_at, c.expires_at, c.revoked_at,
           c.last_used_at, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.token_id
)
SELECT * FROM outcome ORDER BY ordinal
