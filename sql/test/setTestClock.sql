-- step: lock
SELECT i.standing_clock
FROM installation AS i
ORDER BY i.only_row
FOR UPDATE

-- step: set
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, standing_clock timestamptz)
), judged AS (
    SELECT q.*, CASE
        WHEN i.kind NOT IN ('demo', 'test') THEN refusal('not_found')
        WHEN q.standing_clock < i.standing_clock
            THEN refusal('clock_back', jsonb_build_object('standing_clock', i.standing_clock))
        END AS refused
    FROM request AS q
    CROSS JOIN installation AS i
), last AS (
    SELECT j.standing_clock FROM judged AS j WHERE j.refused IS NULL ORDER BY j.ordinal DESC LIMIT 1
), moved AS (
    UPDATE installation AS i
    SET standing_clock = l.standing_clock
    FROM last AS l
    RETURNING pg_notify('timebank_clock', '')
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           CASE WHEN j.refused IS NULL THEN 'clock' END AS subject_id, NULL::bigint AS region_code,
           CASE WHEN j.refused IS NULL THEN j.standing_clock END AS standing_clock,
           CASE WHEN j.refused IS NULL THEN j.standing_clock END AS business_now,
           CASE WHEN j.refused IS NULL
                THEN civil_date(:district::integer, j.standing_clock) END AS today
    FROM judged AS j
)
SELECT * FROM outcome ORDER BY ordinal
