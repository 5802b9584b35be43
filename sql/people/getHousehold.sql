WITH day AS MATERIALIZED (SELECT district_today(:district::integer) AS today)
SELECT f.id, living_region(:district::integer, f.region_code, day.today) AS region_code,
       f.address_line, household_members(:district::integer, f.id, day.today) AS members, f.version
FROM day
JOIN households AS f
    ON f.district_id = :district::integer AND f.id = :household_id::uuid
   AND f.region_code IN (SELECT regions_within(:district::integer, :scope_low::bigint,
                                               :scope_high::bigint, day.today))
