-- Flags of how a service was done and written down: its hours, its paper, its registrar.

-- Outside the hours that are usual, by the clock of the district: it neither begins before them nor
-- ends after them on the day of its start. Only records with clock times; categories that may be at
-- any hour are left out.
CREATE OR REPLACE FUNCTION week_window_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH timed AS MATERIALIZED (
        SELECT l.record_id, l.region_code, l.service_date, s.category_code,
               s.starts_at AT TIME ZONE d.time_zone AS begins,
               s.ends_at AT TIME ZONE d.time_zone AS ends
        FROM week_services(of_district, week) AS l
        JOIN service_records AS s ON s.district_id = of_district AND s.id = l.record_id
        JOIN districts AS d ON d.district_id = of_district
        WHERE s.time_precision = 'minute'
    ), usual AS MATERIALIZED (
        SELECT d.region_code, d.service_date, w.hours,
               split_part(w.hours, '-', 1)::time AS opens, split_part(w.hours, '-', 2)::time AS closes,
               policy_setting(of_district, 'service_window_exempt', d.region_code, d.service_date)
                   AS exempt
        FROM (SELECT DISTINCT region_code, service_date FROM timed) AS d
        CROSS JOIN LATERAL (SELECT policy_setting(of_district, 'service_window', d.region_code,
                                                  d.service_date) #>> '{}' AS hours) AS w
    )
    SELECT t.record_id, 'outside_window', jsonb_build_object(
               'begins', to_char(t.begins, 'HH24:MI'), 'ends', to_char(t.ends, 'HH24:MI'),
               'window', u.hours)
    FROM timed AS t
    JOIN usual AS u USING (region_code, service_date)
    WHERE u.hours <> '00:00-24:00' AND NOT u.exempt ? t.category_code
      AND (t.begins < t.service_date + u.opens OR t.ends > t.service_date + u.closes)
$$;

-- Signed on paper that nobody can find again: of none of its signatures on paper the sheet is named.
-- Where the policy asks for no numbers, none is flagged; a code is no paper.
CREATE OR REPLACE FUNCTION week_paper_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT * FROM week_services(of_district, week)
    ), numbered AS MATERIALIZED (
        SELECT d.region_code, d.service_date
        FROM (SELECT DISTINCT region_code, service_date FROM listed) AS d
        WHERE policy_setting(of_district, 'paper_signature', d.region_code, d.service_date)
              = '"numbered"'
    )
    SELECT l.record_id, 'missing_signature', jsonb_build_object('methods', a.methods)
    FROM listed AS l
    JOIN numbered USING (region_code, service_date)
    CROSS JOIN LATERAL (
        SELECT jsonb_agg(DISTINCT a.method) AS methods,
               bool_or(a.method = 'code' OR a.sheet_number IS NOT NULL) AS is_found
        FROM attestations AS a
        WHERE a.district_id = of_district AND a.record_id = l.record_id
    ) AS a
    WHERE a.is_found IS NOT TRUE
$$;

-- How many living records each registrar registered into each week of a community. What was carried
-- counts in the week in which it was registered.
CREATE OR REPLACE FUNCTION registrar_weeks(of_district integer, region bigint, first_week date,
                                           last_week date)
RETURNS TABLE (registrar_id uuid, book_week date, records bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 50 AS $$
    SELECT r.registrar_id, r.book_week, count(*)
    FROM registrations AS r
    WHERE r.district_id = of_district AND r.region_code = region
      AND r.book_week BETWEEN first_week AND last_week
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = of_district AND v.record_id = r.record_id)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = of_district AND newer.replaces_id = r.record_id)
    GROUP BY r.registrar_id, r.book_week
$$;

-- One registrar with far more records than is usual: more than the policy's number, and more than its
-- share of the usual one. Usual is the median (of two, the lower) of what any registrar registered in
-- a week of this community, in this week and the eight before. So a busy community is its own measure,
-- and who is the first and only registrar is measured by himself.
CREATE OR REPLACE FUNCTION week_registrar_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT w.record_id, w.region_code, w.registrar_id
        FROM week_records(of_district, week) AS w
        WHERE NOT w.is_carried
    ), counted AS MATERIALIZED (
        SELECT g.region_code, c.*
        FROM (SELECT DISTINCT region_code FROM listed) AS g
        CROSS JOIN LATERAL registrar_weeks(of_district, g.region_code, week - 56, week) AS c
    ), usual AS MATERIALIZED (
        SELECT c.region_code,
               percentile_disc(0.5) WITHIN GROUP (ORDER BY c.records) AS records,
               policy_number(of_district, 'registrar_outlier_records', c.region_code, week) AS enough,
               policy_number(of_district, 'registrar_outlier_percent', c.region_code, week) AS percent
        FROM counted AS c
        GROUP BY c.region_code
    )
    SELECT l.record_id, 'registrar_outlier', jsonb_build_object('records', c.records,
               'usual', u.records, 'percent', u.percent, 'at_least', u.enough)
    FROM listed AS l
    JOIN usual AS u USING (region_code)
    JOIN counted AS c USING (region_code, registrar_id)
    WHERE c.book_week = week AND c.records > u.enough
      AND c.records * 100 > u.records * u.percent
$$;
