-- A sign-in sheet as drafts, and all that is wrong with it at once. The rules are those of service_rules.sql;
-- here is only which place of the sheet each of them speaks of.

-- The drafts of a sheet's lines. server and account are null where there is no such volunteer or passbook.
DROP FUNCTION IF EXISTS sheet_lines(integer, jsonb, uuid, uuid, timestamptz);
CREATE FUNCTION sheet_lines(of_district integer, sheet jsonb, sheet_id uuid, typist uuid,
                            at timestamptz)
RETURNS TABLE (line_no integer, named_by text, has_times boolean, draft service_drafts, server uuid,
               volunteer_number text, account_id uuid, book_week date)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    SELECT l.place::integer, l.named, l.timed, d, v.person_id, v.volunteer_number,
           passbook_account(of_district, v.id), book_week_of(of_district, d.service_date, at)
    FROM (SELECT e.line, e.place,
                 CASE WHEN e.line ? 'volunteer_number' THEN 'volunteer_number'
                      ELSE 'volunteer_id' END AS named,
                 e.line ?| ARRAY['starts_at', 'ends_at'] AS timed
          FROM jsonb_array_elements(sheet -> 'lines') WITH ORDINALITY AS e(line, place)) AS l
    LEFT JOIN LATERAL (
        -- By id or number, each by its index; where both are given they name the same.
        SELECT o.*
        FROM volunteers AS o
        WHERE o.district_id = of_district
          AND o.id = COALESCE((l.line ->> 'volunteer_id')::uuid,
                              (SELECT n.id FROM volunteers AS n
                               WHERE n.district_id = of_district
                                 AND n.volunteer_number = l.line ->> 'volunteer_number'))
          AND o.volunteer_number = COALESCE(l.line ->> 'volunteer_number', o.volunteer_number)
    ) AS v ON true
    CROSS JOIN LATERAL draft_completed(jsonb_populate_record(NULL::service_drafts, sheet
        || CASE WHEN l.timed THEN jsonb_build_object('starts_at', l.line -> 'starts_at',
                                                     'ends_at', l.line -> 'ends_at')
                ELSE '{}' END
        || jsonb_build_object('minutes', l.line -> 'minutes', 'district_id', of_district,
               'id', derived_uuid(convert_to('timebank.sheet_line.1', 'UTF8')
                                  || uuid_send(sheet_id) || int8send(l.place)),
               'volunteer_id', v.id, 'version', 1, 'entered_by', typist, 'created_at', at))) AS d
    ORDER BY l.place;
END
$$;

-- The control totals beside what the lines say.
CREATE OR REPLACE FUNCTION sheet_faults_of_totals(sheet jsonb, lines bigint, minutes bigint)
RETURNS TABLE (pointer text, refused jsonb) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT t.pointer, refusal('sheet_total_differs', jsonb_build_object('stated', t.stated,
                                                                        'counted', t.counted))
    FROM (VALUES ('/totals/lines', (sheet #>> '{totals,lines}')::bigint, lines),
                 ('/totals/minutes', (sheet #>> '{totals,minutes}')::bigint, minutes))
        AS t(pointer, stated, counted)
    WHERE t.stated IS DISTINCT FROM t.counted
$$;

-- What is wrong whoever served. d: the head as a draft of nobody.
CREATE OR REPLACE FUNCTION sheet_faults_of_head(d service_drafts, sheet jsonb, typist uuid,
                                                at timestamptz)
RETURNS TABLE (pointer text, refused jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
    a jsonb := sheet -> 'attestation' || '{"minutes": 1}';
    signed jsonb[];
    timed jsonb := draft_refusal_of_times(d, at);
    recipient jsonb := draft_refusal_of_recipient(d, NULL);
    named jsonb := draft_refusal_of_references(d);
    attesters uuid[] := array_remove(ARRAY[(a ->> 'attester_id')::uuid,
                                           (a ->> 'second_attester_id')::uuid], NULL);
BEGIN
    signed := attestation_refusals(d, NULL, typist, a);
    RETURN QUERY
    SELECT f.pointer, f.refused
    FROM (VALUES
        ('/service_date', CASE WHEN d.service_date <> (sheet ->> 'service_date')::date
                               THEN refusal('sheet_of_another_day') END),
        (CASE WHEN d.starts_at IS NULL THEN '/service_date' ELSE '/starts_at' END, timed),
        (CASE named ->> 'code' WHEN 'category_not_in_force' THEN '/category_code'
                               WHEN 'team_not_active' THEN '/team_id' ELSE '/region_code' END, named),
        (CASE WHEN recipient ->> 'code' = 'recipient_does_not_fit' THEN '/recipient_kind'
              ELSE '/recipient_' || d.recipient_kind || '_id' END, recipient),
        ('/attestation/second_attester_id', signed[1]),
        (CASE WHEN signed[2] ->> 'code' ~ '^capacity' THEN '/attestation/capacity'
              ELSE '/attestation/attester_id' END, signed[2]),
        ('/attestation/second_attester_id',
         CASE WHEN signed[3] ->> 'code' !~ '^capacity' THEN signed[3] END),
        ('/attestation/witness_id', signed[4]),
        ('/attestation/scan', signed[5]),
        ('/registrar_id', registration_refusal(d.district_id, d.region_code, d.team_id,
            d.service_date, NULL, attesters, (sheet ->> 'registrar_id')::uuid, typist, at)),
        ('/service_date', CASE WHEN book_week_of(d.district_id, d.service_date, at) IS NULL
                               THEN refusal('no_open_week') END)
    ) AS f(pointer, refused)
    WHERE f.refused IS NOT NULL;
END
$$;

-- What is wrong with one line. Without a volunteer only its times can be judged.
CREATE OR REPLACE FUNCTION sheet_faults_of_line(d service_drafts, server uuid, account uuid,
        sheet jsonb, typist uuid, at timestamptz)
RETURNS TABLE (field text, refused jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
    timed jsonb := draft_refusal_of_times(d, at);
    a jsonb := sheet -> 'attestation' || jsonb_build_object('minutes', d.minutes);
    attesters uuid[] := array_remove(ARRAY[(a ->> 'attester_id')::uuid,
                                           (a ->> 'second_attester_id')::uuid], NULL);
BEGIN
    RETURN QUERY SELECT CASE WHEN timed ->> 'code' ~ 'minutes' THEN 'minutes' ELSE 'starts_at' END,
                        timed
    UNION ALL
    SELECT 'starts_at', CASE WHEN d.service_date <> (sheet ->> 'service_date')::date
                             THEN refusal('sheet_of_another_day') END;
    IF server IS NULL THEN
        RETURN QUERY SELECT 'volunteer', refusal('volunteer_unknown');
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'volunteer', u.refused
    FROM unnest(ARRAY[CASE WHEN typist = server THEN refusal('entered_by_server') END,
                      draft_refusal_of_server(d), draft_refusal_of_recipient(d, server)]
                || attestation_refusals(d, server, NULL, a)
                || ARRAY[registration_refusal(d.district_id, d.region_code, d.team_id, d.service_date,
                             server, attesters, (sheet ->> 'registrar_id')::uuid, NULL, at),
                         CASE WHEN account IS NULL THEN refusal('passbook_missing') END])
         AS u(refused);
    IF timed IS NULL THEN
        RETURN QUERY SELECT CASE WHEN d.starts_at IS NULL THEN 'minutes' ELSE 'starts_at' END,
                            time_refusal(d, d.minutes);
    END IF;
END
$$;

-- Two lines of one volunteer must lie apart by the clock.
CREATE OR REPLACE FUNCTION sheet_lines_overlap(a service_drafts, b service_drafts) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT a.volunteer_id = b.volunteer_id
       AND NOT COALESCE(a.ends_at <= b.starts_at OR b.ends_at <= a.starts_at, false)
$$;

-- Every fault of a sheet, [{pointer, code, args}]: of the head, of the totals, then line by line. What is
-- wrong with the head is not said of each line again.
CREATE OR REPLACE FUNCTION sheet_faults(of_district integer, sheet jsonb, sheet_id uuid,
                                        typist uuid, typist_person uuid, at timestamptz)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    head service_drafts := draft_completed(jsonb_populate_record(NULL::service_drafts,
        sheet || jsonb_build_object('district_id', of_district, 'minutes', 1)));
BEGIN
    RETURN (
        WITH line AS MATERIALIZED (
            SELECT * FROM sheet_lines(of_district, sheet, sheet_id, typist, at)
        ), of_head AS MATERIALIZED (
            SELECT * FROM sheet_faults_of_head(head, sheet, typist_person, at)
        ), of_lines AS (
            SELECT l.line_no, l.has_times,
                   CASE f.field WHEN 'volunteer' THEN l.named_by ELSE f.field END AS field, f.refused
            FROM line AS l
            CROSS JOIN LATERAL sheet_faults_of_line(l.draft, l.server, l.account_id, sheet,
                                                    typist_person, at) AS f
            UNION ALL
            SELECT l.line_no, true, l.named_by,
                   refusal('sheet_lines_overlap', jsonb_build_object('line', min(o.line_no)))
            FROM line AS l
            JOIN line AS o ON o.line_no < l.line_no AND sheet_lines_overlap(o.draft, l.draft)
            GROUP BY l.line_no, l.named_by
        ), fault AS (
            SELECT 0 AS line_no, h.pointer, h.refused FROM of_head AS h
            UNION ALL
            SELECT 0, t.pointer, t.refused
            FROM sheet_faults_of_totals(sheet, (SELECT count(*) FROM line),
                                        (SELECT sum((draft).minutes)::bigint FROM line)) AS t
            UNION ALL
            SELECT DISTINCT l.line_no, '/lines/' || l.line_no - 1 || '/' || l.field, l.refused
            FROM of_lines AS l
            WHERE l.refused IS NOT NULL
              AND (l.refused ->> 'code' NOT IN (SELECT h.refused ->> 'code' FROM of_head AS h)
                   OR (l.has_times AND l.field = 'starts_at'))
        )
        SELECT jsonb_agg(jsonb_build_object('pointer', f.pointer) || f.refused
                         ORDER BY f.line_no, f.pointer, f.refused ->> 'code')
        FROM fault AS f);
END
$$;

-- A sheet as an answer, with its lines as their records are now.
CREATE OR REPLACE FUNCTION sheet_line_answers(of_district integer, of_sheet uuid) RETURNS json
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT json_agg(json_build_object('line_no', l.line_no, 'record_id', l.record_id,
                   'volunteer_id', s.volunteer_id, 'volunteer_number', v.volunteer_number,
                   'name', s.server_name, 'minutes', s.minutes,
                   'starts_at', s.starts_at, 'ends_at', s.ends_at, 'book_week', s.book_week,
                   'status', s.status) ORDER BY l.line_no)
        FROM service_records_of(of_district, ARRAY(
                 SELECT record_id FROM service_sheet_lines
                 WHERE district_id = of_district AND sheet_id = of_sheet)) AS s
        JOIN service_sheet_lines AS l
            ON l.district_id = of_district AND l.sheet_id = of_sheet AND l.record_id = s.id
        JOIN volunteers AS v ON v.district_id = of_district AND v.id = s.volunteer_id);
END
$$;
