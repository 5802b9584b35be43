-- Completes the last step of every write; $1 district, $2 batch, $3 requests as in the file,
-- $4 operation, $5 event type.
, engine_request AS (
    SELECT r.*
    FROM jsonb_to_recordset(fresh_requests($1::integer, $2::uuid, $3::jsonb)) AS r(ordinal integer,
         actor text, key text, actor_user uuid, actor_person uuid, actor_role text,
         request_id text, at timestamptz, dry_run boolean)
), engine_key AS (
    UPDATE idempotency_keys AS k
    SET completed = true, code = o.code, args = o.args, subject_id = o.subject_id,
        result = CASE WHEN o.code IS NULL THEN to_jsonb(o) - '{ordinal,code,args}'::text[] END
    FROM outcome AS o
    JOIN engine_request AS r USING (ordinal)
    -- One look-up a key: a plan that was made while there were no keys would else read all of them.
    CROSS JOIN LATERAL (SELECT own.ctid AS place
                        FROM idempotency_keys AS own
                        WHERE own.district_id = $1::integer AND own.actor = r.actor
                          AND own.key = r.key
                        OFFSET 0) AS claimed
    WHERE k.ctid = claimed.place
), engine_audit AS (
    INSERT INTO audit (district_id, operation, subject_id, region_code, actor_user, actor_person,
                       actor_role, request_id, details, occurred_at)
    SELECT $1::integer, $4, o.subject_id, o.region_code, r.actor_user, r.actor_person,
           r.actor_role, r.request_id,
           to_jsonb(o) - '{ordinal,code,args,subject_id,region_code}'::text[], r.at
    FROM outcome AS o
    JOIN engine_request AS r USING (ordinal)
    WHERE o.code IS NULL AND r.dry_run IS NOT TRUE
    ORDER BY ordinal
), engine_event AS (
    INSERT INTO events (district_id, type, subject_id, region_code, data, occurred_at)
    SELECT $1::integer, $5, o.subject_id, o.region_code,
           jsonb_build_object('operation', $4::text, 'actor_person', r.actor_person), r.at
    FROM outcome AS o
    JOIN engine_request AS r USING (ordinal)
    WHERE o.code IS NULL AND r.dry_run IS NOT TRUE
    ORDER BY ordinal
)
SELECT * FROM outcome ORDER BY ordinal
