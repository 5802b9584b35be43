-- The region above is not merged away meanwhile.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code IN (SELECT region_code / 1000 * 1000 FROM request)
ORDER BY g.region_code
FOR SHARE

-- step: create
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since,
           CASE r.kind WHEN 'community' THEN r.region_code / 1000 * 1000
                       ELSE :district::bigint * 1000000 END AS parent_code,
           row_number() OVER (PARTITION BY r.region_code ORDER BY r.ordinal) AS turn
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, region_code bigint, kind text, name text,
         setting text, valid_from date)
), judged AS (
    SELECT q.*, e.ended_on, e.successor_code, CASE
        WHEN q.region_code / 1000000 <> :district::bigint OR CASE q.kind
                 WHEN 'community' THEN q.region_code % 1000 = 0
                 ELSE q.region_code % 1000 <> 0 OR q.region_code % 1000000 = 0 END
            THEN 'region_code_unfit'
        WHEN q.region_code NOT BETWEEN q.scope_low AND q.scope_high THEN 'not_found'
        WHEN (q.kind = 'community') <> (q.setting IS NOT NULL) THEN 'region_setting_unfit'
        WHEN NOT EXISTS (SELECT FROM regions AS g
                         WHERE g.district_id = :district::integer AND g.region_code = q.parent_code)
            THEN 'region_parent_unknown'
        WHEN e.ended_on <= q.since THEN 'region_ended'
        WHEN q.turn > 1 THEN 'region_code_taken'
    END AS refusal
    FROM request AS q
    LEFT JOIN LATERAL region_end(:district::integer, q.parent_code) AS e ON true
), created AS (
    INSERT INTO regions (district_id, region_code, kind, parent_code)
    SELECT :district::integer, region_code, kind, parent_code
    FROM judged
    WHERE refusal IS NULL
    ORDER BY region_code
    ON CONFLICT DO NOTHING
    RETURNING region_code, version
), named AS (
    INSERT INTO region_facts (district_id, region_code, name, setting, valid_from)
    SELECT :district::integer, j.region_code, j.name, j.setting, j.since
    FROM judged AS j
    JOIN created AS c USING (region_code)
    WHERE j.refusal IS NULL
), issuance AS (
    -- The account from which the community's hours are issued (I10).
    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    SELECT :district::integer, j.new_id, 'issuance', j.region_code, j.at
    FROM judged AS j
    JOIN created AS c USING (region_code)
    WHERE j.refusal IS NULL AND j.kind = 'community'
), told AS (
    SELECT j.*, c.version,
           COALESCE(j.refusal, CASE WHEN c.region_code IS NULL THEN 'region_code_taken' END) AS code
    FROM judged AS j
    LEFT JOIN created AS c USING (region_code)
), outcome AS (
    SELECT ordinal, code,
           jsonb_build_object('kind', kind, 'region_code', region_code::text,
                              'parent_code', parent_code::text, 'ended_on', ended_on,
                              'successor_code', successor_code::text) AS args,
           region_code::text AS subject_id,
           CASE WHEN code IS NULL THEN region_code END AS region_code,
           CASE WHEN code IS NULL THEN kind END AS kind,
           CASE WHEN code IS NULL THEN parent_code END AS parent_code,
           CASE WHEN code IS NULL THEN name END AS name,
           CASE WHEN code IS NULL THEN setting END AS setting,
           NULL::bigint AS successor_code,
           CASE WHEN code IS NULL THEN since END AS valid_from,
           NULL::date AS valid_to,
           CASE WHEN code IS NULL THEN version END AS version
    FROM told
)
SELECT * FROM outcome ORDER BY ordinal
