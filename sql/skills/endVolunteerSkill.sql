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

-- step: end
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_to, d.today) AS until
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid,
         volunteer_skill_id uuid, valid_to date)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.person_id, s.valid_from, CASE
        WHEN s.id IS NULL OR NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low,
                                 q.scope_high, NULL, q.self_person, q.today) THEN 'not_found'
        WHEN s.superseded_at IS NOT NULL OR s.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.until <= s.valid_from THEN 'ends_before_beginning'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN volunteer_skills AS s
        ON s.district_id = :district::integer AND s.volunteer_id = q.volunteer_id
       AND s.id = q.volunteer_skill_id
), superseded AS (
    UPDATE volunteer_skills AS s
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND s.district_id = :district::integer AND s.id = j.volunteer_skill_id
    RETURNING s.*, j.new_id, j.until
), made AS (
    INSERT INTO volunteer_skills (district_id, id, volunteer_id, skill_code, level, evidence,
                                  certificate_number, certificate_issuer,
                                  certificate_valid_until, verified_by, verified_on, valid_from,
                                  valid_to)
    SELECT district_id, new_id, volunteer_id, skill_code, level, evidence, certificate_number,
           certificate_issuer, certificate_valid_until, verified_by, verified_on, valid_from, until
    FROM superseded
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code, jsonb_build_object('valid_from', j.valid_from) AS args,
           m.id::text AS subject_id,
           CASE WHEN j.code IS NULL THEN home_region(:district::integer, j.person_id, j.today)
           END AS region_code,
           m.id, m.volunteer_id, m.skill_code,
           CASE WHEN j.code IS NULL THEN skill_name(:district::integer, m.skill_code, j.today)
           END AS skill_name, m.level, m.evidence, m.certificate_number, m.certificate_issuer,
           m.certificate_valid_until, m.verified_by, m.verified_on, m.valid_from, m.valid_to,
           m.recorded_at, m.superseded_at
    FROM judged AS j
    LEFT JOIN made AS m ON m.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
