-- step: create
WITH request AS (
    SELECT r.*, d.today, COALESCE(r.awarded_on, make_date(r.award_year, 12, 31)) AS awarded
    FROM jsonb_to_recordset(:requests) AS r(ordinal int, at timestamptz, new_id uuid,
         scope_low bigint, scope_high bigint, volunteer_id uuid, kind text, star smallint,
         award_year smallint, awarded_on date, evidence text)
    CROSS JOIN LATERAL civil_date(:district::integer, r.at) AS d(today)
), judged AS (
    SELECT q.*, v.volunteer_number, p.name, h.region_code AS home_code, CASE
        WHEN v.id IS NULL OR NOT COALESCE(h.region_code, :district::bigint * 1000000)
                                     BETWEEN q.scope_low AND q.scope_high
            THEN 'not_found'
        WHEN q.awarded > q.today THEN 'date_in_future'
    END AS refusal
    FROM request AS q
    LEFT JOIN volunteers AS v ON v.district_id = :district::integer AND v.id = q.volunteer_id
    LEFT JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN residences AS h
        ON h.district_id = :district::integer AND h.person_id = v.person_id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, q.today)
), created AS (
    INSERT INTO star_awards (district_id, id, volunteer_id, star, award_year, awarded_on, kind,
                             evidence)
    SELECT :district::integer, new_id, volunteer_id, star, award_year, awarded, kind, evidence
    FROM judged
    WHERE refusal IS NULL
    ORDER BY volunteer_id, award_year
    ON CONFLICT DO NOTHING
    RETURNING *
), outcome AS (
    SELECT j.ordinal,
           COALESCE(j.refusal, CASE WHEN c.id IS NULL THEN 'star_award_known' END) AS code,
           jsonb_build_object('award_year', j.award_year, 'field', 'awarded_on',
                              'today', j.today) AS args,
           c.id::text AS subject_id,
           CASE WHEN c.id IS NOT NULL THEN j.home_code END AS region_code,
           c.id, c.volunteer_id,
           CASE WHEN c.id IS NOT NULL THEN j.volunteer_number END AS volunteer_number,
           CASE WHEN c.id IS NOT NULL THEN j.name END AS name,
           c.star, c.award_year, c.awarded_on, c.kind, c.evidence, c.recorded_at
    FROM judged AS j
    LEFT JOIN created AS c ON c.id = j.new_id
)
SELECT * FROM outcome ORDER BY ordinal
