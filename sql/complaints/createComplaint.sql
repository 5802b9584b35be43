-- step: file
WITH request AS (
    SELECT r.*, day.today,
           CASE WHEN r.complainant_name IS NULL OR r.complainant_id IS NOT NULL
                THEN COALESCE(r.complainant_id, r.self_person) END AS complainant,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, actor_role text, self_person uuid, scope_low bigint,
         scope_high bigint, volunteer_id uuid, record_id uuid, complainant_id uuid,
         complainant_name text, matter text, content text, happened_on date, via text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS day (today)
), found AS (
    SELECT q.*, v.person_id AS server_id, a.id AS seen_record, a.status,
           a.volunteer_id AS record_volunteer, p.id AS known_complainant,
           COALESCE(a.region_code, home_region(:district::integer, v.person_id, q.today)) AS region
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.complainant
    CROSS JOIN LATERAL record_of_feedback(:district::integer, q.record_id, q.scope_low,
                                          q.scope_high, NULL, q.self_person) AS a
), judged AS (
    SELECT f.*, CASE
        WHEN f.server_id IS NULL OR (f.record_id IS NOT NULL AND f.seen_record IS NULL)
             OR (f.self_person IS NULL AND f.region NOT BETWEEN f.scope_low AND f.scope_high)
            THEN refusal('not_found')
        WHEN num_nonnulls(f.complainant_id, f.complainant_name) <> 1 AND f.self_person IS NULL
             OR f.complainant_name IS NOT NULL AND f.self_person IS NOT NULL
             OR f.complainant <> f.self_person
            THEN refusal('complainant_does_not_fit')
        WHEN f.complainant IS NOT NULL AND f.known_complainant IS NULL
            THEN refusal('complainant_unknown')
        WHEN f.complainant = f.server_id THEN refusal('complainant_is_volunteer')
        WHEN f.actor_person = f.server_id THEN refusal('entered_by_server')
        WHEN f.status = 'draft' THEN refusal('record_not_attested')
        WHEN f.record_volunteer <> f.volunteer_id THEN refusal('record_of_another')
        WHEN f.happened_on > f.today
            THEN refusal('date_in_future', jsonb_build_object('field', 'happened_on',
                                                              'today', f.today))
        END AS refused
    FROM found AS f
), numbered AS (
    SELECT j.*, extract(year FROM j.today)::integer AS of_year,
           row_number() OVER (PARTITION BY extract(year FROM j.today) ORDER BY j.ordinal) - 1
               AS place
    FROM judged AS j
    WHERE j.refused IS NULL
), numbers AS MATERIALIZED (
    SELECT y.of_year, next_numbers(:district::integer, 'complaint_number_' || y.of_year, y.cases)
               AS first_number
    FROM (SELECT of_year, count(*) AS cases FROM numbered GROUP BY of_year) AS y
), stored AS (
    INSERT INTO complaints (district_id, id, case_number, volunteer_id, record_id, region_code,
                            complainant_id, complainant_name, matter, content, happened_on, via,
                            due_at, entered_by, filed_at)
    SELECT :district::integer, n.new_id,
           :district::text || '-TS' || n.of_year || '-'
               || lpad(c.number, GREATEST(4, length(c.number)), '0'),
           n.volunteer_id, n.record_id, n.region, n.complainant,
           n.complainant_name, n.matter, n.content, n.happened_on, n.channel,
           complaint_due_at(:district::integer, n.region, n.at), n.actor_user, n.at
    FROM numbered AS n
    JOIN numbers AS y USING (of_year)
    CROSS JOIN LATERAL (SELECT (y.first_number + n.place)::text AS number) AS c
    RETURNING *
), outcome AS (
    SELECT j.ordinal, j.refused ->> 'code' AS code, j.refused -> 'args' AS args,
           s.id::text AS subject_id, a.*
    FROM judged AS j
    LEFT JOIN stored AS s ON s.id = j.new_id
    LEFT JOIN LATERAL complaint_answer(s, NULL, NULL, j.actor_person, j.actor_role, false) AS a
        ON s.id IS NOT NULL
)
SELECT * FROM outcome ORDER BY ordinal
