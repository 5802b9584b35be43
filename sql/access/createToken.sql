-- Tokens live by the wall clock.
-- step: create
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, new_id uuid, actor_role text,
         scope_low bigint, scope_high bigint, grant_id uuid, label text, scopes text[], expires_at timestamptz,
         generated_hash bytea, generated_prefix text)
), judged AS (
    SELECT q.*, g.user_id, g.role, g.region_code, g.team_id, CASE
        WHEN g.id IS NULL OR g.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN g.revoked_at IS NOT NULL THEN 'grant_revoked'
        WHEN u.disabled_at IS NOT NULL THEN 'user_disabled'
        WHEN NOT may_give_role(q.actor_role, g.role) THEN 'role_above_own'
        WHEN q.expires_at <= now() THEN 'expiry_passed'
    END AS code
    FROM request AS q
    LEFT JOIN role_grants AS g ON g.district_id = :district::integer AND g.id = q.grant_id
    LEFT JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
), created AS (
    INSERT INTO tokens (district_id, id, grant_id, label, token_hash, prefix, scopes,
                        expires_at)
    SELECT :district::integer, new_id, grant_id, label, generated_hash, generated_prefix,
           COALESCE(scopes, '{read,write}'), expires_at
    FROM judged
    WHERE code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('own_role', j.actor_role, 'role', j.role) AS args,
           c.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code, c.id, c.grant_id,
           CASE WHEN j.code IS NULL THEN j.user_id END AS user_id,
           CASE WHEN j.code IS NULL THEN j.role END AS role,
           CASE WHEN j.code IS NULL THEN j.team_id END AS team_id,
           c.label, c.prefix, to_json(c.scopes) AS scopes, c.created_at, c.expires_at, c.revoked_at,
           c.last_used_at, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
