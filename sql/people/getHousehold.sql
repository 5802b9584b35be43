WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT f.id, living_region(:district::integer, f.region_code, day.today) AS region_code,
       f.address_line, m.members
FROM day
JOIN households AS f
    ON f.district_id = :district::integer AND f.id = :household_id::uuid
   AND f.region_code IN (SELECT regions_within(:district::integer, :scope_low::bigint,
                                               :scope_high::bigint, day.today))
CROSS JOIN LATERAL (
    SELECT COALESCE(json_agg(json_build_object('person_id', p.id, 'name', p.name,
                                               'valid_from', h.valid_from) ORDER BY p.id),
                    '[]') AS members
    FROM residences AS h
    JOIN persons AS p ON p.district_id = h.district_id AND p.id = h.person_id
    WHERE h.district_id = f.district_id AND h.household_id = f.id AND p.died_on IS NULL
      AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, day.today)
) AS m
