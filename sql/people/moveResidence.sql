-- The home of the day ends there, later ones are known better now. The region is not merged away
-- meanwhile; a home that goes on is cut where its region ends.
-- step: lock_regions
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(region_code bigint)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code IN (SELECT region_code FROM request)
ORDER BY g.region_code
FOR SHARE

-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(person_id uuid)
)
SELECT p.id
FROM persons AS p
WHERE p.district_id = :district::integer AND p.id IN (SELECT person_id FROM request)
ORDER BY p.id
FOR NO KEY UPDATE

-- step: move
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, scope_low bigint, scope_high bigint, person_id uuid, region_code bigint,
         household_id uuid, address_line text, valid_from date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, COALESCE(q.address_line, f.address_line) AS home_line, e.ended_on,
           e.successor_code, CASE
        WHEN p.id IS NULL OR g.region_code IS NULL
             OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                        BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN g.kind <> 'community' THEN 'residence_not_community'
        WHEN e.ended_on <= q.since THEN 'region_ended'
        WHEN q.household_id IS NOT NULL
             AND living_region(:district::integer, f.region_code, q.since)
                 IS DISTINCT FROM living_region(:district::integer, q.region_code, q.since)
            THEN 'household_unknown'
    END AS code
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN households AS f
        ON f.district_id = :district::integer AND f.id = q.household_id
    LEFT JOIN LATERAL region_end(:district::integer, q.region_code) AS e ON true
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), touched AS (
    UPDATE persons AS p
    SET version = p.version + 1
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.person_id
), superseded AS (
    UPDATE residences AS r
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND r.district_id = :district::integer AND r.person_id = j.person_id
      AND r.superseded_at IS NULL AND (r.valid_to IS NULL OR r.valid_to > j.since)
    RETURNING r.*, j.new_id_2, j.since
), made AS (
    -- Counting the superseded ones first makes room for these.
    INSERT INTO residences (district_id, id, person_id, region_code, household_id, address_line,
                            valid_from, valid_to)
    SELECT :district::integer, new_id_2, person_id, region_code, household_id, address_line,
           valid_from, since
    FROM superseded
    WHERE valid_from < since
    UNION ALL
    SELECT :district::integer, CASE WHEN s.place = 1 THEN j.new_id ELSE gen_random_uuid() END,
           j.person_id, s.region_code, j.household_id, j.home_line, s.valid_from, s.valid_to
    FROM judged AS j
    CROSS JOIN (SELECT count(*) FROM superseded) AS room
    CROSS JOIN LATERAL stay_in_regions(:district::integer, j.region_code, j.since) AS s
    WHERE j.code IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('region_code', j.region_code::text,
                              'household_id', j.household_id, 'ended_on', j.ended_on,
                              'successor_code', j.successor_code::text) AS args,
           m.id::text AS subject_id, m.region_code, m.id, m.person_id, m.household_id,
           m.address_line, m.valid_from, m.valid_to, m.recorded_at, m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
