-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(skill_code text)
)
SELECT k.skill_code
FROM skills AS k
WHERE k.district_id = :district::integer AND k.skill_code IN (SELECT skill_code FROM request)
ORDER BY k.skill_code
FOR NO KEY UPDATE

-- step: end
WITH request AS (
    SELECT r.*, COALESCE(r.valid_to, civil_date(:district::integer, r.at)) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, if_match bigint,
         skill_code text, valid_to date)
), judged AS (
    SELECT q.*, k.field, k.version AS seen, f.name, f.name_en, f.valid_from, CASE
        WHEN k.skill_code IS NULL THEN 'not_found'
        WHEN q.if_match <> k.version THEN 'version_mismatch'
        WHEN f.skill_code IS NULL THEN 'not_valid_then'
    END AS code
    FROM request AS q
    LEFT JOIN skills AS k
        ON k.district_id = :district::integer AND k.skill_code = q.skill_code
    -- Its last day is the one before: on that day it must be valid.
    LEFT JOIN skill_facts AS f
        ON f.district_id = k.district_id AND f.skill_code = k.skill_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.until - 1)
), changed AS (
    UPDATE skills AS k
    SET version = k.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND k.district_id = :district::integer
      AND k.skill_code = j.skill_code
    RETURNING k.skill_code, k.field, k.needs_certificate, k.version
), superseded AS (
    UPDATE skill_facts AS f
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer
      AND f.skill_code = j.skill_code AND f.superseded_at IS NULL
      AND (f.valid_to IS NULL OR f.valid_to > j.until)
    RETURNING f.skill_code, f.name, f.name_en, f.valid_from, j.until
), known AS (
    INSERT INTO skill_facts (district_id, skill_code, name, name_en, valid_from,
                                        valid_to)
    SELECT :district::integer, skill_code, name, name_en, valid_from, until
    FROM superseded
    WHERE valid_from < until
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'valid_from', j.until - 1) AS args,
           j.skill_code AS subject_id, NULL::bigint AS region_code, k.skill_code, k.field,
           k.needs_certificate,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           CASE WHEN j.code IS NULL THEN j.name_en END AS name_en,
           CASE WHEN j.code IS NULL THEN j.valid_from END AS valid_from,
           CASE WHEN j.code IS NULL THEN j.until END AS valid_to, k.version
    FROM judged AS j
    LEFT JOIN changed AS k ON k.skill_code = j.skill_code
)
SELECT * FROM outcome ORDER BY ordinal
