-- Complaints (投诉): who may decide, who sees what, and what counts in a year. (This file is applied after
-- year_feedback.sql, of whose figures the appraisal's are made.)

-- Why somebody has no say in a case: he is a party, had a part in the record, or is family or of the
-- household of a party. Null: nothing against it.
CREATE OR REPLACE FUNCTION complaint_conflict(of_district integer, of_complaint uuid, person uuid)
RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT CASE
            WHEN person IN (v.person_id, c.complainant_id) THEN 'decider_is_party'
            WHEN had_part(of_district, c.record_id, person)
                 OR EXISTS (SELECT FROM evidence_chain(of_district, c.record_id) AS e
                            WHERE e.person_id = person) THEN 'decider_had_part'
            WHEN EXISTS (
                SELECT FROM unnest(ARRAY[v.person_id, c.complainant_id]) AS party (id)
                WHERE share_household(of_district, party.id, person, day.filed_on)
                   OR are_close_family(of_district, party.id, person, day.filed_on))
                THEN 'decider_is_family' END
        FROM complaints AS c
        JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = c.volunteer_id
        CROSS JOIN LATERAL civil_date(of_district, c.filed_at) AS day (filed_on)
        WHERE c.district_id = of_district AND c.id = of_complaint);
END
$$;

-- Who of some roles may decide a case: [{role, region_code}].
CREATE OR REPLACE FUNCTION complaint_deciders(of_district integer, of_complaint uuid, roles text[],
                                              on_date date)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT COALESCE(jsonb_agg(DISTINCT jsonb_build_object(
                   'role', g.role, 'region_code', g.region_code::text)), '[]')
        FROM complaints AS c
        JOIN role_grants AS g ON g.district_id = c.district_id AND g.role = ANY (roles)
            AND c.region_code BETWEEN g.scope_low AND g.scope_high
        JOIN users AS u ON u.district_id = g.district_id AND u.id = g.user_id
        WHERE c.district_id = of_district AND c.id = of_complaint AND u.disabled_at IS NULL
          AND g.revoked_at IS NULL AND g.valid_from <= on_date
          AND (g.valid_to IS NULL OR on_date < g.valid_to)
          AND complaint_conflict(of_district, of_complaint, u.person_id) IS NULL);
END
$$;

-- The level above the community decides; the district where nobody of the subdistrict may.
CREATE OR REPLACE FUNCTION complaint_refusal(of_district integer, of_complaint uuid, person uuid,
                                             role text, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := civil_date(of_district, at);
    may jsonb := complaint_deciders(of_district, of_complaint, ARRAY['subdistrict_admin'], today);
    code text := complaint_conflict(of_district, of_complaint, person);
BEGIN
    IF code IS NULL AND role = 'district_admin' AND may <> '[]' THEN
        code := 'subdistrict_decides';
    END IF;
    IF code IS NULL THEN
        RETURN NULL;
    END IF;
    IF may = '[]' THEN
        may := complaint_deciders(of_district, of_complaint, ARRAY['district_admin'], today);
    END IF;
    RETURN refusal(code, jsonb_build_object('may', may));
END
$$;

-- The day's end until which a complaint is to be decided.
CREATE OR REPLACE FUNCTION complaint_due_at(of_district integer, region bigint, at timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    today date := civil_date(of_district, at);
BEGIN
    RETURN civil_midnight(of_district, today + 1 + COALESCE(
        (policy_value(of_district, 'complaint_answer_days', region, today) #>> '{}')::integer, 15));
END
$$;

-- Where a case stands.
CREATE OR REPLACE FUNCTION complaint_state(decision text, set_aside_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN set_aside_at IS NOT NULL THEN 'set_aside'
                WHEN decision = 'uphold' THEN 'upheld'
                WHEN decision = 'dismiss' THEN 'dismissed'
                ELSE 'open' END
$$;

-- A case as somebody sees it. Dropped first, because its columns may change.
DROP TYPE IF EXISTS complaint_shown CASCADE;
CREATE TYPE complaint_shown AS (
    id uuid, case_number text, region_code bigint, state text, overdue boolean, volunteer_id uuid,
    volunteer_number text, volunteer_name text, record_id uuid, matter text, content text,
    happened_on date, complainant_id uuid, complainant_name text, via text, entered_by uuid,
    filed_at timestamptz, due_at timestamptz, decision_reason text, decided_by uuid,
    decided_by_name text, decided_at timestamptz, set_aside_reason text, set_aside_by uuid,
    set_aside_by_name text, set_aside_at timestamptz);

-- Who is complained about learns that there is a case, what kind of matter it is and what came of it; who
-- complained sees what he said. Who complained is told (tells) to himself and to those above the community
-- who may decide, and in no answer of a write, because the audit keeps those.
CREATE FUNCTION complaint_answer(c complaints, d complaint_decisions, s complaint_reversals,
                                 reader uuid, role text, tells boolean)
RETURNS complaint_shown LANGUAGE plpgsql STABLE AS $$
DECLARE
    v record;
    is_office boolean;
    is_own boolean;
    knows_name boolean;
    typed_own boolean;
    shown complaint_shown;
BEGIN
    SELECT o.volunteer_number, o.person_id, p.name INTO v
    FROM volunteers AS o
    JOIN persons AS p ON p.district_id = o.district_id AND p.id = o.person_id
    WHERE o.district_id = c.district_id AND o.id = c.volunteer_id;
    is_office := role NOT IN ('volunteer', 'resident') AND v.person_id <> reader;
    is_own := c.complainant_id IS NOT DISTINCT FROM reader;
    knows_name := tells AND (is_own OR is_office
        AND role IN ('subdistrict_admin', 'district_admin')
        AND complaint_conflict(c.district_id, c.id, reader) IS NULL);
    typed_own := EXISTS (SELECT FROM users AS u
                         WHERE u.district_id = c.district_id AND u.id = c.entered_by
                           AND u.person_id = c.complainant_id);
    shown := ROW(c.id, c.case_number, c.region_code,
        complaint_state(d.decision, s.set_aside_at),
        d.decision IS NULL AND c.due_at <= business_now(), c.volunteer_id, v.volunteer_number,
        CASE WHEN is_office OR v.person_id = reader THEN v.name ELSE masked_name(v.name) END,
        CASE WHEN is_office OR is_own THEN c.record_id END, c.matter,
        CASE WHEN is_office OR is_own THEN c.content END,
        CASE WHEN is_office OR is_own THEN c.happened_on END,
        CASE WHEN knows_name THEN c.complainant_id END,
        CASE WHEN knows_name
             THEN COALESCE(c.complainant_name, person_name(c.district_id, c.complainant_id)) END,
        CASE WHEN is_office OR is_own THEN c.via END,
        CASE WHEN knows_name OR is_office AND NOT typed_own THEN c.entered_by END,
        c.filed_at, c.due_at, d.reason,
        CASE WHEN is_office THEN d.decided_by END,
        CASE WHEN is_office THEN person_name(c.district_id, d.decided_by) END, d.decided_at,
        s.reason, CASE WHEN is_office THEN s.set_aside_by END,
        CASE WHEN is_office THEN person_name(c.district_id, s.set_aside_by) END, s.set_aside_at);
    RETURN shown;
END
$$;

-- Those of some ids, as a reader sees them.
CREATE FUNCTION complaints_of(of_district integer, ids uuid[], reader uuid, role text)
RETURNS SETOF complaint_shown LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.*
    FROM complaints AS c
    LEFT JOIN complaint_decisions AS d ON d.district_id = c.district_id AND d.complaint_id = c.id
    LEFT JOIN complaint_reversals AS s ON s.district_id = c.district_id AND s.complaint_id = c.id
    CROSS JOIN LATERAL complaint_answer(c, d, s, reader, role, true) AS a
    WHERE c.district_id = of_district AND c.id = ANY (ids);
END
$$;

-- May a caller see this case: in his region, or as one of its parties?
CREATE OR REPLACE FUNCTION sees_complaint(of_district integer, of_complaint uuid, scope_low bigint,
                                          scope_high bigint, self_person uuid)
RETURNS boolean LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM complaints AS c
        JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = c.volunteer_id
        WHERE c.district_id = of_district AND c.id = of_complaint
          AND CASE WHEN self_person IS NULL THEN c.region_code BETWEEN scope_low AND scope_high
                   ELSE COALESCE(self_person IN (v.person_id, c.complainant_id), false) END);
END
$$;

-- The open cases that this caller is to decide.
CREATE OR REPLACE FUNCTION waiting_complaints(of_district integer, role text, person uuid,
                                              scope_low bigint, scope_high bigint)
RETURNS TABLE (complaint_id uuid, record_id uuid, region_code bigint, filed_at timestamptz,
               due_at timestamptz, server_id uuid, content text)
LANGUAGE plpgsql STABLE ROWS 5 SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    IF role <> 'subdistrict_admin' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT c.id, c.record_id, c.region_code, c.filed_at, c.due_at, v.person_id,
           left(c.content, 500)
    FROM complaints AS c
    JOIN volunteers AS v ON v.district_id = c.district_id AND v.id = c.volunteer_id
    WHERE c.district_id = of_district AND c.region_code BETWEEN scope_low AND scope_high
      AND NOT EXISTS (SELECT FROM complaint_decisions AS d
                      WHERE d.district_id = c.district_id AND d.complaint_id = c.id)
      AND complaint_conflict(of_district, c.id, person) IS NULL;
END
$$;

-- For the appraisal of a year: how many complaints about each volunteer were upheld in it and, as it stood
-- at an instant, not set aside. A case counts in the year in which it was upheld, so that none is lost.
CREATE OR REPLACE FUNCTION upheld_complaints_of_year(of_district integer, of_year integer,
                                                     at timestamptz)
RETURNS TABLE (volunteer_id uuid, complaints bigint)
LANGUAGE plpgsql STABLE ROWS 20 AS $$
BEGIN
    RETURN QUERY
    SELECT c.volunteer_id, count(*)
    FROM complaint_decisions AS d
    JOIN complaints AS c ON c.district_id = d.district_id AND c.id = d.complaint_id
    LEFT JOIN complaint_reversals AS s ON s.district_id = d.district_id
        AND s.complaint_id = d.complaint_id AND s.set_aside_at <= at
    WHERE d.district_id = of_district AND d.decision = 'uphold' AND d.decided_at <= at
      AND d.decided_at >= civil_midnight(of_district, make_date(of_year, 1, 1))
      AND d.decided_at < civil_midnight(of_district, make_date(of_year + 1, 1, 1))
      AND s.complaint_id IS NULL
    GROUP BY c.volunteer_id;
END
$$;

-- What the gate of a year's appraisal looks at, of each volunteer of whom there is something, as it stood
-- at an instant. The gate: no upheld complaint, and with three ratings or more a mean of 3.0 or more
-- (rating_sum >= 3 * ratings).
CREATE OR REPLACE FUNCTION appraisal_feedback(of_district integer, of_year integer, at timestamptz)
RETURNS TABLE (volunteer_id uuid, ratings bigint, rating_sum bigint, upheld_complaints bigint)
LANGUAGE plpgsql STABLE ROWS 1000 AS $$
BEGIN
    RETURN QUERY
    SELECT COALESCE(f.volunteer_id, c.volunteer_id), COALESCE(f.ratings, 0),
           COALESCE(f.rating_sum, 0), COALESCE(c.complaints, 0)
    FROM feedback_of_year(of_district, of_year, at) AS f
    FULL JOIN upheld_complaints_of_year(of_district, of_year, at) AS c
        ON c.volunteer_id = f.volunteer_id;
END
$$;
