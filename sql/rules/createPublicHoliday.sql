-- step: create
WITH request AS (
    SELECT r.*, row_number() OVER (PARTITION BY r.holiday_date ORDER BY r.ordinal) AS turn
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, holiday_date date, kind text, name text,
         source text)
), created AS (
    INSERT INTO public_holidays (district_id, holiday_date, kind, name, source)
    SELECT :district::integer, holiday_date, kind, name, source
    FROM request
    WHERE turn = 1
    ORDER BY holiday_date
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT q.ordinal, CASE WHEN c.holiday_date IS NULL THEN 'holiday_known' END AS code,
           jsonb_build_object('holiday_date', q.holiday_date) AS args,
           q.holiday_date::text AS subject_id, NULL::bigint AS region_code, c.holiday_date, c.kind,
           c.name, c.source
    FROM request AS q
    LEFT JOIN created AS c ON c.holiday_date = q.holiday_date AND q.turn = 1
)
SELECT * FROM outcome ORDER BY ordinal
