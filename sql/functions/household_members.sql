-- Who lives in a household on a day, without the dead: [{person_id, name, valid_from}].
CREATE OR REPLACE FUNCTION household_members(of_district integer, household uuid, on_date date)
RETURNS json
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT COALESCE(json_agg(json_build_object('person_id', p.id, 'name', p.name,
                                                       'valid_from', h.valid_from)
                                     ORDER BY p.id), '[]')
            FROM residences AS h
            JOIN persons AS p ON p.district_id = h.district_id AND p.id = h.person_id
            WHERE h.district_id = of_district AND h.household_id = household AND p.died_on IS NULL
              AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, on_date));
END
$$;
