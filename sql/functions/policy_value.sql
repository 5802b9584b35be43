-- The value in force for a region on a day: the community's own row before the subdistrict's before
-- the district's; of these the latest valid_from, then the latest version. Null: no such policy.
CREATE OR REPLACE FUNCTION policy_value(of_district integer, policy text, region bigint, on_date date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT value
            FROM policies
            WHERE district_id = of_district AND name = policy AND valid_from <= on_date
              AND region_code IN (region, region / 1000 * 1000, of_district::bigint * 1000000)
            ORDER BY region_code DESC, valid_from DESC, version DESC
            LIMIT 1);
END
$$;

-- The version of the whole set of rules: every run stores the one that it used.
CREATE OR REPLACE FUNCTION policy_version(of_district integer)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(max(version), 0) FROM policies WHERE district_id = of_district
$$;
