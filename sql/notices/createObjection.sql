-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(number text)
)
SELECT lock_notices(:district::integer, ARRAY(SELECT number FROM request), false)

-- step: file
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, scope_low bigint, scope_high bigint, number text, line_code text,
         region_code bigint, statement text, objector_name_sealed bytea,
         objector_contact_sealed bytea, via text)
), judged AS (
    SELECT q.*, objection_refusal(:district::integer, q.number, q.line_code, q.region_code, q.at,
                                  q.scope_low, q.scope_high) AS refused
    FROM request AS q
), filed AS MATERIALIZED (
    SELECT j.ordinal, file_objection((:district::integer, NULL, j.new_id, j.number, j.region_code,
               j.line_code, NULL, j.statement, j.objector_name_sealed, j.objector_contact_sealed,
               COALESCE(j.via, 'counter'), j.actor_user, j.at, NULL, now())) AS case_number
    FROM judged AS j
    WHERE j.refused IS NULL
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.case_number AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN filed AS f USING (ordinal)
    LEFT JOIN LATERAL objection_filed(:district::integer, f.case_number) AS a
        ON f.case_number IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
