-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since,
           row_number() OVER (PARTITION BY r.category_code ORDER BY r.ordinal) AS turn
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, category_code text,
         field text, name text, name_en text, valid_from date)
), created AS (
    INSERT INTO service_categories (district_id, category_code, field)
    SELECT :district::integer, category_code, field
    FROM request
    WHERE turn = 1
    ORDER BY category_code
    ON CONFLICT DO NOTHING
    RETURNING category_code, field, version
), named AS (
    INSERT INTO service_category_facts (district_id, category_code, name, name_en, valid_from)
    SELECT :district::integer, q.category_code, q.name, q.name_en, q.since
    FROM request AS q
    JOIN created AS c USING (category_code)
    WHERE q.turn = 1
    RETURNING category_code, name, name_en, valid_from, valid_to
), outcome AS (
    SELECT q.ordinal, CASE WHEN c.category_code IS NULL THEN 'category_code_taken' END AS code,
           jsonb_build_object('category_code', q.category_code) AS args,
           q.category_code AS subject_id, NULL::bigint AS region_code, c.category_code, c.field,
           f.name, f.name_en, f.valid_from, f.valid_to, c.version
    FROM request AS q
    LEFT JOIN created AS c ON c.category_code = q.category_code AND q.turn = 1
    LEFT JOIN named AS f ON f.category_code = c.category_code
)
SELECT * FROM outcome ORDER BY ordinal
