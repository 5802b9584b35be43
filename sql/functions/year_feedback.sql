-- Feedback (服务对象的反馈): who may give it, what is known of it, and what counts in a year. (This file is
-- applied after wrong_records.sql and service_record_states.sql, on which it builds.)

-- Was somebody served by this record, or did he sign for it? Then he may say how it was.
CREATE OR REPLACE FUNCTION was_served(of_district integer, of_record uuid, person uuid)
RETURNS boolean LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM service_records AS sr
        WHERE sr.district_id = of_district AND sr.id = of_record
          AND (sr.recipient_person_id = person
               OR sr.recipient_household_id = household_of(of_district, person, sr.service_date)
               OR EXISTS (SELECT FROM attestations AS a
                          WHERE a.district_id = of_district AND a.record_id = of_record
                            AND a.attester_id = person)));
END
$$;

-- The draft or record that feedback is about, if the caller may touch it; else all null.
CREATE OR REPLACE FUNCTION record_of_feedback(of_district integer, of_record uuid, scope_low bigint,
                                              scope_high bigint, own_team uuid, self_person uuid)
RETURNS service_record_answers LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a
            FROM service_record_answers AS a
            WHERE a.district_id = of_district AND a.id = of_record
              AND a.region_code BETWEEN scope_low AND scope_high
              AND (own_team IS NULL OR a.team_id = own_team)
              AND (self_person IS NULL OR self_person IN (a.server_id, a.recipient_person_id)
                   OR was_served(of_district, of_record, self_person)));
END
$$;

-- Until when feedback on a record is taken and changed: full days (policy feedback_days) after that on
-- which it was signed for.
CREATE OR REPLACE FUNCTION feedback_closes_at(of_district integer, of_record uuid, region bigint)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    signed_on date := (SELECT civil_date(of_district, min(a.attested_at))
                       FROM attestations AS a
                       WHERE a.district_id = of_district AND a.record_id = of_record);
BEGIN
    RETURN civil_midnight(of_district, signed_on + 1 + COALESCE(
        (policy_value(of_district, 'feedback_days', region, signed_on) #>> '{}')::integer, 30));
END
$$;

-- Every row with its record. Only what is current and verified counts.
CREATE OR REPLACE VIEW feedback_rows AS
SELECT f.district_id, f.id, f.record_id, f.giver_id, f.revision, f.rating, f.grade, f.comment, f.via,
       f.closes_at, f.entered_by, f.given_at, sr.region_code, sr.team_id, sr.volunteer_id,
       sr.server_id, sr.service_date, s.status AS record_status, s.verified_at,
       newer.revision IS NULL AS is_current
FROM feedback AS f
JOIN service_records AS sr ON sr.district_id = f.district_id AND sr.id = f.record_id
JOIN service_record_states AS s ON s.district_id = f.district_id AND s.record_id = f.record_id
LEFT JOIN feedback AS newer
    ON newer.district_id = f.district_id AND newer.record_id = f.record_id
   AND newer.giver_id = f.giver_id AND newer.revision = f.revision + 1;
GRANT SELECT ON feedback_rows TO timebank_service;

-- The answer Feedback: those of some ids, by one plan for all calls.
DROP FUNCTION IF EXISTS feedback_of(integer, uuid[]);
CREATE FUNCTION feedback_of(of_district integer, ids uuid[])
RETURNS TABLE (id uuid, record_id uuid, region_code bigint, volunteer_id uuid,
               volunteer_number text, server_name text, service_date date, record_status text,
               giver_id uuid, giver_name text, rating smallint, grade text, comment text, via text,
               entered_by uuid, given_at timestamptz, closes_at timestamptz, revision smallint,
               is_current boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT f.id, f.record_id, f.region_code, f.volunteer_id, v.volunteer_number, s.name,
           f.service_date, f.record_status, f.giver_id, g.name, f.rating, f.grade, f.comment, f.via,
           f.entered_by, f.given_at, f.closes_at, f.revision, f.is_current
    FROM feedback_rows AS f
    JOIN volunteers AS v ON v.district_id = f.district_id AND v.id = f.volunteer_id
    JOIN persons AS s ON s.district_id = f.district_id AND s.id = f.server_id
    JOIN persons AS g ON g.district_id = f.district_id AND g.id = f.giver_id
    WHERE f.district_id = of_district AND f.id = ANY (ids);
END
$$;

-- What a volunteer's services of each year were given. for_server: as he himself may see it, only
-- what can no longer change and is verified, and of each year in threes in the order in which they
-- came to that; so two averages never differ by one rating, and nobody can work it out.
CREATE OR REPLACE FUNCTION feedback_years(of_district integer, of_volunteer uuid, for_server boolean)
RETURNS TABLE (year integer, ratings bigint, rating_sum bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT counted.of_year, count(*), sum(counted.rating)
    FROM (
        SELECT f.rating, extract(year FROM f.service_date)::integer AS of_year,
               row_number() OVER (PARTITION BY extract(year FROM f.service_date)
                                  ORDER BY GREATEST(f.closes_at, f.verified_at), f.id) AS place,
               count(*) OVER (PARTITION BY extract(year FROM f.service_date)) AS total
        FROM feedback_rows AS f
        WHERE f.district_id = of_district AND f.volunteer_id = of_volunteer AND f.is_current
          AND f.record_status = 'verified'
          AND (NOT for_server OR f.closes_at <= business_now())
    ) AS counted
    WHERE NOT for_server OR counted.place <= counted.total - counted.total % 3
    GROUP BY counted.of_year;
END
$$;

-- A mean of ratings in hundredths, half up; null of none.
CREATE OR REPLACE FUNCTION mean_hundredths(rating_sum numeric, ratings numeric) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor((200 * rating_sum + ratings) / NULLIF(2 * ratings, 0))::integer
$$;

-- For the appraisal of a year: what each volunteer's services of that year were given, as it stood at
-- an instant. Exact (sum and count), so that the gate compares without rounding.
CREATE OR REPLACE FUNCTION feedback_of_year(of_district integer, of_year integer, at timestamptz)
RETURNS TABLE (volunteer_id uuid, ratings bigint, rating_sum bigint)
LANGUAGE plpgsql STABLE ROWS 1000 AS $$
BEGIN
    RETURN QUERY
    SELECT last_said.volunteer_id, count(*), sum(last_said.rating)
    FROM (
        SELECT DISTINCT ON (f.record_id, f.giver_id) f.volunteer_id, f.rating
        FROM feedback_rows AS f
        WHERE f.district_id = of_district AND f.given_at <= at AND f.record_status = 'verified'
          AND f.service_date >= make_date(of_year, 1, 1)
          AND f.service_date < make_date(of_year + 1, 1, 1)
        ORDER BY f.record_id, f.giver_id, f.revision DESC
    ) AS last_said
    GROUP BY last_said.volunteer_id;
END
$$;
