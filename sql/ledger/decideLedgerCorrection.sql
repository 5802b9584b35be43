-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz, correction_id uuid)
)
SELECT lock_for_correction(:district::integer, ARRAY(
           SELECT c.record_id FROM request AS r
           JOIN ledger_corrections AS c ON c.district_id = :district::integer AND c.id = r.correction_id),
           min(at))
FROM request

-- step: decide
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint, correction_id uuid,
         decision text, reason text)
), found AS (
    SELECT q.*, c AS correction, c.record_id, c.decided_by, ledger_correction_state(c) AS state
    FROM request AS q
    LEFT JOIN (ledger_corrections AS c
               JOIN service_records AS sr ON sr.district_id = c.district_id AND sr.id = c.record_id)
        ON c.district_id = :district::integer AND c.id = q.correction_id
       AND sr.region_code BETWEEN q.scope_low AND q.scope_high
), judged AS (
    SELECT f.*, CASE
        WHEN f.record_id IS NULL THEN refusal('not_found')
        WHEN f.state <> 'awaiting_approval'
            THEN refusal('ledger_correction_decided', jsonb_build_object('state', f.state))
        WHEN f.actor_person = f.decided_by THEN refusal('approver_is_decider')
        WHEN f.decision = 'decline' AND f.reason IS NULL THEN refusal('reason_missing')
        ELSE part_refusal(:district::integer, f.record_id, f.actor_person, f.actor_role, f.at)
        END AS refused
    FROM found AS f
), decided AS MATERIALIZED (
    SELECT j.ordinal, decide_correction(j.correction, j.decision = 'approve', j.reason,
                                        j.actor_person, j.actor_user, j.at) AS became
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN decided AS d USING (ordinal)
    LEFT JOIN LATERAL ledger_corrections_of(:district::integer,
        CASE WHEN d.became IS NOT NULL THEN ARRAY[j.correction_id] END) AS a ON true
)
SELECT * FROM outcome ORDER BY ordinal
