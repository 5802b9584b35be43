-- A correction, no move: whoever lives there has the corrected line in his home, too.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(household_id uuid)
)
SELECT f.id
FROM households AS f
WHERE f.district_id = :district::integer AND f.id IN (SELECT household_id FROM request)
ORDER BY f.id
FOR NO KEY UPDATE

-- step: lock_residents
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(household_id uuid)
)
SELECT p.id
FROM persons AS p
WHERE p.district_id = :district::integer
  AND p.id IN (SELECT h.person_id
               FROM residences AS h
               JOIN request AS q ON q.household_id = h.household_id
               WHERE h.district_id = :district::integer AND h.superseded_at IS NULL)
ORDER BY p.id
FOR NO KEY UPDATE

-- step: update
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, household_id uuid, address_line text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, f.version AS seen, f.address_line AS old_line,
           living_region(:district::integer, f.region_code, q.today) AS home_code, CASE
        WHEN f.id IS NULL
             OR f.region_code NOT IN (SELECT regions_within(:district::integer, q.scope_low,
                                                            q.scope_high, q.today))
            THEN 'not_found'
        WHEN q.if_match <> f.version THEN 'version_mismatch'
    END AS code
    FROM request AS q
    LEFT JOIN households AS f ON f.district_id = :district::integer AND f.id = q.household_id
), changed AS (
    UPDATE households AS f
    SET version = f.version + 1, address_line = j.address_line
    FROM judged AS j
    WHERE j.code IS NULL AND f.district_id = :district::integer AND f.id = j.household_id
    RETURNING f.*
), superseded AS (
    UPDATE residences AS h
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND h.district_id = :district::integer
      AND h.household_id = j.household_id AND h.superseded_at IS NULL
      AND (h.valid_to IS NULL OR h.valid_to > j.today) AND h.address_line = j.old_line
    RETURNING h.*, j.address_line AS new_line
), corrected AS (
    INSERT INTO residences (district_id, id, person_id, region_code, household_id, address_line,
                            valid_from, valid_to)
    SELECT district_id, gen_random_uuid(), person_id, region_code, household_id, new_line,
           valid_from, valid_to
    FROM superseded
), outcome AS (
    SELECT j.ordinal, j.code, jsonb_build_object('version', j.seen) AS args,
           j.household_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.home_code END AS region_code,
           c.id, c.address_line,
           CASE WHEN j.code IS NULL THEN
               household_members(:district::integer, j.household_id, j.today)
           END AS members, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.household_id
)
SELECT * FROM outcome ORDER BY ordinal
