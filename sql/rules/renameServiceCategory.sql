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

-- step: rename
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, if_match bigint,
         category_code text, name text, name_en text, valid_from date)
), judged AS (
    SELECT q.*, c.field, c.version AS seen, f.valid_from AS old_from, CASE
        WHEN c.category_code IS NULL THEN 'not_found'
        WHEN q.if_match <> c.version THEN 'version_mismatch'
        WHEN f.category_code IS NULL THEN 'not_valid_then'
    END AS code
    FROM request AS q
    LEFT JOIN service_categories AS c
        ON c.district_id = :district::integer AND c.category_code = q.category_code
    LEFT JOIN service_category_facts AS f
        ON f.district_id = c.district_id AND f.category_code = c.category_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.since)
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
      AND f.category_code = j.category_code AND f.valid_from = j.old_from
      AND f.superseded_at IS NULL
    RETURNING j.ordinal, f.category_code, f.name AS old_name, f.name_en AS old_name_en,
              f.valid_from AS old_from, f.valid_to, j.name, j.name_en, j.since
), known AS (
    INSERT INTO service_category_facts (district_id, category_code, name, name_en, valid_from,
                                        valid_to)
    SELECT :district::integer, category_code, old_name, old_name_en, old_from, since
    FROM superseded
    WHERE old_from < since
    UNION ALL
    SELECT :district::integer, category_code, name, name_en, since, valid_to
    FROM superseded
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'valid_from', j.since) AS args,
           j.category_code AS subject_id, NULL::bigint AS region_code, c.category_code, c.field,
           s.name, s.name_en, s.since AS valid_from, s.valid_to, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.category_code = j.category_code
    LEFT JOIN superseded AS s USING (ordinal)
)
SELECT * FROM outcome ORDER BY ordinal
