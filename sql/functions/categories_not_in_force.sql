-- The first of these service categories that is not in force on a day; no row when all are.
CREATE OR REPLACE FUNCTION categories_not_in_force(of_district integer, codes text[], on_date date)
RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT code
    FROM unnest(codes) AS code
    WHERE NOT EXISTS (
        SELECT FROM service_category_facts AS f
        WHERE f.district_id = of_district AND f.category_code = code
          AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, on_date))
    ORDER BY code
    LIMIT 1
$$;
