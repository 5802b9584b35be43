-- What the consent alone stood for ends on that day; what was known until then stays readable.
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

-- step: withdraw
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.withdrawn_on, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, actor_person uuid,
         scope_low bigint, scope_high bigint, self_person uuid, person_id uuid, consent_id uuid,
         withdrawn_on date, reason text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, c.given_on, h.region_code, CASE
        WHEN c.id IS NULL OR CASE
                 WHEN q.self_person IS NOT NULL THEN c.person_id <> q.self_person
                 ELSE h.region_code NOT BETWEEN q.scope_low AND q.scope_high END
            THEN 'not_found'
        WHEN is_withdrawn(:district::integer, c.id, NULL) THEN 'consent_withdrawn'
        WHEN q.until > q.today THEN 'date_in_future'
        WHEN q.until < c.given_on THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN consents AS c
        ON c.district_id = :district::integer AND c.person_id = q.person_id AND c.id = q.consent_id
    CROSS JOIN LATERAL home_region(:district::integer, c.person_id, q.today) AS h(region_code)
), withdrawn AS (
    INSERT INTO consent_withdrawals (district_id, consent_id, withdrawn_on, reason, recorded_by)
    SELECT :district::integer, consent_id, until, reason, actor_person
    FROM judged
    WHERE code IS NULL
), superseded AS (
    UPDATE person_categories AS g
    SET superseded_at = now()
    FROM judged AS j
    JOIN consents AS c ON c.district_id = :district::integer AND c.id = j.consent_id
    WHERE j.code IS NULL AND g.district_id = :district::integer AND g.person_id = c.person_id
      AND c.categories @> ARRAY[g.category] AND g.superseded_at IS NULL
      AND (g.valid_to IS NULL OR g.valid_to > j.until)
      AND NOT EXISTS (
            SELECT FROM consents AS o
            WHERE o.district_id = c.district_id AND o.person_id = c.person_id AND o.id <> c.id
              AND o.categories @> ARRAY[g.category]
              AND NOT is_withdrawn(:district::integer, o.id, NULL))
    RETURNING g.person_id, g.category, g.valid_from, j.until
), ended AS (
    INSERT INTO person_categories (district_id, id, person_id, category, valid_from, valid_to)
    SELECT :district::integer, gen_random_uuid(), person_id, category, valid_from, until
    FROM superseded
    WHERE valid_from < until
), touched AS (
    UPDATE persons AS p
    SET version = p.version + 1
    WHERE p.district_id = :district::integer AND p.id IN (SELECT person_id FROM superseded)
), outcome AS (
    SELECT j.ordinal, j.code,
           CASE j.code WHEN 'date_in_future'
                           THEN jsonb_build_object('field', 'withdrawn_on', 'today', j.today)
                       WHEN 'ends_before_beginning'
                           THEN jsonb_build_object('valid_from', j.given_on)
           END AS args,
           j.consent_id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN j.region_code END AS region_code,
           c.id, c.person_id, to_json(c.categories) AS categories, c.given_on, c.guardian_id,
           c.relation, c.method, c.document, c.witness_id, c.recorded_by, c.recorded_at,
           CASE WHEN j.code IS NULL THEN j.until END AS withdrawn_on,
           CASE WHEN j.code IS NULL THEN j.reason END AS withdrawal_reason
    FROM judged AS j
    LEFT JOIN consents AS c
        ON c.district_id = :district::integer AND c.id = j.consent_id AND j.code IS NULL
)
SELECT * FROM outcome ORDER BY ordinal
