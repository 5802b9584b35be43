-- How much one volunteer may serve on a civil day before somebody above has to agree.

-- The registered minutes of a volunteer on a civil day, as far as the weeks up to this one know them:
-- as decided where that has happened. A record counts for the day of its start. without: a record
-- that is left out.
CREATE OR REPLACE FUNCTION day_minutes(of_district integer, of_volunteer uuid, day date, week date,
                                       without uuid DEFAULT NULL)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(sum(COALESCE(d.minutes, r.minutes)), 0)::bigint
    FROM service_records AS s
    JOIN registrations AS r ON r.district_id = of_district AND r.record_id = s.id
    LEFT JOIN decisions AS d ON d.district_id = of_district AND d.record_id = s.id
    WHERE s.district_id = of_district AND s.volunteer_id = of_volunteer AND s.service_date = day
      AND r.book_week <= week AND s.id IS DISTINCT FROM without
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = of_district AND v.record_id = s.id)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = of_district AND newer.replaces_id = s.id)
$$;

-- More than the policies let count at once. Their figures go with the flag: the decision goes by them,
-- whatever is changed meanwhile.
CREATE OR REPLACE FUNCTION week_day_flags(of_district integer, week date)
RETURNS TABLE (record_id uuid, rule text, args jsonb) LANGUAGE sql STABLE ROWS 30 AS $$
    WITH listed AS MATERIALIZED (
        SELECT * FROM week_services(of_district, week)
    ), limits AS MATERIALIZED (
        SELECT d.region_code, d.service_date,
               policy_number(of_district, 'day_minutes_at_once', d.region_code, d.service_date)
                   AS at_once,
               policy_number(of_district, 'day_minutes_subdistrict', d.region_code, d.service_date)
                   AS subdistrict
        FROM (SELECT DISTINCT region_code, service_date FROM listed) AS d
    )
    SELECT l.record_id, 'long_day', jsonb_build_object('minutes', day.minutes,
               'at_once_minutes', m.at_once, 'subdistrict_minutes', m.subdistrict)
    FROM listed AS l
    JOIN limits AS m USING (region_code, service_date)
    CROSS JOIN LATERAL (SELECT day_minutes(of_district, l.volunteer_id, l.service_date, week)
                            AS minutes) AS day
    WHERE day.minutes > m.at_once
$$;

-- What a decision that credits these minutes makes of a flagged day, and whose office may take it:
-- null for the secretary's. No row: the record is not flagged for its day.
CREATE OR REPLACE FUNCTION day_office(sr service_records, credited bigint, week date)
RETURNS TABLE (office text, minutes bigint, at_once_minutes bigint, subdistrict_minutes bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 AS $$
    SELECT CASE WHEN day.minutes <= l.at_once THEN NULL
                WHEN day.minutes <= l.subdistrict THEN 'subdistrict_admin'
                ELSE 'district_admin' END, day.minutes, l.at_once, l.subdistrict
    FROM record_flags AS f
    CROSS JOIN LATERAL (SELECT (f.args ->> 'at_once_minutes')::bigint AS at_once,
                               (f.args ->> 'subdistrict_minutes')::bigint AS subdistrict) AS l
    CROSS JOIN LATERAL (SELECT credited + day_minutes(sr.district_id, sr.volunteer_id,
                                                      sr.service_date, week, sr.id) AS minutes) AS day
    WHERE f.district_id = sr.district_id AND f.record_id = sr.id AND f.rule = 'long_day'
$$;

-- May this person take this decision? Accepting or reducing to what leaves the day longer than what
-- counts at once is the subdistrict's, or the district's; the district stands in where no subdistrict
-- administrator could. All else is as verifier_refusal() says.
CREATE OR REPLACE FUNCTION decider_refusal(sr service_records, registrar uuid, decider uuid,
                                           role text, decision text, credited bigint, week date,
                                           at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    day record;
    attesters uuid[] := record_attesters(sr.district_id, sr.id);
    today date := civil_date(sr.district_id, at);
    may jsonb;
    code text;
BEGIN
    SELECT * INTO day FROM day_office(sr, credited, week);
    IF day.office IS NULL OR decision NOT IN ('accept', 'reduce') THEN
        RETURN verifier_refusal(sr, registrar, decider, role, at);
    END IF;
    may := who_may(sr.district_id, 'verifier', ARRAY[day.office], sr.region_code, NULL,
                   sr.server_id, attesters, registrar, sr.service_date, today);
    IF may = '[]' AND day.office = 'subdistrict_admin' THEN
        day.office := 'district_admin';
        may := who_may(sr.district_id, 'verifier', ARRAY[day.office], sr.region_code, NULL,
                       sr.server_id, attesters, registrar, sr.service_date, today);
    END IF;
    code := COALESCE(duty_conflict(sr.district_id, 'verifier', decider, sr.server_id, attesters,
                                   registrar, sr.service_date),
                     CASE WHEN role <> day.office THEN 'day_needs_office' END);
    RETURN CASE WHEN code IS NOT NULL THEN refusal(code, jsonb_build_object('may', may,
        'minutes', day.minutes, 'at_once_minutes', day.at_once_minutes,
        'subdistrict_minutes', day.subdistrict_minutes)) END;
END
$$;
