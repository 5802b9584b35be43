-- The star that so many minutes entitle to, by the ladder that the policy star_ladder names.
CREATE OR REPLACE FUNCTION eligible_star(of_district integer, earned bigint, on_date date)
RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(max(star), 0)::integer
    FROM star_ladders AS l
    WHERE l.district_id = of_district AND l.minutes <= earned
      AND l.ladder = policy_value(of_district, 'star_ladder', of_district::bigint * 1000000, on_date)
                     #>> '{}'
      AND l.valid_from = (SELECT max(valid_from) FROM star_ladders
                          WHERE district_id = of_district AND ladder = l.ladder
                            AND valid_from <= on_date)
$$;

-- The star that somebody wears on a day: that of the latest award. (It falls only by an award after
-- upheld fraud, so the latest, not the highest, is right.)
CREATE OR REPLACE FUNCTION awarded_star(of_district integer, volunteer uuid, on_date date)
RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE((SELECT star FROM star_awards
                     WHERE district_id = of_district AND volunteer_id = volunteer
                       AND awarded_on <= on_date
                     ORDER BY award_year DESC LIMIT 1), 0)::integer
$$;
