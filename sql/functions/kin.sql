-- Who lives with whom, and who is close family (spouse, parents, children, siblings).

CREATE OR REPLACE FUNCTION household_of(of_district integer, of_person uuid, on_date date)
RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT household_id
            FROM residences
            WHERE district_id = of_district AND person_id = of_person
              AND fact_is_true(valid_from, valid_to, superseded_at, on_date));
END
$$;

CREATE OR REPLACE FUNCTION share_household(of_district integer, a uuid, b uuid, on_date date)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(household_of(of_district, a, on_date) = household_of(of_district, b, on_date),
                    false)
$$;

CREATE OR REPLACE FUNCTION are_close_family(of_district integer, a uuid, b uuid, on_date date)
RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM kinships
        WHERE district_id = of_district
          AND ((person_id = a AND relative_id = b) OR (person_id = b AND relative_id = a))
          AND fact_is_true(valid_from, valid_to, superseded_at, on_date));
END
$$;
