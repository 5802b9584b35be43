-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer AND g.region_code IN (SELECT region_code FROM request)
ORDER BY g.region_code
FOR NO KEY UPDATE

-- step: change
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, region_code bigint, setting text, valid_from date)
), judged AS (
    SELECT q.*, g.kind, g.parent_code, g.version AS seen, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.if_match <> g.version THEN 'version_mismatch'
        WHEN g.kind <> 'community' THEN 'region_setting_unfit'
        WHEN f.region_code IS NULL THEN 'not_valid_then'
    END AS code
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN region_facts AS f
        ON f.district_id = g.district_id AND f.region_code = g.region_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.since)
), changed AS (
    UPDATE regions AS g
    SET version = g.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND g.district_id = :district::integer AND g.region_code = j.region_code
    RETURNING g.region_code, g.version
), revised AS MATERIALIZED (
    SELECT j.ordinal, f.*
    FROM judged AS j
    CROSS JOIN LATERAL revise_region(:district::integer, j.region_code, j.since, NULL,
                                     j.setting) AS f
    WHERE j.code IS NULL
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'version_mismatch' THEN jsonb_build_object('version', j.seen)
                       WHEN 'not_valid_then' THEN jsonb_build_object('valid_from', j.since)
           END AS args,
           j.region_code::text AS subject_id, c.region_code,
           CASE WHEN j.code IS NULL THEN j.kind END AS kind,
           CASE WHEN j.code IS NULL THEN j.parent_code END AS parent_code,
           s.name, s.setting, s.successor_code, s.valid_from, s.valid_to, c.version
    FROM judged AS j
    LEFT JOIN changed AS c USING (region_code)
    LEFT JOIN revised AS s USING (ordinal)
)
SELECT * FROM outcome ORDER BY ordinal
