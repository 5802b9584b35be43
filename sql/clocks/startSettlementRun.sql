-- step: order
-- Carried out by the settlement's thread, which hears of it at the commit.
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, grain text, dry_run boolean)
), ordered AS (
    INSERT INTO settlement_orders (district_id, id, grain, dry_run, ordered_by, ordered_at)
    SELECT :district::integer, new_id, grain, dry_run, actor_user, at
    FROM request
    ORDER BY ordinal
    RETURNING *, pg_notify('timebank_clock', 'order')
), outcome AS (
    SELECT q.ordinal, NULL::text AS code, NULL::jsonb AS args, 'orders/' || o.id AS subject_id,
           NULL::bigint AS region_code, o.id, o.grain, o.dry_run, o.ordered_by, o.ordered_at,
           'waiting' AS state, NULL::timestamptz AS finished_at, '[]'::json AS steps
    FROM request AS q
    JOIN ordered AS o ON o.id = q.new_id
)
SELECT * FROM outcome ORDER BY ordinal
