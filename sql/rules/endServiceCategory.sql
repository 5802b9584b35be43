-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(category_code text)
)
SELECT c.category_code
FROM service_categories AS c
WHERE c.district_id = :district::integer AND c.category_code IN (SELECT category_code FROM request)
ORDER BY c.category_code
FOR NO KEY UPDATE

-- step: end
WITH request AS (
    SELECT r.*, COALESCE(r.valid_to, civil_date(:district::integer, r.at)) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, if_match bigint,
         category_code text, valid_to date)
), judged AS (
    SELECT q.*, c.field, c.version AS seen, f.name, f.name_en, f.valid_from, CASE
        WHEN c.category_code IS NULL THEN 'not_found'
        WHEN q.if_match <> c.version THEN 'version_mismatch'
        WHEN f.category_code IS NULL THEN 'not_valid_then'
    END AS code
    FROM request AS q
    LEFT JOIN service_categories AS c
        ON c.district_id = :district::integer AND c.category_code = q.category_code
    -- Its last day is the one before: on that day it must be valid.
    LEFT JOIN service_category_facts AS f
        ON f.district_id = c.district_id AND f.category_code = c.category_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.until - 1)
), changed AS (
    UPDATE service_categories AS c
    SET version = c.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND c.district_id = :district::integer
      AND c.category_code = j.category_code
    RETURNING c.category_code, c.field, c.version
), superseded AS (
    UPDATE service_category_facts AS f
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer
      AND f.category_code = j.category_code AND f.superseded_at IS NULL
      AND (f.valid_to IS NULL OR f.valid_to > j.until)
    RETURNING f.category_code, f.name, f.name_en, f.valid_from, j.until
), known AS (
    INSERT INTO service_category_facts (district_id, category_code, name, name_en, valid_from,
                                        valid_to)
    SELECT :district::integer, category_code, name, name_en, valid_from, until
    FROM superseded
    WHERE valid_from < until
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'valid_from', j.until - 1) AS args,
           j.category_code AS subject_id, NULL::bigint AS region_code, c.category_code, c.field,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           CASE WHEN j.code IS NULL THEN j.name_en END AS name_en,
           CASE WHEN j.code IS NULL THEN j.valid_from END AS valid_from,
           CASE WHEN j.code IS NULL THEN j.until END AS valid_to, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.category_code = j.category_code
)
SELECT * FROM outcome ORDER BY ordinal
