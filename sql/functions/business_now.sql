-- The domain's clock: the database's, or the standing one of a demo or test database.
-- (plpgsql, here and wherever a scalar function reads a table: a function in SQL that cannot be inlined is
-- parsed and planned again in every statement that calls it, which costs ten times its work.)
CREATE OR REPLACE FUNCTION business_now() RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE((SELECT standing_clock FROM installation), now());
END
$$;

-- The civil day of an instant in the district's zone.
CREATE OR REPLACE FUNCTION civil_date(of_district integer, instant timestamptz) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT (instant AT TIME ZONE time_zone)::date
            FROM districts
            WHERE district_id = of_district);
END
$$;

CREATE OR REPLACE FUNCTION district_today(of_district integer) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT (business_now() AT TIME ZONE time_zone)::date
            FROM districts
            WHERE district_id = of_district);
END
$$;

-- The instant at which a civil day begins. (Where a zone skips that midnight, the one after it.)
CREATE OR REPLACE FUNCTION civil_midnight(of_district integer, day date) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT day::timestamp AT TIME ZONE time_zone
            FROM districts
            WHERE district_id = of_district);
END
$$;
