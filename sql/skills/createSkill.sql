-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since,
           row_number() OVER (PARTITION BY r.skill_code ORDER BY r.ordinal) AS turn
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, skill_code text,
         field text, needs_certificate boolean, name text, name_en text, valid_from date)
), created AS (
    INSERT INTO skills (district_id, skill_code, field, needs_certificate)
    SELECT :district::integer, skill_code, field, COALESCE(needs_certificate, false)
    FROM request
    WHERE turn = 1
    ORDER BY skill_code
    ON CONFLICT DO NOTHING
    RETURNING skill_code, field, needs_certificate, version
), named AS (
    INSERT INTO skill_facts (district_id, skill_code, name, name_en, valid_from)
    SELECT :district::integer, q.skill_code, q.name, q.name_en, q.since
    FROM request AS q
    JOIN created AS k USING (skill_code)
    WHERE q.turn = 1
    RETURNING skill_code, name, name_en, valid_from, valid_to
), outcome AS (
    SELECT q.ordinal, CASE WHEN k.skill_code IS NULL THEN 'skill_code_taken' END AS code,
           jsonb_build_object('skill_code', q.skill_code) AS args,
           q.skill_code AS subject_id, NULL::bigint AS region_code, k.skill_code, k.field,
           k.needs_certificate, f.name, f.name_en, f.valid_from, f.valid_to, k.version
    FROM request AS q
    LEFT JOIN created AS k ON k.skill_code = q.skill_code AND q.turn = 1
    LEFT JOIN named AS f ON f.skill_code = k.skill_code
)
SELECT * FROM outcome ORDER BY ordinal
