-- Separation of duties: server, attester, registrar and verifier are different persons, and nobody
-- of the server's household holds one of the others. The answer is the code of the refusal, e.g.
-- registrar_is_server; null: no conflict. Pass null for a duty that nobody holds yet.
CREATE OR REPLACE FUNCTION duty_conflict(of_district integer, duty text, person uuid, server uuid,
                                         attesters uuid[], registrar uuid, on_date date)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE
        WHEN person = server THEN duty || '_is_server'
        WHEN person = ANY (attesters) THEN duty || '_is_attester'
        WHEN person = registrar THEN duty || '_is_registrar'
        WHEN share_household(of_district, person, server, on_date)
            THEN duty || '_of_servers_household'
    END;
END
$$;

-- The same against what is stored of a record.
CREATE OR REPLACE FUNCTION record_duty_conflict(of_district integer, duty text, person uuid,
                                                of_record uuid)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT duty_conflict(of_district, duty, person, sr.server_id,
                   CASE WHEN duty <> 'attester' THEN record_attesters(of_district, of_record) END,
                   CASE WHEN duty <> 'registrar' THEN g.registrar_id END, sr.service_date)
        FROM service_records AS sr
        LEFT JOIN registrations AS g ON g.district_id = sr.district_id AND g.record_id = sr.id
        WHERE sr.district_id = of_district AND sr.id = of_record AND sr.kind = 'service');
END
$$;

CREATE OR REPLACE FUNCTION record_attesters(of_district integer, of_record uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT array_agg(attester_id ORDER BY id)
            FROM attestations
            WHERE district_id = of_district AND record_id = of_record);
END
$$;

-- By which of some roles a person may act for a region (and, as a leader, a team) on a day.
CREATE OR REPLACE FUNCTION role_over(of_district integer, person uuid, roles text[], region bigint,
                                     team uuid, on_date date)
RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT g.role
        FROM users AS u
        JOIN role_grants AS g ON g.district_id = u.district_id AND g.user_id = u.id
        WHERE u.district_id = of_district AND u.person_id = person AND u.disabled_at IS NULL
          AND g.role = ANY (roles) AND region BETWEEN g.scope_low AND g.scope_high
          AND (g.role <> 'team_leader' OR g.team_id = team) AND g.revoked_at IS NULL
          AND g.valid_from <= on_date AND (g.valid_to IS NULL OR on_date < g.valid_to)
        ORDER BY array_position(roles, g.role)
        LIMIT 1);
END
$$;

-- Who may act, for a refusal's `may`: each role with its region, leaving out who has a conflict.
CREATE OR REPLACE FUNCTION who_may(of_district integer, duty text, roles text[], region bigint,
                                   team uuid, server uuid, attesters uuid[], registrar uuid,
                                   served_on date, on_date date)
RETURNS jsonb LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(jsonb_agg(DISTINCT jsonb_build_object(
                   'role', g.role, 'region_code', g.region_code::text)), '[]')
        FROM role_grants AS g
        JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
        WHERE g.district_id = of_district AND u.disabled_at IS NULL AND g.role = ANY (roles)
          AND g.region_code IN (region, region / 1000 * 1000, region / 1000000 * 1000000)
          AND (g.role <> 'team_leader' OR g.team_id = team) AND g.revoked_at IS NULL
          AND g.valid_from <= on_date AND (g.valid_to IS NULL OR on_date < g.valid_to)
          AND duty_conflict(of_district, duty, u.person_id, server, attesters, registrar,
                            served_on) IS NULL);
END
$$;

-- The second wall of a close (trigger duties of worklist_closes), at the commit, when its exceptions are in:
-- what it accepts was neither served, attested nor registered by who closes. What left the week
-- while it was open, decided, void or replaced, is none of it.
CREATE OR REPLACE FUNCTION duties_of_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    conflict text;
BEGIN
    SELECT record_duty_conflict(g.district_id, 'verifier', NEW.verifier_id, g.record_id)
    INTO conflict
    FROM registrations AS g
    WHERE g.district_id = NEW.district_id AND g.region_code = NEW.region_code
      AND (g.book_week = NEW.book_week
           OR g.record_id IN (SELECT c.record_id FROM carries AS c
                              WHERE c.district_id = NEW.district_id AND c.to_week = NEW.book_week))
      AND NOT EXISTS (SELECT FROM carries AS c
                      WHERE c.district_id = g.district_id AND c.record_id = g.record_id
                        AND c.from_week >= NEW.book_week)
      AND NOT EXISTS (SELECT FROM close_exceptions AS x
                      WHERE x.district_id = g.district_id AND x.record_id = g.record_id
                        AND x.book_week = NEW.book_week)
      AND NOT EXISTS (SELECT FROM record_flags AS f
                      WHERE f.district_id = g.district_id AND f.record_id = g.record_id)
      AND NOT EXISTS (SELECT FROM decisions AS d
                      WHERE d.district_id = g.district_id AND d.record_id = g.record_id)
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = g.district_id AND v.record_id = g.record_id)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = g.district_id AND newer.replaces_id = g.record_id)
      AND record_duty_conflict(g.district_id, 'verifier', NEW.verifier_id, g.record_id) IS NOT NULL
    LIMIT 1;
    PERFORM duties_raise(conflict);
    RETURN NULL;
END
$$;
