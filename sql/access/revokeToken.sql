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
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, actor_role text, scope_low bigint,
         scope_high bigint, token_id uuid)
), judged AS (
    SELECT q.*, g.user_id, g.role, g.region_code, g.team_id, CASE
        WHEN t.id IS NULL OR g.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN t.revoked_at IS NOT NULL THEN 'token_revoked'
        WHEN NOT CASE q.actor_role
            WHEN 'district_admin' THEN true
            WHEN 'subdistrict_admin' THEN g.role IN ('subdistrict_clerk', 'community_secretary',
                 'community_clerk', 'team_leader', 'residents_group_head', 'information_officer',
                 'volunteer', 'resident')
            WHEN 'community_secretary' THEN g.role IN ('community_clerk', 'team_leader',
                 'residents_group_head', 'information_officer', 'volunteer', 'resident')
            ELSE false END
            THEN 'role_above_own'
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
