-- The appraisals of a year: what follows from the figures, and what became of it.

-- What the figures of a year say of each volunteer, once its fourth quarter is final. The dead have no line in
-- its notice; who had left by the year's end is not appraised.
CREATE OR REPLACE FUNCTION appraisal_rows(of_district integer, of_year integer, moment timestamptz)
RETURNS SETOF appraisals LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH year AS MATERIALIZED (
        SELECT make_date(of_year, 1, 1) AS first_day, make_date(of_year, 12, 31) AS last_day,
               star_thresholds(of_district, make_date(of_year, 12, 31)) AS thresholds,
               policy_number(of_district, 'appraisal_ratings_min', of_district::bigint * 1000000,
                             make_date(of_year, 12, 31)) AS ratings_min,
               policy_number(of_district, 'appraisal_mean_hundredths',
                             of_district::bigint * 1000000, make_date(of_year, 12, 31)) AS mean_min
    ), judged AS (
        SELECT k.volunteer_id, l.region_code, l.earned_minutes,
               l.earned_minutes - COALESCE(b.earned_minutes, 0) AS year_minutes,
               COALESCE(f.ratings, 0) AS ratings, COALESCE(f.rating_sum, 0) AS rating_sum,
               COALESCE(f.upheld_complaints, 0) AS upheld_complaints,
               CASE WHEN f.upheld_complaints > 0 THEN 'complaint'
                    WHEN f.ratings >= y.ratings_min AND 100 * f.rating_sum < y.mean_min * f.ratings
                        THEN 'feedback'
                    ELSE 'pass' END AS gate,
               awarded_star(of_district, k.volunteer_id, y.last_day) AS worn,
               star_of(l.earned_minutes, y.thresholds) AS eligible, l.volunteer_number
        FROM year AS y
        CROSS JOIN LATERAL standing_notice(of_district, 'quarter', make_date(of_year, 10, 1)) AS n
        JOIN notice_lines AS l ON l.district_id = of_district AND l.number = n.number
        JOIN passbooks AS k ON k.district_id = of_district AND k.account_id = l.account_id
        LEFT JOIN appraisal_feedback(of_district, of_year, moment) AS f
            ON f.volunteer_id = k.volunteer_id
        LEFT JOIN LATERAL (
            SELECT s.earned_minutes FROM month_statements AS s
            WHERE s.district_id = of_district AND s.account_id = l.account_id
              AND s.book_month < y.first_day
            ORDER BY s.book_month DESC LIMIT 1) AS b ON true
        WHERE NOT EXISTS (
            SELECT FROM volunteer_departures AS d
            WHERE d.district_id = of_district AND d.volunteer_id = k.volunteer_id
              AND fact_is_true(d.valid_from, d.valid_to, d.superseded_at, y.last_day))
    )
    SELECT of_district, of_year::smallint, j.volunteer_id, j.region_code, j.earned_minutes,
           j.year_minutes, j.ratings, j.rating_sum, j.upheld_complaints, j.gate, j.worn::smallint,
           j.eligible::smallint,
           CASE j.gate WHEN 'pass' THEN GREATEST(j.worn, j.eligible) ELSE j.worn END::smallint,
           CASE WHEN j.gate = 'pass' AND j.year_minutes > 0
                THEN row_number() OVER (PARTITION BY j.gate, j.year_minutes > 0, j.region_code
                    ORDER BY j.year_minutes DESC, mean_hundredths(j.rating_sum, j.ratings) DESC NULLS LAST,
                             j.volunteer_number COLLATE "C") END::integer,
           CASE WHEN j.gate = 'pass' AND j.year_minutes > 0
                THEN row_number() OVER (PARTITION BY j.gate, j.year_minutes > 0, j.region_code / 1000
                    ORDER BY j.year_minutes DESC, mean_hundredths(j.rating_sum, j.ratings) DESC NULLS LAST,
                             j.volunteer_number COLLATE "C") END::integer,
           moment, now()
    FROM judged AS j
$$;

-- What an act on a community's list is about, in one value.
CREATE OR REPLACE FUNCTION appraisal_digest(of_district integer, of_year integer, region bigint)
RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to('timebank.appraisal.1', 'UTF8') || int4send(of_district)
                  || int4send(of_year) || int8send(region) || int8send(count(a.volunteer_id))
                  || COALESCE(string_agg(figures_leaf('appraisal', uuid_send(a.volunteer_id), ARRAY[
                         a.earned_minutes, a.year_minutes, a.ratings, a.rating_sum,
                         a.upheld_complaints, a.worn_star::bigint, a.eligible_star::bigint,
                         a.proposed_star::bigint]), '' ORDER BY a.volunteer_id), ''))
    FROM appraisals AS a
    WHERE a.district_id = of_district AND a.year = of_year AND a.region_code = region
$$;

-- The last act on a community's list.
CREATE OR REPLACE FUNCTION last_appraisal_act(of_district integer, of_year integer, region bigint)
RETURNS appraisal_acts LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a FROM appraisal_acts AS a
            WHERE a.district_id = of_district AND a.year = of_year AND a.region_code = region
            ORDER BY a.turn DESC LIMIT 1);
END
$$;

CREATE OR REPLACE FUNCTION appraisal_state(act text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE act WHEN 'propose' THEN 'proposed' WHEN 'confirm' THEN 'confirmed'
                    WHEN 'return' THEN 'returned' ELSE 'waiting' END
$$;

-- The star of each volunteer after the last proposal and what was decided on it.
CREATE OR REPLACE FUNCTION appraisal_outcomes(of_district integer, of_year integer)
RETURNS TABLE (volunteer_id uuid, region_code bigint, star smallint, reason text,
               is_honoured boolean, is_honoured_above boolean)
LANGUAGE sql STABLE ROWS 1000 AS $$
    WITH acts AS MATERIALIZED (
        SELECT DISTINCT ON (a.region_code, a.act) a.region_code, a.act, a.id
        FROM appraisal_acts AS a
        WHERE a.district_id = of_district AND a.year = of_year AND a.act IN ('propose', 'confirm')
        ORDER BY a.region_code, a.act, a.turn DESC
    )
    SELECT r.volunteer_id, r.region_code, COALESCE(c.star, p.star, r.proposed_star),
           COALESCE(c.reason, p.reason),
           EXISTS (SELECT FROM appraisal_honours AS h
                   WHERE h.district_id = of_district AND h.act_id = proposed.id
                     AND h.volunteer_id = r.volunteer_id),
           EXISTS (SELECT FROM appraisal_honours AS h
                   WHERE h.district_id = of_district AND h.act_id = confirmed.id
                     AND h.volunteer_id = r.volunteer_id)
    FROM appraisals AS r
    LEFT JOIN acts AS proposed ON proposed.region_code = r.region_code AND proposed.act = 'propose'
    LEFT JOIN acts AS confirmed ON confirmed.region_code = r.region_code
        AND confirmed.act = 'confirm'
    LEFT JOIN appraisal_deviations AS p ON p.district_id = of_district AND p.act_id = proposed.id
        AND p.volunteer_id = r.volunteer_id
    LEFT JOIN appraisal_deviations AS c ON c.district_id = of_district AND c.act_id = confirmed.id
        AND c.volunteer_id = r.volunteer_id
    WHERE r.district_id = of_district AND r.year = of_year
$$;

-- How many of a region may be honoured: a share of those who are ranked, rounded up.
CREATE OR REPLACE FUNCTION honour_quota(of_district integer, of_year integer, low bigint, high bigint)
RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT (count(*) * policy_number(of_district, 'honour_percent', low, make_date(of_year, 12, 31))
            + 99) / 100
    FROM appraisals AS a
    WHERE a.district_id = of_district AND a.year = of_year AND a.region_code BETWEEN low AND high
      AND a.community_rank IS NOT NULL
$$;

-- May this volunteer's star be set to this one by him? Never above what the figures say, nor below what is
-- worn; nobody decides on himself or his household.
CREATE OR REPLACE FUNCTION deviation_refusal(of_district integer, of_year integer, region bigint,
        volunteer uuid, star integer, person uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    a appraisals;
    server uuid := (SELECT v.person_id FROM volunteers AS v
                    WHERE v.district_id = of_district AND v.id = volunteer);
BEGIN
    SELECT * INTO a FROM appraisals AS r
    WHERE r.district_id = of_district AND r.year = of_year AND r.region_code = region
      AND r.volunteer_id = volunteer;
    RETURN CASE
        WHEN a IS NULL THEN refusal('appraisal_unknown', jsonb_build_object('volunteer_id', volunteer))
        WHEN server = person OR share_household(of_district, person, server,
                                                civil_date(of_district, at))
            THEN refusal('appraiser_is_party', jsonb_build_object('volunteer_id', volunteer))
        WHEN star NOT BETWEEN a.worn_star AND a.proposed_star
            THEN refusal('appraisal_star_out_of_range', jsonb_build_object('volunteer_id', volunteer,
                     'from_star', a.worn_star, 'to_star', a.proposed_star)) END;
END
$$;

-- The first fault of who is to be honoured.
CREATE OR REPLACE FUNCTION honours_refusal(of_district integer, of_year integer, region bigint,
                                           honoured uuid[], quota bigint)
RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN stranger.id IS NOT NULL
            THEN refusal('honour_not_ranked', jsonb_build_object('volunteer_id', stranger.id))
        WHEN cardinality(honoured) > quota
            THEN refusal('honours_over_quota', jsonb_build_object('quota', quota)) END
    FROM (SELECT 1) AS one
    LEFT JOIN LATERAL (
        SELECT h.id FROM unnest(honoured) AS h (id)
        WHERE NOT EXISTS (
            SELECT FROM appraisals AS a
            WHERE a.district_id = of_district AND a.year = of_year AND a.region_code = region
              AND a.volunteer_id = h.id AND a.community_rank IS NOT NULL)
        ORDER BY h.id LIMIT 1) AS stranger ON true
$$;

-- The first fault of an act. deviations: [{volunteer_id, star, reason}].
CREATE OR REPLACE FUNCTION appraisal_act_refusal(of_district integer, of_year integer, region bigint,
        act text, digest text, deviations jsonb, honours jsonb, person uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    last appraisal_acts := last_appraisal_act(of_district, of_year, region);
    year_state text := (SELECT p.state FROM periods AS p
                        WHERE p.district_id = of_district AND p.grain = 'year'
                          AND p.begin_date = make_date(of_year, 1, 1));
    state text := appraisal_state(last.act);
    honoured uuid[] := ARRAY(SELECT DISTINCT h::uuid FROM jsonb_array_elements_text(honours) AS h);
    subdistrict bigint := region / 1000 * 1000;
BEGIN
    IF NOT EXISTS (SELECT FROM appraisals AS a WHERE a.district_id = of_district
                     AND a.year = of_year AND a.region_code = region) THEN
        RETURN refusal('not_found');
    ELSIF year_state IS DISTINCT FROM 'frozen' OR (act = 'propose') <> (state IN ('waiting', 'returned'))
          OR (act <> 'propose' AND state <> 'proposed') THEN
        RETURN refusal('appraisal_state_wrong', jsonb_build_object('state', state));
    ELSIF encode(appraisal_digest(of_district, of_year, region), 'hex') <> lower(digest) THEN
        RETURN refusal('appraisal_changed');
    ELSIF act <> 'propose' AND last.acted_by = person THEN
        RETURN refusal('reviewer_is_proposer');
    END IF;
    RETURN COALESCE(
        (SELECT d.refused
         FROM (SELECT e.place, deviation_refusal(of_district, of_year, region,
                          (e.one ->> 'volunteer_id')::uuid, (e.one ->> 'star')::integer, person, at)
                          AS refused
               FROM jsonb_array_elements(deviations) WITH ORDINALITY AS e (one, place)) AS d
         WHERE d.refused IS NOT NULL ORDER BY d.place LIMIT 1),
        CASE WHEN (SELECT count(DISTINCT e ->> 'volunteer_id') FROM jsonb_array_elements(deviations) AS e)
                  < jsonb_array_length(deviations) THEN refusal('deviation_twice') END,
        honours_refusal(of_district, of_year, region, honoured, CASE act
            WHEN 'propose' THEN honour_quota(of_district, of_year, region, region)
            ELSE honour_quota(of_district, of_year, subdistrict, subdistrict + 999)
                 - (SELECT count(*) FROM appraisal_outcomes(of_district, of_year) AS o
                    WHERE o.is_honoured_above
                      AND o.region_code BETWEEN subdistrict AND subdistrict + 999) END));
END
$$;

CREATE OR REPLACE FUNCTION act_on_appraisal(a appraisal_acts, deviations jsonb, honours jsonb)
RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    a.turn := 1 + (SELECT count(*) FROM appraisal_acts AS o
                   WHERE o.district_id = a.district_id AND o.year = a.year
                     AND o.region_code = a.region_code);
    a.recorded_at := now();
    INSERT INTO appraisal_acts VALUES (a.*);
    INSERT INTO appraisal_deviations (district_id, act_id, volunteer_id, star, reason)
    SELECT a.district_id, a.id, d.volunteer_id, d.star, d.reason
    FROM jsonb_to_recordset(deviations) AS d(volunteer_id uuid, star smallint, reason text);
    INSERT INTO appraisal_honours (district_id, act_id, volunteer_id)
    SELECT DISTINCT a.district_id, a.id, h::uuid FROM jsonb_array_elements_text(honours) AS h;
    RETURN a.id;
END
$$;

-- The answer AppraisedRegion: a community's list in figures.
CREATE OR REPLACE FUNCTION appraised_regions(of_district integer, of_year integer, low bigint,
                                             high bigint)
RETURNS TABLE (year integer, region_code bigint, region_name text, volunteers bigint,
               to_award bigint, deferred bigint, honour_quota bigint, honours bigint, digest text,
               state text, turn integer, acted_by uuid, acted_by_name text, acted_at timestamptz,
               reason text)
LANGUAGE sql VOLATILE ROWS 100 AS $$
    SELECT of_year, r.region_code,
           region_name(of_district, r.region_code, make_date(of_year, 12, 31)), r.volunteers,
           o.to_award, r.deferred, honour_quota(of_district, of_year, r.region_code, r.region_code),
           o.honours, encode(appraisal_digest(of_district, of_year, r.region_code), 'hex'),
           appraisal_state((l.act).act), COALESCE((l.act).turn, 0), (l.act).acted_by, p.name,
           (l.act).acted_at, (l.act).reason
    FROM (SELECT a.region_code, count(*) AS volunteers,
                 count(*) FILTER (WHERE a.gate <> 'pass' AND a.eligible_star > a.worn_star) AS deferred
          FROM appraisals AS a
          WHERE a.district_id = of_district AND a.year = of_year
            AND a.region_code BETWEEN low AND high
          GROUP BY a.region_code) AS r
    JOIN (SELECT o.region_code, count(*) FILTER (WHERE o.star > a.worn_star) AS to_award,
                 count(*) FILTER (WHERE o.is_honoured) AS honours
          FROM appraisal_outcomes(of_district, of_year) AS o
          JOIN appraisals AS a ON a.district_id = of_district AND a.year = of_year
              AND a.volunteer_id = o.volunteer_id
          GROUP BY o.region_code) AS o USING (region_code)
    CROSS JOIN LATERAL (SELECT last_appraisal_act(of_district, of_year, r.region_code) AS act) AS l
    LEFT JOIN persons AS p ON p.district_id = of_district AND p.id = (l.act).acted_by
$$;
