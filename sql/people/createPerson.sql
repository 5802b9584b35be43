-- A person is never without a home: the home's region decides who may see the row.
-- The region is not merged away meanwhile; a home that goes on is cut where its region ends.
-- step: lock_regions
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(residence jsonb)
)
SELECT g.region_code
FROM regions AS g
WHERE g.district_id = :district::integer
  AND g.region_code IN (SELECT (residence ->> 'region_code')::bigint FROM request)
ORDER BY g.region_code
FOR SHARE

-- step: create
WITH request AS (
    SELECT r.*, h.region_code, h.household_id, h.address_line, d.today,
           COALESCE(h.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, scope_low bigint, scope_high bigint, name text, sex text, birth_date date,
         ethnicity text, id_number_sealed bytea, id_number_lookup bytea, phone_sealed bytea,
         phone_lookup bytea, contact_channel text, origin text, residence jsonb, categories jsonb,
         consent jsonb, actor_person uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
    CROSS JOIN LATERAL jsonb_to_record(r.residence) AS h(region_code bigint, household_id uuid,
         address_line text, valid_from date)
), category AS (
    SELECT q.ordinal, q.new_id, q.today, c.category, COALESCE(c.valid_from, q.since) AS valid_from
    FROM request AS q
    CROSS JOIN LATERAL jsonb_to_recordset(COALESCE(q.categories, '[]'))
               AS c(category text, valid_from date)
), judged AS (
    SELECT q.*, COALESCE(q.address_line, f.address_line) AS home_line, o.refused,
           e.ended_on, e.successor_code,
           living_region(:district::integer, q.region_code, q.today) AS home_code, CASE
        WHEN g.region_code IS NULL OR q.region_code NOT BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN g.kind <> 'community' THEN 'residence_not_community'
        WHEN e.ended_on <= q.since THEN 'region_ended'
        WHEN q.household_id IS NOT NULL
             AND living_region(:district::integer, f.region_code, q.today)
                 IS DISTINCT FROM living_region(:district::integer, q.region_code, q.today)
            THEN 'household_unknown'
        WHEN q.since > q.today OR q.birth_date > q.today THEN 'date_in_future'
        WHEN EXISTS (SELECT FROM category AS c WHERE c.ordinal = q.ordinal
                     GROUP BY c.category HAVING count(*) > 1) THEN 'categories_overlap'
        WHEN o.refused IS NOT NULL THEN o.refused ->> 'code'
        WHEN EXISTS (SELECT FROM category AS c
                     WHERE c.ordinal = q.ordinal AND c.category NOT IN ('lixiu', 'tuixiu')
                       AND NOT COALESCE(q.consent -> 'categories' ? c.category, false))
            THEN 'consent_missing'
    END AS refusal
    FROM request AS q
    LEFT JOIN regions AS g
        ON g.district_id = :district::integer AND g.region_code = q.region_code
    LEFT JOIN households AS f
        ON f.district_id = :district::integer AND f.id = q.household_id
    LEFT JOIN LATERAL region_end(:district::integer, q.region_code) AS e ON true
    LEFT JOIN LATERAL consent_refusal(:district::integer, q.new_id, q.birth_date, NULL, q.consent,
                                      q.today) AS o(refused) ON q.consent IS NOT NULL
), created AS (
    INSERT INTO persons (district_id, id, name, sex, birth_date, ethnicity, id_number_sealed,
                         id_number_lookup, phone_sealed, phone_lookup, contact_channel, origin)
    SELECT :district::integer, new_id, name, sex, birth_date, ethnicity, id_number_sealed,
           id_number_lookup, phone_sealed, phone_lookup, contact_channel,
           COALESCE(origin, 'entered')
    FROM judged
    WHERE refusal IS NULL
    ORDER BY id_number_lookup
    ON CONFLICT DO NOTHING
    RETURNING *
), home AS (
    INSERT INTO residences (district_id, id, person_id, region_code, household_id, address_line,
                            valid_from, valid_to)
    SELECT :district::integer, CASE WHEN s.place = 1 THEN j.new_id_2 ELSE gen_random_uuid() END,
           c.id, s.region_code, j.household_id, j.home_line, s.valid_from, s.valid_to
    FROM created AS c
    JOIN judged AS j ON j.new_id = c.id
    CROSS JOIN LATERAL stay_in_regions(:district::integer, j.region_code, j.since) AS s
), consented AS (
    INSERT INTO consents (district_id, id, person_id, categories, given_on, guardian_id, relation,
                          method, document, witness_id, recorded_by)
    SELECT :district::integer, gen_random_uuid(), p.id, c.categories, COALESCE(c.given_on, j.today),
           c.guardian_id, c.relation, c.method, c.document, c.witness_id, j.actor_person
    FROM created AS p
    JOIN judged AS j ON j.new_id = p.id
    CROSS JOIN LATERAL jsonb_to_record(j.consent) AS c(categories text[], given_on date,
         guardian_id uuid, relation text, method text, document text, witness_id uuid)
    WHERE j.consent IS NOT NULL
), categorised AS (
    -- Ids of the category rows are the database's: a request brings two ids only.
    INSERT INTO person_categories (district_id, id, person_id, category, valid_from)
    SELECT :district::integer, gen_random_uuid(), c.id, g.category, g.valid_from
    FROM created AS c
    JOIN category AS g ON g.new_id = c.id
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'id_number_known' END) AS code,
           CASE j.refusal
               WHEN 'residence_not_community'
                   THEN jsonb_build_object('region_code', j.region_code::text)
               WHEN 'household_unknown' THEN jsonb_build_object('household_id', j.household_id,
                                                                'region_code', j.region_code::text)
               WHEN 'date_in_future' THEN jsonb_build_object('today', j.today, 'field',
                    CASE WHEN j.since > j.today THEN 'valid_from'
                         WHEN j.birth_date > j.today THEN 'birth_date' ELSE 'given_on' END)
               WHEN 'region_ended' THEN jsonb_build_object('ended_on', j.ended_on,
                    'successor_code', j.successor_code::text)
               WHEN 'consent_needs_guardian'
                   THEN jsonb_build_object('birth_date', j.birth_date)
           END AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.home_code END AS region_code,
           c.id, c.name, c.sex, c.birth_date, c.ethnicity, c.id_number_sealed AS id_number,
           c.phone_sealed AS phone, c.contact_channel, c.died_on, c.origin,
           CASE WHEN c.id IS NOT NULL THEN j.household_id END AS household_id,
           CASE WHEN c.id IS NOT NULL THEN j.home_line END AS address_line,
           CASE WHEN c.id IS NOT NULL THEN (
               SELECT COALESCE(json_agg(g.category ORDER BY g.category), '[]')
               FROM category AS g
               WHERE g.ordinal = j.ordinal AND g.valid_from <= j.today) END AS categories,
           c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
