-- Teams as the API shows them on a day. A team keeps the code of the region where it was founded;
-- once that was merged, the team is shown where it lies now.
-- Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS teams_of_day(integer, date);
CREATE FUNCTION teams_of_day(of_district integer, today date)
RETURNS TABLE (id uuid, region_code bigint, name text, kind text, founded_on date,
               dissolved_on date, origin text, member_count integer, version bigint,
               founded_in bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT t.id, living_region(of_district, t.region_code, today), t.name, t.kind, t.founded_on,
           d.valid_from, t.origin,
           (SELECT count(*)::integer
            FROM team_memberships AS m
            WHERE m.district_id = t.district_id AND m.team_id = t.id
              AND fact_is_true(m.valid_from, m.valid_to, m.superseded_at, today)),
           t.version, t.region_code
    FROM teams AS t
    LEFT JOIN team_dissolutions AS d
        ON d.district_id = t.district_id AND d.team_id = t.id AND d.superseded_at IS NULL
       AND d.valid_to IS NULL
    WHERE t.district_id = of_district
$$;

-- Did a team exist on a day, as far as was known at an instant?
CREATE OR REPLACE FUNCTION team_on(of_district integer, team uuid, as_of date, known_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM teams AS t
        WHERE t.district_id = of_district AND t.id = team AND t.founded_on <= as_of
          AND t.recorded_at <= known_at
          AND NOT EXISTS (
              SELECT FROM team_dissolutions AS d
              WHERE d.district_id = of_district AND d.team_id = t.id
                AND fact_holds(d.valid_from, d.valid_to, d.recorded_at, d.superseded_at, as_of,
                               known_at)));
END
$$;

-- The day since when a team is dissolved on a day; null: it is not.
CREATE OR REPLACE FUNCTION dissolved_on(of_district integer, team uuid, on_date date)
RETURNS date
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT valid_from
            FROM team_dissolutions
            WHERE district_id = of_district AND team_id = team
              AND fact_is_true(valid_from, valid_to, superseded_at, on_date));
END
$$;

-- Who leads a team on some day from one to before another; to_day null: for ever.
CREATE OR REPLACE FUNCTION team_leader_between(of_district integer, team uuid, from_day date,
                                               to_day date)
RETURNS TABLE (volunteer_id uuid, name text) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT m.volunteer_id, p.name
    FROM team_memberships AS m
    JOIN volunteers AS v ON v.district_id = m.district_id AND v.id = m.volunteer_id
    JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    WHERE m.district_id = of_district AND m.team_id = team AND m.position = 'leader'
      AND m.superseded_at IS NULL
      AND (m.valid_to IS NULL OR from_day < m.valid_to)
      AND (to_day IS NULL OR m.valid_from < to_day)
    ORDER BY m.valid_from
    LIMIT 1
$$;
