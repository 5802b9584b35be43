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

-- step: give
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.given_on, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_person uuid, scope_low bigint, scope_high bigint, person_id uuid, categories text[],
         given_on date, guardian_id uuid, relation text, method text, document text,
         witness_id uuid, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, h.region_code, CASE
        WHEN p.id IS NULL OR h.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN refusal('not_found')
        ELSE consent_refusal(:district::integer, p.id, p.birth_date, p.died_on, q.body, q.today)
    END AS refused
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    CROSS JOIN LATERAL home_region(:district::integer, p.id, q.today) AS h(region_code)
), given AS (
    INSERT INTO consents (district_id, id, person_id, categories, given_on, guardian_id, relation,
                          method, document, witness_id, recorded_by)
    SELECT :district::integer, new_id, person_id, categories, since, guardian_id, relation, method,
           document, witness_id, actor_person
    FROM judged
    WHERE refused IS NULL
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.region_code END AS region_code,
           c.id, c.person_id, to_json(c.categories) AS categories, c.given_on, c.guardian_id,
           c.relation, c.method, c.document, c.witness_id, c.recorded_by, c.recorded_at,
           NULL::date AS withdrawn_on, NULL::text AS withdrawal_reason
    FROM judged AS j
    LEFT JOIN given AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
