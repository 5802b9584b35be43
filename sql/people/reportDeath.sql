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

-- step: report
WITH request AS (
    SELECT r.*, d.today
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, scope_low bigint,
         scope_high bigint, person_id uuid, died_on date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.died_on AS known_day, p.birth_date, h.region_code, CASE
        WHEN p.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.died_on IS NOT NULL THEN 'person_died'
        WHEN q.died_on > q.today THEN 'date_in_future'
        WHEN q.died_on < p.birth_date THEN 'died_before_birth'
    END AS code
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), changed AS (
    UPDATE persons AS p
    SET version = p.version + 1, died_on = j.died_on
    FROM judged AS j
    WHERE j.code IS NULL AND p.district_id = :district::integer AND p.id = j.person_id
    RETURNING p.*
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'person_died' THEN jsonb_build_object('died_on', j.known_day)
                       WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'died_on', 'today', j.today)
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
