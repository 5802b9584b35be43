-- The ladder that the policy star_ladder names, as it stands on a day: element i is the minutes from
-- which somebody may wear star i or a higher one, of five stars. Empty: no ladder. Asked for once a
-- statement, with star_of for each of its rows.
CREATE OR REPLACE FUNCTION star_thresholds(of_district integer, on_date date)
RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN COALESCE((
        SELECT array_remove(ARRAY[min(l.minutes), min(l.minutes) FILTER (WHERE l.star >= 2),
                                  min(l.minutes) FILTER (WHERE l.star >= 3),
                                  min(l.minutes) FILTER (WHERE l.star >= 4),
                                  min(l.minutes) FILTER (WHERE l.star >= 5)], NULL)
        FROM policy_row(of_district, 'star_ladder', of_district::bigint * 1000000, on_date,
                        'infinity') AS p
        JOIN star_ladders AS l
            ON l.district_id = of_district AND l.ladder = p.value #>> '{}'
           AND l.valid_from <= on_date
        GROUP BY l.valid_from
        ORDER BY l.valid_from DESC
        LIMIT 1), '{}');
END
$$;

-- Today with its ladder: in FROM it is asked once a statement.
CREATE OR REPLACE FUNCTION star_day(of_district integer, OUT today date, OUT thresholds bigint[])
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    today := district_today(of_district);
    thresholds := star_thresholds(of_district, today);
END
$$;

DROP FUNCTION IF EXISTS eligible_star(integer, bigint, date); -- what the two did a row at a time

-- The star that so many minutes entitle to. Inlined.
CREATE OR REPLACE FUNCTION star_of(earned bigint, thresholds bigint[])
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT width_bucket(COALESCE(earned, 0), thresholds)
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
