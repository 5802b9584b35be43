-- Both are called for each row of a page, whose session plans every statement anew for its filters: here
-- that would be planning without end, hence the setting.

-- The star that so many minutes entitle to, by the ladder that the policy star_ladder names.
CREATE OR REPLACE FUNCTION eligible_star(of_district integer, earned bigint, on_date date)
RETURNS integer LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    in_force text := policy_value(of_district, 'star_ladder', of_district::bigint * 1000000, on_date)
                     #>> '{}';
BEGIN
    RETURN (SELECT COALESCE(max(star), 0)
            FROM star_ladders AS l
            WHERE l.district_id = of_district AND l.ladder = in_force AND l.minutes <= earned
              AND l.valid_from = (SELECT max(valid_from) FROM star_ladders
                                  WHERE district_id = of_district AND ladder = in_force
                                    AND valid_from <= on_date));
END
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
