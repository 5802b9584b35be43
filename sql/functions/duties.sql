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
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT array_agg(attester_id ORDER BY id)
    FROM attestations
    WHERE district_id = of_district AND record_id = of_record
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

-- Who did what to a record after it was served, in the order of the duties. A verifier is the one
-- who decided on it, or who closed its community-week while it was clean.
CREATE OR REPLACE FUNCTION record_evidence(of_district integer, of_record uuid)
RETURNS TABLE (place integer, duty text, person_id uuid, name text, capacity text, method text,
               minutes bigint, book_week date, note text, at timestamptz, entered_by uuid)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH s AS (
        SELECT *
        FROM service_record_states
        WHERE district_id = of_district AND record_id = of_record
    ), act AS (
        SELECT 1 AS place, 'attester' AS duty, attester_id AS person_id, t.capacity, t.method,
               t.minutes, NULL::date AS book_week, t.relation AS note, t.attested_at AS at,
               t.entered_by
        FROM attestations AS t
        WHERE t.district_id = of_district AND t.record_id = of_record
        UNION ALL
        SELECT 2, 'registrar', g.registrar_id, role_over(of_district, g.registrar_id,
                   registrar_roles(of_district, g.region_code,
                                   civil_date(of_district, g.registered_at)), g.region_code,
                   r.team_id, civil_date(of_district, g.registered_at)),
               NULL, g.minutes, g.book_week, NULL, g.registered_at, g.entered_by
        FROM registrations AS g
        JOIN service_records AS r ON r.district_id = g.district_id AND r.id = g.record_id
        WHERE g.district_id = of_district AND g.record_id = of_record
        UNION ALL
        SELECT 3, 'verifier', d.verifier_id, role_over(of_district, d.verifier_id,
                   ARRAY['community_secretary', 'subdistrict_admin'], s.region_code, NULL,
                   civil_date(of_district, d.decided_at)),
               d.decision, d.minutes, d.book_week, d.reason, d.decided_at, d.entered_by
        FROM decisions AS d
        JOIN s USING (district_id, record_id)
        UNION ALL
        SELECT 3, 'verifier', c.verifier_id, role_over(of_district, c.verifier_id,
                   ARRAY['community_secretary', 'subdistrict_admin'], s.region_code, NULL,
                   civil_date(of_district, c.closed_at)),
               'close', s.verified_minutes, c.book_week, NULL, c.closed_at, c.entered_by
        FROM s
        JOIN worklist_closes AS c USING (district_id, book_week, region_code)
        WHERE s.status = 'verified'
          AND NOT EXISTS (SELECT FROM decisions AS d
                          WHERE d.district_id = of_district AND d.record_id = of_record)
        UNION ALL
        SELECT 4, 'voider', v.voided_by, NULL, NULL, NULL, NULL, v.reason, v.voided_at, v.entered_by
        FROM voids AS v
        WHERE v.district_id = of_district AND v.record_id = of_record
    )
    SELECT act.place, act.duty, act.person_id, p.name, act.capacity, act.method, act.minutes,
           act.book_week, act.note, act.at, act.entered_by
    FROM act
    JOIN persons AS p ON p.district_id = of_district AND p.id = act.person_id
$$;
