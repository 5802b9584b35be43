-- A death that was reported wrongly. Who revoked it and why is kept.
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

-- step: revoke
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, actor_person uuid, person_id uuid, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.died_on, h.region_code, CASE
        WHEN p.id IS NULL OR h.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.died_on IS NULL THEN 'person_lives'
    END AS code
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    CROSS JOIN LATERAL home_region(:district::integer, p.id, q.today) AS h(region_code)
), revoked AS (
    INSERT INTO death_revocations (district_id, id, person_id, died_on, reason, revoked_by,
                                   revoked_at)
    SELECT :district::integer, new_id, person_id, died_on, reason, actor_person, at
    FROM judged
    WHERE code IS NULL
), changed AS (
    UPDATE persons AS p
    SET version = p.version + 1, died_on = NULL
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.person_id
    RETURNING p.*
), outcome AS (
    SELECT j.ordinal, j.code, NULL::jsonb AS args, j.person_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code,
           c.id, c.name, c.sex, c.birth_date, c.ethnicity, c.id_number_sealed AS id_number,
           c.phone_sealed AS phone, c.contact_channel, c.died_on, c.origin, a.household_id,
           a.address_line, a.categories, c.version
    FROM judged AS j
    LEFT JOIN changed AS c ON c.id = j.person_id
    LEFT JOIN LATERAL persons_of_day(:district::integer, j.today) AS a
        ON a.id = j.person_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
