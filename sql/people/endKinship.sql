-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(kinship_id uuid)
)
SELECT k.id
FROM kinships AS k
WHERE k.district_id = :district::integer AND k.id IN (SELECT kinship_id FROM request)
ORDER BY k.id
FOR NO KEY UPDATE

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, kinship_id uuid, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, k.valid_from, p.name AS person_name, o.name AS relative_name, h.region_code, CASE
        WHEN k.id IS NULL OR NOT (
                 COALESCE(h.region_code, :district::bigint * 1000000)
                     BETWEEN q.scope_low AND q.scope_high
              OR COALESCE(i.region_code, :district::bigint * 1000000)
                     BETWEEN q.scope_low AND q.scope_high)
            THEN 'not_found'
        WHEN k.superseded_at IS NOT NULL OR k.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.until <= k.valid_from THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN kinships AS k ON k.district_id = :district::integer AND k.id = q.kinship_id
    LEFT JOIN persons AS p ON p.district_id = k.district_id AND p.id = k.person_id
    LEFT JOIN persons AS o ON o.district_id = k.district_id AND o.id = k.relative_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    LEFT JOIN residences AS i
        ON i.district_id = :district::integer AND i.person_id = o.id
       AND fact_is_true(i.valid_from, i.valid_to, i.superseded_at, q.today)
), superseded AS (
    UPDATE kinships AS k
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND k.district_id = :district::integer AND k.id = j.kinship_id
    RETURNING k.person_id, k.relative_id, k.relation, k.valid_from, j.until, j.new_id
), made AS (
    INSERT INTO kinships (district_id, id, person_id, relative_id, relation, valid_from, valid_to)
    SELECT :district::integer, new_id, person_id, relative_id, relation, valid_from, until
    FROM superseded
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code, jsonb_build_object('valid_from', j.valid_from) AS args,
           m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code,
           m.id, m.person_id,
           CASE WHEN j.code IS NULL THEN j.person_name END AS person_name,
           m.relative_id,
           CASE WHEN j.code IS NULL THEN j.relative_name END AS relative_name,
           m.relation, m.valid_from, m.valid_to, m.recorded_at, m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
