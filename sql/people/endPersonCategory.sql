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

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, person_id uuid, category_id uuid, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, c.valid_from, h.region_code, CASE
        WHEN c.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN c.superseded_at IS NOT NULL OR c.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.until <= c.valid_from THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN person_categories AS c
        ON c.district_id = :district::integer AND c.person_id = q.person_id AND c.id = q.category_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = c.person_id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), superseded AS (
    UPDATE person_categories AS c
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND c.district_id = :district::integer AND c.id = j.category_id
    RETURNING c.person_id, c.category, c.valid_from, j.until, j.new_id
), made AS (
    INSERT INTO person_categories (district_id, id, person_id, category, valid_from, valid_to)
    SELECT :district::integer, new_id, person_id, category, valid_from, until
    FROM superseded
    RETURNING *
), touched AS (
    UPDATE persons AS p
    SET version = p.version + 1
    WHERE p.district_id = :district::integer AND p.id IN (SELECT person_id FROM superseded)
), outcome AS (
    SELECT j.ordinal, j.code, jsonb_build_object('valid_from', j.valid_from) AS args,
           m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code,
           m.id, m.person_id, m.category, m.valid_from, m.valid_to, m.recorded_at, m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
