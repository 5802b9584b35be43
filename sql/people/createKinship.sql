-- Two clerks may record the two sides of one pair at once: the locks put them in a row.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(person_id uuid, relative_id uuid)
)
SELECT p.id
FROM persons AS p
WHERE p.district_id = :district::integer
  AND p.id IN (SELECT person_id FROM request UNION ALL SELECT relative_id FROM request)
ORDER BY p.id
FOR NO KEY UPDATE

-- step: create
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since,
           CASE r.relation WHEN 'parent' THEN 'child' WHEN 'child' THEN 'parent'
                           ELSE r.relation END AS other_way
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, person_id uuid, relative_id uuid, relation text,
         valid_from date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name AS person_name, o.name AS relative_name, h.region_code, CASE
        WHEN p.id IS NULL OR o.id IS NULL
             OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                        BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.id = o.id THEN 'kinship_with_self'
        WHEN EXISTS (SELECT FROM kinships AS k
                     WHERE k.district_id = :district::integer AND k.person_id = q.relative_id
                       AND k.relative_id = q.person_id AND k.relation = q.other_way
                       AND k.superseded_at IS NULL
                       AND (k.valid_to IS NULL OR k.valid_to > q.since)) THEN 'kinship_known'
    END AS refusal
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN persons AS o ON o.district_id = :district::integer AND o.id = q.relative_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), created AS (
    INSERT INTO kinships (district_id, id, person_id, relative_id, relation, valid_from)
    SELECT :district::integer, new_id, person_id, relative_id, relation, since
    FROM judged
    WHERE refusal IS NULL
    ORDER BY person_id, relative_id
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'kinship_known' END) AS code,
           NULL::jsonb AS args, c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.region_code END AS region_code,
           c.id, c.person_id,
           CASE WHEN c.id IS NOT NULL THEN j.person_name END AS person_name,
           c.relative_id,
           CASE WHEN c.id IS NOT NULL THEN j.relative_name END AS relative_name,
           c.relation, c.valid_from, c.valid_to, c.recorded_at, c.superseded_at
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
