-- The region ends on a day and goes on in another one. Homes move there from that day on; records,
-- teams, households, passbooks and grants keep the code of their day (regions_within() finds them).
-- step: lock_regions
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint, successor_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code IN (SELECT region_code FROM request
                        UNION ALL SELECT successor_code FROM request)
ORDER BY g.region_code
FOR UPDATE

-- step: lock_residents
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT p.id
FROM persons AS p
WHERE p.district_id = :district::integer
  AND p.id IN (SELECT h.person_id
               FROM residences AS h
               JOIN request AS q ON q.region_code = h.region_code
               WHERE h.district_id = :district::integer AND h.superseded_at IS NULL)
ORDER BY p.id
FOR NO KEY UPDATE

-- step: merge
WITH request AS (
    SELECT r.*, COALESCE(r.valid_from, civil_date(:district::integer, r.at)) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, region_code bigint, successor_code bigint,
         valid_from date)
), judged AS (
    SELECT q.*, g.kind, g.parent_code, g.version AS seen, e.ended_on,
           e.successor_code AS known_successor, f.name, f.setting, f.valid_from AS began_on,
           l.records, c.communities, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.if_match <> g.version THEN 'version_mismatch'
        WHEN e.ended_on IS NOT NULL THEN 'region_ended'
        WHEN NOT can_succeed(:district::integer, g.region_code, q.successor_code, q.since)
            THEN 'successor_unfit'
        WHEN f.region_code IS NULL THEN 'not_valid_then'
        WHEN c.communities > 0 THEN 'region_has_communities'
        WHEN l.records > 0 THEN 'region_has_later_records'
    END AS code
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN LATERAL region_end(:district::integer, g.region_code) AS e ON true
    -- Its last day is the one before: on that day it must be valid.
    LEFT JOIN region_facts AS f
        ON f.district_id = g.district_id AND f.region_code = g.region_code
       AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, q.since - 1)
    CROSS JOIN LATERAL communities_left(:district::integer, g.region_code, q.since)
        AS c(communities)
    CROSS JOIN LATERAL records_since(:district::integer, g.region_code, q.since) AS l(records)
), changed AS (
    UPDATE regions AS g
    SET version = g.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND g.district_id = :district::integer AND g.region_code = j.region_code
    RETURNING g.region_code, g.version
), superseded AS (
    UPDATE region_facts AS f
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer AND f.region_code = j.region_code
      AND f.superseded_at IS NULL AND (f.valid_to IS NULL OR f.valid_to >= j.since)
    RETURNING f.region_code, f.name, f.setting, f.valid_from, j.successor_code, j.since
), ended AS (
    INSERT INTO region_facts (district_id, region_code, name, setting, successor_code, valid_from,
                              valid_to)
    SELECT :district::integer, region_code, name, setting, successor_code, valid_from, since
    FROM superseded
    WHERE valid_from < since
), moved_out AS (
    UPDATE residences AS h
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND h.district_id = :district::integer AND h.region_code = j.region_code
      AND h.superseded_at IS NULL AND (h.valid_to IS NULL OR h.valid_to > j.since)
    RETURNING h.*, j.successor_code, j.since
), moved_in AS (
    INSERT INTO residences (district_id, id, person_id, region_code, household_id, address_line,
                            valid_from, valid_to)
    SELECT district_id, gen_random_uuid(), person_id, region_code, household_id, address_line,
           valid_from, since
    FROM moved_out
    WHERE valid_from < since
    UNION ALL
    SELECT district_id, gen_random_uuid(), person_id, successor_code, household_id, address_line,
           GREATEST(valid_from, since), valid_to
    FROM moved_out
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'version_mismatch' THEN jsonb_build_object('version', j.seen)
                       WHEN 'region_ended' THEN jsonb_build_object('ended_on', j.ended_on,
                           'successor_code', j.known_successor::text)
                       WHEN 'region_has_communities'
                           THEN jsonb_build_object('count', j.communities)
                       WHEN 'region_has_later_records'
                           THEN jsonb_build_object('count', j.records, 'valid_from', j.since)
                       ELSE jsonb_build_object('valid_from', j.since)
           END AS args,
           j.region_code::text AS subject_id, c.region_code,
           CASE WHEN j.code IS NULL THEN j.kind END AS kind,
           CASE WHEN j.code IS NULL THEN j.parent_code END AS parent_code,
           CASE WHEN j.code IS NULL THEN j.name END AS name,
           CASE WHEN j.code IS NULL THEN j.setting END AS setting,
           CASE WHEN j.code IS NULL THEN j.successor_code END AS successor_code,
           CASE WHEN j.code IS NULL THEN j.began_on END AS valid_from,
           CASE WHEN j.code IS NULL THEN j.since END AS valid_to,
           c.version
    FROM judged AS j
    LEFT JOIN changed AS c USING (region_code)
)
SELECT * FROM outcome ORDER BY ordinal
