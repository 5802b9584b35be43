-- The row in force for a region on a day, as far as was known at an instant: the community's own
-- before the subdistrict's before the district's; of these the latest valid_from, then the latest
-- version. A row that has ended leaves its region without one of its own; a row that ended before
-- it began is as if it had never been. No row: no such policy.
CREATE OR REPLACE FUNCTION policy_row(of_district integer, policy text, region bigint, on_date date,
                                      known_at timestamptz)
RETURNS SETOF policies LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT own.district_id, own.id, own.name, own.region_code, own.value, own.source,
           own.valid_from, own.version, own.recorded_at
    FROM (SELECT DISTINCT ON (p.region_code) p.*, e.valid_to
          FROM policies AS p
          LEFT JOIN policy_ends AS e
              ON e.district_id = p.district_id AND e.policy_id = p.id AND e.recorded_at <= known_at
          WHERE p.district_id = of_district AND p.name = policy AND p.valid_from <= on_date
            AND p.region_code IN (region, region / 1000 * 1000, of_district::bigint * 1000000)
            AND p.recorded_at <= known_at
            AND (e.valid_to IS NULL OR e.valid_to > p.valid_from)
          ORDER BY p.region_code DESC, p.valid_from DESC, p.version DESC) AS own
    WHERE own.valid_to IS NULL OR on_date < own.valid_to
    ORDER BY own.region_code DESC
    LIMIT 1
$$;

-- Its value, as known now.
CREATE OR REPLACE FUNCTION policy_value(of_district integer, policy text, region bigint,
                                        on_date date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT value FROM policy_row(of_district, policy, region, on_date, 'infinity'));
END
$$;

-- The version of the whole set of rules: every run stores the one that it used.
CREATE OR REPLACE FUNCTION policy_version(of_district integer)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(GREATEST(
        (SELECT max(version) FROM policies WHERE district_id = of_district),
        (SELECT max(version) FROM policy_ends WHERE district_id = of_district)), 0)
$$;

-- The day's end until which something is to be answered by a policy of full days, from the day after; null
-- where no policy says so.
CREATE OR REPLACE FUNCTION answer_due_at(of_district integer, policy text, region bigint,
                                         at timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := civil_date(of_district, at);
BEGIN
    RETURN civil_midnight(of_district, today + 1
        + (policy_value(of_district, policy, region, today) #>> '{}')::integer);
END
$$;
