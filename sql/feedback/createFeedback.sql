-- step: lock
WITH request AS (
    SELECT r.*
    FROM jsonb_to_recordset(:requests) AS r(id uuid)
)
SELECT lock_servers(:district::integer, ARRAY(SELECT id FROM request))

-- step: give
WITH request AS (
    SELECT r.*, COALESCE(r.giver_id, r.actor_person) AS giver,
           COALESCE(r.rating, CASE r.grade WHEN 'satisfied' THEN 5 WHEN 'fairly_satisfied' THEN 3
                                           WHEN 'dissatisfied' THEN 1 END) AS points,
           COALESCE(r.via, CASE WHEN r.self_person IS NULL THEN 'counter' ELSE 'app' END) AS channel
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         actor_user uuid, actor_person uuid, own_team uuid, self_person uuid, scope_low bigint,
         scope_high bigint, id uuid, giver_id uuid, rating smallint, grade text, comment text,
         via text)
), found AS (
    SELECT q.*, a.status, a.region_code, a.volunteer_id, a.server_id, a.server_name, a.service_date,
           feedback_closes_at(:district::integer, a.id, a.region_code) AS closes_at
    FROM request AS q
    CROSS JOIN LATERAL record_of_feedback(:district::integer, q.id, q.scope_low, q.scope_high,
                                          q.own_team, q.self_person) AS a
), judged AS (
    SELECT f.*, CASE
        WHEN f.status IS NULL THEN refusal('not_found')
        WHEN (f.rating IS NULL) = (f.grade IS NULL) THEN refusal('rating_or_grade')
        WHEN f.status NOT IN ('attested', 'registered', 'verified') THEN state_refusal(f.status)
        WHEN f.actor_person = f.server_id THEN refusal('entered_by_server')
        WHEN f.self_person <> f.giver OR f.giver = f.server_id
             OR NOT was_served(:district::integer, f.id, f.giver)
            THEN refusal('giver_was_not_served')
        WHEN f.at >= f.closes_at
            THEN refusal('feedback_closed', jsonb_build_object('closed_at', f.closes_at))
        END AS refused
    FROM found AS f
), numbered AS (
    SELECT j.*, row_number() OVER (PARTITION BY j.refused IS NULL, j.id, j.giver
                                   ORDER BY j.ordinal)
           + COALESCE((SELECT max(o.revision) FROM feedback AS o
                       WHERE o.district_id = :district::integer AND o.record_id = j.id
                         AND o.giver_id = j.giver), 0) AS revision,
           row_number() OVER (PARTITION BY j.refused IS NULL, j.id, j.giver
                              ORDER BY j.ordinal DESC) = 1 AS is_current
    FROM judged AS j
), stored AS (
    INSERT INTO feedback (district_id, id, record_id, giver_id, revision, rating, grade, comment,
                          via, closes_at, entered_by, given_at)
    SELECT :district::integer, new_id, id, giver, revision, points, grade, comment, channel,
           closes_at, actor_user, at
    FROM numbered
    WHERE refused IS NULL
    RETURNING *
), outcome AS (
    SELECT n.ordinal, n.refused ->> 'code' AS code, n.refused -> 'args' AS args,
           s.id::text AS subject_id, CASE WHEN s.id IS NOT NULL THEN n.region_code END AS region_code,
           s.id, s.record_id,
           v.id AS volunteer_id, v.volunteer_number,
           CASE WHEN s.id IS NOT NULL THEN n.server_name END AS server_name,
           CASE WHEN s.id IS NOT NULL THEN n.service_date END AS service_date,
           CASE WHEN s.id IS NOT NULL THEN n.status END AS record_status,
           s.giver_id, p.name AS giver_name, s.rating, s.grade, s.comment, s.via, s.entered_by,
           s.given_at, s.closes_at, s.revision,
           CASE WHEN s.id IS NOT NULL THEN n.is_current END AS is_current
    FROM numbered AS n
    LEFT JOIN stored AS s ON s.id = n.new_id
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = s.giver_id
    LEFT JOIN volunteers AS v
        ON s.id IS NOT NULL AND v.district_id = :district::integer AND v.id = n.volunteer_id
)
SELECT * FROM outcome ORDER BY ordinal
