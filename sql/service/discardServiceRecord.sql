-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT d.id
FROM service_drafts AS d
WHERE d.district_id = :district::integer AND d.id = ANY (ARRAY(SELECT id FROM request))
ORDER BY d.id
FOR UPDATE

-- step: discard
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, own_team uuid, scope_low bigint,
         scope_high bigint, id uuid)
), judged AS (
    SELECT q.ordinal, q.id, CASE
        WHEN a.id IS NULL THEN refusal('not_found')
        WHEN a.status <> 'draft'
            THEN refusal('already_attested', jsonb_build_object('status', a.status))
        END AS refused
    FROM request AS q
    CROSS JOIN LATERAL visible_record(:district::integer, q.id, q.scope_low, q.scope_high,
                                      q.own_team, NULL) AS a
), codes_gone AS (
    DELETE FROM one_time_codes AS c
    USING judged AS j
    WHERE j.refused IS NULL AND c.district_id = :district::integer AND c.draft_id = j.id
), drafts_gone AS (
    DELETE FROM service_drafts AS d
    USING judged AS j
    WHERE j.refused IS NULL AND d.district_id = :district::integer AND d.id = j.id
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           a.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN LATERAL record_answer(:district::integer, j.id,
        jsonb_build_object('status', 'discarded')) AS a ON j.refused IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
