-- Persons as the API shows them, with home and categories of a day. Inlined by the planner: whoever
-- asks for one gets one. Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS persons_of_day(integer, date);
CREATE FUNCTION persons_of_day(of_district integer, today date)
RETURNS TABLE (id uuid, name text, sex text, birth_date date, ethnicity text, id_number bytea,
               phone bytea, contact_channel text, died_on date, origin text, region_code bigint,
               household_id uuid, address_line text, categories json, version bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.id, p.name, p.sex, p.birth_date, p.ethnicity, p.id_number_sealed, p.phone_sealed,
           p.contact_channel, p.died_on, p.origin, h.region_code, h.household_id, h.address_line,
           (SELECT COALESCE(json_agg(c.category ORDER BY c.category), '[]')
            FROM person_categories AS c
            WHERE c.district_id = p.district_id AND c.person_id = p.id
              AND fact_is_true(c.valid_from, c.valid_to, c.superseded_at, today)),
           p.version
    FROM persons AS p
    LEFT JOIN residences AS h
        ON h.district_id = p.district_id AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, today)
    WHERE p.district_id = of_district
$$;
