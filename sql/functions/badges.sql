-- Badges (徽章): how many lie where, and how a movement or a hand-over is shown.

-- How many badges of a star a region has: what came in less what went out. Asked for under the lock of the
-- region, so that a stock never falls below 0.
CREATE OR REPLACE FUNCTION badge_stock(of_district integer, region bigint, of_star integer)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN COALESCE((SELECT sum(m.quantity) FROM badge_movements AS m
                     WHERE m.district_id = of_district AND m.to_region = region
                       AND m.star = of_star), 0)
         - COALESCE((SELECT sum(m.quantity) FROM badge_movements AS m
                     WHERE m.district_id = of_district AND m.from_region = region
                       AND m.star = of_star), 0);
END
$$;

-- Whoever takes badges out of stocks takes this first, in a statement of its own.
CREATE OR REPLACE FUNCTION lock_badge_stocks(of_district integer, regions_of bigint[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM regions AS g
    WHERE g.district_id = of_district AND g.region_code = ANY (regions_of)
    ORDER BY g.region_code FOR NO KEY UPDATE;
END
$$;

-- Those of some ids, with the names beside the ids.
DROP FUNCTION IF EXISTS badge_handovers_of(integer, uuid[]); -- its columns may change
CREATE FUNCTION badge_handovers_of(of_district integer, ids uuid[])
RETURNS TABLE (id uuid, award_id uuid, volunteer_id uuid, volunteer_number text, name text,
               star smallint, award_year smallint, copy_no smallint, region_code bigint,
               movement_id uuid, handed_on date, handed_by uuid, handed_by_name text,
               received_by uuid, received_by_name text, relation text, method text, witness_id uuid,
               witness_name text, reason text, entered_by uuid, handed_at timestamptz)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT h.id, h.award_id, a.volunteer_id, v.volunteer_number, p.name, a.star, a.award_year,
           h.copy_no, m.from_region, h.movement_id, h.handed_on, h.handed_by,
           person_name(of_district, h.handed_by), h.received_by,
           person_name(of_district, h.received_by), h.relation, h.method, h.witness_id,
           person_name(of_district, h.witness_id), h.reason, h.entered_by, h.handed_at
    FROM badge_handovers AS h
    JOIN badge_movements AS m ON m.district_id = h.district_id AND m.id = h.movement_id
    JOIN star_awards AS a ON a.district_id = h.district_id AND a.id = h.award_id
    JOIN volunteers AS v ON v.district_id = a.district_id AND v.id = a.volunteer_id
    JOIN persons AS p ON p.district_id = v.district_id AND p.id = v.person_id
    WHERE h.district_id = of_district AND h.id = ANY (ids);
END
$$;
