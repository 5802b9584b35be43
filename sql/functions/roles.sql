-- Who gives and takes which roles.
CREATE OR REPLACE FUNCTION may_give_role(own_role text, given text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE own_role
        WHEN 'district_admin' THEN true
        WHEN 'subdistrict_admin' THEN given IN ('subdistrict_clerk', 'community_secretary',
             'community_clerk', 'team_leader', 'residents_group_head', 'information_officer',
             'volunteer', 'resident')
        WHEN 'community_secretary' THEN given IN ('community_clerk', 'team_leader',
             'residents_group_head', 'information_officer', 'volunteer', 'resident')
        ELSE false END
$$;

-- On which kinds of region a role can be held.
CREATE OR REPLACE FUNCTION role_fits_region(role text, kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN role = 'district_admin' THEN kind = 'district'
        WHEN role IN ('subdistrict_admin', 'subdistrict_clerk') THEN kind IN ('subdistrict', 'town')
        WHEN role IN ('auditor', 'report_reader', 'team_leader', 'volunteer', 'resident') THEN true
        ELSE kind = 'community' END
$$;

-- A user as somebody who would change him sees him: no row when he is out of sight; foreign_role is
-- one that he holds from a day on and that is not the caller's to take.
CREATE OR REPLACE FUNCTION user_to_change(of_district integer, of_user uuid, today date,
                                          own_role text, low bigint, high bigint)
RETURNS TABLE (id uuid, disabled_at timestamptz, name text, home_code bigint, foreign_role text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT u.id, u.disabled_at, p.name, h.region_code, (
               SELECT min(g.role)
               FROM role_grants AS g
               WHERE g.district_id = u.district_id AND g.user_id = u.id AND g.revoked_at IS NULL
                 AND (g.valid_to IS NULL OR g.valid_to > today)
                 AND NOT (g.region_code BETWEEN low AND high AND may_give_role(own_role, g.role)))
    FROM users AS u
    JOIN persons AS p ON p.district_id = u.district_id AND p.id = u.person_id
    LEFT JOIN residences AS h
        ON h.district_id = u.district_id AND h.person_id = p.id
       AND fact_is_true(h.valid_from, h.valid_to, h.superseded_at, today)
    WHERE u.district_id = of_district AND u.id = of_user
      AND (COALESCE(h.region_code, of_district::bigint * 1000000) BETWEEN low AND high
           OR EXISTS (SELECT FROM role_grants AS g
                      WHERE g.district_id = u.district_id AND g.user_id = u.id
                        AND g.region_code BETWEEN low AND high))
$$;
