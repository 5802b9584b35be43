-- One request at a time (x-batch 1): each sees what the one before issued.
-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(volunteer_id uuid)
)
SELECT lock_volunteers(:district::integer, ARRAY(SELECT volunteer_id FROM request))

-- step: issue
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.handler_id, r.actor_person) AS handler
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, scope_low bigint, scope_high bigint,
         volunteer_id uuid, certificate_request_id uuid, kind text, period_from date,
         period_to date, award_id uuid, region_code bigint, handler_id uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d (today)
), found AS (
    SELECT r.ordinal, r.at, r.new_id, r.actor_user, r.actor_person, r.scope_low, r.scope_high,
           r.volunteer_id, r.certificate_request_id AS request_id, r.today, r.handler,
           v.person_id, v.volunteer_number,
           q.id AS asked_id, q.volunteer_id AS asked_by,
           num_nonnulls(r.kind, r.period_from, r.period_to, r.award_id) AS said,
           COALESCE(q.kind, r.kind) AS kind, COALESCE(q.period_from, r.period_from) AS period_from,
           COALESCE(q.period_to, r.period_to) AS period_to,
           COALESCE(q.award_id, r.award_id) AS award_id, home.code AS home,
           COALESCE(r.region_code, home.code) AS issuing,
           EXISTS (SELECT FROM certificates AS c
                   WHERE c.district_id = :district::integer AND c.request_id = q.id)
           OR EXISTS (SELECT FROM certificate_declines AS d
                      WHERE d.district_id = :district::integer AND d.request_id = q.id)
               AS is_answered
    FROM request AS r
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = r.volunteer_id
    LEFT JOIN certificate_requests AS q
        ON q.district_id = :district::integer AND q.id = r.certificate_request_id
    CROSS JOIN LATERAL home_region(:district::integer, v.person_id, r.today) AS home (code)
), judged AS (
    SELECT f.*, p.name, h.name AS handler_name, CASE
        WHEN f.person_id IS NULL OR f.home NOT BETWEEN f.scope_low AND f.scope_high
             OR f.issuing NOT BETWEEN f.scope_low AND f.scope_high OR g.region_code IS NULL
             OR h.id IS NULL
             OR (f.request_id IS NOT NULL AND f.asked_by IS DISTINCT FROM f.volunteer_id)
            THEN refusal('not_found')
        WHEN f.person_id IN (f.actor_person, f.handler) THEN refusal('certificate_for_oneself')
        WHEN f.is_answered THEN refusal('certificate_request_answered')
        WHEN f.request_id IS NOT NULL AND f.said > 0 THEN refusal('certificate_does_not_fit')
        ELSE certificate_refusal(:district::integer, f.volunteer_id, f.kind, f.period_from,
                                 f.period_to, f.award_id, f.today)
        END AS refused
    FROM found AS f
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = f.person_id
    LEFT JOIN persons AS h ON h.district_id = :district::integer AND h.id = f.handler
    LEFT JOIN regions AS g ON g.district_id = :district::integer AND g.region_code = f.issuing
), numbered AS (
    SELECT j.*, extract(year FROM j.today)::integer AS of_year,
           row_number() OVER (PARTITION BY extract(year FROM j.today) ORDER BY j.ordinal) - 1
               AS place
    FROM judged AS j
    WHERE j.refused IS NULL
), numbers AS MATERIALIZED (
    SELECT y.of_year, next_numbers(:district::integer, 'certificate_number_' || y.of_year, y.many)
               AS first_number
    FROM (SELECT of_year, count(*) AS many FROM numbered GROUP BY of_year) AS y
), stored AS (
    INSERT INTO certificates (district_id, id, number, kind, volunteer_id, volunteer_number, name,
                              request_id, period_from, period_to, minutes, contents, award_id, star,
                              title, award_year, region_code, issuer, handler_id, handler_name,
                              issued_on, entered_by, issued_at)
    SELECT :district::integer, n.new_id,
           :district::text || '-ZM' || n.of_year || '-'
               || lpad(c.number, GREATEST(6, length(c.number)), '0') || '-' || random_suffix(),
           n.kind, n.volunteer_id, n.volunteer_number, n.name, n.request_id, n.period_from,
           n.period_to, s.minutes, COALESCE(s.contents, '[]'), n.award_id, a.star,
           COALESCE(star_title(:district::integer, a.star, a.awarded_on, n.today),
                    a.star || '星级志愿者'),
           a.award_year, n.issuing, region_name(:district::integer, n.issuing, n.today), n.handler,
           n.handler_name, n.today, n.actor_user, n.at
    FROM numbered AS n
    JOIN numbers AS y USING (of_year)
    CROSS JOIN LATERAL (SELECT (y.first_number + n.place)::text AS number) AS c
    CROSS JOIN LATERAL service_of_period(:district::integer, n.volunteer_id, n.period_from,
                                         n.period_to) AS s
    LEFT JOIN star_awards AS a ON a.district_id = :district::integer AND a.id = n.award_id
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           s.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN stored AS s ON s.id = j.new_id
    LEFT JOIN LATERAL certificate_answer(s, NULL) AS a ON s.id IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
