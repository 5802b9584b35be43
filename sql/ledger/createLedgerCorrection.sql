-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz, id uuid)
)
SELECT lock_for_correction(:district::integer, ARRAY(SELECT id FROM request), min(at)) FROM request

-- step: correct
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, actor_role text, scope_low bigint, scope_high bigint,
         id uuid, minutes bigint, reason text)
), judged AS (
    SELECT q.*, s.earned_minutes, CASE
        WHEN s.record_id IS NULL THEN refusal('not_found')
        ELSE COALESCE(part_refusal(:district::integer, q.id, q.actor_person, q.actor_role, q.at),
                      correction_refusal(:district::integer, q.id, q.minutes)) END AS refused
    FROM request AS q
    LEFT JOIN service_record_states AS s
        ON s.district_id = :district::integer AND s.record_id = q.id
       AND s.region_code BETWEEN q.scope_low AND q.scope_high
), corrected AS MATERIALIZED (
    SELECT j.ordinal, correct_record((:district::integer, j.new_id, j.id, j.earned_minutes,
               j.minutes, j.reason, NULL, j.actor_person, j.actor_user, j.at, now())) AS became
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN corrected AS c USING (ordinal)
    LEFT JOIN LATERAL ledger_corrections_of(:district::integer,
        CASE WHEN c.became IS NOT NULL THEN ARRAY[j.new_id] END) AS a ON true
)
SELECT * FROM outcome ORDER BY ordinal
