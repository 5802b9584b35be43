-- A ladder as it stands on a day, as far as was known at an instant: element i is the minutes from which
-- somebody may wear star i or a higher one, of five stars. Empty: no such ladder.
CREATE OR REPLACE FUNCTION ladder_thresholds(of_district integer, of_ladder text, on_date date,
                                             known_at timestamptz)
RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN COALESCE((
        SELECT array_remove(ARRAY[min(l.minutes), min(l.minutes) FILTER (WHERE l.star >= 2),
                                  min(l.minutes) FILTER (WHERE l.star >= 3),
                                  min(l.minutes) FILTER (WHERE l.star >= 4),
                                  min(l.minutes) FILTER (WHERE l.star >= 5)], NULL)
        FROM star_ladders AS l
        WHERE l.district_id = of_district AND l.ladder = of_ladder AND l.valid_from <= on_date
          AND l.recorded_at <= known_at
        GROUP BY l.valid_from
        ORDER BY l.valid_from DESC
        LIMIT 1), '{}');
END
$$;

-- That of the ladder which the policy star_ladder names. Asked for once a statement, with star_of for
-- each of its rows.
CREATE OR REPLACE FUNCTION star_thresholds(of_district integer, on_date date)
RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN COALESCE((
        SELECT ladder_thresholds(of_district, p.value #>> '{}', on_date, 'infinity')
        FROM policy_row(of_district, 'star_ladder', of_district::bigint * 1000000, on_date,
                        'infinity') AS p), '{}');
END
$$;

CREATE OR REPLACE FUNCTION points_per_hour(of_district integer, on_date date) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT policy_number(of_district, 'points_per_hour', of_district::bigint * 1000000,
                         on_date)::bigint
$$;

-- Points are for display only: nothing is counted in them. Inlined.
CREATE OR REPLACE FUNCTION points_of(earned bigint, per_hour bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT earned * per_hour / 60
$$;

-- Today with its ladder and points: in FROM it is asked once a statement. Dropped first, because its columns may
-- change.
DROP FUNCTION IF EXISTS star_day(integer);
CREATE FUNCTION star_day(of_district integer, OUT today date, OUT thresholds bigint[],
                         OUT points_per_hour bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    today := district_today(of_district);
    thresholds := star_thresholds(of_district, today);
    points_per_hour := points_per_hour(of_district, today);
END
$$;

DROP FUNCTION IF EXISTS eligible_star(integer, bigint, date); -- what the two did a row at a time

-- The star that so many minutes entitle to. Inlined.
CREATE OR REPLACE FUNCTION star_of(earned bigint, thresholds bigint[])
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT width_bucket(COALESCE(earned, 0), thresholds)
$$;

-- The star that comes next, and how many minutes are missing; null where there is none above. A ladder may
-- skip a star, and then one gets the higher one at once.
CREATE OR REPLACE FUNCTION next_star(earned bigint, thresholds bigint[])
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN star_of(earned, thresholds) < cardinality(thresholds)
                THEN star_of(thresholds[star_of(earned, thresholds) + 1], thresholds) END
$$;

CREATE OR REPLACE FUNCTION minutes_to_next_star(earned bigint, thresholds bigint[])
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT thresholds[star_of(earned, thresholds) + 1] - COALESCE(earned, 0)
$$;

-- The star that somebody wears on a day: that of the latest award. (It falls only by an award after
-- upheld fraud, so the latest, not the highest, is right.)
CREATE OR REPLACE FUNCTION awarded_star(of_district integer, volunteer uuid, on_date date)
RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN COALESCE((SELECT star FROM star_awards
                     WHERE district_id = of_district AND volunteer_id = volunteer
                       AND awarded_on <= on_date
                     ORDER BY award_year DESC LIMIT 1), 0);
END
$$;

-- The day and the ladder that a comparison starts from: today, and the one in force, unless others are named.
CREATE OR REPLACE FUNCTION ladder_in_force(of_district integer, named text, on_date date,
                                           INOUT known_at timestamptz, OUT as_of date,
                                           OUT from_ladder text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    as_of := COALESCE(on_date, district_today(of_district));
    from_ladder := COALESCE(named, (
        SELECT p.value #>> '{}'
        FROM policy_row(of_district, 'star_ladder', of_district::bigint * 1000000, as_of, known_at)
            AS p));
END
$$;

-- What each volunteer of a day had earned by its end, and the stars of two ladders for it: what moves if
-- one takes the place of the other. As far as was known at an instant.
CREATE OR REPLACE FUNCTION star_comparison(of_district integer, from_ladder text, to_ladder text,
                                           as_of date, known_at timestamptz)
RETURNS TABLE (volunteer_id uuid, person_id uuid, region_code bigint, earned_minutes bigint,
               from_star integer, to_star integer)
LANGUAGE plpgsql STABLE ROWS 1000 AS $$
#variable_conflict use_column
DECLARE
    of_from bigint[] := ladder_thresholds(of_district, from_ladder, as_of, known_at);
    of_to bigint[] := ladder_thresholds(of_district, to_ladder, as_of, known_at);
BEGIN
    RETURN QUERY
    SELECT v.id, v.person_id, COALESCE(h.region_code, of_district::bigint * 1000000),
           COALESCE(e.minutes, 0)::bigint, star_of(e.minutes, of_from), star_of(e.minutes, of_to)
    FROM volunteers AS v
    LEFT JOIN residences AS h ON h.district_id = v.district_id AND h.person_id = v.person_id
        AND fact_holds(h.valid_from, h.valid_to, h.recorded_at, h.superseded_at, as_of, known_at)
    LEFT JOIN (
        SELECT k.volunteer_id, sum(t.minutes)::bigint AS minutes
        FROM transfers AS t
        JOIN passbooks AS k ON k.district_id = of_district AND k.account_id = t.credit_account_id
        WHERE t.district_id = of_district AND t.kind IN ('opening', 'deposit', 'capture', 'overrun')
          AND t.posted_at < civil_midnight(of_district, as_of + 1) AND t.recorded_at <= known_at
        GROUP BY k.volunteer_id
    ) AS e ON e.volunteer_id = v.id
    WHERE v.district_id = of_district AND volunteer_on(of_district, v.id, as_of, known_at);
END
$$;
