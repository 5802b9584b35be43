-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT v.id
FROM volunteers AS v
WHERE v.district_id = :district::integer AND v.id IN (SELECT volunteer_id FROM request)
ORDER BY v.id
FOR NO KEY UPDATE

-- step: add
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid, skill_code text,
         level smallint, evidence text, certificate_number text, certificate_issuer text,
         certificate_valid_until date, valid_from date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.person_id, l.left_on, CASE
        WHEN NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low, q.scope_high, NULL,
                                q.self_person, q.today) THEN 'not_found'
        WHEN l.left_on IS NOT NULL THEN 'volunteer_left'
        WHEN NOT skill_in_force(:district::integer, q.skill_code, q.today) THEN 'skill_not_in_force'
        WHEN NOT certificate_fits(:district::integer, q.skill_code, q.certificate_number,
                                  q.certificate_issuer, q.certificate_valid_until)
            THEN 'certificate_missing'
        WHEN q.since > q.today THEN 'date_in_future'
    END AS refusal
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    CROSS JOIN LATERAL departed_on(:district::integer, v.id, 'infinity') AS l(left_on)
), made AS (
    INSERT INTO volunteer_skills (district_id, id, volunteer_id, skill_code, level, evidence,
                                  certificate_number, certificate_issuer, certificate_valid_until,
                                  valid_from)
    SELECT :district::integer, new_id, volunteer_id, skill_code, level, evidence,
           certificate_number, certificate_issuer, certificate_valid_until, since
    FROM judged
    WHERE refusal IS NULL
    ON CONFLICT DO NOTHING
    RETURNING *
), told AS (
    SELECT j.*, COALESCE(j.refusal, CASE WHEN m.id IS NULL THEN 'skill_already_held' END) AS code
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('left_on', j.left_on, 'skill_code', j.skill_code,
                              'field', 'valid_from', 'today', j.today) AS args,
           m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           m.id, m.volunteer_id, m.skill_code,
           CASE WHEN j.code IS NULL THEN skill_name(:district::integer, m.skill_code, j.today)
           END AS skill_name, m.level, m.evidence, m.certificate_number, m.certificate_issuer,
           m.certificate_valid_until, m.verified_by, m.verified_on, m.valid_from, m.valid_to,
           m.recorded_at, m.superseded_at
    FROM told AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
