-- Objections to a notice: their cases, and what they wait for.

-- Where a case stands: open until it is decided, and again when all its corrections are declined.
CREATE OR REPLACE FUNCTION objection_state(o objections) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN COALESCE((
        SELECT CASE WHEN d.decision <> 'upheld' THEN d.decision
                    WHEN 'awaiting_approval' = ANY (c.states) THEN 'awaiting_approval'
                    WHEN c.states <> '{}' AND 'declined' = ALL (c.states) THEN 'open'
                    ELSE 'upheld' END
        FROM objection_decisions AS d
        -- Those of this very decision: of the same transaction.
        CROSS JOIN LATERAL (
            SELECT COALESCE(array_agg(ledger_correction_state(c)), '{}') AS states
            FROM ledger_corrections AS c
            WHERE c.district_id = d.district_id AND c.case_number = d.case_number
              AND c.recorded_at = d.recorded_at
        ) AS c
        WHERE d.district_id = o.district_id AND d.case_number = o.case_number
        ORDER BY d.turn DESC LIMIT 1), 'open');
END
$$;

-- Is a case of the notice's period, or of one of its revisions, not closed yet?
CREATE OR REPLACE FUNCTION has_open_cases(n public_notices) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM public_notices AS r
        JOIN objections AS o ON o.district_id = r.district_id AND o.number = r.number
        WHERE r.district_id = n.district_id AND r.grain = n.grain AND r.begin_date = n.begin_date
          AND objection_state(o) IN ('open', 'awaiting_approval'))
$$;

-- All cases are decided, and something has been corrected since.
CREATE OR REPLACE FUNCTION wants_revision(n public_notices) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT has_open_cases(n)
       AND unpublished_corrections(n.district_id, n.grain, n.begin_date) <> '{}'
$$;

-- The periods of notices: FOR SHARE to add a case, FOR UPDATE to decide one. A period that becomes final waits
-- for both.
CREATE OR REPLACE FUNCTION lock_notices(of_district integer, numbers text[], to_decide boolean)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF to_decide THEN
        PERFORM FROM periods AS p
        JOIN public_notices AS n USING (district_id, grain, begin_date)
        WHERE n.district_id = of_district AND n.number = ANY (numbers)
        ORDER BY p.grain, p.begin_date FOR UPDATE OF p;
    ELSE
        PERFORM FROM periods AS p
        JOIN public_notices AS n USING (district_id, grain, begin_date)
        WHERE n.district_id = of_district AND n.number = ANY (numbers)
        ORDER BY p.grain, p.begin_date FOR SHARE OF p;
    END IF;
END
$$;

-- The page that an objection is about, and its line if it names one.
CREATE OR REPLACE FUNCTION objected_page(of_district integer, of_number text, of_line text,
                                         region bigint)
RETURNS TABLE (region_code bigint, account_id uuid, is_new boolean) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT l.region_code, l.account_id, l.is_new
    FROM notice_lines AS l
    WHERE l.district_id = of_district AND l.number = of_number AND l.line_code = of_line
      AND (region IS NULL OR l.region_code = region)
    UNION ALL
    SELECT p.region_code, NULL, p.new_lines > 0
    FROM notice_pages AS p
    WHERE p.district_id = of_district AND p.number = of_number AND p.region_code = region
      AND of_line IS NULL
$$;

-- Why an objection is not taken.
CREATE OR REPLACE FUNCTION objection_refusal(of_district integer, of_number text, of_line text,
        region bigint, at timestamptz, scope_low bigint, scope_high bigint)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    page record;
    window_ends timestamptz := (SELECT s.window_ends_at
                                FROM notice_standing(of_district, of_number) AS s);
BEGIN
    IF NOT EXISTS (SELECT FROM public_notices AS n
                   WHERE n.district_id = of_district AND n.number = of_number) THEN
        RETURN refusal('not_found');
    ELSIF of_line IS NULL AND region IS NULL THEN
        RETURN refusal('objection_names_nothing');
    END IF;
    SELECT * INTO page FROM objected_page(of_district, of_number, of_line, region);
    RETURN CASE
        WHEN page.region_code NOT BETWEEN scope_low AND scope_high THEN refusal('not_found')
        WHEN page.region_code IS NULL THEN refusal('objection_line_unknown')
        WHEN at >= window_ends
            THEN refusal('window_closed', jsonb_build_object('window_ends_at', window_ends))
        WHEN NOT page.is_new THEN refusal('objection_to_unchanged') END;
END
$$;

-- Opens a case: gives it its number and the day's end until which it is to be decided.
CREATE OR REPLACE FUNCTION file_objection(o objections) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    today date := civil_date(o.district_id, o.filed_at);
    place bigint := next_numbers(o.district_id, 'objections_' || extract(year FROM today), 1);
BEGIN
    SELECT p.region_code, p.account_id INTO o.region_code, o.account_id
    FROM objected_page(o.district_id, o.number, o.line_code, o.region_code) AS p;
    o.case_number := o.district_id || '-YY' || extract(year FROM today) || '-'
        || lpad(place::text, GREATEST(4, length(place::text)), '0');
    o.due_at := answer_due_at(o.district_id, 'objection_answer_days', o.region_code, o.filed_at);
    o.recorded_at := now();
    INSERT INTO objections VALUES (o.*);
    RETURN o.case_number;
END
$$;

-- Is what pays a record in the notice that a case is about, and in its line if it names one? What was booked
-- later is in none of its figures. Null: nothing has been booked.
CREATE OR REPLACE FUNCTION case_concerns(o objections, of_record uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT bool_or((o.account_id IS NULL OR o.account_id IN (p.debit_account_id, p.credit_account_id))
                   AND (t.book_month < noticed.end_date) IS NOT FALSE)
    FROM record_payments(o.district_id, of_record) AS p
    LEFT JOIN transfers AS t ON t.district_id = o.district_id AND t.id = p.root_id
    CROSS JOIN (SELECT q.end_date FROM public_notices AS n
                JOIN periods AS q USING (district_id, grain, begin_date)
                WHERE n.district_id = o.district_id AND n.number = o.number) AS noticed
$$;

-- May this correction of a case be decided by him?
CREATE OR REPLACE FUNCTION case_correction_refusal(o objections, of_record uuid, new_minutes bigint,
        person uuid, role text, at timestamptz, scope_low bigint, scope_high bigint)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM service_records AS r
                   WHERE r.district_id = o.district_id AND r.id = of_record
                     AND r.region_code BETWEEN scope_low AND scope_high) THEN
        RETURN refusal('correction_record_unknown', jsonb_build_object('record_id', of_record));
    ELSIF NOT COALESCE(case_concerns(o, of_record), o.account_id IS NULL) THEN
        RETURN refusal('correction_not_of_line', jsonb_build_object('record_id', of_record));
    END IF;
    RETURN COALESCE(part_refusal(o.district_id, of_record, person, role, at),
                    correction_refusal(o.district_id, of_record, new_minutes));
END
$$;

-- The first fault of a decision. corrections: [{record_id, minutes}].
CREATE OR REPLACE FUNCTION case_decision_refusal(o objections, decision text, corrections jsonb,
        person uuid, role text, at timestamptz, scope_low bigint, scope_high bigint)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    state text := objection_state(o);
    named uuid[] := ARRAY(SELECT (c ->> 'record_id')::uuid FROM jsonb_array_elements(corrections) AS c);
BEGIN
    RETURN CASE
        WHEN state <> 'open' THEN refusal('objection_decided', jsonb_build_object('state', state))
        WHEN decision <> 'upheld' AND corrections <> '[]' THEN refusal('corrections_of_upheld_only')
        WHEN (SELECT count(DISTINCT n) FROM unnest(named) AS n) < cardinality(named)
            THEN refusal('correction_record_twice')
        WHEN EXISTS (SELECT FROM passbooks AS k
                     JOIN volunteers AS v ON v.district_id = k.district_id AND v.id = k.volunteer_id
                     WHERE k.district_id = o.district_id AND k.account_id = o.account_id
                       AND (v.person_id = person OR share_household(o.district_id, person,
                               v.person_id, civil_date(o.district_id, at))))
            THEN refusal('decider_had_part', '{"may": []}')
        ELSE (SELECT r.refused || jsonb_build_object('args',
                         (r.refused -> 'args') || jsonb_build_object('index', r.place - 1))
              FROM (SELECT c.place, case_correction_refusal(o, (c.one ->> 'record_id')::uuid,
                               (c.one ->> 'minutes')::bigint, person, role, at, scope_low,
                               scope_high) AS refused
                    FROM jsonb_array_elements(corrections) WITH ORDINALITY AS c (one, place)) AS r
              WHERE r.refused IS NOT NULL
              ORDER BY r.place LIMIT 1) END;
END
$$;

-- Decides a case, and books what it corrects.
CREATE OR REPLACE FUNCTION decide_objection(o objections, decision text, reason text,
        corrections jsonb, person uuid, typist uuid, at timestamptz)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    next_turn integer := 1 + (SELECT count(*) FROM objection_decisions AS d
                              WHERE d.district_id = o.district_id
                                AND d.case_number = o.case_number);
BEGIN
    INSERT INTO objection_decisions (district_id, case_number, turn, decision, reason, decided_by,
                                     entered_by, decided_at)
    VALUES (o.district_id, o.case_number, next_turn, decision, reason, person, typist, at);
    PERFORM correct_record((o.district_id, derived_uuid(convert_to('timebank.case.1:', 'UTF8')
                || int4send(o.district_id) || convert_to(o.case_number, 'UTF8')
                || int4send(next_turn) || int8send(c.place)),
            s.record_id, s.earned_minutes, (c.one ->> 'minutes')::bigint, reason, o.case_number,
            person, typist, at, now())::ledger_corrections)
    FROM jsonb_array_elements(corrections) WITH ORDINALITY AS c (one, place)
    JOIN service_record_states AS s
        ON s.district_id = o.district_id AND s.record_id = (c.one ->> 'record_id')::uuid
    ORDER BY c.place;
    RETURN decision;
END
$$;

-- The answer Objection. Who objected is shown to those who decide.
CREATE OR REPLACE VIEW objection_answers AS
SELECT o.case_number, o.id, o.number, o.region_code, o.line_code, l.volunteer_number, l.masked_name,
       o.statement, o.objector_name_sealed AS objector_name,
       o.objector_contact_sealed AS objector_contact, o.via, o.entered_by, o.filed_at, o.due_at,
       objection_state(o) AS state,
       objection_state(o) = 'open' AND o.due_at <= business_now() AS overdue,
       d.reason AS decision_reason, d.decided_by, p.name AS decided_by_name, d.decided_at,
       (SELECT COALESCE(json_agg(json_build_object('correction_id', c.id, 'record_id', c.record_id,
                   'minutes_before', c.minutes_before, 'minutes', c.minutes,
                   'state', ledger_correction_state(c), 'notice_number', r.number)
                   ORDER BY c.decided_at, c.id), '[]')
        FROM ledger_corrections AS c
        LEFT JOIN notice_corrections AS r
            ON r.district_id = c.district_id AND r.correction_id = c.id
        WHERE c.district_id = o.district_id AND c.case_number = o.case_number) AS corrections,
       o.district_id
FROM objections AS o
LEFT JOIN notice_lines AS l ON l.district_id = o.district_id AND l.number = o.number
    AND l.line_code = o.line_code
LEFT JOIN LATERAL (
    SELECT * FROM objection_decisions AS d
    WHERE d.district_id = o.district_id AND d.case_number = o.case_number
    ORDER BY d.turn DESC LIMIT 1) AS d ON true
LEFT JOIN persons AS p ON p.district_id = o.district_id AND p.id = d.decided_by;
GRANT SELECT ON objection_answers TO timebank_service;

-- Those of some cases, as they are after what the calling statement did before.
CREATE OR REPLACE FUNCTION objections_of(of_district integer, cases text[])
RETURNS SETOF objection_answers LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT * FROM objection_answers AS a
    WHERE a.district_id = of_district AND a.case_number = ANY (cases);
END
$$;

-- What whoever filed an objection is told.
CREATE OR REPLACE FUNCTION objection_filed(of_district integer, of_case text)
RETURNS TABLE (case_number text, receipt uuid, number text, region_code bigint, line_code text,
               filed_at timestamptz, due_at timestamptz) LANGUAGE sql VOLATILE ROWS 1 AS $$
    SELECT o.case_number, o.id, o.number, o.region_code, o.line_code, o.filed_at, o.due_at
    FROM objections AS o
    WHERE o.district_id = of_district AND o.case_number = of_case
$$;
