-- A volunteer as the API shows him, with home, teams, star and referral of a day.
-- Dropped first, because its columns may change; the functions that answer it go with it.
DROP TYPE IF EXISTS volunteer_shown CASCADE;
CREATE TYPE volunteer_shown AS (
    id uuid, person_id uuid, name text, volunteer_number text, joined_on date, left_on date,
    left_reason text, health text, experience text, willingness text, weekly_minutes_max integer,
    willing_categories json, referred_by uuid, referred_on date, region_code bigint,
    passbook_id uuid, passbook_number text, earned_minutes bigint, points bigint, eligible_star integer,
    next_star integer, minutes_to_next_star bigint, star integer, team_ids json, version bigint);

-- Inlined by the planner: whoever asks for one gets one.
DROP FUNCTION IF EXISTS volunteers_of_day(integer, date); -- it had a row type of its own once
CREATE FUNCTION volunteers_of_day(of_district integer, today date, thresholds bigint[],
                                  points_per_hour bigint)
RETURNS SETOF volunteer_shown LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT v.id, v.person_id, p.name, v.volunteer_number, v.joined_on, d.valid_from, d.reason,
           v.health, v.experience, v.willingness, v.weekly_minutes_max,
           to_json(v.willing_categories), r.referrer_id, r.referred_on, h.region_code, k.id,
           k.passbook_number, b.earned_minutes, points_of(b.earned_minutes, points_per_hour),
           star_of(b.earned_minutes, thresholds), next_star(b.earned_minutes, thresholds),
           minutes_to_next_star(b.earned_minutes, thresholds),
           COALESCE((SELECT w.star::integer
                     FROM star_awards AS w
                     WHERE w.district_id = v.district_id AND w.volunteer_id = v.id
                       AND w.awarded_on <= today
                     ORDER BY w.award_year DESC LIMIT 1), 0),
           (SELECT COALESCE(json_agg(m.team_id ORDER BY m.team_id), '[]')
            FROM team_memberships AS m
            WHERE m.district_id = v.district_id AND m.volunteer_id = v.id
              AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, today)),
           v.version
    FROM volunteers AS v
    JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    LEFT JOIN volunteer_departures AS d
        ON d.district_id = v.district_id AND d.volunteer_id = v.id AND d.superseded_at IS NULL
       AND d.valid_to IS NULL
    LEFT JOIN referrals AS r
        ON r.district_id = v.district_id AND r.volunteer_id = v.id AND r.superseded_at IS NULL
    LEFT JOIN residences AS h
        ON h.district_id = v.district_id AND h.person_id = v.person_id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, today)
    LEFT JOIN passbooks AS k
        ON k.district_id = v.district_id AND k.volunteer_id = v.id AND k.state <> 'closed'
    LEFT JOIN balances AS b ON b.district_id = k.district_id AND b.account_id = k.account_id
    WHERE v.district_id = of_district
$$;

-- Those of some ids, by one plan for all calls: planning them costs more than a page of them.
CREATE FUNCTION volunteers_shown(of_district integer, today date, ids uuid[])
RETURNS SETOF volunteer_shown LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    thresholds bigint[] := star_thresholds(of_district, today);
    per_hour bigint := points_per_hour(of_district, today);
BEGIN
    RETURN QUERY
    SELECT v.* FROM volunteers_of_day(of_district, today, thresholds, per_hour) AS v
    WHERE v.id = ANY (ids);
END
$$;

-- The region in which somebody lives on a day; without a home the district's own code.
CREATE OR REPLACE FUNCTION home_region(of_district integer, person uuid, on_date date)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN COALESCE((SELECT region_code FROM residences
                     WHERE district_id = of_district AND person_id = person
                       AND fact_is_true(valid_from, valid_to, superseded_at, on_date)),
                    of_district::bigint * 1000000);
END
$$;

-- Is this volunteer one whom the caller sees: himself, one of his team, or one of his region?
CREATE OR REPLACE FUNCTION sees_volunteer(of_district integer, volunteer uuid, scope_low bigint,
                                          scope_high bigint, own_team uuid, self_person uuid,
                                          today date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM volunteers AS v
        WHERE v.district_id = of_district AND v.id = volunteer AND CASE
            WHEN self_person IS NOT NULL THEN v.person_id = self_person
            WHEN own_team IS NOT NULL THEN EXISTS (
                SELECT FROM team_memberships AS m
                WHERE m.district_id = of_district AND m.team_id = own_team AND m.volunteer_id = v.id
                  AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, today))
            ELSE home_region(of_district, v.person_id, today) BETWEEN scope_low AND scope_high END);
END
$$;

-- The day since when somebody is no volunteer on a day; null: he is one, or has not joined yet.
CREATE OR REPLACE FUNCTION departed_on(of_district integer, volunteer uuid, on_date date)
RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT valid_from
            FROM volunteer_departures
            WHERE district_id = of_district AND volunteer_id = volunteer
              AND fact_is_true(valid_from, valid_to, superseded_at, on_date));
END
$$;

-- Was somebody a volunteer on a day, as far as was known at an instant?
CREATE OR REPLACE FUNCTION volunteer_on(of_district integer, volunteer uuid, as_of date,
                                        known_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM volunteers AS v
        WHERE v.district_id = of_district AND v.id = volunteer AND v.joined_on <= as_of
          AND v.recorded_at <= known_at
          AND NOT EXISTS (
              SELECT FROM volunteer_departures AS d
              WHERE d.district_id = of_district AND d.volunteer_id = v.id
                AND fact_holds(d.valid_from, d.valid_to, d.recorded_at, d.superseded_at, as_of,
                               known_at)));
END
$$;
