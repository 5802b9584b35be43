-- What waits for somebody, one row a thing. Each function keeps its plan: a page that planned all of
-- them anew would spend its time on that.

DROP VIEW IF EXISTS waiting_records; -- it is a function now

-- Drafts to be signed, signed records to be registered (by 24:00 of the day of their end, 当天计分) and
-- returned ones to be replaced. deadline: null where no rule sets one.
CREATE OR REPLACE FUNCTION waiting_records(of_district integer, scope_low bigint,
                                           scope_high bigint, own_team uuid)
RETURNS TABLE (kind text, record_id uuid, region_code bigint, team_id uuid, server_id uuid,
               recipient_person_id uuid, service_date date, minutes bigint,
               waiting_since timestamptz, deadline timestamptz, reason text)
LANGUAGE plpgsql STABLE ROWS 20 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT 'attest_record', d.id, d.region_code, d.team_id, v.person_id, d.recipient_person_id,
           d.service_date, d.minutes, d.created_at, civil_midnight(d.district_id,
               COALESCE(civil_date(d.district_id, d.ends_at), d.service_date) + 1), NULL::text
    FROM service_drafts AS d
    JOIN volunteers AS v ON v.district_id = d.district_id AND v.id = d.volunteer_id
    WHERE d.district_id = of_district AND d.region_code BETWEEN scope_low AND scope_high
      AND (own_team IS NULL OR d.team_id = own_team)
    UNION ALL
    SELECT 'register_record', sr.id, sr.region_code, sr.team_id, sr.server_id,
           sr.recipient_person_id, sr.service_date, sr.minutes,
           (SELECT max(a.attested_at) FROM attestations AS a
            WHERE a.district_id = sr.district_id AND a.record_id = sr.id),
           civil_midnight(sr.district_id, sr.end_date + 1), NULL
    FROM service_records AS sr
    WHERE sr.district_id = of_district AND sr.region_code BETWEEN scope_low AND scope_high
      AND (own_team IS NULL OR sr.team_id = own_team) AND sr.kind = 'service'
      AND NOT EXISTS (SELECT FROM registrations AS g
                      WHERE g.district_id = sr.district_id AND g.record_id = sr.id)
      AND NOT EXISTS (SELECT FROM voids AS v
                      WHERE v.district_id = sr.district_id AND v.record_id = sr.id)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = sr.district_id AND newer.replaces_id = sr.id)
    UNION ALL
    SELECT 'returned_record', sr.id, sr.region_code, sr.team_id, sr.server_id,
           sr.recipient_person_id, sr.service_date, sr.minutes, d.decided_at, NULL, d.reason
    FROM decisions AS d
    JOIN service_records AS sr ON sr.district_id = d.district_id AND sr.id = d.record_id
    WHERE d.district_id = of_district AND d.decision = 'return'
      AND sr.region_code BETWEEN scope_low AND scope_high
      AND (own_team IS NULL OR sr.team_id = own_team)
      AND NOT EXISTS (SELECT FROM service_records AS newer
                      WHERE newer.district_id = d.district_id AND newer.replaces_id = d.record_id);
END
$$;

-- The community-weeks that nobody has closed. By its secretary; where there is none the subdistrict
-- closes it. Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS waiting_weeks(integer, text, bigint, bigint);
CREATE FUNCTION waiting_weeks(of_district integer, role text, scope_low bigint,
                                         scope_high bigint)
RETURNS TABLE (region_code bigint, book_week date, prepared_at timestamptz, due_at timestamptz,
               records bigint, flagged bigint, spot_checks bigint, carried bigint,
               times_carried bigint)
LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    IF role NOT IN ('community_secretary', 'subdistrict_admin') THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT k.region_code, k.book_week, k.prepared_at, p.due_at, w.*
    FROM periods AS p
    JOIN worklists AS k ON k.district_id = p.district_id AND k.book_week = p.begin_date
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE r.decision IS NULL),
               count(*) FILTER (WHERE r.decision IS NULL AND r.flags <> '{}'),
               count(*) FILTER (WHERE r.is_drawn AND (r.decision IN ('reject', 'return'))
                                                     IS NOT TRUE),
               count(*) FILTER (WHERE r.decision IS NULL AND r.is_carried),
               COALESCE(max(r.times_carried) FILTER (WHERE r.decision IS NULL), 0)
        FROM worklist_records(of_district, k.book_week, k.region_code) AS r
    ) AS w
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.state = 'frozen'
      AND k.region_code BETWEEN scope_low AND scope_high
      AND NOT EXISTS (SELECT FROM worklist_closes AS c
                      WHERE c.district_id = of_district AND c.book_week = k.book_week
                        AND c.region_code = k.region_code)
      AND (role = 'community_secretary'
           OR NOT EXISTS (SELECT FROM secretaries_of(of_district, k.region_code,
                                                     district_today(of_district))));
END
$$;

-- The records of frozen weeks that this verifier is to decide on one by one: what was singled out,
-- and for the subdistrict besides what a secretary had a part in. A day that is too long for the
-- secretary waits for the office that may accept it, and for him, who may reject or return it.
-- Dropped first, because its columns may change.
DROP FUNCTION IF EXISTS waiting_decisions(integer, text, uuid, bigint, bigint);
CREATE FUNCTION waiting_decisions(of_district integer, role text, person uuid,
                                             scope_low bigint, scope_high bigint)
RETURNS TABLE (record_id uuid, region_code bigint, book_week date, frozen_at timestamptz,
               due_at timestamptz, server_id uuid, recipient_person_id uuid, service_date date,
               minutes bigint, times_carried bigint)
LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    IF role NOT IN ('community_secretary', 'subdistrict_admin', 'district_admin') THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT u.record_id, sr.region_code, p.begin_date, p.frozen_at, p.due_at, sr.server_id,
           sr.recipient_person_id, sr.service_date, sr.minutes,
           times_carried(of_district, u.record_id, p.begin_date)
    FROM periods AS p
    CROSS JOIN LATERAL week_records(of_district, p.begin_date) AS u
    JOIN service_records AS sr ON sr.district_id = of_district AND sr.id = u.record_id
    JOIN service_record_states AS s ON s.district_id = of_district AND s.record_id = u.record_id
    WHERE p.district_id = of_district AND p.grain = 'week' AND p.state = 'frozen'
      AND u.region_code BETWEEN scope_low AND scope_high AND s.status = 'registered'
      AND (is_singled_out(of_district, u.record_id)
           OR role = 'subdistrict_admin'
              AND EXISTS (SELECT FROM secretaries_of(of_district, sr.region_code,
                                                     district_today(of_district)) AS secretary
                          WHERE had_part(of_district, u.record_id, secretary.person_id)))
      AND (decider_refusal(sr, u.registrar_id, person, role, 'accept', sr.minutes, p.begin_date,
                           business_now()) IS NULL
           OR role = 'community_secretary'
              AND verifier_refusal(sr, u.registrar_id, person, role, business_now()) IS NULL);
END
$$;

-- Reported errors: for the office those that it is to answer, and what it is to send back or decide
-- on; for who looks after the records what is to be replaced or voided.
CREATE OR REPLACE FUNCTION waiting_corrections(of_district integer, role text, person uuid,
                                               scope_low bigint, scope_high bigint, own_team uuid)
RETURNS TABLE (kind text, correction_id uuid, record_id uuid, region_code bigint,
               waiting_since timestamptz, due_at timestamptz, server_id uuid,
               recipient_person_id uuid, service_date date, minutes bigint, reason text)
LANGUAGE plpgsql STABLE ROWS 10 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT CASE c.state WHEN 'open' THEN 'decide_correction' ELSE 'correct_record' END, c.id,
           c.record_id, c.region_code, COALESCE(c.answered_at, c.requested_at),
           CASE c.state WHEN 'open' THEN c.due_at END, c.server_id, c.recipient_person_id,
           c.service_date, c.minutes, c.reason
    FROM correction_request_answers AS c
    WHERE c.district_id = of_district AND c.region_code BETWEEN scope_low AND scope_high
      AND (own_team IS NULL OR c.team_id = own_team)
      AND CASE
          WHEN c.state = 'open' OR c.awaiting IN ('return', 'decide')
              THEN role IN ('community_secretary', 'subdistrict_admin')
                   AND correction_answer_refusal(of_district, c.id, person, role,
                                                 business_now()) IS NULL
          WHEN c.awaiting IN ('replace', 'void')
              THEN CASE role WHEN 'community_secretary' THEN c.team_id IS NULL
                             ELSE role IN ('team_leader', 'residents_group_head',
                                           'community_clerk', 'information_officer')
                                  AND c.server_id <> person END
          ELSE false END;
END
$$;
