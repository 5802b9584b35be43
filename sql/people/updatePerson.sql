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

-- step: update
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, if_match bigint, person_id uuid, name text, sex text, birth_date date,
         ethnicity text, id_number_sealed bytea, id_number_lookup bytea, phone_sealed bytea,
         phone_lookup bytea, contact_channel text, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.version AS seen, h.region_code, CASE
        WHEN p.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.if_match <> p.version THEN 'version_mismatch'
        WHEN EXISTS (SELECT FROM persons AS o
                     WHERE o.district_id = :district::integer AND o.id <> p.id
                       AND o.id_number_lookup = q.id_number_lookup) THEN 'id_number_known'
        WHEN q.birth_date > q.today THEN 'date_in_future'
        WHEN q.birth_date > p.died_on THEN 'died_before_birth'
    END AS code
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), changed AS (
    UPDATE persons AS p
    SET version = p.version + 1,
        name = CASE WHEN j.body ? 'name' THEN j.name ELSE p.name END,
        sex = CASE WHEN j.body ? 'sex' THEN j.sex ELSE p.sex END,
        birth_date = CASE WHEN j.body ? 'birth_date' THEN j.birth_date ELSE p.birth_date END,
        ethnicity = CASE WHEN j.body ? 'ethnicity' THEN j.ethnicity ELSE p.ethnicity END,
        id_number_sealed = CASE WHEN j.body ? 'id_number' THEN j.id_number_sealed
                                ELSE p.id_number_sealed END,
        id_number_lookup = CASE WHEN j.body ? 'id_number' THEN j.id_number_lookup
                                ELSE p.id_number_lookup END,
        phone_sealed = CASE WHEN j.body ? 'phone' THEN j.phone_sealed ELSE p.phone_sealed END,
        phone_lookup = CASE WHEN j.body ? 'phone' THEN j.phone_lookup ELSE p.phone_lookup END,
        contact_channel = CASE WHEN j.body ? 'contact_channel' THEN j.contact_channel
                               ELSE p.contact_channel END
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.person_id
    RETURNING p.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'version_mismatch' THEN jsonb_build_object('version', j.seen)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'birth_date', 'today', j.today)
                       WHEN 'died_before_birth'
                           THEN jsonb_build_object('birth_date', j.birth_date)
           END AS args,
           j.person_id::text AS subject_id,
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
