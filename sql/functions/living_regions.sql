-- Regions that were merged into another (region_facts.successor_code). Rows of households, teams
-- and records keep the code of their day; these functions say where that lies on a later one.

-- The end of a region, past or planned; no row while none is known.
CREATE OR REPLACE FUNCTION region_end(of_district integer, region bigint)
RETURNS TABLE (ended_on date, successor_code bigint) LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT f.valid_to, f.successor_code
    FROM region_facts AS f
    WHERE f.district_id = of_district AND f.region_code = region AND f.superseded_at IS NULL
      AND f.successor_code IS NOT NULL
$$;

-- The region itself, or the one that it has gone into by that day.
CREATE OR REPLACE FUNCTION living_region(of_district integer, region bigint, on_date date)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (WITH RECURSIVE path (code, step) AS (
                SELECT region, 0
                UNION ALL
                SELECT e.successor_code, p.step + 1
                FROM path AS p
                CROSS JOIN LATERAL region_end(of_district, p.code) AS e
                WHERE e.ended_on <= on_date
            )
            SELECT code FROM path ORDER BY step DESC LIMIT 1);
END
$$;

-- All codes from low to high, and those that have gone into one of them by that day.
CREATE OR REPLACE FUNCTION regions_within(of_district integer, low bigint, high bigint,
                                          on_date date)
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE within (code) AS (
        SELECT g.region_code
        FROM regions AS g
        WHERE g.district_id = of_district AND g.region_code BETWEEN low AND high
        UNION
        SELECT f.region_code
        FROM within AS w
        JOIN region_facts AS f
            ON f.district_id = of_district AND f.successor_code = w.code
           AND f.superseded_at IS NULL AND f.valid_to <= on_date
    )
    SELECT code FROM within;
END
$$;

-- The highest code of the subtree of a region.
CREATE OR REPLACE FUNCTION subtree_end(region bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT region + CASE WHEN region % 1000000 = 0 THEN 999999
                         WHEN region % 1000 = 0 THEN 999 ELSE 0 END
$$;

-- A stay that begins on a day and goes on, cut where the region of the time ended.
CREATE OR REPLACE FUNCTION stay_in_regions(of_district integer, region bigint, since date)
RETURNS TABLE (place integer, region_code bigint, valid_from date, valid_to date)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE stay AS (
        SELECT 1 AS place, region AS code, since AS from_day,
               (SELECT e.ended_on FROM region_end(of_district, region) AS e) AS to_day
        UNION ALL
        SELECT s.place + 1, e.successor_code, s.to_day,
               (SELECT n.ended_on FROM region_end(of_district, e.successor_code) AS n)
        FROM stay AS s
        CROSS JOIN LATERAL region_end(of_district, s.code) AS e
    )
    SELECT place, code, from_day, to_day FROM stay
$$;

-- Can a region go on in this other one from a day on: of its own rank, there on that day, and
-- without a known end?
CREATE OR REPLACE FUNCTION can_succeed(of_district integer, region bigint, successor bigint,
                                       since date)
RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM regions AS g
        JOIN regions AS s ON s.district_id = g.district_id AND s.region_code = successor
        JOIN region_facts AS f
            ON f.district_id = s.district_id AND f.region_code = s.region_code
           AND fact_is_true(f.valid_from, f.valid_to, f.superseded_at, since)
        WHERE g.district_id = of_district AND g.region_code = region AND s.region_code <> region
          AND 'district' NOT IN (g.kind, s.kind)
          AND (g.kind = 'community') = (s.kind = 'community')
          AND NOT EXISTS (SELECT FROM region_end(of_district, successor)));
END
$$;

-- How many communities of a subdistrict or town still are there on a day.
CREATE OR REPLACE FUNCTION communities_left(of_district integer, region bigint, on_date date)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT count(*)
            FROM regions AS g
            LEFT JOIN LATERAL region_end(of_district, g.region_code) AS e ON true
            WHERE g.district_id = of_district AND g.parent_code = region
              AND (e.ended_on IS NULL OR e.ended_on > on_date));
END
$$;

-- How many drafts and records that still count were organised in a region on a day or later.
CREATE OR REPLACE FUNCTION records_since(of_district integer, region bigint, since date)
RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT count(*) FROM service_drafts
            WHERE district_id = of_district AND region_code = region AND service_date >= since)
         + (SELECT count(*) FROM service_record_states
            WHERE district_id = of_district AND region_code = region AND service_date >= since
              AND status NOT IN ('void', 'replaced', 'rejected', 'returned'));
END
$$;
