-- Names that an answer shows beside codes and ids. In plpgsql, so that each keeps its plan.

-- As a community was called on a day, else the nearest of its names; so with a category.
CREATE OR REPLACE FUNCTION region_name(of_district integer, region bigint, on_date date)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE(
        (SELECT f.name FROM region_facts AS f
         WHERE f.district_id = of_district AND f.region_code = region
           AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, on_date)),
        (SELECT f.name FROM region_facts AS f
         WHERE f.district_id = of_district AND f.region_code = region AND f.superseded_at IS NULL
         ORDER BY abs(f.valid_from - on_date), f.valid_from LIMIT 1));
END
$$;

CREATE OR REPLACE FUNCTION category_name(of_district integer, category text, on_date date)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE(
        (SELECT f.name FROM service_category_facts AS f
         WHERE f.district_id = of_district AND f.category_code = category
           AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, on_date)),
        (SELECT f.name FROM service_category_facts AS f
         WHERE f.district_id = of_district AND f.category_code = category AND f.superseded_at IS NULL
         ORDER BY abs(f.valid_from - on_date), f.valid_from LIMIT 1));
END
$$;

CREATE OR REPLACE FUNCTION team_name(of_district integer, team uuid) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT t.name FROM teams AS t WHERE t.district_id = of_district AND t.id = team);
END
$$;

CREATE OR REPLACE FUNCTION person_name(of_district integer, person uuid) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT p.name FROM persons AS p WHERE p.district_id = of_district AND p.id = person);
END
$$;

-- Of the person who a user is.
CREATE OR REPLACE FUNCTION user_name(of_district integer, of_user uuid) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT p.name
            FROM users AS u
            JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
            WHERE u.district_id = of_district AND u.id = of_user);
END
$$;

CREATE OR REPLACE FUNCTION household_address(of_district integer, household uuid) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT h.address_line FROM households AS h
            WHERE h.district_id = of_district AND h.id = household);
END
$$;
