-- His grants and tokens open again what they opened, unless they have ended meanwhile.
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

-- step: enable
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_role text,
         scope_low bigint, scope_high bigint, user_id uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, u.name, u.home_code, u.foreign_role, CASE
        WHEN u.id IS NULL THEN 'not_found'
        WHEN u.disabled_at IS NULL THEN 'user_enabled'
        WHEN u.foreign_role IS NOT NULL THEN 'role_above_own'
    END AS code
    FROM request AS q
    LEFT JOIN LATERAL user_to_change(:district::integer, q.user_id, q.today, q.actor_role,
                                     q.scope_low, q.scope_high) AS u ON true
), changed AS (
    UPDATE users AS u
    SET version = u.version + 1, disabled_at = NULL
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
