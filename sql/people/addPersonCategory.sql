-- The lock keeps a consent from being withdrawn meanwhile.
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

-- step: add
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, person_id uuid, category text, valid_from date,
         valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, h.region_code, CASE
        WHEN p.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.valid_to <= q.since THEN 'ends_before_beginning'
        WHEN NOT consent_stands(:district::integer, p.id, q.category, q.today)
            THEN 'consent_missing'
    END AS refusal
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), created AS (
    INSERT INTO person_categories (district_id, id, person_id, category, valid_from, valid_to)
    SELECT :district::integer, new_id, person_id, category, since, valid_to
    FROM judged
    WHERE refusal IS NULL
    ORDER BY person_id, category, since
    ON CONFLICT DO NOTHING
    RETURNING *
), touched AS (
    UPDATE persons AS p
    SET version = p.version + 1
    WHERE p.district_id = :district::integer AND p.id IN (SELECT person_id FROM created)
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'category_already_held' END) AS code,
           jsonb_build_object('category', j.category, 'valid_from', j.since) AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.region_code END AS region_code,
           c.id, c.person_id, c.category, c.valid_from, c.valid_to, c.recorded_at, c.superseded_at
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
