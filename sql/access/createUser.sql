-- step: create
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, person_id uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, p.died_on, h.region_code AS home_code, CASE
        WHEN p.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.died_on IS NOT NULL THEN 'person_died'
    END AS refusal
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), created AS (
    INSERT INTO users (district_id, id, person_id)
    SELECT :district::integer, new_id, person_id
    FROM judged
    WHERE refusal IS NULL
    ORDER BY person_id
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'user_known' END) AS code,
           jsonb_build_object('died_on', j.died_on) AS args, c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.home_code END AS region_code, c.id, c.person_id,
           CASE WHEN c.id IS NOT NULL THEN j.name END AS name, c.disabled_at, c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
