-- Volunteer, passbook, account and balance begin together; the account bears the passbook's id.
-- step: create
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.joined_on, d.today) AS since
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         new_id_2 uuid, scope_low bigint, scope_high bigint, person_id uuid, joined_on date,
         health text, experience text, willingness text, weekly_minutes_max integer,
         willing_categories text[], referred_by uuid)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, p.name, p.died_on, h.region_code AS home_code, u.category_code AS unknown_code, CASE
        WHEN p.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN p.died_on IS NOT NULL THEN 'person_died'
        WHEN q.since > q.today THEN 'date_in_future'
        WHEN EXISTS (SELECT FROM volunteers AS v
                     WHERE v.district_id = :district::integer AND v.person_id = p.id)
            THEN 'volunteer_known'
        WHEN u.category_code IS NOT NULL THEN 'category_not_in_force'
        WHEN q.referred_by IS NOT NULL AND NOT COALESCE(f.joined_on <= q.since, false)
            THEN 'referrer_unfit'
    END AS refusal
    FROM request AS q
    LEFT JOIN persons AS p ON p.district_id = :district::integer AND p.id = q.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
    LEFT JOIN volunteers AS f ON f.district_id = :district::integer AND f.id = q.referred_by
    LEFT JOIN LATERAL categories_not_in_force(:district::integer, q.willing_categories, q.today)
        AS u(category_code) ON true
), accepted AS (
    SELECT *, row_number() OVER (ORDER BY ordinal) - 1 AS place
    FROM (SELECT DISTINCT ON (person_id) *
          FROM judged
          WHERE refusal IS NULL
          ORDER BY person_id, ordinal) AS first_of_person
), numbers AS MATERIALIZED (
    SELECT next_numbers(:district::integer, 'volunteer_number', count(*)) AS first_volunteer,
           next_numbers(:district::integer, 'passbook_number', count(*)) AS first_passbook
    FROM accepted
    HAVING count(*) > 0
), created AS (
    INSERT INTO volunteers (district_id, id, person_id, volunteer_number, joined_on, health,
                            experience, willingness, weekly_minutes_max, willing_categories)
    SELECT :district::integer, a.new_id, a.person_id,
           :district::text || lpad((n.first_volunteer + a.place)::text, 7, '0'), a.since, a.health,
           a.experience, a.willingness, a.weekly_minutes_max, COALESCE(a.willing_categories, '{}')
    FROM accepted AS a
    CROSS JOIN numbers AS n
    ORDER BY a.person_id
    ON CONFLICT DO NOTHING
    RETURNING *
), opened AS (
    INSERT INTO accounts (district_id, id, kind, region_code, opened_at)
    SELECT :district::integer, a.new_id_2, 'passbook',
           COALESCE(a.home_code, :district::bigint * 1000000), a.at
    FROM created AS c
    JOIN accepted AS a ON a.new_id = c.id
), balanced AS (
    INSERT INTO balances (district_id, account_id)
    SELECT :district::integer, a.new_id_2
    FROM created AS c
    JOIN accepted AS a ON a.new_id = c.id
), booked AS (
    INSERT INTO passbooks (district_id, id, volunteer_id, account_id, passbook_number, opened_on)
    SELECT :district::integer, a.new_id_2, c.id, a.new_id_2,
           :district::text || lpad((n.first_passbook + a.place)::text, 8, '0'), a.since
    FROM created AS c
    JOIN accepted AS a ON a.new_id = c.id
    CROSS JOIN numbers AS n
    RETURNING id, volunteer_id, passbook_number
), referred AS (
    INSERT INTO referrals (district_id, id, volunteer_id, referrer_id, referred_on)
    SELECT :district::integer, gen_random_uuid(), c.id, a.referred_by, a.since
    FROM created AS c
    JOIN accepted AS a ON a.new_id = c.id
    WHERE a.referred_by IS NOT NULL
    RETURNING volunteer_id, referrer_id, referred_on
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'volunteer_known' END) AS code,
           CASE j.refusal WHEN 'person_died' THEN jsonb_build_object('died_on', j.died_on)
                          WHEN 'date_in_future'
                              THEN jsonb_build_object('field', 'joined_on', 'today', j.today)
                          WHEN 'category_not_in_force'
                              THEN jsonb_build_object('category_code', j.unknown_code)
                          WHEN 'referrer_unfit'
                              THEN jsonb_build_object('referred_on', j.since)
           END AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.home_code END AS region_code,
           c.id, c.person_id,
           CASE WHEN c.id IS NOT NULL THEN j.name END AS name,
           c.volunteer_number, c.joined_on, NULL::date AS left_on, NULL::text AS left_reason,
           c.health, c.experience, c.willingness, c.weekly_minutes_max,
           to_json(c.willing_categories) AS willing_categories, f.referrer_id AS referred_by,
           f.referred_on, b.id AS passbook_id, b.passbook_number,
           CASE WHEN c.id IS NOT NULL THEN 0::bigint END AS earned_minutes,
           CASE WHEN c.id IS NOT NULL THEN 0::bigint END AS points,
           CASE WHEN c.id IS NOT NULL THEN 0 END AS eligible_star,
           CASE WHEN c.id IS NOT NULL THEN next_star(0, l.thresholds) END AS next_star,
           CASE WHEN c.id IS NOT NULL THEN minutes_to_next_star(0, l.thresholds) END
               AS minutes_to_next_star,
           CASE WHEN c.id IS NOT NULL THEN 0 END AS star,
           CASE WHEN c.id IS NOT NULL THEN '[]'::json END AS team_ids,
           c.version
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
    LEFT JOIN booked AS b ON b.volunteer_id = c.id
    LEFT JOIN referred AS f ON f.volunteer_id = c.id
    CROSS JOIN LATERAL star_thresholds(:district::integer, j.today) AS l (thresholds)
)
SELECT * FROM outcome ORDER BY ordinal
