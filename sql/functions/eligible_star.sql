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
