-- step: lock_notice
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(case_number text)
)
SELECT lock_notices(:district::integer, ARRAY(
           SELECT o.number FROM request AS r
           JOIN objections AS o
               ON o.district_id = :district::integer AND o.case_number = r.case_number), true)

-- step: lock_records
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(at timestamptz, corrections jsonb)
)
SELECT lock_for_correction(:district::integer, ARRAY(
           SELECT (c ->> 'record_id')::uuid FROM request AS r
           CROSS JOIN LATERAL jsonb_array_elements(COALESCE(r.corrections, '[]')) AS c), min(at))
FROM request

-- step: decide
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_user uuid,
         actor_person uuid, actor_role text, scope_low bigint, scope_high bigint,
         case_number text, decision text, reason text, corrections jsonb)
), found AS (
    SELECT q.*, o AS objection, o.number, COALESCE(q.corrections, '[]') AS corrected
    FROM request AS q
    LEFT JOIN objections AS o ON o.district_id = :district::integer
        AND o.case_number = q.case_number AND o.region_code BETWEEN q.scope_low AND q.scope_high
), judged AS (
    SELECT f.*, CASE
        WHEN f.number IS NULL THEN refusal('not_found')
        ELSE case_decision_refusal(f.objection, f.decision, f.corrected, f.actor_person,
                                   f.actor_role, f.at, f.scope_low, f.scope_high)
        END AS refused
    FROM found AS f
), decided AS MATERIALIZED (
    SELECT j.ordinal, decide_objection(j.objection, j.decision, j.reason, j.corrected,
                                       j.actor_person, j.actor_user, j.at) AS became
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.case_number AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN decided AS d USING (ordinal)
    LEFT JOIN LATERAL objections_of(:district::integer,
        CASE WHEN d.became IS NOT NULL THEN ARRAY[j.case_number] END) AS a ON true
)
SELECT * FROM outcome ORDER BY ordinal
