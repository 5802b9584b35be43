-- What is not named stays; what has changed is no longer verified.
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

-- step: change
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.valid_from, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, self_person uuid, volunteer_id uuid,
         volunteer_skill_id uuid, level smallint, evidence text, certificate_number text,
         certificate_issuer text, certificate_valid_until date, valid_from date, body jsonb)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.ordinal, q.new_id, q.today, q.volunteer_skill_id, v.person_id, s.skill_code,
           GREATEST(q.since, s.valid_from) AS since, n.*, CASE
        WHEN s.id IS NULL OR NOT sees_volunteer(:district::integer, q.volunteer_id, q.scope_low,
                                 q.scope_high, NULL, q.self_person, q.today) THEN 'not_found'
        WHEN s.superseded_at IS NOT NULL OR s.valid_to IS NOT NULL THEN 'already_ended'
        WHEN q.since > q.today THEN 'date_in_future'
        WHEN NOT certificate_fits(:district::integer, s.skill_code, n.certificate_number,
                                  n.certificate_issuer, n.certificate_valid_until)
            THEN 'certificate_missing'
    END AS code
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN volunteer_skills AS s
        ON s.district_id = :district::integer AND s.volunteer_id = q.volunteer_id
       AND s.id = q.volunteer_skill_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(q.level, s.level) AS level,
               CASE WHEN q.body ? 'evidence' THEN q.evidence ELSE s.evidence END AS evidence,
               CASE WHEN q.body ? 'certificate_number' THEN q.certificate_number
                    ELSE s.certificate_number END AS certificate_number,
               CASE WHEN q.body ? 'certificate_issuer' THEN q.certificate_issuer
                    ELSE s.certificate_issuer END AS certificate_issuer,
               CASE WHEN q.body ? 'certificate_valid_until' THEN q.certificate_valid_until
                    ELSE s.certificate_valid_until END AS certificate_valid_until
    ) AS n
), superseded AS (
    UPDATE volunteer_skills AS s
    SET superseded_at = now()
    FROM judged AS j
    WHERE j.code IS NULL AND s.district_id = :district::integer AND s.id = j.volunteer_skill_id
    RETURNING s.*
), made AS (
    INSERT INTO volunteer_skills (district_id, id, volunteer_id, skill_code, level, evidence,
                                  certificate_number, certificate_issuer,
                                  certificate_valid_until, verified_by, verified_on, valid_from,
                                  valid_to)
    SELECT district_id, gen_random_uuid(), volunteer_id, skill_code, level, evidence,
           certificate_number, certificate_issuer, certificate_valid_until, verified_by,
           verified_on, s.valid_from, j.since
    FROM superseded AS s
    JOIN (SELECT volunteer_skill_id, since FROM judged) AS j ON j.volunteer_skill_id = s.id
    WHERE s.valid_from < j.since
    UNION ALL
    SELECT s.district_id, j.new_id, s.volunteer_id, s.skill_code, j.level, j.evidence,
           j.certificate_number, j.certificate_issuer, j.certificate_valid_until, NULL, NULL,
           j.since, NULL
    FROM superseded AS s
    JOIN judged AS j ON j.volunteer_skill_id = s.id
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.code,
           jsonb_build_object('field', 'valid_from', 'today', j.today,
                              'skill_code', j.skill_code) AS args,
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
