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

-- step: rename
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, if_match bigint,
         skill_code text, name text, name_en text, valid_from date)
), judged AS (
    SELECT q.*, k.field, k.version AS seen, f.valid_from AS old_from, CASE
        WHEN k.skill_code IS NULL THEN 'not_found'
        WHEN q.if_match <> k.version THEN 'version_mismatch'
        WHEN f.skill_code IS NULL THEN 'not_valid_then'
    END AS code
    FROM request AS q
    LEFT JOIN skills AS k
        ON k.district_id = :district::integer AND k.skill_code = q.skill_code
    LEFT JOIN skill_facts AS f
        ON f.district_id = k.district_id AND f.skill_code = k.skill_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.since)
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
      AND f.skill_code = j.skill_code AND f.valid_from = j.old_from
      AND f.superseded_at IS NULL
    RETURNING j.ordinal, f.skill_code, f.name AS old_name, f.name_en AS old_name_en,
              f.valid_from AS old_from, f.valid_to, j.name, j.name_en, j.since
), known AS (
    INSERT INTO skill_facts (district_id, skill_code, name, name_en, valid_from,
                                        valid_to)
    SELECT :district::integer, skill_code, old_name, old_name_en, old_from, since
    FROM superseded
    WHERE old_from < since
    UNION ALL
    SELECT :district::integer, skill_code, name, name_en, since, valid_to
    FROM superseded
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('version', j.seen, 'valid_from', j.since) AS args,
           j.skill_code AS subject_id, NULL::bigint AS region_code, k.skill_code, k.field,
           k.needs_certificate,
           s.name, s.name_en, s.since AS valid_from, s.valid_to, k.version
    FROM judged AS j
    LEFT JOIN changed AS k ON k.skill_code = j.skill_code
    LEFT JOIN superseded AS s USING (ordinal)
)
SELECT * FROM outcome ORDER BY ordinal
